"""What times may count from: birth, arrival on the table, the start of the video; and how sentences name a time on each.

A birth that nobody gave and an arrival that was not seen are none: nothing is counted from them.
"""

from typing import Literal, NamedTuple

from resus_doc.schema import Range, Report, TimeZero
from resus_doc.tools.answers import Quantity
from resus_doc.tools.cases import timeline_of

Clock = Literal["birth", "arrival", "zero", "video"]
"""How a question names an origin; `zero` is the one that the report counts from, whichever that is."""


class Origin(NamedTuple):
    """A moment that times count from, in seconds of the video, with the range in which it lies."""

    name: str
    t_s: float
    range_s: Range

    def named(self, number: float, to: float | None = None) -> tuple[str, tuple[Quantity, ...]]:
        """Words and numbers of a moment, or of a stretch, in seconds after the origin; before it where they are negative."""
        numbers = tuple(Quantity(value=abs(each), unit="s") for each in (number, to) if each is not None)
        if to is None:
            return f"{{}} {self._side(number)}", numbers
        first = "" if self._side(number) == self._side(to) else f" {self._side(number)}"
        return f"{{}}{first} to {{}} {self._side(to)}", numbers

    def _side(self, number: float) -> str:
        if number < 0:
            return f"before {self.name}"
        return "of the video" if self == VIDEO else f"after {self.name}"


VIDEO = Origin("the start of the video", 0.0, (0.0, 0.0))


def zero_of(report: Report) -> Origin:
    """What the report's own times count from."""
    return _origin(report.time_zero)


def origin_of(report: Report, clock: Clock) -> Origin | None:
    """The origin that a question names; None where it is not known in this case."""
    zero = report.time_zero
    if clock == "video":
        return VIDEO
    if clock == "zero" or (clock == "birth" and zero.source == "given"):
        return _origin(zero)
    if clock == "birth":
        return None
    arrival = zero if zero.source == "table_arrival" else timeline_of(report).table_arrival
    return None if arrival is None else _origin(arrival)


def _origin(zero: TimeZero) -> Origin:
    return VIDEO if zero.source == "video_start" else Origin(zero.name, zero.t_s, zero.range_s)
