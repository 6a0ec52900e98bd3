"""The passage store: a Chroma index in the user's data folder, disposable and rebuilt by itself.

    <data>/passages/current.json     which build is in force: fingerprint, files with their SHA-256, hash of the content
    <data>/passages/build-*/         that build, never opened in place
    <data>/passages/open-*/          a copy per opening, removed when closed
    <data>/passages/nearest.json     which passage is nearest to a rule's statement (`nearest.py`)

Chroma aborts the process on a truncated index, takes an empty database for an empty store, writes to its files when it
only reads, and hangs with parallel writers. So a build is never opened itself: its files are compared with their hashes,
copied, and the copy opened; count and content are compared again. Whatever does not fit is built anew, under a file lock.
"""

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resus_doc import __version__
from resus_doc.errors import ResourceMissing
from resus_doc.guidelines import documents, embedder, nearest
from resus_doc.guidelines.keywords import KeywordIndex
from resus_doc.guidelines.passages import Entry, corpus
from resus_doc.guidelines.rules import Adherence
from resus_doc.schema import Finding, Passage
from resus_doc.settings import load as load_settings

if TYPE_CHECKING:
    import numpy as np

COLLECTION = "passages"
LOCK_TIMEOUT_S = 120.0
"""Building takes seconds; a lock held longer belongs to a process that hangs."""

STALE_AFTER_S = 86_400.0
"""A copy this old was left behind by a process that was killed."""

EMBEDDING_WEIGHT = 0.5
"""Share of the embedding's similarity in a score; the rest is keywords. Neither alone finds both slang and meaning."""

RELEVANT = 0.55
"""A finding without a passage of its own is given the nearest one only from this score on."""


def _is_own(entry: Entry) -> bool:
    return entry.passage.profile == documents.PROFILE


def _keyword_index(entries: Sequence[Entry]) -> KeywordIndex:
    """Guideline passages and a site's documents are weighed apart, so that a long document changes no guideline's ranking."""
    return KeywordIndex([f"{entry.searchable} {' '.join(entry.keywords)}" for entry in entries])


class PassageStore:
    """The guideline passages, to be searched. Use it as a context manager, or close it."""

    def __init__(self, entries: Sequence[Entry], client: Any, collection: Any, copy: Path) -> None:
        self._entries = {entry.passage.id: entry for entry in entries}
        self._keywords = _keyword_index([entry for entry in entries if not _is_own(entry)])
        self._own_keywords = _keyword_index([entry for entry in entries if _is_own(entry)])
        self._client = client
        self._collection = collection
        self._copy = copy

    @classmethod
    def open(cls, folder: Path | None = None) -> "PassageStore":
        """Open the store in a data folder (None: the user's), building its index where needed.

        Raises:
            ResourceMissing: the folder cannot be written to, or the embeddings are not installed.
        """
        embedder.open_embedder()
        data = load_settings().data if folder is None else folder
        entries = (*corpus(), *documents.entries(data))
        home = data / "passages"
        with _writing(home), _lock(home):
            _sweep(home)
            opened = _open_current(home, entries)
            if opened is None:
                _build(home, entries)
                opened = _open_current(home, entries)
        if opened is None:
            raise ResourceMissing(
                f"The passage index in {home} does not hold what was just written to it.",
                "The disk may be failing or full; choose another folder with RESUS_DOC_DATA.",
            )
        return cls(entries, *opened)

    def __enter__(self) -> "PassageStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index and remove this opening's copy."""
        self._client.close()
        shutil.rmtree(self._copy, ignore_errors=True)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all passages, `<profile>.<key>`; those of a site's own documents last."""
        return tuple(self._entries)

    def search(self, query: str, k: int = 5, profile: str | Sequence[str] | None = None) -> list[tuple[Passage, float]]:
        """The passages that fit a query best, best first, with scores in 0..1; only of the profiles named, if any are.

        A query without any word finds nothing.
        """
        if not query.strip() or k < 1:
            return []
        asked = self._keywords.read(query)
        similar = self._similarities(" ".join([query, *(word for word in asked if word not in query.lower())]), profile)
        scores = (*self._keywords.scores(query), *self._own_keywords.scores(query))
        matched = dict(zip(self._entries, scores, strict=True))
        best = max((matched[name] for name in similar), default=0.0)
        scored = [
            (
                name,
                EMBEDDING_WEIGHT * max(cosine, 0.0) + (1 - EMBEDDING_WEIGHT) * (matched[name] / best if best else 0.0),
            )
            for name, cosine in similar.items()
        ]
        scored.sort(key=lambda hit: (-hit[1], hit[0]))
        return [(self._entries[name].passage, round(min(score, 1.0), 4)) for name, score in scored[:k]]

    def _similarities(self, query: str, profile: str | Sequence[str] | None) -> dict[str, float]:
        profiles = [profile] if isinstance(profile, str) else list(profile or ())
        vector = embedder.open_embedder().encode([query])[0]
        found = self._collection.query(
            query_embeddings=[vector.tolist()],
            n_results=len(self._entries),
            where={"profile": {"$in": profiles}} if profiles else None,
            include=["distances"],
        )
        return {name: 1.0 - distance for name, distance in zip(found["ids"][0], found["distances"][0], strict=True)}


