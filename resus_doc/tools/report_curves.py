"""The detector's window probabilities in a form small enough to ride along in the page.

Each probability is two letters of base64: 4,096 steps, finer than the four decimals of `windows.csv` need to be read.
"""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from resus_doc.tools.windows import Windows

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
STEPS = len(LETTERS) ** 2 - 1

MOST_LETTERS = 400_000
"""Some nine hours of video. Beyond, the page would grow past what an old computer opens at once; windows.csv has them all."""


class Curves(NamedTuple):
    """`series` has one text per label; window `i` covers `first_s + i * stride_s` and the next `window_s` seconds."""

    first_s: float
    stride_s: float
    window_s: float
    series: dict[str, str]


def encode(windows: "Windows | None") -> Curves | None:
    """The curves of a video; None without windows, with windows at uneven distances, or with too many for a page."""
    if windows is None or not len(windows) or 2 * windows.probabilities.size > MOST_LETTERS:
        return None
    first = float(windows.start_s[0])
    if any(abs(float(start) - first - i * windows.stride_s) > 1e-3 for i, start in enumerate(windows.start_s)):
        return None
    series = {
        label: "".join(_letters(float(value)) for value in windows.probabilities[:, column])
        for column, label in enumerate(windows.labels)
    }
    return Curves(first, windows.stride_s, windows.window_s, series)


def _letters(probability: float) -> str:
    high, low = divmod(round(min(1.0, max(0.0, probability)) * STEPS), len(LETTERS))
    return LETTERS[high] + LETTERS[low]
