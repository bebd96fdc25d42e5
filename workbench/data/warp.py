"""A picture warped by a smooth field: a pair of pictures whose displacement is small and known exactly."""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, UInt8
from scipy.ndimage import map_coordinates

from workbench.data.flow_pairs import FlowPair

FieldKind = Literal["shift", "affine", "curved"]
FIELD_KINDS: tuple[FieldKind, ...] = get_args(FieldKind)
SPLINE_ORDER = 5
WAVES = 4  # of a curved field
CAMERA_NOISE = 1.0  # grey levels, of each picture for itself, as a camera's


def warp_picture(picture: UInt8[np.ndarray, "h w 3"], kind: FieldKind, length: float, seed: int = 0) -> FlowPair:
    """The picture as the second of a pair, and as the first what becomes it when each pixel moves by a smooth field.

    The first is the second read where its pixels go, by a spline of order 5; so the displacement is exact at every pixel that stays in
    the picture, and those alone count. length: mean of the field in pixels. Both get noise of one grey level.
    """
    rng = np.random.default_rng([seed, FIELD_KINDS.index(kind)])
    height, width, _ = picture.shape
    flow = draw_field(rng, kind, (height, width)) * length
    places = np.mgrid[:height, :width] + flow[::-1]
    channels = [
        map_coordinates(channel, places, order=SPLINE_ORDER, mode="mirror") for channel in np.moveaxis(picture.astype(float), -1, 0)
    ]
    pictures = np.stack([np.stack(channels, axis=-1), picture])
    frames = np.clip(np.rint(pictures + rng.normal(0, CAMERA_NOISE, pictures.shape)), 0, 255).astype(np.uint8)
    inside = [(place >= 0) & (place <= side - 1) for place, side in zip(places, (height, width), strict=True)]
    return FlowPair(f"{kind} {seed}", frames, flow.astype(np.float32), np.all(inside, axis=0))


def draw_field(rng: np.random.Generator, kind: FieldKind, size: tuple[int, int]) -> Float[np.ndarray, "2 h w"]:
    """A field of mean length 1, x then y: one way everywhere; turning, growing and sheared as well; or of a few long waves."""
    height, width = size
    y, x = (np.mgrid[:height, :width] - np.array([height, width]).reshape(2, 1, 1) / 2) / height
    heading = rng.uniform(0, 2 * np.pi)
    field = np.broadcast_to(np.array([np.cos(heading), np.sin(heading)]).reshape(2, 1, 1), (2, height, width))
    if kind == "affine":
        field = field + np.einsum("ij,jhw->ihw", 0.8 * rng.standard_normal((2, 2)), np.stack([x, y]))
    if kind == "curved":
        for _ in range(WAVES):
            wave, phase = 5 * rng.standard_normal(2), rng.uniform(0, 2 * np.pi)
            field = field + rng.standard_normal((2, 1, 1)) * np.sin(wave[0] * x + wave[1] * y + phase)
    return field / np.hypot(*field).mean()
