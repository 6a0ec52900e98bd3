"""Guideline profiles: one YAML file per guideline and edition, read into frozen values.

A profile holds sources, own-worded passages and rules. Nothing here knows medicine: what a guideline states lives in the
files, each statement with its source and whether somebody checked it against the document (`verified`). The form of the
file is `profiles/profile.schema.json`, which is generated from these classes.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resus_doc.errors import UsageError
from resus_doc.guidelines.logic import Condition
from resus_doc.schema import Activity, GuidelineRef, Passage, Unit

SHIPPED = files("resus_doc.guidelines") / "profiles"
QUALITY_METRICS = "quality-metrics"
OWN_DOCUMENTS = "own-documents"
"""What passages of a site's own documents carry in place of a profile; no profile may have this id."""

Key = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class Part(BaseModel):
    """Base of all parts of a profile: frozen, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Source(Part):
    """A document. What is not known of it is null."""

    citation: str
    year: int | None
    doi_or_isbn: str | None


class PassageText(Part):
    """What a document says, in our own words."""

    title: str
    text: str
    source: str
    """Key of the document in `sources`."""
    section: str | None
    verified: bool
    """True when it was checked against the document or the publisher's abstract."""
    keywords: tuple[str, ...] = ()
    """Words that clinicians would use to look for it and that the text does not hold."""


class Needs(Part):
    """What must be at hand before a rule can be decided."""

    activities: tuple[Activity, ...] = ()
    """These must be covered by the source of the events."""
    time_zero: Literal["any", "birth"] = "any"
    vitals: tuple[Literal["hr_bpm", "spo2_pct", "fio2_pct", "temp_c", "pressure_cmh2o"], ...] = ()
    gestation: bool = False
    beyond: tuple[str, ...] = ()
    """Anything else, in words, such as a view of the cord."""


class Limit(Part):
    """A number is compared with a limit. Exactly one of `at_most`, `at_least` and `below` is given."""

    kind: Literal["limit"]
    of: str
    """Name of a measure, or of an observable of `observables.py`."""
    at_most: float | None = None
    at_least: float | None = None
    below: float | None = None
    unit: Unit
    basis: str | None
    """Key of the passage that states the limit; null for a limit that no guideline states (quality metrics only)."""

    @model_validator(mode="after")
    def _one_limit(self) -> "Limit":
        if [self.at_most, self.at_least, self.below].count(None) != 2:
            raise ValueError("a limit has either at_most or at_least or below")
        return self

    @property
    def threshold(self) -> float:
        """The limit's number."""
        return next(limit for limit in (self.at_most, self.at_least, self.below) if limit is not None)


class Information(Part):
    """A number is reported; nothing is decided."""

    kind: Literal["information"]
    of: str
    unit: Unit


class BeyondCamera(Part):
    """The rule is shown, but a video of the recognised activities can never decide it."""

    kind: Literal["beyond_camera"]
    reason: str
    threshold: float | None = None
    unit: Unit | None = None


Check = Annotated[Limit | Information | BeyondCamera, Field(discriminator="kind")]


class Rule(Part):
    """One statement of a guideline, and how it is checked."""

    id: Key
    statement: str
    """What the guideline says, in our own words; a full sentence."""
    expected: str
    applies_when: Condition | None = None
    """Null: the rule always applies."""
    needs: Needs = Needs()
    check: Check
    passages: tuple[str, ...] = ()
    verified: bool