def link_passages(findings: Sequence[Finding], passages: Sequence[Passage], folder: Path | None = None) -> Adherence:
    """Give each finding without a passage the nearest one of the report's guideline, if one is near enough.

    Raises:
        ResourceMissing: as `PassageStore.open`, unless all that is asked was asked before.
    """
    guideline = next((finding.rule_id.split(".")[0] for finding in findings if finding.kind == "guideline"), None)
    bare = {finding.statement for finding in findings if not finding.passages}
    if guideline is None or not bare:
        return Adherence(tuple(findings), tuple(passages))
    hits = _nearest(bare, guideline, load_settings().data if folder is None else folder)
    linked, cited = [], {(passage.title, passage.text): passage for passage in passages}
    for finding in findings:
        if not finding.passages and (hit := hits[finding.statement]) is not None and hit[1] >= RELEVANT:
            passage = hit[0].model_copy(update={"id": f"P{len(cited) + 1}"})
            cited.setdefault((passage.title, passage.text), passage)
            finding = finding.model_copy(update={"passages": (cited[passage.title, passage.text].id,)})
        linked.append(finding)
    return Adherence(tuple(linked), tuple(cited.values()))


def _is_of(profile: str, held: Mapping[str, Passage], hit: nearest.Hit) -> bool:
    return hit.passage in held and held[hit.passage].profile == profile


def _nearest(statements: Set[str], profile: str, data: Path) -> dict[str, tuple[Passage, float] | None]:
    """The nearest passage of the profile to each statement, and its score; the index is opened for new statements only."""
    entries, home = (*corpus(), *documents.entries(data)), data / "passages"
    state = {**_fingerprint(entries), "program": __version__}
    held = {entry.passage.id: entry.passage for entry in entries}
    known = {key: hit for key, hit in nearest.read(home, state).items() if hit is None or _is_of(key[0], held, hit)}
    if fresh := sorted(each for each in statements if (profile, each) not in known):
        with PassageStore.open(data) as store:
            for each in fresh:
                found = store.search(each, k=1, profile=profile)
                known[profile, each] = nearest.Hit(found[0][0].id, found[0][1]) if found else None
        with _writing(home):
            nearest.write(home, state, known)
    hits = {each: known[profile, each] for each in statements}
    return {each: None if hit is None else (held[hit.passage], hit.score) for each, hit in hits.items()}


# --- the index on disk


