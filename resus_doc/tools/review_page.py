"""The page of a review: the same timeline and look as the report, with what it takes to correct it.

The page holds its own style and script, named by hash in its policy; it may talk to the server that sent it and to nobody else. All
text of the case reaches it as JSON and is set as text.
"""

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from resus_doc.schema import ACTIVITIES, ACTIVITY_NAMES
from resus_doc.tools.pages import part, source_hash, template

if TYPE_CHECKING:
    from markupsafe import Markup


class Page(NamedTuple):
    """A page and the content security policy that it is to be sent with."""

    html: str
    policy: str


class Key(NamedTuple):
    """One line of the list of keys."""

    keys: tuple[str, ...]
    does: str


KEYS = (
    Key(("↓", "↑"), "next, previous event"),
    Key(("Enter",), "confirm the event, go to the next"),
    Key(("e",), "play 1 s around the chosen edge"),
    Key(("v",), "play the event"),
    Key(("[", "]"), "choose its start, its end"),
    Key(("←", "→"), "move that edge 0.1 s"),
    Key(("Shift ←", "Shift →"), "move it one frame"),
    Key(("i", "o"), "start, end at the playhead"),
    Key(("1 – 7",), "relabel the event"),
    Key(("a", "1 – 7"), "add an event at the playhead"),
    Key(("x",), "delete the event"),
    Key(("u", "r"), "undo, redo"),
    Key(("k",), "play, pause"),
    Key(("j", "l"), "5 s back, on"),
    Key((",", "."), "one frame back, on"),
    Key(("b",), "time of birth"),
    Key(("+", "−", "0"), "zoom"),
    Key(("s",), "save"),
)
"""Single letters act only while the focus is in the timeline, so that they never clash with a screen reader."""


def render(state: dict[str, Any], *, has_video: bool, note: str) -> Page:
    """The page of a case.

    Args:
        state: what the page shows (`ReviewSession.state`).
        has_video: the recording is there to be played.
        note: why it is not.
    """
    style = part("report.css") + part("review.css")
    script = part("review_draft.js") + part("review.js")
    html = template("review.html.j2").render(
        state=state,
        data=_data(state),
        has_video=has_video,
        note=note,
        keys=KEYS,
        activities=ACTIVITIES,
        names=ACTIVITY_NAMES,
        style=style,
        script=script,
    )
    policy = (
        f"default-src 'none'; style-src '{source_hash(style)}'; script-src '{source_hash(script)}'; connect-src 'self'; "
        "media-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return Page(html, policy)


def _data(state: dict[str, Any]) -> "Markup":
    """The state as JSON that cannot end its own element."""
    from markupsafe import Markup

    text = json.dumps(state, ensure_ascii=True, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - the three signs that HTML knows are escaped above
