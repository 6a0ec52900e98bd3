"""A site's own documents: their text kept in the user's data folder, searched beside the guideline passages.

    <data>/documents/<name>.json    the file's name and SHA-256, and its passages

The document itself is not copied. Its passages carry the profile `own-documents`, are never marked verified, and no rule and
no finding of a report ever rests on them.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from resus_doc.errors import ResourceMissing, UsageError
from resus_doc.guidelines.document_text import Block, read_document
from resus_doc.guidelines.passages import Entry
from resus_doc.guidelines.profile import OWN_DOCUMENTS
from resus_doc.schema import Passage

PROFILE = OWN_DOCUMENTS

PASSAGE_LETTERS = 900
"""About what the embedding reads (256 tokens); longer paragraphs are cut at the end of a sentence, tables never."""


class Piece(BaseModel):
    """One passage of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    headings: tuple[str, ...]
    page: int | None


class Document(BaseModel):
    """A document as it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    file: str
    sha256: str
    pieces: tuple[Piece, ...]


def add(path: Path, data: Path) -> Document:
    """Keep a document's passages, so that the next search finds them. Adding the same file again changes nothing.

    Raises:
        InputRefused: the file cannot be used.
        UsageError: another file of that name is there.
        ResourceMissing: the data folder cannot be used.
    """
    blocks = read_document(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or f"document-{digest[:8]}"
    document = Document(name=name, file=path.name, sha256=digest, pieces=tuple(pieces(blocks)))
    known = {each.name: each for each in listing(data)}
    if name in known and known[name].sha256 != digest:
        raise UsageError(
            f"Another document named '{name}' is there already ({known[name].file}).",
            f"Take that out first: resus-doc guidelines remove {name}",
        )
    place = data / "documents" / f"{name}.json"
    fresh = place.with_suffix(".new")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(document.model_dump_json(indent=1), encoding="utf-8")
        fresh.replace(place)
    except OSError as error:
        raise ResourceMissing(
            f"{place} cannot be written ({error}).", "Free some space or set RESUS_DOC_DATA."
        ) from error
    return document


def remove(name: str, data: Path) -> Document:
    """Take a document out.

    Raises:
        UsageError: there is none of that name.
        ResourceMissing: its file cannot be removed.
    """
    known = {each.name: each for each in listing(data)}
    if name not in known:
        there = f"There are: {', '.join(known)}." if known else "None was added."
        raise UsageError(f"There is no document named '{name}'.", there)
    try:
        (data / "documents" / f"{name}.json").unlink()
    except OSError as error:
        raise ResourceMissing(
            f"The document '{name}' cannot be removed ({error}).", "Check the data folder."
        ) from error
    return known[name]


def listing(data: Path) -> tuple[Document, ...]:
    """The documents that were added, by name.

    Raises:
        ResourceMissing: one of them cannot be read.
    """
    return tuple(_read(path) for path in sorted((data / "documents").glob("*.json")))


def _read(path: Path) -> Document:
    try:
        return Document.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise ResourceMissing(f"{path} cannot be read.", "Delete that file and add the document again.") from error


def entries(data: Path) -> tuple[Entry, ...]:
    """The passages of all documents, as the index holds them."""
    return tuple(
        Entry(_passage(document, number, piece), ())
        for document in listing(data)
        for number, piece in enumerate(document.pieces, start=1)
    )


def _passage(document: Document, number: int, piece: Piece) -> Passage:
    page = f", page {piece.page}" if piece.page is not None else ""
    return Passage(
        id=f"{PROFILE}.{document.name}-{number}",
        profile=PROFILE,
        title=piece.headings[-1] if piece.headings else document.file,
        source=f"{document.file}{page} (a document of this site, not checked by this program)",
        section=" / ".join(piece.headings) or None,
        doi_or_isbn=None,
        text=piece.text,
        verified=False,
    )


def pieces(blocks: Sequence[Block]) -> Iterator[Piece]:
    """Neighbouring paragraphs under one heading on one page, together up to the length of a passage; a table by itself."""
    held: list[str] = []
    place: tuple[tuple[str, ...], int | None] = ((), None)

    def put() -> Iterator[Piece]:
        if held:
            yield Piece(text=" ".join(held), headings=place[0], page=place[1])
            held.clear()

    for block in blocks:
        parts = [block.text] if block.table else _sentences(block.text)
        for part in parts:
            full = sum(map(len, held)) + len(part) > PASSAGE_LETTERS
            if block.table or full or place != (block.headings, block.page):
                yield from put()
            place = (block.headings, block.page)
            held.append(part)
        if block.table:
            yield from put()
    yield from put()


def _sentences(text: str) -> list[str]:
    """A paragraph, or its sentences where it is longer than a passage; a longer sentence is cut at a space."""
    if len(text) <= PASSAGE_LETTERS:
        return [text]
    found: list[str] = []
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        found += re.findall(rf"\S.{{0,{PASSAGE_LETTERS - 1}}}(?=\s|$)|\S{{{PASSAGE_LETTERS}}}", sentence)
    return found
