"""Runs a review from its lock to its end: socket, server, browser."""

import contextlib
import os
import secrets
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

from resus_doc.agent.batch import rebuild_dashboard
from resus_doc.agent.review import ReviewSession
from resus_doc.agent.review_server import HOST, make_app
from resus_doc.errors import InputRefused, ResourceMissing, ResusDocError, UsageError
from resus_doc.settings import Settings
from resus_doc.tools import case_writer, casefolder
from resus_doc.tools.case_lock import reviewing
from resus_doc.tools.ledger import LEDGER

_FORWARD = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}"><title>resus-doc review</title>
<p><a href="{address}">Open the review</a></p></html>
"""


def run_review(
    case: Path,
    settings: Settings,
    *,
    video: Path | None,
    port: int,
    open_browser: bool,
    say: Callable[[str], None],
    tell: Callable[[str], None],
) -> int:
    """Serve the page of a case until the reviewer ends it or presses Ctrl-C; returns how many revisions were saved.

    Args:
        case: the case folder.
        settings: the language model and where its things lie.
        video: the recording, where it is not where the case says.
        port: of 127.0.0.1; 0 for any.
        open_browser: open the page in the user's browser.
        say: gets the address, once.
        tell: gets what a person should know.

    Raises:
        InputRefused: there is no such case.
        UsageError: somebody else reviews the case, or the port is taken.
        ResourceMissing: the folder around the case, or that of the file which opens the page, cannot be written to.
    """
    case = case.expanduser().resolve()
    if not case.parent.is_dir():
        raise InputRefused(f"There is no case at {case}.", "Name the folder of a case.")
    case_writer.mend(case)
    casefolder.read_report(case)
    with (
        reviewing(case),
        _socket(port) as listening,
        contextlib.closing(ReviewSession(case, settings, video=video)) as session,
    ):
        if session.video_note:
            tell(f"{session.video_note} Name it with --video FILE; the review works without it.")
        token = secrets.token_urlsafe(32)
        port = listening.getsockname()[1]
        address = f"http://{HOST}:{port}/{token}/"
        say(address)
        tell("Only this machine can open it. Ctrl-C ends the review.")
        with _opened(address) if open_browser else contextlib.nullcontext():
            _serve(session, token, listening)
        saved = session.saved
        if session.films_are_due():
            _cut(session, tell)
    if saved and (case.parent / LEDGER).exists():
        _refresh(case.parent, tell)
    return saved


@contextlib.contextmanager
def _opened(address: str) -> Iterator[None]:
    """The page in the user's browser, by way of a file that only this user can read and that is gone at the end.

    What stands on the browser's command line every user of the machine can read. The file lies in the user's home, since a browser
    that runs confined (Snap) has a temporary folder of its own.
    """
    home = Path.home()
    with contextlib.ExitStack() as until_the_end:
        try:
            file = until_the_end.enter_context(
                tempfile.NamedTemporaryFile(
                    prefix="resus-doc-", suffix=".html", buffering=0, dir=home if os.access(home, os.W_OK) else None
                )
            )
            file.write(_FORWARD.format(address=address).encode())
        except OSError as error:
            raise ResourceMissing(
                f"The file that opens the page cannot be written ({error.strerror}).",
                "Free some space, or add --no-browser and open the address yourself.",
            ) from error
        threading.Thread(target=webbrowser.open, args=(Path(file.name).as_uri(),), daemon=True).start()
        yield


def _cut(session: ReviewSession, tell: Callable[[str], None]) -> None:
    """The clips of the case as it is now; Ctrl-C leaves them out."""
    tell("Cutting the clips anew; Ctrl-C leaves them out.")
    try:
        session.cut_films()
    except ResusDocError as error:
        tell(f"The case has no clips now: {error}")
    except KeyboardInterrupt:
        tell("The case has no clips now.")


def _refresh(batch: Path, tell: Callable[[str], None]) -> None:
    """The tables and the page of the batch that the case belongs to."""
    try:
        rebuild_dashboard(batch)
    except ResusDocError as error:
        tell(f"The batch's page does not show the revision yet: {error}")


def _serve(session: ReviewSession, token: str, listening: socket.socket) -> None:
    import uvicorn

    server: uvicorn.Server

    def end() -> None:
        server.should_exit = True

    app = make_app(session, token, listening.getsockname()[1], end)
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how a review ends; the server has closed by then
        server.run(sockets=[listening])


def _socket(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.bind((HOST, port))
        listening.listen()  # before the address is told: a browser that is quick waits
    except OSError as error:
        listening.close()
        raise UsageError(
            f"Port {port} of {HOST} cannot be used ({error.strerror}).", "Choose another with --port, or leave it out."
        ) from error
    return listening
