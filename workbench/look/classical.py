"""Optical flow by a classical method, on the grid of what a network found, to hold the two against each other."""

import cv2
import numpy as np
from einops import rearrange
from jaxtyping import Float, UInt8

from workbench.look.agreement import Agreement, agree, matched, on_grid
from workbench.look.explore import Exploration

MOST_PIXELS = 360 * 640  # of a frame that DIS is given: about 25 ms on one core; cells are larger than what is lost
LEAST_SIDE = 32  # pixels: of narrower frames DIS reads beyond the end of its patches


def optical_flow(source: UInt8[np.ndarray, "h w 3"], target: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w 2"]:
    """Where each pixel of the source went in the target, in pixels, x then y, by DIS (Kroeger et al., ECCV 2016; preset medium).

    The same for the same frames, whatever the number of threads. Frames of more than `MOST_PIXELS` are made smaller for it.
    """
    height, width, _ = source.shape
    size = working_size(height, width)
    grey = [cv2.cvtColor(cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY) for frame in (source, target)]
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(*grey, None)  # pyright: ignore
    if size != (height, width):
        flow = cv2.resize(flow, (width, height)) * np.array((width / size[1], height / size[0]), np.float32)
    return flow


def working_size(height: int, width: int) -> tuple[int, int]:
    """Rows and columns at which DIS works: the frame's own, less where it is large, more where it is narrow."""
    shrink = min((MOST_PIXELS / (height * width)) ** 0.5, 1.0)
    rows, columns = (min(max(round(side * shrink), LEAST_SIDE), MOST_PIXELS // LEAST_SIDE) for side in (height, width))
    return rows, columns


def flow_on_grid(exploration: Exploration, pair: int) -> Float[np.ndarray, "2 gh gw"]:
    """Optical flow of a pair in pixels of the frames shown: its mean over each cell of the reading's grid.

    The mean, as the truth of generated clips is put on a grid (`truth_on_grid`); where an edge crosses a cell, that is
    between the motions on both sides. Raises ValueError for a pair that is not there, or without correspondences.
    """
    _, reading = matched(exploration, pair)
    flow = optical_flow(*exploration.frames[pair : pair + 2])
    return on_grid(rearrange(flow, "h w xy -> xy h w"), reading.grid)


def agree_with_flow(exploration: Exploration, pair: int) -> Agreement:
    """The displacement that the network found in a pair beside optical flow. Raises ValueError as `flow_on_grid` does."""
    displacement, reading = matched(exploration, pair)
    return agree(displacement, flow_on_grid(exploration, pair), reading.cell)
