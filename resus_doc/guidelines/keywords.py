"""Keyword ranking beside the embeddings: BM25 over the words clinicians use, forgiving of typing errors.

The vocabulary of slang stands here as data. It maps words to words and states nothing clinical.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

K1, B = 1.2, 0.5
"""The usual BM25 saturation; a weak length penalty, for passages are all short."""

_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
_COMMON = (
    "a an and are as at be been before by can do does did for from had has have how i if in is it its my of on or our s "
    "shall should so that the their them then there they this to up us was we were what when where which who why will "
    "with would you your much many long soon say says said guideline guidelines recommend recommended recommendation "
    "baby babies infant infants newborn newborns neonate neonates resuscitation neonatal about during give given need "
    "needed use used after start started"
)
_STOP = frozenset(_COMMON.split())

SYNONYMS: dict[str, str] = {
    "bagging": "ventilation ppv bag mask",
    "bag": "ventilation ppv mask",
    "bagged": "ventilation ppv",
    "bvm": "ventilation ppv bag mask",
    "ambu": "ventilation ppv self-inflating bag",
    "ventilate": "ventilation ppv",
    "nippv": "ventilation ppv",
    "ippv": "ventilation ppv",
    "neopuff": "t-piece device",
    "tpiece": "t-piece device",
    "mrsopa": "corrective steps sopa mask reposition",
    "sopa": "corrective steps mask reposition suction pressure",
    "sats": "oxygen saturation spo2",
    "sat": "oxygen saturation spo2",
    "spo2": "oxygen saturation",
    "oximeter": "saturation spo2 probe",
    "oximetry": "saturation spo2 probe",
    "o2": "oxygen",
    "fio2": "oxygen concentration",
    "blender": "oxygen concentration",
    "air": "oxygen 21",
    "hr": "heart rate",
    "pulse": "heart rate",
    "bradycardia": "heart rate below",
    "bradycardic": "heart rate below",
    "brady": "heart rate below",
    "epi": "adrenaline epinephrine",
    "epinephrine": "adrenaline",
    "adrenalin": "adrenaline",
    "cpr": "chest compressions",
    "massage": "chest compressions",
    "compress": "chest compressions",
    "lma": "supraglottic airway alternative",
    "sga": "supraglottic airway alternative",
    "igel": "supraglottic airway",
    "ett": "tracheal tube alternative airway",
    "intubate": "tracheal tube alternative airway",
    "intubation": "tracheal tube alternative airway",
    "intubated": "tracheal tube alternative airway",
    "pip": "peak inflation pressure",
    "cmh2o": "pressure",
    "mec": "meconium suction",
    "msaf": "meconium suction",
    "catheter": "suction",
    "suctioning": "suction",
    "dcc": "deferred cord clamping",
    "delayed": "deferred cord",
    "umbilical": "cord",
    "preemie": "preterm weeks",
    "prem": "preterm weeks",
    "prematurity": "preterm weeks",
    "temp": "temperature",
    "hypothermia": "temperature",
    "hypothermic": "temperature",
    "cold": "temperature",
    "warm": "temperature",
    "plastic": "bag wrap temperature",
    "polythene": "plastic bag wrap",
    "fluids": "volume",
    "saline": "volume blood loss",
    "bolus": "volume",
    "rub": "stimulation stimulate",
    "rubbing": "stimulation stimulate",
    "tactile": "stimulation stimulate",
    "apnea": "apnoeic breathing",
    "apnoea": "apnoeic breathing",
    "apneic": "apnoeic",
    "ecg": "electrocardiogram monitor",
    "ekg": "electrocardiogram ecg monitor",
    "huddle": "brief debrief",
}
"""Words that clinicians type, and the words of the passages they mean."""


def words(text: str) -> list[str]:
    """The words of a text, lower case, cut to their stems, without those that every passage holds."""
    joined = re.sub(r"\bmr\.?\s*sopa\b", "mrsopa", text.lower().replace("t-piece", "tpiece"))
    return [stem(word) for word in _WORD.findall(joined) if word not in _STOP]


def stem(word: str) -> str:
    """A word without a plural or verb ending; crude, but the same on both sides."""
    for ending in (
        "ations",
        "ation",
        "ating",
        "ated",
        "ates",
        "ings",
        "ing",
        "ions",
        "ion",
        "ies",
        "ed",
        "es",
        "s",
        "e",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


class KeywordIndex:
    """BM25 over texts; a query's unknown words are first read as slang, then as typing errors."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(words(text)) for text in texts]
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._mean_length = sum(self._lengths) / max(len(texts), 1) or 1.0
        frequency = Counter(word for counts in self._counts for word in counts)
        size = len(texts)
        self._weights = {word: math.log(1 + (size - n + 0.5) / (n + 0.5)) for word, n in frequency.items()}

    def read(self, query: str) -> dict[str, float]:
        """The query's words with their weights: as typed 1, what slang stands for 0.6, typing errors mended."""
        found: dict[str, float] = {}
        for word in words(query):
            mended = self._mend(word)
            found[mended] = 1.0
            for meant in words(_slang().get(mended, "")):
                found.setdefault(meant, 0.6)
        return found

    def _mend(self, word: str) -> str:
        if word in self._weights or word in _slang() or len(word) < 4 or word[0].isdigit():
            return word
        allowed = 1 if len(word) < 7 else 2
        candidates = ((distance(word, known), known) for known in self._known() if abs(len(known) - len(word)) <= 2)
        best, known = min(candidates, default=(allowed + 1, word))
        return known if best <= allowed else word

    def _known(self) -> Iterable[str]:
        return (known for known in {*self._weights, *_slang()} if len(known) >= 4)

    def scores(self, query: str) -> list[float]:
        """One BM25 score per text, in the order given; 0 where no word is shared."""
        asked = self.read(query)
        return [
            sum(weight * self._term(word, number) for word, weight in asked.items())
            for number in range(len(self._counts))
        ]

    def _term(self, word: str, number: int) -> float:
        count = self._counts[number][word]
        if not count:
            return 0.0
        length = 1 - B + B * self._lengths[number] / self._mean_length
        return self._weights[word] * count * (K1 + 1) / (count + K1 * length)


@cache
def _slang() -> dict[str, str]:
    return {stem(word): meant for word, meant in SYNONYMS.items()}


def distance(left: str, right: str) -> int:
    """Typing errors between two words: letters added, left out, replaced, or two neighbours swapped."""
    rows = [list(range(len(right) + 1))]
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            best = min(rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
