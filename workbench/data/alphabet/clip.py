"""`RenderedClip`: frames of moving layers, and from their poses where each pixel goes and whether it stays visible."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int8, UInt8

from workbench.data.alphabet.motions import Pose
from workbench.data.alphabet.render import Box, Layer, sample


@dataclass(frozen=True)
class RenderedClip:
    """frames `t h w 3`, square; layers: what they show, from back to front, the backmost covering every pixel."""

    frames: UInt8[np.ndarray, "t h w 3"]
    layers: tuple[Layer, ...]

    @cached_property
    def owners(self) -> Int8[np.ndarray, "t h w"]:
        """The number of the front layer at each pixel."""
        t, size = self.frames.shape[:2]
        owners = np.zeros((t, size, size), np.int8)
        for number, layer in enumerate(self.layers[1:], start=1):
            box = Box.around(layer, size)
            covers = sample(layer, box) >> np.uint64(48) >= 128
            for frame, left, top, cover in zip(owners, box.left, box.top, covers, strict=True):
                frame[top : top + box.side, left : left + box.side][cover] = number
        return owners

    @cached_property
    def displacement(self) -> Float[np.ndarray, "p 2 h w"]:
        """Where each pixel of a frame lies in the next one, in pixels, x to the right, then y down; float32."""
        t, size = self.frames.shape[:2]
        y, x = np.mgrid[:size, :size].astype(np.float64)
        displacement = np.empty((t - 1, 2, size, size), np.float32)
        for number, layer in enumerate(self.layers):
            own = self.owners[:-1, None] == number
            if own.any():
                np.copyto(displacement, pixel_displacement(layer.pose, x, y), where=own, casting="same_kind")
        return displacement

    @cached_property
    def visible(self) -> Bool[np.ndarray, "p h w"]:
        """Whether a pixel of a frame is still to be seen in the next one, neither outside nor covered."""
        size = self.frames.shape[1]
        y, x = np.mgrid[:size, :size]
        to_x, to_y = (np.rint(to).astype(np.int64) for to in (x + self.displacement[:, 0], y + self.displacement[:, 1]))
        inside = (to_x >= 0) & (to_x < size) & (to_y >= 0) & (to_y < size)
        pair = np.arange(len(to_x))[:, None, None]
        there = self.owners[1:][pair, to_y.clip(0, size - 1), to_x.clip(0, size - 1)]
        return inside & (there == self.owners[:-1])


def pixel_displacement(pose: Pose, x: Float[np.ndarray, "h w"], y: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "p 2 h w"]:
    """In pixels, of a layer that covers every pixel: back to its coordinates, on to the next pose."""
    now = [values[:-1, None, None] for values in vars(pose).values()]
    cosine, sine = np.cos(now[2]) / now[3], np.sin(now[2]) / now[3]
    u, v = cosine * (x - now[0]) + sine * (y - now[1]), cosine * (y - now[1]) - sine * (x - now[0])
    to_x, to_y = Pose(*(values[1:, None, None] for values in vars(pose).values())).place(u, v)
    return np.stack([to_x - x, to_y - y], axis=1)
