"""The page of a review: the same timeline and look as the report, with what it takes to correct it.

The page holds its own style and script, named by hash in its policy; it may talk to the server that sent it and to nobody else. All
text of the case reaches it as JSON and is set as text. Single letters act only while the focus is in the timeline, so that they never
clash with a screen reader.
"""

from typing import Any, NamedTuple

from resus_doc.schema import ACTIVITIES, ACTIVITY_NAMES
from resus_doc.tools import strings
from resus_doc.tools.pages import embedded, part, source_hash, template


class Page(NamedTuple):
    """A page and the content security policy that it is to be sent with."""

    html: str
    policy: str


def render(state: dict[str, Any], *, has_video: bool, note: str) -> Page:
    """The page of a case.

    Args:
        state: what the page shows (`ReviewSession.state`).
        has_video: the recording is there to be played.
        note: why it is not.
    """
    style = part("report.css") + part("review.css")
    script = part("words.js") + part("review_draft.js") + part("review.js")
    html = template("review.html.j2").render(
        state=state,
        t=strings.Phrases("review"),
        phrases=embedded(strings.table("review_script")),
        data=embedded(state),
        has_video=has_video,
        note=note,
        keys=strings.names("review_keys"),
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