class Profile(Part):
    """One guideline in one edition, or the quality metrics."""

    id: Key
    kind: Literal["guideline", "quality_metric"]
    title: str
    edition: str
    sources: dict[str, Source]
    passages: dict[Key, PassageText] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> "Profile":
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        if self.id == OWN_DOCUMENTS:
            yield f"the id '{OWN_DOCUMENTS}' is kept for the documents of a site"
        for key, passage in self.passages.items():
            if passage.source not in self.sources:
                yield f"passage '{key}' names the source '{passage.source}', which is not among the sources"
        ids = [rule.id for rule in self.rules]
        for rule in self.rules:
            if ids.count(rule.id) > 1:
                yield f"there are two rules with the id '{rule.id}'"
            yield from self._rule_problems(rule)

    def _rule_problems(self, rule: Rule) -> Iterator[str]:
        basis = rule.check.basis if isinstance(rule.check, Limit) else None
        for key in (*rule.passages, *((basis,) if basis else ())):
            if key not in self.passages:
                yield f"rule '{rule.id}' names the passage '{key}', which does not exist"
        if isinstance(rule.check, Limit) and basis is None and self.kind != "quality_metric":
            yield f"rule '{rule.id}' has a limit without the passage that states it (basis)"
        if rule.verified and not all(self.passages[key].verified for key in rule.passages if key in self.passages):
            yield f"rule '{rule.id}' is marked verified but rests on a passage that is not"

    @property
    def ref(self) -> GuidelineRef:
        """How a report names it."""
        return GuidelineRef(id=self.id, title=self.title, edition=self.edition)

    def rule_id(self, rule: Rule) -> str:
        """The rule's name across all profiles, such as `aha-2025.ppv-within-60s`."""
        return f"{self.id}.{rule.id}"

    def passage(self, key: str, passage_id: str | None = None) -> Passage:
        """A passage as reports cite it; its id is `<profile>.<key>` unless one is given."""
        text = self.passages[key]
        source = self.sources[text.source]
        return Passage(
            id=passage_id or f"{self.id}.{key}",
            profile=self.id,
            title=text.title,
            source=source.citation,
            section=text.section,
            doi_or_isbn=source.doi_or_isbn,
            text=text.text,
            verified=text.verified,
        )


def shipped_ids() -> tuple[str, ...]:
    """Ids of the profiles that come with the program, in alphabetical order."""
    return tuple(
        sorted(entry.name.removesuffix(".yaml") for entry in SHIPPED.iterdir() if entry.name.endswith(".yaml"))
    )


def load(id_or_path: str | Path) -> Profile:
    """A shipped profile by its id, or a site's own profile file.

    Raises:
        UsageError: no such profile, or the file is not a valid profile (each fault with its line).
    """
    if str(id_or_path) in shipped_ids():
        return _load_shipped(str(id_or_path))
    path = Path(id_or_path)
    if not path.is_file():
        raise UsageError(
            f"There is no guideline profile '{id_or_path}'.",
            f"Choose one of {', '.join(shipped_ids())}, or name a profile file (.yaml).",
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The profile file {path} cannot be read ({error}).", "Save it as UTF-8 text.") from error
    return parse(text, str(path))


@cache
def _load_shipped(profile_id: str) -> Profile:
    return parse((SHIPPED / f"{profile_id}.yaml").read_text(encoding="utf-8"), f"{profile_id}.yaml")


def parse(text: str, name: str) -> Profile:
    """A profile from YAML text; `name` stands in error messages.

    Raises:
        UsageError: the text is not a valid profile; the message lists each fault with its line.
    """
    try:
        root = _SingleUseLoader(text).get_single_node()
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{name}, line {line}: {error.problem}.", "Mend the profile file at that line.") from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise UsageError(f"{name} is not a YAML file: {error}.", "Mend the profile file.") from error
    try:
        return Profile.model_validate(content)
    except ValidationError as error:
        faults = [f"line {_line(root, fault['loc'])}: {_place(fault['loc'])}{fault['msg']}" for fault in error.errors()]
        raise UsageError(f"{name} is not a valid profile. {'; '.join(faults)}.", "Mend these lines.") from error


class _SingleUseLoader(yaml.SafeLoader):
    """Refuses aliases (with which a file could contain itself) and keys given twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed in a profile", event.start_mark)
        return super().compose_node(parent, index)

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.composer.ComposerError(None, None, f"'{key.value}' is given twice", key.start_mark)
            seen.add(key.value)
        return node


def _line(node: Any, location: tuple[int | str, ...]) -> int:
    """The line of the deepest part of `location` that the file holds."""
    line: int = node.start_mark.line + 1 if node is not None else 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if found is None:
                continue
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _place(location: tuple[int | str, ...]) -> str:
    return f"{'.'.join(str(step) for step in location)}: " if location else ""


def json_schema() -> str:
    """The form of a profile file as a JSON Schema; `profiles/profile.schema.json` holds it."""
    return json.dumps(Profile.model_json_schema(), indent=2, sort_keys=True) + "\n"
