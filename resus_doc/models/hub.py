"""Fetch one file from a model hub or its mirror: resumed, checked, whole or not at all.

The only module of the package that opens a connection, and only `resus-doc models pull` calls it. It does not know what the files
are for.
"""

import http.client
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from resus_doc.checksum import sha256_of
from resus_doc.errors import ResourceMissing

CHUNK_BYTES = 1 << 20
TIMEOUT_S = 30.0
TRIES = 3
"""A connection that breaks is taken up again this often within one call; each goes on where the last stopped."""
SPARE_BYTES = 1 << 26
"""Left free on the disk: a full one breaks other programs too."""

_AGAIN = "Run the same command again: it goes on where it stopped."
_ELSEWHERE = (
    "Set RESUS_DOC_HUB to your hospital's mirror; or run `resus-doc models pull NAME --to DIR` on a machine with a network, "
    "carry DIR over, and run `resus-doc models add DIR` here."
)


class Source(NamedTuple):
    """Where a model's files lie on a hub."""

    hub: str
    repository: str
    revision: str

    def url(self, path: str) -> str:
        """The address of one file."""
        return f"{self.hub.rstrip('/')}/{self.repository}/resolve/{self.revision}/{urllib.parse.quote(path)}"


class Fetched(NamedTuple):
    """What arrived."""

    sha256: str
    size_bytes: int


Progress = Callable[[str, float], None]


def fetch(source: Source, path: str, target: Path, sha256: str | None, progress: Progress | None = None) -> Fetched:
    """Bring one file to `target`; a part left by an earlier call is taken up again.

    Args:
        sha256: what the file must have; None takes what comes.
        progress: called with the path and the finished fraction.

    Raises:
        ResourceMissing: no network, no such file, a broken connection, a wrong checksum, or no space. The target does not exist then.
    """
    partial = target.with_name(target.name + ".partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for left in reversed(range(TRIES)):
            try:
                _receive(source, path, partial, progress)
                break
            except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
                if left == 0:
                    raise ResourceMissing(
                        f"The connection broke while {path} was fetched ({error}).", _AGAIN
                    ) from error
        got = Fetched(sha256_of(partial), partial.stat().st_size)
        if sha256 is not None and got.sha256 != sha256:
            _forget(partial)
            raise ResourceMissing(
                f"{source.url(path)} has the checksum {got.sha256}, not {sha256}; it was thrown away.",
                "Try again; if it stays so, do not use this source, and ask who keeps it.",
            )
        partial.replace(target)
        _forget(partial)
    except OSError as error:
        raise ResourceMissing(
            f"{target} cannot be written ({error.strerror or error}).", f"Free some space. {_AGAIN}"
        ) from error
    return got


def _tag(partial: Path) -> Path:
    """Beside a part: the hub's name for the version that it is a part of."""
    return partial.with_name(partial.name + ".etag")


def _forget(partial: Path) -> None:
    partial.unlink(missing_ok=True)
    _tag(partial).unlink(missing_ok=True)


def _receive(source: Source, path: str, partial: Path, progress: Progress | None) -> None:
    have = partial.stat().st_size if partial.exists() and _tag(partial).exists() else 0
    with _open(source, path, partial, have) as answer:
        if answer.status == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            _forget(partial)
            raise http.client.HTTPException("the part kept from before does not fit; it is fetched anew")
        have = have if answer.status == http.client.PARTIAL_CONTENT else 0
        to_come = int(answer.headers.get("Content-Length") or 0)
        _make_room(partial, to_come)
        _remember(partial, answer.headers.get("ETag"))
        with partial.open("ab" if have else "wb") as file:
            _copy(answer, file, path, have, have + to_come, progress)


def _open(source: Source, path: str, partial: Path, have: int) -> Any:
    url = source.url(path)
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise ResourceMissing(f"The hub {source.hub} is no web address.", "Set RESUS_DOC_HUB to one.")
    headers = {"Range": f"bytes={have}-", "If-Range": _tag(partial).read_text()} if have else {}
    request = urllib.request.Request(url, headers={"User-Agent": "resus-doc", **headers})  # noqa: S310
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT_S)  # noqa: S310 - the scheme was checked
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return error
        raise _refused(url, error.code) from error
    except urllib.error.URLError as error:
        raise ResourceMissing(f"No network: {source.hub} cannot be reached ({error.reason}).", _ELSEWHERE) from error


def _refused(url: str, code: int) -> ResourceMissing:
    if code in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
        remedy = (
            "Accept its licence at the hub, fetch it with the hub's own program, and run `resus-doc models add DIR`."
        )
        return ResourceMissing(f"The hub does not give out {url} without an account (HTTP {code}).", remedy)
    if code == http.client.NOT_FOUND:
        return ResourceMissing(
            f"The hub has no {url}.", "It was moved or renamed; look at the hub's page of the model."
        )
    return ResourceMissing(f"The hub answered HTTP {code} for {url}.", "Try again later. " + _ELSEWHERE)


def _make_room(partial: Path, to_come: int) -> None:
    free = shutil.disk_usage(partial.parent).free
    if to_come + SPARE_BYTES > free:
        raise ResourceMissing(
            f"{partial.parent} has {free / 1e9:.1f} GB free, and {to_come / 1e9:.1f} GB are to come.",
            "Free some space, or set RESUS_DOC_DATA to a folder on a larger disk.",
        )


def _remember(partial: Path, etag: str | None) -> None:
    """Without a strong tag a part cannot be taken up again safely."""
    _tag(partial).unlink(missing_ok=True)
    if etag and not etag.startswith("W/"):
        _tag(partial).write_text(etag)


def _copy(answer: Any, file: Any, path: str, have: int, whole: int, progress: Progress | None) -> None:
    while piece := answer.read(CHUNK_BYTES):
        file.write(piece)
        have += len(piece)
        if progress is not None:
            progress(path, min(1.0, have / whole) if whole else 0.0)
    if whole and have < whole:
        raise ConnectionError(f"{have} of {whole} bytes came")
