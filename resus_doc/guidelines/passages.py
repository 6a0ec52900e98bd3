"""The passages of a report, numbered in the order in which findings cite them, and the corpus of all shipped profiles."""

from typing import NamedTuple

from resus_doc.guidelines.profile import Profile, load, shipped_ids
from resus_doc.schema import Passage


class Citations:
    """Gives each cited passage its id in the report: P1, P2, ..."""

    def __init__(self, first_number: int = 1) -> None:
        self._first_number = first_number
        self._cited: dict[tuple[str, str], Passage] = {}

    def cite(self, profile: Profile, key: str) -> str:
        """The report's id of a passage, new or cited before."""
        known = self._cited.get((profile.id, key))
        if known is None:
            known = profile.passage(key, f"P{self._first_number + len(self._cited)}")
            self._cited[profile.id, key] = known
        return known.id

    @property
    def passages(self) -> tuple[Passage, ...]:
        """All cited so far, in order."""
        return tuple(self._cited.values())


class Entry(NamedTuple):
    """A passage as the index holds it; its id is `<profile>.<key>`."""

    passage: Passage
    keywords: tuple[str, ...]

    @property
    def searchable(self) -> str:
        """What the embedding is taken from."""
        return f"{self.passage.title}. {self.passage.text}"


def corpus() -> tuple[Entry, ...]:
    """The passages of all shipped profiles, in the order of the profiles' ids."""
    profiles = [load(profile_id) for profile_id in shipped_ids()]
    return tuple(
        Entry(profile.passage(key), text.keywords) for profile in profiles for key, text in profile.passages.items()
    )
