"""Drawing of shapes given in table coordinates (centimetres) onto a picture, or onto a map of object labels."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from resus_doc.tools.simulate.look import ASPECT, Colour, Look

Points = npt.NDArray[np.float64]
_SHIFT = 4
_COARSE = 4
"""Shadows are drawn on a picture smaller by this factor."""
_LENS_END = 1.2
"""From here on (squared picture heights from the middle, far outside) a lens distorts no further."""
_ANGLES = np.linspace(0, 2 * np.pi, 24, endpoint=False)
_CIRCLE: Points = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1)
_HALF: Points = np.stack(
    [np.cos(np.linspace(-np.pi / 2, np.pi / 2, 8)), np.sin(np.linspace(-np.pi / 2, np.pi / 2, 8))], 1
)


def box(x0: float, y0: float, x1: float, y1: float) -> Points:
    """The outline of a rectangle, with points along its sides: a lens bends them."""
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]], float)
    along = np.linspace(0, 1, 6, endpoint=False)[:, None]
    return np.concatenate([a + (b - a) * along for a, b in pairwise(corners)])


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
    """The 3x3 matrix from table centimetres to picture coordinates (pixels, edge at 0), but for the lens."""
    turn = math.radians(look.turn_deg)
    # Turned upright, what matters of the table is longer than the picture is high: the camera hangs higher then.
    seen_cm = look.view_height_cm * (1 + 0.16 * abs(math.sin(turn)))
    c, s = math.cos(turn) / seen_cm, math.sin(turn) / seen_cm
    side = -1 if look.mirrored else 1
    world = np.array([[c, -s * side, 0], [s, c * side, 0], [0, 0, 1.0]])
    shift = np.array([[1, 0, look.shift_cm[0]], [0, 1, look.shift_cm[1]], [0, 0, 1.0]])
    tilt = np.array([[1, 0, 0], [0, 1, 0], [0, look.tilt, 1.0]])
    view = np.array([[width / ASPECT, 0, width / 2], [0, height, height / 2], [0, 0, 1.0]])
    return np.asarray(view @ tilt @ world @ shift)


class _Held(NamedTuple):
    """A shape that waits for its shadow to be drawn first; `line` is an outline."""

    pixels: npt.NDArray[np.int32]
    colour: Colour
    line: bool


class Canvas:
    """A picture to draw on. With `labels` it holds one label a pixel in place of colours, without smoothing."""

    def __init__(
        self, image: npt.NDArray[np.uint8], matrix: Points, *, lens: float = 0.0, labels: bool = False
    ) -> None:
        import cv2

        self._cv2: Any = cv2
        self.image = image
        self.labels = labels
        self._matrix = matrix
        self._lens = lens
        self._a, self._b = np.ascontiguousarray(matrix[:2, :2].T), matrix[:2, 2]
        self._w = matrix[2]
        self._flat = bool(abs(self._w[0]) + abs(self._w[1]) < 1e-12)
        height, width = image.shape[:2]
        self._middle, self._unit = np.array([width / 2, height / 2]), np.array([width / ASPECT, height])
        self._held: list[_Held] | None = None

    def fill(self, points: Points, colour: Colour, label: int) -> None:
        """Fill an outline given in table centimetres."""
        pixels = self._pixels(points)
        if self.labels:
            self._cv2.fillPoly(self.image, [pixels], label, lineType=8, shift=_SHIFT)
        else:
            self._put(_Held(pixels, colour, False))

    def outline(self, points: Points, colour: Colour) -> None:
        """Draw a thin closed line around an outline; nothing on a label map."""
        if not self.labels:
            self._put(_Held(self._pixels(points), colour, True))

    @contextmanager
    def raised(self, shadow_cm: tuple[float, float], shadow: float) -> Iterator[None]:
        """What is drawn inside lies higher, and its shadow falls on what is there already. A label map has no shadows."""
        if self.labels or shadow <= 0:
            yield
            return
        self._held = []
        yield
        held, self._held = self._held, None
        self._darken([each.pixels for each in held if not each.line], shadow_cm, shadow)
        for each in held:
            self._put(each)

    def _put(self, each: _Held) -> None:
        if self._held is not None:
            self._held.append(each)
        elif each.line:
            self._cv2.polylines(self.image, [each.pixels], True, each.colour, 1, self._cv2.LINE_AA, _SHIFT)
        else:
            self._cv2.fillPoly(self.image, [each.pixels], each.colour, lineType=self._cv2.LINE_AA, shift=_SHIFT)

    def _darken(self, shapes: list[npt.NDArray[np.int32]], shadow_cm: tuple[float, float], shadow: float) -> None:
        """Take away light where these shapes' shadow falls: drawn small and smoothed, as no lamp is a point."""
        if not shapes:
            return
        height, width = self.image.shape[:2]
        aside = self._matrix[:2, :2] @ np.array(shadow_cm) / self._matrix[2, 2]
        small = np.full((-(-height // _COARSE), -(-width // _COARSE)), 255, np.uint8)
        moved = [((shape + np.rint(aside * 2**_SHIFT).astype(np.int32)) // _COARSE) for shape in shapes]
        for shape in moved:
            self._cv2.fillPoly(small, [shape], int(255 * (1 - shadow)), shift=_SHIFT)
        x, y, w, h = self._cv2.boundingRect((small < 255).astype(np.uint8))
        if w == 0:
            return
        x0, y0 = max(0, x - 2), max(0, y - 2)
        soft = self._cv2.blur(small, (3, 3))[y0 : y + h + 2, x0 : x + w + 2]
        part = self.image[_COARSE * y0 : _COARSE * (y + h + 2), _COARSE * x0 : _COARSE * (x + w + 2)]
        full = self._cv2.resize(soft, (soft.shape[1] * _COARSE, soft.shape[0] * _COARSE))[
            : part.shape[0], : part.shape[1]
        ]
        part[:] = self._cv2.multiply(part, self._cv2.cvtColor(full, self._cv2.COLOR_GRAY2RGB), scale=1 / 255)

    def _pixels(self, points: Points) -> npt.NDArray[np.int32]:
        flat = points @ self._a + self._b
        if not self._flat:
            flat = flat / (points @ self._w[:2] + self._w[2])[:, None]
        if self._lens:
            off = flat - self._middle
            far = ((off / self._unit) ** 2).sum(1, keepdims=True)
            flat = self._middle + off * (1 + self._lens * np.minimum(far, _LENS_END))
        return np.rint((flat - 0.5) * 2**_SHIFT).astype(np.int32)
