"""Pairs of frames of real videos, with optical flow (DIS) in the place of the true displacement, which nobody knows."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from einops import rearrange
from jaxtyping import Bool, Float

from workbench.data.flow_pairs import FlowPair
from workbench.data.layouts.base import scan_tree
from workbench.explore.compare import optical_flow
from workbench.explore.config import LookConfig, plan_clips
from workbench.explore.explorer import Explorer, read_frames
from workbench.video.read import VideoError, probe_video

PAIRS = 8  # of each video
# Squared pixels by which a way there and back may miss: a part of what it is long, and half a pixel's worth (Sundaram, Brox and
# Keutzer, "Dense point trajectories by GPU-accelerated large displacement optical flow", ECCV 2010).
PART_MISSED, LEAST_MISSED = 0.01, 0.5


def read_video_pairs(path: str | os.PathLike, explorer: Explorer, both_ways: bool = False, count: int = PAIRS) -> Iterator[FlowPair]:
    """Of a video, or of each video in a folder and the folders in it, at most `count` pairs of frames, evenly spread.

    The two frames of a pair are as far apart as those of a clip that the network looks at, and both are as the page shows them. The
    displacement is that of DIS, which is no truth: it is wrong at cuts, behind what moves, and where motion is fast. both_ways: only the
    pixels count from which DIS, followed there and back, comes home.

    Raises VideoError for a folder without videos, and for a video that cannot be read.
    """
    for video in list_videos(Path(path)):
        config, info = LookConfig(), probe_video(video)
        plan = plan_clips(config, explorer.protocol(config), info, explorer.num_frames(config), info.num_frames)
        for first in np.unique(np.linspace(0, len(plan.indices) - 2, count).astype(int)).tolist():
            frames = read_frames(video, plan.indices[first : first + 2], config)
            flow = optical_flow(*frames)
            valid = comes_home(flow, optical_flow(*frames[::-1])) if both_ways else np.ones(flow.shape[:2], bool)
            yield FlowPair(f"{video.name} {plan.times[first]:.2f} s", frames, rearrange(flow, "h w xy -> xy h w"), valid)


def list_videos(path: Path) -> list[Path]:
    """Raises VideoError for a folder without videos."""
    if not path.is_dir():
        return [path]
    videos = [path / name for name in scan_tree(path).clips]
    if not videos:
        raise VideoError(f"{path} holds no video; give a video, or a folder with some")
    return videos


def comes_home(there: Float[np.ndarray, "h w 2"], back: Float[np.ndarray, "h w 2"]) -> Bool[np.ndarray, "h w"]:
    """The pixels that go there and, from where they arrive, back to about where they began; not those that leave the picture."""
    height, width, _ = there.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    target = x + there[..., 0], y + there[..., 1]
    arrived = cv2.remap(back, *target, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = (target[0] >= 0) & (target[0] <= width - 1) & (target[1] >= 0) & (target[1] <= height - 1)
    missed, length = np.sum((there + arrived) ** 2, axis=-1), np.sum(there**2 + arrived**2, axis=-1)
    return inside & (missed <= PART_MISSED * length + LEAST_MISSED)
