"""ELAN documents (EAF 3.0): tiers named after activities, read without entities and written as ELAN demands.

Format: https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

import defusedxml
import defusedxml.sax

from resus_doc.schema import ACTIVITIES, Activity, Event
from resus_doc.tools.formats_source import KNOWN, Row, Source, by_onset, in_ms, quoted
from resus_doc.tools.formats_study import STUDY_NAMES

EAF_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"

TIERS: Mapping[Activity, str] = {**STUDY_NAMES, "stimulation": "Stimulation"}
"""Names of the tiers. Where events of one activity overlap, the second tier is called `Stimulation 2`, and so on."""

_MIME = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".avi": "video/x-msvideo"}


class _EafAnnotation(NamedTuple):
    line: int
    slots: tuple[str, str]
    value: str


class _EafTier(NamedTuple):
    name: str
    annotations: list[_EafAnnotation]


class _EafReader(ContentHandler):
    """Collects time slots, tiers and aligned annotations, with their lines."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.slots: dict[str, int] = {}
        self.tiers: list[_EafTier] = []
        self.origin_ms: int | None = None
        self._source = source
        self._where: Locator | None = None
        self._open: tuple[int, str, str] | None = None
        self._value: list[str] | None = None
        self._rooted = False

    @property
    def line(self) -> int:
        return (self._where.getLineNumber() or 1) if self._where is not None else 1

    def setDocumentLocator(self, locator: Locator) -> None:
        self._where = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        if not self._rooted and name != "ANNOTATION_DOCUMENT":
            raise self._source.refuse(
                self.line, f"<{quoted(name)}> does not open an ELAN document", "Name an .eaf file."
            )
        self._rooted = True
        if name == "HEADER" and attrs.get("TIME_UNITS", "milliseconds") != "milliseconds":
            raise self._source.refuse(self.line, "times are not in milliseconds", "Export the file with milliseconds.")
        if name == "MEDIA_DESCRIPTOR" and self.origin_ms is None:
            self.origin_ms = self._whole(attrs.get("TIME_ORIGIN", "0"))
        elif name == "TIME_SLOT" and "TIME_VALUE" in attrs:
            self.slots[attrs.get("TIME_SLOT_ID", "")] = self._whole(attrs["TIME_VALUE"])
        elif name == "TIER":
            self.tiers.append(_EafTier(attrs.get("TIER_ID", ""), []))
        elif name == "ALIGNABLE_ANNOTATION":
            self._open = (self.line, attrs.get("TIME_SLOT_REF1", ""), attrs.get("TIME_SLOT_REF2", ""))
            self._value = []

    def characters(self, content: str) -> None:
        if self._value is not None and sum(map(len, self._value)) < 1000:
            self._value.append(content)

    def endElement(self, name: str) -> None:
        if name == "ALIGNABLE_ANNOTATION" and self._open is not None and self.tiers:
            line, *slots = self._open
            value = "".join(self._value or ()).strip()
            self.tiers[-1].annotations.append(_EafAnnotation(line, (slots[0], slots[1]), value))
            self._open = self._value = None

    def _whole(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,12}", text):
            raise self._source.refuse(self.line, f"'{quoted(text)}' is not a time in milliseconds")
        return int(text)


def eaf_rows(source: Source, text: str) -> list[Row]:
    reader = _EafReader(source)
    body = re.sub(r"^\s*<\?xml[^>]*\?>", lambda found: "\n" * found[0].count("\n"), text, count=1)
    try:
        defusedxml.sax.parseString(body.encode(), reader, forbid_dtd=True)
    except defusedxml.DefusedXmlException as error:
        what = "the file declares a document type or entities, which annotation files do not need"
        raise source.refuse(reader.line, what, "Export it from ELAN again.") from error
    except SAXException as error:
        raise source.refuse(reader.line, f"not well-formed XML ({quoted(str(error.getMessage()))})") from error
    tiers = [tier for tier in reader.tiers if tier.annotations]
    named = [tier for tier in tiers if _tier_counts(source, tier)]
    if tiers and not named:
        raise source.refuse(tiers[0].annotations[0].line, f"no tier is known, as '{quoted(tiers[0].name)}'", KNOWN)
    return [_eaf_row(source, reader, tier, annotation) for tier in named for annotation in tier.annotations]


def _tier_counts(source: Source, tier: _EafTier) -> bool:
    """Whether a tier, or what stands on it, is about activities; others (remarks, say) are left out, which is told."""
    if source.resembles(_tier_label(tier)) or any(
        source.resembles(annotation.value) for annotation in tier.annotations
    ):
        return True
    source.notes.append(f"the tier '{quoted(tier.name)}' was left out: it names no known activity")
    return False


def _tier_label(tier: _EafTier) -> str:
    return re.sub(r"\s+[0-9]{1,3}$", "", tier.name[:200])


