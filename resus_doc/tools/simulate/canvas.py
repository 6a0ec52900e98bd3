"""Drawing of shapes given in table coordinates (centimetres) onto a picture, or onto a map of object labels."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from resus_doc.tools.simulate.look import ASPECT, Colour, Look

Points = npt.NDArray[np.float64]
_SHIFT = 4
_ANGLES = np.linspace(0, 2 * np.pi, 24, endpoint=False)
_CIRCLE: Points = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1)
_HALF: Points = np.stack(
    [np.cos(np.linspace(-np.pi / 2, np.pi / 2, 8)), np.sin(np.linspace(-np.pi / 2, np.pi / 2, 8))], 1
)


def ellipse(x: float, y: float, a: float, b: float, turn: float = 0.0) -> Points:
    """The outline of an ellipse with half axes a and b; turn in radians."""
    return np.asarray((_CIRCLE * (a, b)) @ rotation(turn) + (x, y))


def capsule(x0: float, y0: float, x1: float, y1: float, r0: float, r1: float) -> Points:
    """The outline of a limb with round ends of radius r0 and r1."""
    turn = math.atan2(y1 - y0, x1 - x0)
    end, start = _HALF * r1, -_HALF * r0
    rot = rotation(turn)
    return np.concatenate([end @ rot + (x1, y1), start @ rot + (x0, y0)])


def ribbon(path: Points, width: float) -> Points:
    """The outline of a tube that follows a path of points."""
    step = np.gradient(path, axis=0)
    normal = np.stack([-step[:, 1], step[:, 0]], 1) / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-6)
    return np.concatenate([path + normal * width / 2, (path - normal * width / 2)[::-1]])


def curve(start: tuple[float, float], bend: tuple[float, float], end: tuple[float, float], n: int = 14) -> Points:
    """Points of a quadratic curve."""
    t = np.linspace(0, 1, n)[:, None]
    return np.asarray((1 - t) ** 2 * np.array(start) + 2 * t * (1 - t) * np.array(bend) + t**2 * np.array(end))


def rotation(turn: float) -> Points:
    """Right-multiplied rotation matrix."""
    c, s = math.cos(turn), math.sin(turn)
    return np.array([[c, s], [-s, c]])


def shade(colour: Colour, factor: float) -> Colour:
    """A darker (below 1) or lighter colour."""
    red, green, blue = (max(0, min(255, int(c * factor))) for c in colour)
    return (red, green, blue)


def camera(look: Look, width: int, height: int) -> Points:
    """The 3x3 matrix from table centimetres to picture coordinates (pixels, edge at 0)."""
    turn = math.radians(look.turn_deg)
    c, s = math.cos(turn) / look.view_height_cm, math.sin(turn) / look.view_height_cm
    # A sideways-turned baby needs the long side of the picture less, so the same view height serves all turns.
    world = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
    shift = np.array([[1, 0, look.shift_cm[0]], [0, 1, look.shift_cm[1]], [0, 0, 1.0]])
    tilt = np.array([[1, 0, 0], [0, 1, 0], [0, look.tilt, 1.0]])
    view = np.array([[width / ASPECT, 0, width / 2], [0, height, height / 2], [0, 0, 1.0]])
    return np.asarray(view @ tilt @ world @ shift)


class Canvas:
    """A picture to draw on. With `labels` it holds one label a pixel in place of colours, without smoothing."""

    def __init__(self, image: npt.NDArray[np.uint8], matrix: Points, *, labels: bool = False) -> None:
        import cv2

        self._cv2: Any = cv2
        self.image = image
        self.labels = labels
        self._a, self._b = np.ascontiguousarray(matrix[:2, :2].T), matrix[:2, 2]
        self._w = matrix[2]
        self._flat = bool(abs(self._w[0]) + abs(self._w[1]) < 1e-12)

    def fill(self, points: Points, colour: Colour, label: int) -> None:
        """Fill an outline given in table centimetres."""
        pixels = self._pixels(points)
        if self.labels:
            self._cv2.fillPoly(self.image, [pixels], label, lineType=8, shift=_SHIFT)
        else:
            self._cv2.fillPoly(self.image, [pixels], colour, lineType=self._cv2.LINE_AA, shift=_SHIFT)

    def outline(self, points: Points, colour: Colour) -> None:
        """Draw a thin closed line around an outline; nothing on a label map."""
        if not self.labels:
            pixels = self._pixels(points)
            self._cv2.polylines(self.image, [pixels], True, colour, 1, self._cv2.LINE_AA, _SHIFT)

    def _pixels(self, points: Points) -> npt.NDArray[np.int32]:
        flat = points @ self._a + self._b
        if not self._flat:
            flat = flat / (points @ self._w[:2] + self._w[2])[:, None]
        return np.rint((flat - 0.5) * 2**_SHIFT).astype(np.int32)
