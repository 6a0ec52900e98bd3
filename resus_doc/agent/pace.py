"""How long the rest of a batch will take, from the bytes of video done so far. Knows no clock: the time is given."""

from collections.abc import Mapping


class Pace:
    """Takes a video's size as the measure of its work; lengths are not known before a file is read."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self._waiting = dict(sizes)
        self._running: dict[str, tuple[int, float, float]] = {}
        self._done_bytes = 0.0
        self._begun_s: float | None = None

    def leave_out(self, name: str) -> None:
        """This one needs no work."""
        self._waiting.pop(name, None)

    def start(self, name: str, now_s: float) -> None:
        """Work on this one begins."""
        self._begun_s = now_s if self._begun_s is None else self._begun_s
        self._running[name] = (self._waiting.pop(name, 0), now_s, 0.0)

    def advance(self, name: str, fraction: float) -> None:
        """So much of it is done, 0 to 1."""
        size, begun_s, _ = self._running[name]
        self._running[name] = (size, begun_s, min(max(fraction, 0.0), 1.0))

    def fraction(self, name: str) -> float:
        """How much of one that is being worked on is done, 0 to 1."""
        return self._running[name][2]

    def finish(self, name: str) -> None:
        """It is done, or has failed."""
        size, _, _ = self._running.pop(name)
        self._done_bytes += size

    def left_s(self, now_s: float) -> float | None:
        """Seconds left for all; None before anything can be said."""
        partly = sum(size * fraction for size, _, fraction in self._running.values())
        done = self._done_bytes + partly
        if self._begun_s is None or done <= 0:
            return None
        left = sum(self._waiting.values()) + sum(size for size, _, _ in self._running.values()) - partly
        return (now_s - self._begun_s) / done * left

    def left_of_s(self, name: str, now_s: float) -> float | None:
        """Seconds left for one that is being worked on."""
        _, begun_s, fraction = self._running[name]
        return (now_s - begun_s) * (1 - fraction) / fraction if fraction > 0 else None
