"""Warping error: how well a displacement predicts the next frame, beside the guess that nothing moves."""

from dataclasses import dataclass

import cv2
import numpy as np
from einops import rearrange
from jaxtyping import Bool, Float, UInt8

from workbench.explore.compare import NetworkComparison, displacement_of_pair, estimate_flow_on_grid, flow_of_pair
from workbench.explore.explorer import Exploration

DIS_CELLS, DIS_PIXELS = "optical flow (DIS), mean over the same cells", "optical flow (DIS), every pixel"


@dataclass(frozen=True)
class WarpingErrors:
    """The mean absolute difference of the source and the target warped back to it, in grey levels of 255, over the same pixels for all:
    those that every displacement keeps inside the picture.

    nothing: of the target as it is. errors: by the name of whose displacement it is. counted: share of the pixels.
    Small is good, but no proof: what is of one colour looks alike wherever it goes, and light that changes cannot be warped away.
    """

    nothing: float
    errors: dict[str, float]
    counted: float

    def explained(self, name: str) -> float:
        """The share of the difference between the frames that a displacement takes away; negative where it does harm; nan for equal
        frames."""
        return 1 - self.errors[name] / self.nothing if self.nothing else float("nan")

    def __str__(self) -> str:
        """In a sentence, for the first of them."""
        name, error = next(iter(self.errors.items()))
        if not self.nothing:
            return "The two frames are the same; there is nothing to predict"
        if (share := self.explained(name)) < 0:
            return (
                f"The arrows of {name} predict the next frame worse than the guess that nothing moves: they leave a difference of "
                f"{error:.1f} of 255 grey levels, where the frames differ by {self.nothing:.1f}"
            )
        return (
            f"The frames differ by {self.nothing:.1f} of 255 grey levels; the arrows of {name} explain {100 * share:.0f} % of that, "
            f"and leave {error:.1f}"
        )


def measure_warping(
    source: UInt8[np.ndarray, "h w 3"], target: UInt8[np.ndarray, "h w 3"], fields: dict[str, Float[np.ndarray, "2 gh gw"]]
) -> WarpingErrors:
    """The warping errors of displacements `2 gh gw` in pixels, of cells, between whose middles they are bilinear, or of pixels.

    Raises ValueError for no displacement at all, and where together they keep no pixel inside the picture.
    """
    if not fields:
        raise ValueError("there is no displacement to warp by")
    warped = {name: warp_back(target, over_pixels(field, source.shape[:2])) for name, field in fields.items()}
    inside = np.all([kept for _, kept in warped.values()], axis=0)
    if not inside.any():
        raise ValueError("the displacements lead every pixel out of the picture: nothing can be predicted")

    def error(picture: Float[np.ndarray, "h w 3"]) -> float:
        return float(np.abs(picture - source)[inside].mean())

    return WarpingErrors(error(target.astype(np.float32)), {name: error(back) for name, (back, _) in warped.items()}, float(inside.mean()))


def warp_back(
    target: UInt8[np.ndarray, "h w 3"], displacement: Float[np.ndarray, "2 h w"]
) -> tuple[Float[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"]]:
    """At each pixel of the source what the target shows where the pixel went, bilinear, and whether that lies inside the picture."""
    height, width = displacement.shape[1:]
    y, x = np.mgrid[:height, :width].astype(np.float32) + displacement[::-1].astype(np.float32)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return cv2.remap(target.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), inside


def over_pixels(field: Float[np.ndarray, "2 gh gw"], size: tuple[int, int]) -> Float[np.ndarray, "2 h w"]:
    """A displacement of cells at every pixel, bilinear between the middles of the cells."""
    if field.shape[1:] == size:
        return field
    channels = rearrange(np.ascontiguousarray(field, dtype=np.float32), "xy h w -> h w xy")
    return rearrange(cv2.resize(channels, size[::-1], interpolation=cv2.INTER_LINEAR), "h w xy -> xy h w")


def warping_of_pair(exploration: Exploration, pair: int, flow: Float[np.ndarray, "2 h w"] | None = None) -> WarpingErrors:
    """Of a network's displacement and of optical flow, on the network's cells and of every pixel. flow: of every pixel, if it is known.

    Raises ValueError for a pair that is not there, or without correspondences.
    """
    frames = exploration.frames[pair : pair + 2]
    displacement, _ = displacement_of_pair(exploration, pair)
    flow = flow_of_pair(exploration, pair) if flow is None else flow
    fields = {exploration.network: displacement, DIS_CELLS: estimate_flow_on_grid(exploration, pair, flow), DIS_PIXELS: flow}
    return measure_warping(frames[0], frames[1], fields)


def warping_of_networks(comparison: NetworkComparison, pair: int) -> WarpingErrors:
    """Of the displacements of two networks or settings, of those that have one, and of optical flow at every pixel. Raises ValueError as
    `warping_of_pair` does."""
    frames = comparison.a.frames[pair : pair + 2]
    sides = zip(comparison.names, (comparison.a, comparison.b), strict=True)
    fields = {name: displacement_of_pair(each, pair)[0] for name, each in sides if each.correspondences}
    fields[DIS_PIXELS] = flow_of_pair(comparison.a, pair)
    return measure_warping(frames[0], frames[1], fields)
