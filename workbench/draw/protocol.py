"""A picture of a test protocol: which frames of a video, and which crop of each."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from workbench.draw.canvas import mount
from workbench.draw.charts import make_axes
from workbench.draw.legends import draw_caption
from workbench.draw.style import BLUE, INK, SERIES
from workbench.video.protocol import TestProtocol, crops_of
from workbench.video.transforms import resize_as

CROP_OUTLINE = 4  # pixels
OUTSIDE_BRIGHTNESS = 0.3  # of its brightness keeps what no crop sees


def draw_frames_taken(clips: Sequence[Sequence[int]], num_frames: int) -> Figure:
    """A row for each clip, the first above, with a dot at each frame that it takes of a film of `num_frames` frames.

    Raises ValueError without clips, and for a frame that the film does not have.
    """
    taken = [frame for clip in clips for frame in clip]
    if not taken or not 0 <= min(taken) <= max(taken) < num_frames:
        raise ValueError(f"clips take frames 0 to {num_frames - 1} of a film, got {list(map(list, clips))}")
    figure, (axes,) = make_axes(height=1.0 + 0.2 * len(clips))

    rows = range(1, len(clips) + 1)
    axes.hlines(rows, 0, num_frames - 1, color=INK, alpha=0.15, linewidth=1)
    for row, clip in zip(rows, clips, strict=True):
        axes.plot(clip, [row] * len(clip), "o", color=BLUE, markersize=4, clip_on=False)

    axes.grid(visible=False)
    axes.set(ylim=(len(clips) + 0.5, 0.5), yticks=rows, xlim=(0, max(num_frames - 1, 1)))
    axes.set_ylabel("clip", color=INK)
    axes.set_xlabel("frame of the film", color=INK)
    return figure


def draw_crops(frame: UInt8[np.ndarray, "h w 3"], protocol: TestProtocol) -> UInt8[np.ndarray, "h2 w2 3"]:
    """A frame, resized as the protocol says, with its crops outlined; what none of them sees is dark."""
    resized = resize_as(frame[None], protocol.resize)[0]
    height, width, _ = resized.shape
    crops = crops_of(height, width, protocol)
    picture = (OUTSIDE_BRIGHTNESS * resized).astype(np.uint8)
    for crop in crops:
        inside = (slice(crop.top, crop.top + crop.height), slice(crop.left, crop.left + crop.width))
        picture[inside] = resized[inside]

    image = Image.fromarray(picture)
    for crop, colour in zip(crops, SERIES, strict=False):
        corners = (crop.left, crop.top, crop.left + crop.width - 1, crop.top + crop.height - 1)
        ImageDraw.Draw(image).rectangle(corners, outline=colour, width=CROP_OUTLINE)
    cut = f"{protocol.crops} x {protocol.size} px" if protocol.size else "nothing cut off"
    return mount(np.asarray(image), draw_caption(width, f"{height} x {width} px · {cut}"))
