"""A scene with nothing to match in it."""

from dataclasses import dataclass

import numpy as np

from workbench.learn.scene import Scene


@dataclass(frozen=True)
class FlatScene(Scene):
    """A scene whose every pixel has the mean colour of its clip. All else is computed from these frames as ever."""

    @property
    def frames(self) -> np.ndarray:
        """`t h w 3` uint8 of one colour."""
        frames = self.clip.frames
        return np.broadcast_to(np.rint(frames.mean(axis=(0, 1, 2))).astype(np.uint8), frames.shape).copy()
