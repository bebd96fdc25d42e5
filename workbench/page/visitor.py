"""What the page does for a visitor: a video in, pictures and a sentence out. Plain functions, no Gradio."""

from dataclasses import astuple, dataclass

import numpy as np

from workbench.data.video import VideoError
from workbench.look.explore import Exploration, Explorer
from workbench.view.panels import draw_clip, draw_pair, draw_timeline, draw_top

Picture = np.ndarray | None
NOTHING = (None,) * 7  # pictures of a pair


@dataclass(frozen=True)
class Visitor:
    """Handlers in the order of the page's outputs. A file that cannot be shown leaves what was shown before as it is."""

    explorer: Explorer

    @property
    def pairs(self) -> int:
        return max(self.explorer.model.config.num_frames - 1, 1)

    def resolutions(self) -> list[int]:
        """Short sides in pixels to choose from, that of training and the default among them."""
        return sorted({64, 96, 128, 192, 224, 256, self.explorer.preprocessing.size, self.explorer.resolution})

    def about(self) -> str:
        """What network this is, in two sentences."""
        config, parameters = self.explorer.model.config, sum(p.numel() for p in self.explorer.model.parameters())
        kind = "MSNet" if config.motion else "TSM" if config.shift_div else "TSN"
        return (
            f"Shown is {kind} ({config.backbone}, {parameters / 1e6:.1f} million parameters); it knows {len(self.explorer.labels)} classes "
            f"and no other words. Method: Kwon, Kim, Kwak, Cho, *MotionSqueeze*, ECCV 2020. Nothing leaves this machine."
        )

    def look(
        self, before: Exploration | None, pair: int, path: str | None, start: str | None, seconds: str | None, resolution: int | None
    ) -> tuple:
        """The exploration to remember, a sentence, predictions, scores over time, then the pictures of `turn_to`."""
        if not path:
            return before, "Choose a sample or give a video to begin.", *self.overview(before), *self.turn_to(before, pair)
        try:
            seen = self.explorer.look(path, start=number("start", start), seconds=number("length", seconds), resolution=resolution)
        except (VideoError, ValueError) as refusal:
            return before, f"⚠️ {refusal}", *self.overview(before), *self.turn_to(before, pair)
        return seen, summary(seen), *self.overview(seen), *self.turn_to(seen, pair)

    def overview(self, exploration: Exploration | None) -> tuple[Picture, Picture]:
        return (None, None) if exploration is None else (draw_top(exploration), draw_timeline(exploration))

    def turn_to(self, exploration: Exploration | None, pair: int) -> tuple[Picture, ...]:
        """The clip, then source, target, overlay, displacement, arrows and confidence of a pair, counted from 1 as visitors do."""
        if exploration is None:
            return NOTHING
        if exploration.pairs == 0:
            return draw_clip(exploration), *NOTHING[1:]
        pair = min(max(int(pair), 1), exploration.pairs) - 1
        return draw_clip(exploration, pair), *astuple(draw_pair(exploration, pair))


def number(name: str, text: str | None) -> float | None:
    """What a visitor typed, or None for nothing. Raises ValueError with the words typed."""
    if not (text or "").strip():
        return None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"the {name} must be a number of seconds, or empty; got {text!r}") from None


def summary(seen: Exploration) -> str:
    """One line: the answer, then where it was read from, and what was wrong with the file if anything was."""
    (label, probability), info = seen.top(1)[0], seen.info
    line = (
        f"**{label}** ({probability:.0%}) in {seen.name}, {seen.times[0]:.2f} to {seen.times[-1]:.2f} s of {info.duration:.1f} s; "
        f"{info.width} × {info.height} at {info.fps:.3g} frames a second, read by {seen.backend}."
    )
    if not seen.pairs:
        line += " This network has no motion module: there are no correspondences to show."
    return f"{line} {seen.note}".strip()
