"""Takes of motions of one's own, generated: textures that move, and how they are given."""

from pathlib import Path

import numpy as np
from small_sets import moving_texture

from workbench.training.takes import TakeSet
from workbench.video.write import write_video

WAYS = {"to and fro": 0.0, "up and down": 0.25}  # the part of a circle along which a texture sways


def swaying_texture(seed: int, turn: float, frames: int = 24) -> np.ndarray:
    """Frames `t h w 3` of blots that go and come back."""
    there = moving_texture(seed, turn, frames // 2, 72, 96)
    return np.concatenate([there, there[::-1]])


def before_stripes(frames: np.ndarray, across: bool) -> np.ndarray:
    """The middle of the frames before stripes that stand still."""
    lines = (np.arange(frames.shape[1 if across else 2]) // 6 % 2 * 255).astype(np.uint8)
    scene = np.broadcast_to(lines[:, None, None] if across else lines[None, :, None], frames.shape[1:])
    result = np.repeat(scene[None], len(frames), 0)
    result[:, 24:48, 36:60] = frames[:, 24:48, 36:60]
    return result


def write_take(path: Path, seed: int, turn: float, across: bool | None = None) -> Path:
    """across: of the stripes behind it, if there are any."""
    frames = swaying_texture(seed, turn)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, frames if across is None else before_stripes(frames, across), fps=12, preset="ultrafast")
    return path


def take_set(folder: Path, per_motion: int = 5, same_way: bool = False, striped: bool = False) -> TakeSet:
    """Two motions of so many takes each. same_way: both sway alike; striped: each before stripes of its own."""
    takes = TakeSet(folder / "motions")
    for place, (motion, turn) in enumerate(WAYS.items()):
        takes = takes.add_motion(motion)
        for number in range(per_motion):
            seed = 100 * place + number
            clip = folder / "given" / f"clip {seed}.mp4"
            takes = takes.add_take(motion, write_take(clip, seed, 0.0 if same_way else turn, bool(place) if striped else None))
    return takes
