"""Draws a scenario as seen by a camera above the resuscitation table: same scenario, same moment, same pixels.

The picture knows nothing of the labels; only motion tells most acts from their look-alikes.
"""

import math

import numpy as np
import numpy.typing as npt

from resus_doc.tools.simulate.canvas import Canvas, Points, camera
from resus_doc.tools.simulate.look import ASPECT, Look
from resus_doc.tools.simulate.room import draw_room, draw_table
from resus_doc.tools.simulate.scenario import Scenario
from resus_doc.tools.simulate.scene import Scene
from resus_doc.tools.simulate.things import Thing

Image = npt.NDArray[np.uint8]

_WORTH = np.array([1.0, 1.0, 1.0, 1.5, 1.2, 1.5, 2.5, 2.5, 4.0, 2.0, 1.2])
"""How much a pixel of each thing counts towards its patch: small things would be lost in a plain vote."""

_FINE = 8
"""Label pixels along one side of a patch."""


class Renderer:
    """Renders one scenario at one size. Cheap to make; keep it for all frames of a video."""

    def __init__(self, scenario: Scenario, width: int, height: int) -> None:
        self.scenario = scenario
        self.width, self.height = width, height
        self._scale = 2 if min(width, height) < 200 else 1
        w, h = width * self._scale, height * self._scale
        self._matrix = camera(scenario.look, w, h)
        self._background = _background(scenario.look, w, h, self._matrix)
        self._gain = _gain(scenario.look, width, height)
        self._noise = _noise(scenario, width, height)

    def frame(self, t_s: float) -> Image:
        """The picture at this moment, RGB, [height, width, 3]."""
        import cv2

        image = self._exposed(t_s)
        if self._scale > 1:
            image = cv2.resize(image, (self.width, self.height), interpolation=cv2.INTER_AREA)
        image = cv2.multiply(image, self._gain, scale=1 / 128)
        bright, dark = self._grain(t_s)
        return np.asarray(cv2.subtract(cv2.add(image, bright), dark), dtype=np.uint8)

    def _exposed(self, t_s: float) -> Image:
        """The scene, smeared over the time the shutter is open."""
        import cv2

        open_s = self.scenario.look.exposure_s
        image = self._drawn(t_s)
        if open_s < 0.01:
            return image
        for i, share in ((1, 1 / 2), (2, 1 / 3)):
            image = cv2.addWeighted(image, 1 - share, self._drawn(t_s - open_s * i / 2), share, 0)
        return np.asarray(image, dtype=np.uint8)

    def _drawn(self, t_s: float) -> Image:
        canvas = Canvas(self._background.copy(), self._sway(t_s), lens=self.scenario.look.lens)
        Scene(self.scenario, t_s).draw(canvas)
        return canvas.image

    def dense_targets(self, t_s: float, grid: int) -> npt.NDArray[np.int64]:
        """What each patch shows, as `Thing` numbers, [grid, grid]; small things win over what lies under them."""
        side = grid * _FINE
        look = self.scenario.look
        matrix = camera(look, side, side)
        labels = np.zeros((side, side), np.uint8)
        canvas = Canvas(labels, matrix, lens=look.lens, labels=True)
        draw_table(canvas, look)
        Scene(self.scenario, t_s).draw(canvas)
        patches = labels.reshape(grid, _FINE, grid, _FINE).transpose(0, 2, 1, 3).reshape(grid, grid, -1)
        votes = np.stack([(patches == thing).sum(-1) for thing in Thing], -1) * _WORTH
        return np.asarray(votes.argmax(-1), dtype=np.int64)

    def _sway(self, t_s: float) -> Points:
        """The camera's matrix at this moment. Furniture does not sway: it is drawn once."""
        sway = self.scenario.look.sway_cm
        if sway == 0:
            return self._matrix
        dx, dy = sway * math.sin(0.9 * t_s), sway * math.sin(1.3 * t_s + 1)
        return np.asarray(self._matrix @ np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1.0]]))

    def _grain(self, t_s: float) -> tuple[Image, Image]:
        rng = (round(t_s * 1000) * 2654435761 + self.scenario.seed * 40503) & 0xFFFFFFFF
        y, x = (rng >> 8) % 48, (rng >> 16) % 48
        bright, dark = self._noise
        return bright[y : y + self.height, x : x + self.width], dark[y : y + self.height, x : x + self.width]


def dense_targets(scenario: Scenario, t_s: float, grid: int) -> npt.NDArray[np.int64]:
    """What each patch of the picture shows at this moment, as `Thing` numbers, [grid, grid]."""
    return Renderer(scenario, 32, 32).dense_targets(t_s, grid)


def _background(look: Look, width: int, height: int, matrix: Points) -> Image:
    image = np.full((height, width, 3), look.floor, np.uint8)
    canvas = Canvas(image, matrix, lens=look.lens)
    draw_room(canvas, look)
    return image


def _gain(look: Look, width: int, height: int) -> Image:
    """Light and white balance as a picture of factors, 128 = unchanged."""
    y, x = np.mgrid[0:height, 0:width]
    slope = 1 + look.light_slope[0] * (x / width - 0.5) * 2 + look.light_slope[1] * (y / height - 0.5) * 2
    if look.gloss is not None:
        away = ((x / width - look.gloss.x) * ASPECT) ** 2 + (y / height - look.gloss.y) ** 2
        slope = slope + look.gloss.strength * np.exp(-away / (2 * look.gloss.size**2))
    gain = look.brightness * slope[..., None] * np.array(look.white_balance)
    return np.asarray(np.clip(gain * 128, 0, 255), dtype=np.uint8)


def _noise(scenario: Scenario, width: int, height: int) -> tuple[Image, Image]:
    rng = np.random.default_rng([scenario.seed, 3])
    noise = rng.normal(0, scenario.look.noise, (height + 48, width + 48, 1)).repeat(3, 2)
    return np.clip(np.rint(noise), 0, 255).astype(np.uint8), np.clip(np.rint(-noise), 0, 255).astype(np.uint8)
