"""Generated clips on which matching fails, each for one cause, with the exact displacement."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, tau

import numpy as np
from einops import rearrange, repeat
from jaxtyping import Bool, Float, UInt8

from workbench.data.alphabet.clip import RenderedClip
from workbench.data.alphabet.dataset import MotionAlphabet
from workbench.data.alphabet.motions import Pose, rest
from workbench.data.alphabet.render import Box, Layer, pack_texels, render_layers, sample
from workbench.data.alphabet.textures import Paint, paint_texture
from workbench.explore.reliability import MatchIssue

FAILURE_SIZE, FAILURE_FRAMES = 64, 8
FINE_FAMILY, COARSE_FAMILY = 4, 9  # numbers of families of textures
PERIOD = 8  # pixels after which a pattern repeats: two cells
CONTRAST = 48.0  # grey levels; of all textures, since a faint one would be a failure of its own


@dataclass(frozen=True)
class FailureClip:
    """A clip on which matching fails, for one cause.

    frames `t h w 3`, displacement `p 2 h w` in pixels, visible `p h w`; mask: the pixels `p h w` that the cause concerns.
    reason: what the correlation should object; None where it cannot know the cause.
    """

    name: str
    cause: str
    reason: MatchIssue | None
    frames: UInt8[np.ndarray, "t h w 3"]
    displacement: Float[np.ndarray, "p 2 h w"]
    visible: Bool[np.ndarray, "p h w"]
    mask: Bool[np.ndarray, "p h w"]


class ClipMaker:
    """Materials and chances of one seed, and the layers made of them."""

    def __init__(self, seed: int):
        self.alphabet = MotionAlphabet("test", 1.0, seed, FAILURE_SIZE)
        self.rng = self.alphabet.generator(0)

    def colour(self) -> np.ndarray:
        return 50 + 155 * self.rng.random(3)

    def texels(
        self, fields: np.ndarray, cover: np.ndarray | int = 255, contrast: float = CONTRAST, colour: np.ndarray | None = None
    ) -> np.ndarray:
        mean = self.colour() if colour is None else colour
        return pack_texels(paint_texture(fields, Paint(mean, contrast, 0.4 * contrast)), cover)

    def fields(self, family: int) -> np.ndarray:
        """Four random textures of a family."""
        fields = self.alphabet.materials.fields[family]
        return fields[self.rng.permutation(len(fields))[:4]]

    def ground(self, speed: float = 0.0, family: int = FINE_FAMILY, colour: np.ndarray | None = None) -> Layer:
        """A background that moves `speed` pixels a frame to the right, of a colour of its own if none is given."""
        return Layer(self.texels(self.fields(family), colour=colour), path_across(speed))

    def wallpaper(self, speed: float) -> Layer:
        """A background of dots, PERIOD pixels apart."""
        wave = np.cos(tau * np.arange(self.alphabet.materials.canvas) / PERIOD)
        dots = np.rint(50 * (rearrange(wave, "x -> 1 x") + rearrange(wave, "y -> y 1"))).astype(np.int16)
        return Layer(self.texels(repeat(dots, "y x -> n y x", n=4)), path_across(speed))

    def shape(self, family: int, speed: float) -> Layer:
        cover, reach = self.alphabet.cover(int(self.rng.integers(len(self.alphabet.materials.outlines))))
        return Layer(self.texels(self.fields(family), cover), path_across(speed), reach)

    def curtain(self, family: int, speed: float, width: int) -> Layer:
        """A strip from top to bottom, `width` pixels wide."""
        canvas = self.alphabet.materials.canvas
        cover = np.zeros((canvas, canvas), np.uint8)
        cover[:, (canvas - width) // 2 : (canvas + width) // 2] = 255
        return Layer(self.texels(self.fields(family), cover), path_across(speed), inf)


def path_across(speed: float) -> Pose:
    """Across the middle of the picture, `speed` pixels a frame to the right."""
    middle, time = (FAILURE_SIZE - 1) / 2, np.arange(FAILURE_FRAMES) - (FAILURE_FRAMES - 1) / 2
    return replace(rest(FAILURE_FRAMES), x=middle + speed * time, y=np.full(FAILURE_FRAMES, middle))


def film(*layers: Layer) -> RenderedClip:
    return RenderedClip(render_layers(list(layers), FAILURE_SIZE, FAILURE_FRAMES), layers)


def make_easy(seed: int) -> tuple[RenderedClip, np.ndarray]:
    clip = film(ClipMaker(seed).ground(4.0))
    return clip, clip.visible


def make_too_fast(seed: int, speed: float = 20) -> tuple[RenderedClip, np.ndarray]:
    """COARSE, so that the cell next to the right one is more alike than others, and the peak climbs to the rim."""
    clip = film(ClipMaker(seed).ground(float(speed), COARSE_FAMILY))
    return clip, clip.visible


def make_flat(seed: int) -> tuple[RenderedClip, np.ndarray]:
    maker = ClipMaker(seed)
    wall = Layer(maker.texels(maker.fields(FINE_FAMILY), contrast=0.0), path_across(8.0))
    clip = film(wall, maker.shape(FINE_FAMILY, 8.0))
    return clip, clip.visible & ~front_mask(clip)


def make_repeating(seed: int) -> tuple[RenderedClip, np.ndarray]:
    clip = film(ClipMaker(seed).wallpaper(4.0))
    return clip, clip.visible


def make_covered(seed: int) -> tuple[RenderedClip, np.ndarray]:
    maker = ClipMaker(seed)
    clip = film(maker.ground(), maker.curtain(FINE_FAMILY, 12.0, 32))
    return clip, ~clip.visible & ~front_mask(clip)


def make_leaving(seed: int) -> tuple[RenderedClip, np.ndarray]:
    clip = film(ClipMaker(seed).ground(12.0))
    return clip, ~clip.visible


def make_changing(seed: int) -> tuple[RenderedClip, np.ndarray]:
    maker = ClipMaker(seed)
    colour = maker.colour()
    clips = [film(maker.ground(colour=255 - colour if t % 2 else colour)) for t in range(FAILURE_FRAMES)]
    frames = np.stack([clip.frames[t] for t, clip in enumerate(clips)])
    return replace(clips[0], frames=frames), clips[0].visible


def make_flicker(seed: int, light: float = 0.6) -> tuple[RenderedClip, np.ndarray]:
    clip = film(ClipMaker(seed).ground(4.0))
    gain = np.where(np.arange(FAILURE_FRAMES) % 2, light, 1.0)
    frames = np.rint(clip.frames * rearrange(gain, "t -> t 1 1 1")).astype(np.uint8)
    return replace(clip, frames=frames), clip.visible


def front_mask(clip: RenderedClip) -> Bool[np.ndarray, "p h w"]:
    """The pixels that the front layer covers, in each source frame."""
    return sample(clip.layers[-1], Box.whole(FAILURE_SIZE, FAILURE_FRAMES))[:-1] >> np.uint64(48) >= 128


FAILURE_MAKERS: dict[str, tuple[str, MatchIssue | None, Callable[..., tuple[RenderedClip, np.ndarray]]]] = {
    "easy": ("a good texture moves one cell a frame", MatchIssue.NONE, make_easy),
    "too fast": ("the picture moves 20 pixels a frame, and the window reaches 16", MatchIssue.BORDER, make_too_fast),
    "flat": ("a wall of one colour moves with the shape before it", MatchIssue.FLAT, make_flat),
    "repeating": ("the texture repeats every 8 pixels", MatchIssue.PEAKS, make_repeating),
    "covered": ("a curtain is drawn over the background", MatchIssue.TAKEN, make_covered),
    "leaving": ("the spots leave the picture", MatchIssue.TAKEN, make_leaving),
    "changing": ("every frame is another picture", MatchIssue.WEAK, make_changing),
    "flicker": ("every second frame is darker", None, make_flicker),
}
FAILURES = tuple(FAILURE_MAKERS)


def make_failure(name: str, seed: int = 0, **change: float) -> FailureClip:
    """The clip of that name, the same for the same seed. change: `speed` of "too fast" in pixels a frame, `light` of "flicker".

    Raises ValueError for a name that is none of FAILURES.
    """
    if name not in FAILURE_MAKERS:
        raise ValueError(f"a failure must be one of {', '.join(FAILURES)}, got {name!r}")
    cause, reason, make = FAILURE_MAKERS[name]
    clip, mask = make(seed, **change)
    return FailureClip(name, cause, reason, clip.frames, clip.displacement, clip.visible, mask)
