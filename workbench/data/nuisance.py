"""What a real camera adds to a clip: shake, changes of light, blur and noise. Integer arithmetic on frames."""

from dataclasses import replace

import numpy as np

from workbench.data.letters import Pose


def shaken(camera: Pose, strength: float, rng: np.random.Generator) -> Pose:
    """The camera's path with a tremor: about 0.5 pixels and a third of a degree from frame to frame at strength 1."""
    if strength == 0:
        return camera
    tremor = strength * rng.random() * rng.standard_normal((3, len(camera.x)))
    return replace(camera, x=camera.x + 0.7 * tremor[0], y=camera.y + 0.7 * tremor[1], angle=camera.angle + 0.007 * tremor[2])


def disturb(frames: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Frames `t h w c` uint8 with changed light (of the clip, and flickering), blur in every second clip, and noise."""
    if strength == 0:
        return frames
    levels = frames.astype(np.int16)
    if rng.random() < 0.5 * strength:
        levels = blurred(levels)

    gain = 1 + strength * (0.5 * rng.random() - 0.25 + 0.06 * (rng.random((len(frames), 1, 1, 1)) - 0.5))
    tint = strength * 40 * (rng.random(3) - 0.5)
    grain = round(strength * 12 * rng.random())
    levels = (levels.astype(np.int32) * np.rint(256 * gain).astype(np.int32) >> 8) + np.rint(tint).astype(np.int32)
    if grain:
        levels += noise(levels.shape, grain, rng)

    return np.clip(levels, 0, 255).astype(np.uint8)


def noise(shape: tuple[int, ...], grain: int, rng: np.random.Generator) -> np.ndarray:
    """Zero-mean noise of triangular distribution between -grain and grain."""
    drawn = np.frombuffer(rng.bytes(2 * int(np.prod(shape))), np.uint8).reshape(2, *shape).astype(np.int16)
    return (drawn[0] - drawn[1]) * np.int16(grain) >> 8


def blurred(levels: np.ndarray) -> np.ndarray:
    """Binomial blur over three pixels each way; the rim keeps its values."""
    inner = levels.copy()
    inner[:, 1:-1] = levels[:, :-2] + 2 * levels[:, 1:-1] + levels[:, 2:] + 2 >> 2
    levels = inner.copy()
    levels[:, :, 1:-1] = inner[:, :, :-2] + 2 * inner[:, :, 1:-1] + inner[:, :, 2:] + 2 >> 2
    return levels
