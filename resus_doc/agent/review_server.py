"""The review's web server: one case, on 127.0.0.1 only, behind a random token, for pages of its own origin only.

    GET  /<token>/                    the page
    GET  /<token>/state               what it shows, as JSON
    GET  /<token>/video               the recording, with ranges
    GET  /<token>/revisions/<n>       the events of a revision
    POST /<token>/save                the edited events
    POST /<token>/end                 end the review

What is asked under another host name (DNS rebinding), from another origin or without the token gets no answer but a refusal; only
the page itself may be opened from elsewhere, by whoever knows the token: a file forwards the browser to it. No path of the request
reaches the file system. What it does not keep out: other programs of the same user on the same machine.
"""

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from resus_doc.agent.review import ReviewSession
from resus_doc.errors import CaseChanged, InputRefused, ResourceMissing, ResusDocError
from resus_doc.tools import review_page
from resus_doc.tools.review_edits import Edits

HOST = "127.0.0.1"

LARGEST_BODY = 2_000_000
"""Bytes; five thousand events take under one million."""

MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
}

_Scope = MutableMapping[str, Any]
_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


def make_app(session: ReviewSession, token: str, port: int, end: Callable[[], None]) -> "Guard":
    """The application of one review; `end` is called when the reviewer ends it."""
    answers = _Answers(session, end)
    app = Starlette(
        routes=[
            Route("/", answers.page),
            Route("/state", answers.state),
            Route("/video", answers.video),
            Route("/revisions/{number:int}", answers.revision),
            Route("/save", answers.save, methods=["POST"]),
            Route("/end", answers.end, methods=["POST"]),
        ],
        exception_handlers={ResusDocError: _refused},
    )
    app.router.redirect_slashes = False
    return Guard(app, token, port)


class Guard:
    """Lets through only what our own page asks of us: its host, its origin, its token, no large body."""

    def __init__(self, app: Starlette, token: str, port: int) -> None:
        self._app = app
        self._token = token.encode()
        self._host = f"{HOST}:{port}".encode()
        self._origin = b"http://" + self._host

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        status = self._refusal(scope, headers)
        if status:
            await PlainTextResponse("Refused.", status)(scope, receive, send)
            return
        inner = "/" + scope["path"].split("/", 2)[2]
        scope = {**scope, "path": inner, "raw_path": inner.encode(), "root_path": ""}
        await self._app(scope, receive, send)

    def _refusal(self, scope: _Scope, headers: dict[bytes, bytes]) -> int:
        """The status of a refusal; 0 where there is none."""
        if headers.get(b"host") != self._host:
            return 421
        origin = headers.get(b"origin")
        parts = scope["path"].split("/", 2)
        own = headers.get(b"sec-fetch-site", b"none") in (b"none", b"same-origin")
        if origin not in (None, self._origin) or not (own or (parts[2:] == [""] and _opens_a_page(scope, headers))):
            return 403
        if len(parts) < 3 or not secrets.compare_digest(parts[1].encode("utf-8", "replace"), self._token):
            return 404
        if scope["method"] != "POST":
            return 0
        if origin is None:
            return 403
        if headers.get(b"content-type", b"").partition(b";")[0].strip() != b"application/json":
            return 415
        length = headers.get(b"content-length", b"")
        return 0 if length.isdigit() and int(length) <= LARGEST_BODY else 413


def _opens_a_page(scope: _Scope, headers: dict[bytes, bytes]) -> bool:
    """Whether a browser asks in order to show the answer in a window, not in a frame or to a script."""
    asked = headers.get(b"sec-fetch-mode"), headers.get(b"sec-fetch-dest")
    return scope["method"] == "GET" and asked == (b"navigate", b"document")


class _Answers:
    """The answers, once the guard let a request through."""

    def __init__(self, session: ReviewSession, end: Callable[[], None]) -> None:
        self._session = session
        self._end = end

    async def page(self, _request: Request) -> Response:
        state = await run_in_threadpool(self._session.state)
        page = review_page.render(state, has_video=self._session.video is not None, note=self._session.video_note)
        headers = {**_HEADERS, "Content-Security-Policy": f"{page.policy}; frame-ancestors 'none'"}
        return HTMLResponse(page.html, headers=headers)

    async def state(self, _request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._session.state), headers=_HEADERS)

    async def video(self, _request: Request) -> Response:
        path = self._session.video
        if path is None or not path.is_file():
            return PlainTextResponse("The recording is not there.", 404, headers=_HEADERS)
        kind = MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
        return FileResponse(path, media_type=kind, headers=_HEADERS)

    async def revision(self, request: Request) -> Response:
        events = await run_in_threadpool(self._session.events_at, request.path_params["number"])
        return JSONResponse({"events": events}, headers=_HEADERS)

    async def save(self, request: Request) -> Response:
        try:
            edits = Edits.model_validate_json(await request.body())
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the whole"
            raise InputRefused(f"What the page sent cannot be used ({where}: {first['msg']}).") from error
        outcome = await run_in_threadpool(self._session.save, edits)
        state = await run_in_threadpool(self._session.state)
        return JSONResponse({"outcome": outcome, "state": state}, headers=_HEADERS)

    async def end(self, _request: Request) -> Response:
        self._end()
        return JSONResponse({"ended": True}, headers=_HEADERS)


_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def _refused(_request: Request, error: Exception) -> Response:
    status = 409 if isinstance(error, CaseChanged) else 507 if isinstance(error, ResourceMissing) else 422
    return JSONResponse({"error": str(error)}, status, headers=_HEADERS)
