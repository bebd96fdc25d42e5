"""Anti-aliased arrows with a dark halo, legible on any picture."""

import numpy as np
from einops import rearrange
from PIL import Image, ImageDraw, ImageFilter

FINE = 4  # the arrows are drawn this much larger and averaged, which smooths their edges
STILL = 1.5  # pixels: a shorter arrow would be all head, so it becomes a dot
FAINTEST = 0.1


def stamp_arrows(canvas: np.ndarray, starts: np.ndarray, offsets: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Arrows laid over `canvas` `h w 3` uint8, which is left as it was.

    `starts` and `offsets` are `n 2` (x, y) in pixels of the canvas; `strength` `n` in [0, 1] is the arrows' opacity.
    Arrows that are not finite are left out.
    """
    known = np.isfinite(offsets).all(axis=1)
    order = np.argsort(strength[known], kind="stable")  # the strongest lies on top
    starts, offsets, strength = (values[known][order] for values in (starts, offsets, strength))

    ink = _ink(canvas.shape[:2], starts, offsets, strength)
    # Twice the blurred ink spreads a dark rim around each arrow, as opaque as the arrow is.
    rim = ink.filter(ImageFilter.GaussianBlur(canvas.shape[1] / 300)).point([min(2 * level, 215) for level in range(256)])

    light = rearrange(np.asarray(ink, dtype=np.uint16), "h w -> h w 1")
    cover = np.maximum(light, rearrange(np.asarray(rim), "h w -> h w 1"))
    return ((canvas * (255 - cover) + 255 * light) // 255).astype(np.uint8)


def _ink(size: tuple[int, int], starts: np.ndarray, offsets: np.ndarray, strength: np.ndarray) -> Image.Image:
    fine = Image.new("L", (size[1] * FINE, size[0] * FINE))
    draw = ImageDraw.Draw(fine)
    width = max(1.2, size[1] / 360)
    opacity = np.rint(255 * (FAINTEST + (1 - FAINTEST) * strength)).astype(int).tolist()
    still = np.hypot(*offsets.T) < STILL * width
    outlines = FINE * np.where(rearrange(still, "n -> n 1 1"), _dots(starts, width), _outlines(starts, offsets, width))
    for outline, level in zip(rearrange(outlines, "n corner xy -> n (corner xy)").tolist(), opacity, strict=True):
        draw.polygon(outline, fill=level)
    return fine.reduce(FINE)


def _outlines(starts: np.ndarray, offsets: np.ndarray, width: float) -> np.ndarray:
    """Seven corners of each arrow, `n corner xy`: shaft, barb, tip, barb, shaft. A short arrow has a smaller head."""
    length = np.maximum(np.hypot(*offsets.T), 1e-6)
    head = np.minimum(6.5 * width, 0.65 * length)
    along = np.stack([0 * length, length - head, length - head, length, length - head, length - head, 0 * length], axis=1)
    shaft, barb = np.full_like(length, 0.75 * width), np.maximum(0.5 * head, 1.2 * width)
    aside = np.stack([shaft, shaft, barb, 0 * length, -barb, -shaft, -shaft], axis=1)

    unit = rearrange(offsets / rearrange(length, "n -> n 1"), "n xy -> n 1 xy")
    normal = unit[..., ::-1] * (-1, 1)
    along, aside = rearrange([along, aside], "two n corner -> two n corner 1")
    return rearrange(starts, "n xy -> n 1 xy") + along * unit + aside * normal


def _dots(starts: np.ndarray, width: float) -> np.ndarray:
    """Dots, as seven corners on a circle each, `n corner xy`."""
    turn = np.arange(7) * 2 * np.pi / 7
    circle = 1.5 * width * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return rearrange(starts, "n xy -> n 1 xy") + circle
