"""The motion classes of the alphabet: a table of 18, their mirrored and reversed partners, and the path of each."""

from dataclasses import dataclass, replace
from math import cos, pi, sin, tau

import numpy as np

LARGEST_ZOOM = np.log(3.0)  # between the first and the last frame: beyond it a shape is a dot or the whole picture
LARGEST_TURN = 0.5  # radians a frame
ORBIT_TURN = (0.5, 0.95)  # radians a frame: slower looks like a drift in 8 frames


@dataclass(frozen=True)
class MotionClass:
    """A motion in signs: x to the right, y down, turn clockwise, zoom towards the viewer, gap growing, pan of the camera."""

    name: str
    drift: tuple[int, int] = (0, 0)
    zoom: int = 0
    turn: int = 0
    shake: tuple[int, int] = (0, 0)
    gap: int = 0
    pan: tuple[int, int] = (0, 0)
    orbit: bool = False

    @property
    def fills_frame(self) -> bool:
        """Whether the motion can be one of the whole scene as well as of one shape."""
        return bool(self.zoom or self.turn or any(self.shake))


ALPHABET = (
    MotionClass("still"),
    MotionClass("left", drift=(-1, 0)),
    MotionClass("right", drift=(1, 0)),
    MotionClass("up", drift=(0, -1)),
    MotionClass("down", drift=(0, 1)),
    MotionClass("closer", zoom=1),
    MotionClass("farther", zoom=-1),
    MotionClass("clockwise", turn=1),
    MotionClass("counter-clockwise", turn=-1),
    MotionClass("shake sideways", shake=(1, 0)),
    MotionClass("shake up and down", shake=(0, 1)),
    MotionClass("approach", gap=-1),
    MotionClass("separate", gap=1),
    MotionClass("camera left", pan=(-1, 0)),
    MotionClass("camera right", pan=(1, 0)),
    MotionClass("camera up", pan=(0, -1)),
    MotionClass("camera down", pan=(0, 1)),
    MotionClass("orbit", orbit=True),
)


def mirror_motion(motion: MotionClass) -> MotionClass:
    """The motion that a clip shows when left and right of every frame are exchanged."""
    (x, y), (pan_x, pan_y) = motion.drift, motion.pan
    return find_motion(replace(motion, drift=(-x, y), turn=-motion.turn, pan=(-pan_x, pan_y)))


def reverse_motion(motion: MotionClass) -> MotionClass:
    """The motion that a clip shows when it is played backwards."""
    drift, pan = tuple(-x for x in motion.drift), tuple(-x for x in motion.pan)
    return find_motion(replace(motion, drift=drift, zoom=-motion.zoom, turn=-motion.turn, gap=-motion.gap, pan=pan))


def find_motion(motion: MotionClass) -> MotionClass:
    """The motion of the alphabet with these signs, whatever its name."""
    return next(other for other in ALPHABET if replace(other, name=motion.name) == motion)


@dataclass(frozen=True)
class Pose:
    """Where a layer lies in each frame: centre x, y in pixels, angle in radians (clockwise), scale; arrays over `t`."""

    x: np.ndarray
    y: np.ndarray
    angle: np.ndarray
    scale: np.ndarray

    def place(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Layer coordinates -> picture coordinates, frame by frame; `u` and `v` broadcast against `t`."""
        cosine, sine = self.scale * np.cos(self.angle), self.scale * np.sin(self.angle)
        return self.x + cosine * u - sine * v, self.y + sine * u + cosine * v

    def shift(self, x: float, y: float, angle: float = 0.0) -> "Pose":
        """The same path elsewhere, the layer turned by a fixed angle; the path itself is not turned."""
        return Pose(self.x + x, self.y + y, self.angle + angle, self.scale)

    def through(self, camera: "Pose") -> "Pose":
        """The pose after the camera's own motion."""
        x, y = camera.place(self.x, self.y)
        return Pose(x, y, self.angle + camera.angle, self.scale * camera.scale)


def rest(num_frames: int) -> Pose:
    return Pose(np.zeros(num_frames), np.zeros(num_frames), np.zeros(num_frames), np.ones(num_frames))


def smooth_steps(rng: np.random.Generator, num_frames: int) -> np.ndarray:
    """Positions over `t` of a motion of mean speed 1 that gently speeds up and slows down, centred at 0."""
    phase, depth = tau * rng.random(), 0.3 * rng.random()
    speed = 1 + depth * np.sin(phase + tau * np.arange(num_frames - 1) / num_frames)
    steps = np.concatenate([[0.0], np.cumsum(speed)]) * (num_frames - 1) / max(speed.sum(), 1e-9)
    return steps - steps.mean()


def move(motion: MotionClass, rng: np.random.Generator, num_frames: int, speed: float, reach: float) -> Pose:
    """A path about (0, 0) on which the rim of a layer, at `reach` pixels, moves about `speed` pixels a frame."""
    steps, path = smooth_steps(rng, num_frames), rest(num_frames)

    if any(motion.drift) or any(motion.pan):
        x, y = motion.drift if any(motion.drift) else (-motion.pan[0], -motion.pan[1])  # the picture moves against the camera
        heading = np.arctan2(y, x) + (rng.random() - 0.5) * pi / 6
        return replace(path, x=speed * cos(heading) * steps, y=speed * sin(heading) * steps)
    if motion.zoom:
        rate = min(speed / reach, LARGEST_ZOOM / max(num_frames - 1, 1))
        return replace(path, scale=np.exp(motion.zoom * rate * steps))
    if motion.turn:
        return replace(path, angle=motion.turn * min(speed / reach, LARGEST_TURN) * steps)
    if any(motion.shake):
        period, phase = 3.2 + 2 * rng.random(), tau * rng.random()
        swing = min(speed * period / 4, 0.75 * reach) * np.sin(phase + tau * np.arange(num_frames) / period)
        return replace(path, x=motion.shake[0] * swing, y=motion.shake[1] * swing)
    if motion.orbit:
        radius = reach * (0.5 + 0.4 * rng.random())
        rate = float(np.clip(speed / radius, *ORBIT_TURN)) * (1 if rng.random() < 0.5 else -1)
        angle = tau * rng.random() + rate * steps
        return replace(path, x=radius * np.cos(angle), y=radius * np.sin(angle))
    return path


def two_paths(motion: MotionClass, rng: np.random.Generator, num_frames: int, speed: float, reach: float) -> list[Pose]:
    """Two shapes that move along the line between them, from nearly touching to as far as the picture allows."""
    near, far = 1.1 * reach, 2.2 * reach
    span = min(speed * (num_frames - 1), far - near)
    middle = near + span / 2 + (far - near - span) * rng.random()
    steps = smooth_steps(rng, num_frames)
    half = middle + motion.gap * span / max(num_frames - 1, 1) * steps
    heading = tau * rng.random()
    one = replace(rest(num_frames), x=half * cos(heading), y=half * sin(heading))
    return [one, replace(one, x=-one.x, y=-one.y)]


def rim_speed(pose: Pose, reach: float) -> float:
    """Mean speed of four points at `reach` pixels from a layer's centre, in pixels a frame."""
    around = np.array([0, 1, 2, 3])[:, None] * pi / 2
    x, y = pose.place(reach * np.cos(around), reach * np.sin(around))
    return float(np.hypot(np.diff(x), np.diff(y)).mean()) if x.shape[1] > 1 else 0.0
