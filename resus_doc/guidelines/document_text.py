"""The text of a site's own documents, block by block: headings and page numbers kept, a table always one block.

Text from a document is data. It is kept, searched and shown as text; nothing in it is ever followed.

What this module does not know: what a document states is right, and pictures. A scanned page is a picture.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

from resus_doc.errors import InputRefused

MOST_BYTES = 200_000_000
"""The largest guideline documents with figures have some tens of megabytes."""

MOST_XML_BYTES = 100_000_000
"""A Word file's text unpacked; a small file that unpacks to more is a trap."""

SCANNED_PART = 0.5
LEAST_LETTERS = 20
"""A PDF of which this part of the pages holds fewer letters than LEAST_LETTERS is a scan."""

TABLE_ROWS, TABLE_CELLS = 2, 3
"""So many lines in a row with so many cells are a table; a page in two columns of text has two cells a line."""

_NUMBERED = re.compile(r"\d{1,2}(\.\d{1,2}){0,3}\.?\s+[A-ZÀ-Þ][^.;]{2,70}")
_CELL_GAP = re.compile(r"\S( {3,}|\t)(?=\S)")
_WORD_XML = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Block(NamedTuple):
    """A paragraph or a whole table, the headings above it, outermost first, and its page (None: no pages)."""

    text: str
    headings: tuple[str, ...] = ()
    page: int | None = None
    table: bool = False


def read_document(path: Path) -> list[Block]:
    """The blocks of a PDF, DOCX, HTML or Markdown file, in reading order.

    Raises:
        InputRefused: the file cannot be read, is of another kind, encrypted, scanned, or holds no text.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputRefused(f"{path} is of a kind that cannot be indexed.", "Use PDF, DOCX, HTML or Markdown.")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputRefused(
                f"{path} is larger than {MOST_BYTES // 1_000_000} MB.", "Add only the chapters you need."
            )
        blocks = [_clean(block) for block in reader(path)]
    except OSError as error:
        raise InputRefused(f"{path} cannot be read ({error.strerror or error}).", "Check the name.") from error
    kept = [block for block in blocks if any(sign.isalnum() for sign in block.text)]
    if not kept:
        raise InputRefused(f"{path} holds no text.", "If it is a scan, run it through text recognition (OCR) first.")
    return kept


def _clean(block: Block) -> Block:
    """Printable text only; the lines of a table stay lines."""

    def plain(text: str) -> str:
        return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())

    lines = [plain(line) for line in block.text.splitlines()] if block.table else [plain(block.text)]
    return block._replace(
        text="\n".join(line for line in lines if line), headings=tuple(plain(each)[:200] for each in block.headings)
    )


class _Headings:
    """The headings in force, outermost first."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, title: str) -> None:
        self._open = [each for each in self._open if each[0] < level] + [(level, title)]

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(title for _, title in self._open)


# --- PDF


def _pdf(path: Path) -> Iterator[Block]:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    encrypted = InputRefused(
        f"{path} is encrypted.", "Open it with its password, save or print it to a PDF without one, and add that."
    )
    try:
        reader = PdfReader(path)
        if reader.is_encrypted:
            raise encrypted
        marks = _bookmarks(reader)
        pages = [page.extract_text() for page in reader.pages]
        _refuse_scans(path, pages)
        headings = _Headings()
        for number, text in enumerate(pages, start=1):
            for level, title in marks.get(number - 1, ()):
                headings.enter(level, title)
            layout = reader.pages[number - 1].extract_text(extraction_mode="layout")
            yield from _page_blocks(layout if _has_table(layout) else text, headings, number)
    except DependencyError as error:  # AES, for which pypdf wants a package of its own
        raise encrypted from error
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise InputRefused(f"{path} is not a PDF that can be read ({error}).", "Print it to a new PDF.") from error