@contextlib.contextmanager
def _writing(home: Path) -> Iterator[None]:
    """What the disk refuses, in words the user can act on."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise ResourceMissing(
            f"The folder {home} for the passage index cannot be written to ({error.strerror or error}).",
            "Free some space, or choose another folder with the environment variable RESUS_DOC_DATA.",
        ) from error


@contextlib.contextmanager
def _lock(home: Path) -> Iterator[None]:
    import filelock

    try:
        with filelock.FileLock(home / "lock", timeout=LOCK_TIMEOUT_S):
            yield
    except filelock.Timeout as error:
        raise ResourceMissing(
            f"Another process has kept the passage index in {home} locked for {LOCK_TIMEOUT_S:.0f} s.",
            "Close other runs of this program and try again.",
        ) from error


def _fingerprint(entries: Sequence[Entry]) -> dict[str, Any]:
    """What an index depends on; any difference makes it useless."""
    texts = [[entry.passage.model_dump(mode="json"), entry.searchable] for entry in entries]
    return {
        "corpus": hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest(),
        "embedder": embedder.WEIGHTS_SHA256,
        "chroma": version("chromadb"),
        "count": len(entries),
    }


def _open_current(home: Path, entries: Sequence[Entry]) -> tuple[Any, Any, Path] | None:
    """A client, its collection and its folder for the build in force; None when there is none that can be trusted."""
    current = _read_current(home)
    if current is None or current.get("fingerprint") != _fingerprint(entries):
        return None
    build = home / str(current.get("folder"))
    if _file_hashes(build) != current.get("files"):
        return None
    copy = Path(tempfile.mkdtemp(prefix="open-", dir=home))
    shutil.copytree(build, copy / "index")
    client, collection = _open_chroma(copy / "index")
    if collection is not None and _content_hash(collection) == current.get("content"):
        return client, collection, copy
    client.close()
    shutil.rmtree(copy)
    return None


def _read_current(home: Path) -> dict[str, Any] | None:
    try:
        current = json.loads((home / "current.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError, json.JSONDecodeError):
        return None
    return current if isinstance(current, dict) else None


def _open_chroma(folder: Path, *, create: bool = False) -> tuple[Any, Any]:
    import chromadb
    from chromadb.config import Settings
    from chromadb.errors import NotFoundError

    client = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    if create:
        space: Any = {"hnsw": {"space": "cosine"}}
        return client, client.create_collection(COLLECTION, configuration=space, embedding_function=None)
    try:
        return client, client.get_collection(COLLECTION, embedding_function=None)
    except NotFoundError:
        return client, None


def _build(home: Path, entries: Sequence[Entry]) -> None:
    """Write a new build beside the old ones, then put it in force and remove the others."""
    vectors = embedder.open_embedder().encode([entry.searchable for entry in entries])
    build = Path(tempfile.mkdtemp(prefix="build-", dir=home))
    content = _write_chroma(build, entries, vectors)
    current = {
        "fingerprint": _fingerprint(entries),
        "folder": build.name,
        "files": _file_hashes(build),
        "content": content,
    }
    fresh = home / "current.json.new"
    fresh.write_text(json.dumps(current, indent=1), encoding="utf-8")
    fresh.replace(home / "current.json")
    for old in home.glob("build-*"):
        if old != build:
            shutil.rmtree(old)


def _write_chroma(build: Path, entries: Sequence[Entry], vectors: "np.ndarray") -> str:
    client, collection = _open_chroma(build, create=True)
    try:
        collection.add(
            ids=[entry.passage.id for entry in entries],
            embeddings=vectors.tolist(),
            documents=[entry.searchable for entry in entries],
            metadatas=[{"profile": entry.passage.profile} for entry in entries],
        )
        return _content_hash(collection)
    finally:
        client.close()


def _content_hash(collection: Any) -> str:
    """A hash of all ids, texts, profiles and vectors that the collection really holds."""
    import numpy as np

    held = collection.get(include=["embeddings", "documents", "metadatas"])
    digest = hashlib.sha256()
    order = sorted(range(len(held["ids"])), key=lambda at: held["ids"][at])
    for at in order:
        digest.update(json.dumps([held["ids"][at], held["documents"][at], held["metadatas"][at]]).encode())
        digest.update(np.asarray(held["embeddings"][at], dtype=np.float32).tobytes())
    return f"{collection.count()}:{digest.hexdigest()}"


def _file_hashes(folder: Path) -> dict[str, str] | None:
    """SHA-256 of each file below a folder, by relative name; None for no folder."""
    if not folder.is_dir():
        return None
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def _sweep(home: Path) -> None:
    """Remove copies that a killed process left behind."""
    oldest = time.time() - STALE_AFTER_S
    for copy in home.glob("open-*"):
        if copy.stat().st_mtime < oldest:
            shutil.rmtree(copy, ignore_errors=True)