def _eaf_row(source: Source, reader: _EafReader, tier: _EafTier, annotation: _EafAnnotation) -> Row:
    by_tier = source.resembles(_tier_label(tier))
    activity = source.activity(_tier_label(tier) if by_tier else annotation.value, annotation.line)
    missing = [slot for slot in annotation.slots if slot not in reader.slots]
    if missing:
        raise source.refuse(annotation.line, f"the time slot '{quoted(missing[0])}' has no time", "Align it in ELAN.")
    start_s, end_s = ((reader.slots[slot] + (reader.origin_ms or 0)) / 1000 for slot in annotation.slots)
    name = annotation.value if by_tier and re.fullmatch(r"[A-Z][0-9]{1,6}", annotation.value) else ""
    return Row(annotation.line, activity, start_s, end_s, name)


def write_eaf(events: Iterable[Event], path: Path, media_name: str = "") -> None:
    """An ELAN document (EAF 3.0): a tier per activity, an annotation per event that holds its id. Times in ms.

    Args:
        events: what to write.
        path: where to write.
        media_name: file name of the video, sought beside the document. Its folder is not written: paths name people.
    """
    ordered = by_onset(events)
    root = ElementTree.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "resus-doc",
            "DATE": "1970-01-01T00:00:00+00:00",
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": EAF_SCHEMA,
        },
    )
    _eaf_header(root, media_name, len(ordered))
    slots = _eaf_time_order(root, ordered)
    for activity in ACTIVITIES:
        _eaf_tiers(root, activity, [place for place in slots if place.event.activity == activity])
    kind = {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": "activity", "TIME_ALIGNABLE": "true"}
    ElementTree.SubElement(root, "LINGUISTIC_TYPE", kind)
    ElementTree.indent(root, space="    ")
    ElementTree.ElementTree(root).write(path, encoding="UTF-8", xml_declaration=True)


class _EafPlace(NamedTuple):
    """An event with the names of its annotation and its time slots."""

    event: Event
    name: str
    start: str
    end: str


def _eaf_header(root: ElementTree.Element, media_name: str, annotations: int) -> None:
    header = ElementTree.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    if media_name:
        address = "./" + quote(media_name, errors="replace")
        mime = _MIME.get(Path(media_name).suffix.casefold(), "video/*")
        attributes = {"MEDIA_URL": address, "MIME_TYPE": mime, "RELATIVE_MEDIA_URL": address}
        ElementTree.SubElement(header, "MEDIA_DESCRIPTOR", attributes)
    last = ElementTree.SubElement(header, "PROPERTY", {"NAME": "lastUsedAnnotationId"})
    last.text = str(annotations)


def _eaf_time_order(root: ElementTree.Element, events: Sequence[Event]) -> list[_EafPlace]:
    """Writes the time slots in order of time."""
    order = ElementTree.SubElement(root, "TIME_ORDER")
    edges = [
        (max(in_ms(time_s), 0), index, edge) for index, event in enumerate(events) for edge, time_s in _edges(event)
    ]
    names: dict[tuple[int, int], str] = {}
    for number, (time_ms, index, edge) in enumerate(sorted(edges), start=1):
        names[index, edge] = f"ts{number}"
        ElementTree.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": f"ts{number}", "TIME_VALUE": str(time_ms)})
    return [_EafPlace(event, f"a{index + 1}", names[index, 0], names[index, 1]) for index, event in enumerate(events)]


def _edges(event: Event) -> tuple[tuple[int, float], tuple[int, float]]:
    return (0, event.start_s), (1, event.end_s)


def _eaf_tiers(root: ElementTree.Element, activity: Activity, places: Sequence[_EafPlace]) -> None:
    """One tier, or more where events overlap, which annotations of one tier must not."""
    lanes: list[list[_EafPlace]] = [[]]
    for place in places:
        free = [lane for lane in lanes if not lane or in_ms(lane[-1].event.end_s) <= in_ms(place.event.start_s)]
        if free:
            free[0].append(place)
        else:
            lanes.append([place])
    for number, lane in enumerate(lanes, start=1):
        name = TIERS[activity] if number == 1 else f"{TIERS[activity]} {number}"
        tier = ElementTree.SubElement(root, "TIER", {"LINGUISTIC_TYPE_REF": "activity", "TIER_ID": name})
        for place in lane:
            _eaf_annotation(tier, place)


def _eaf_annotation(tier: ElementTree.Element, place: _EafPlace) -> None:
    outer = ElementTree.SubElement(tier, "ANNOTATION")
    attributes = {"ANNOTATION_ID": place.name, "TIME_SLOT_REF1": place.start, "TIME_SLOT_REF2": place.end}
    inner = ElementTree.SubElement(outer, "ALIGNABLE_ANNOTATION", attributes)
    ElementTree.SubElement(inner, "ANNOTATION_VALUE").text = _xml_text(place.event.id)


def _xml_text(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", text)