def _refuse_scans(path: Path, pages: list[str]) -> None:
    empty = sum(sum(sign.isalpha() for sign in text) < LEAST_LETTERS for text in pages)
    if not pages or empty / len(pages) > SCANNED_PART:
        raise InputRefused(
            f"{path} looks scanned: {empty} of {len(pages)} pages hold no text.",
            "Run it through text recognition first (for instance with ocrmypdf), and add the result.",
        )


def _bookmarks(reader: Any) -> dict[int, list[tuple[int, str]]]:
    """The outline's titles by page index, with their levels."""
    found: dict[int, list[tuple[int, str]]] = {}

    def walk(entries: list[Any], level: int) -> None:
        for entry in entries:
            if isinstance(entry, list):
                walk(entry, level + 1)
            elif (page := reader.get_destination_page_number(entry)) is not None:
                found.setdefault(page, []).append((level, str(entry.title)))

    walk(reader.outline, 1)
    return found


def _is_row(line: str) -> bool:
    return len(_CELL_GAP.findall(line.strip())) >= TABLE_CELLS - 1


def _has_table(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    return any(all(map(_is_row, lines[at : at + TABLE_ROWS])) for at in range(len(lines) - TABLE_ROWS + 1))


def _page_blocks(text: str, headings: _Headings, page: int) -> Iterator[Block]:
    """Paragraphs and tables of one page; a short numbered line such as `3.2 Ventilation` is a heading."""
    for is_table, lines in _runs(text.splitlines()):
        if is_table and len(lines) >= TABLE_ROWS:
            rows = (re.sub(r" {3,}|\t", " | ", line.strip()) for line in lines)
            yield Block("\n".join(rows), headings.path, page, table=True)
            continue
        paragraph: list[str] = []
        for line in [*lines, ""]:
            title = " ".join(line.split())
            if paragraph and (not title or _NUMBERED.fullmatch(title)):
                yield Block(" ".join(paragraph), headings.path, page)
                paragraph = []
            if _NUMBERED.fullmatch(title):
                headings.enter(10 + title.split()[0].rstrip(".").count("."), title)
            elif title:
                paragraph.append(title)


def _runs(lines: list[str]) -> list[tuple[bool, list[str]]]:
    """Lines in groups: rows of a table, and the rest. An empty line within a table does not end it."""
    groups: list[tuple[bool, list[str]]] = []
    for line in lines:
        is_row = _is_row(line) or (not line.strip() and bool(groups) and groups[-1][0])
        if groups and groups[-1][0] == is_row:
            groups[-1][1].append(line)
        else:
            groups.append((is_row, [line]))
    return groups


# --- Word


_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError)
"""What reading a damaged or encrypted ZIP file raises."""


def _docx(path: Path) -> Iterator[Block]:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    remedy = "Save it again as .docx, without a password."
    try:
        with zipfile.ZipFile(path) as packed:
            if packed.getinfo("word/document.xml").file_size > MOST_XML_BYTES:
                raise InputRefused(f"{path} unpacks to more than a document can be.", remedy)
            root = fromstring(packed.read("word/document.xml"))
    except (*_BROKEN_ZIP, KeyError, ParseError, DefusedXmlException) as error:
        raise InputRefused(f"{path} is not a Word document that can be read ({error}).", remedy) from error
    headings, page = _Headings(), 1
    for part in root.find(f"{_WORD_XML}body") or ():
        page += _page_breaks(part)
        if part.tag == f"{_WORD_XML}tbl":
            rows = (
                " | ".join(_word_text(cell) for cell in row.iter(f"{_WORD_XML}tc"))
                for row in part.iter(f"{_WORD_XML}tr")
            )
            yield Block("\n".join(rows), headings.path, page, table=True)
        elif level := _word_level(part):
            headings.enter(level, _word_text(part))
        else:
            yield Block(_word_text(part), headings.path, page)


def _page_breaks(part: Any) -> int:
    """Page breaks as Word rendered them last."""
    hard = sum(each.get(f"{_WORD_XML}type") == "page" for each in part.iter(f"{_WORD_XML}br"))
    return max(hard, sum(1 for _ in part.iter(f"{_WORD_XML}lastRenderedPageBreak")))


def _word_text(part: Any) -> str:
    return " ".join(
        "".join(text.text or "" for text in paragraph.iter(f"{_WORD_XML}t"))
        for paragraph in ([part] if part.tag == f"{_WORD_XML}p" else part.iter(f"{_WORD_XML}p"))
    )


def _word_level(part: Any) -> int:
    """The level of a heading paragraph, 0 for others; localised style names end in their level too."""
    style = part.find(f"{_WORD_XML}pPr/{_WORD_XML}pStyle")
    name = "" if style is None else str(style.get(f"{_WORD_XML}val")).lower()
    found = re.fullmatch(r"(?:heading|berschrift|titre|kop|rubrik|overskrift|t[ií]tulo|title)\s?(\d?)", name)
    return int(found[1] or 1) if found else 0


# --- HTML and Markdown


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputRefused(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from error


class _Page(HTMLParser):
    """Collects blocks; scripts, styles and hidden parts are no text."""

    BREAKS = frozenset(
        [
            "p",
            "li",
            "div",
            "br",
            "section",
            "article",
            "tr",
            "ul",
            "ol",
            "dl",
            "dt",
            "dd",
            "blockquote",
            "pre",
            "figure",
            "figcaption",
        ]
    )
    SILENT = frozenset(["script", "style", "template", "noscript", "head", "svg"])

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._headings, self._text, self._silent, self._table = _Headings(), "", 0, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self.SILENT
        if tag == "table":
            self._flush()
            self._table += 1
        elif self._table:
            self._text += {"tr": "\n", "td": " | ", "th": " | "}.get(tag, " ")
        elif tag in self.BREAKS or re.fullmatch("h[1-6]", tag):
            self._flush()

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in self.SILENT))
        if tag == "table" and self._table:
            self._table -= 1
            self._flush(table=not self._table)
        elif re.fullmatch("h[1-6]", tag) and not self._table:
            self._headings.enter(int(tag[1]), self._text.strip())
            self._text = ""
        elif tag in self.BREAKS and not self._table:
            self._flush()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._text += " ".join(data.split("\n")) if self._table else data

    def close(self) -> None:
        super().close()
        self._flush(table=bool(self._table))

    def _flush(self, *, table: bool = False) -> None:
        if self._text.strip():
            text = "\n".join(line.strip(" |") for line in self._text.splitlines()) if table else self._text
            self.blocks.append(Block(text, self._headings.path, None, table))
        self._text = ""


def _html(path: Path) -> Iterator[Block]:
    page = _Page()
    try:
        page.feed(_text_of(path))
        page.close()
    except AssertionError as error:  # html.parser, at a marked section that HTML does not know
        raise InputRefused(f"{path} is not an HTML page that can be read ({error}).", "Print it to a PDF.") from error
    yield from page.blocks


def _markdown(path: Path) -> Iterator[Block]:
    headings = _Headings()
    for part in re.split(r"\n\s*\n|(?m:^(?=#{1,6}\s))", _text_of(path)):
        lines = [line for line in part.splitlines() if line.strip()]
        if lines and (title := re.fullmatch(r"(#{1,6})\s+(.+?)\s*#*\s*", lines[0])):
            headings.enter(len(title[1]), title[2])
            lines = lines[1:]
        table = len(lines) >= TABLE_ROWS and all(line.count("|") >= 1 for line in lines)
        if lines:
            yield Block("\n".join(lines), headings.path, None, table)


READERS: dict[str, Callable[[Path], Iterator[Block]]] = {
    ".pdf": _pdf,
    ".docx": _docx,
    ".html": _html,
    ".htm": _html,
    ".md": _markdown,
    ".markdown": _markdown,
}
