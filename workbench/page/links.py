"""The state of the page as a value, as a link, and as a papermill command that draws the same picture."""

import math
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from workbench.draw.html import note
from workbench.experiments.notebooks import literal
from workbench.explore.config import MOST_FRAMES, LookConfig
from workbench.explore.explorer import Exploration
from workbench.explore.highlights import find_liveliest_cell
from workbench.explore.matching import Correspondences, MatchSettings
from workbench.model.motion import MotionConfig
from workbench.page.networks import USER_ERRORS, NetworkLibrary
from workbench.page.tab import Selection
from workbench.parameters import Range, check_ranges, config_of, parameters_of
from workbench.paths import in_project
from workbench.video.read import Sample, sample_videos


@dataclass(frozen=True)
class PictureConfig:
    """video: the name of a sample, or a file. checkpoint: a name, or a file. look: which frames, and how they are read.

    pair: two consecutive frames of the clip, counted from 0. row, column: of the cell whose arrow is explained; None: one
    of what moves. radius (steps), sigma (cells), temperature: how the estimate is set; None: as the network has them.

    Raises ValueError for what cannot be; whether the clip has the pair, and its grid the cell, shows when it is drawn.
    """

    video: str = "camouflage"
    checkpoint: str = "msnet-tiny"  # the default when links began, so that old ones open what they did
    look: LookConfig = field(default_factory=LookConfig)
    pair: Annotated[int, Range(0, MOST_FRAMES - 2)] = 0
    row: Annotated[int | None, Range(0)] = None
    column: Annotated[int | None, Range(0)] = None
    radius: Annotated[int | None, Range(1, unit="step")] = None
    sigma: Annotated[float | None, Range(0, math.inf, unit="cells (0 is hard argmax, inf plain soft-argmax)")] = None
    temperature: Annotated[float | None, Range(above=0)] = None

    def __post_init__(self):
        check_ranges(self)
        if not self.video or not self.checkpoint:
            raise ValueError(f"video and checkpoint are names, got {self.video!r} and {self.checkpoint!r}")
        if (self.row is None) != (self.column is None):
            raise ValueError(f"row and column are given together, got {self.row} and {self.column}")

    @property
    def sample(self) -> Sample | None:
        """The sample that the video names, if it does."""
        return next((sample for sample in sample_videos() if sample.name == self.video), None)

    @property
    def path(self) -> Path:
        return self.sample.path if self.sample else in_project(self.video)

    @property
    def settings(self) -> MatchSettings:
        """How the estimate is set."""
        return MatchSettings(self.radius, sigma=self.sigma, exponent=None if self.temperature is None else math.log10(self.temperature))

    def correspondences(self, exploration: Exploration) -> Correspondences:
        """Those of the pair, set as asked for. Raises ValueError for a pair or a radius that is not there."""
        return self.unset_correspondences(exploration).with_settings(self.settings)

    def cell(self, exploration: Exploration) -> tuple[int, int]:
        """Row and column of the cell to explain."""
        if self.row is not None and self.column is not None:
            return self.row, self.column
        self.unset_correspondences(exploration)
        return find_liveliest_cell(exploration, self.pair)

    def unset_correspondences(self, exploration: Exploration) -> Correspondences:
        if exploration.correspondences is None:
            raise ValueError(f"{exploration.network} has no motion module; say which layer is matched instead, for example layer1")
        return exploration.correspondences.of_pair(self.pair)


def picture_of(
    exploration: Exploration, pair: int = 0, cell: tuple[int, int] | None = None, motion: MotionConfig | None = None
) -> PictureConfig:
    """What decides the pictures that are now shown. motion: the numbers of the estimate, where they are set otherwise than the network's.

    A video of somebody's own is named by its file; where that lies is not told.
    """
    video = next((sample.name for sample in sample_videos() if same_file(sample.path, exploration.info.path)), exploration.name)
    row, column = cell or (None, None)
    state = {"video": video, "checkpoint": exploration.network, "pair": pair, "row": row, "column": column}
    if exploration.correspondences and motion:
        own, numbers = exploration.correspondences.motion, ("radius", "sigma", "temperature")
        state |= {name: getattr(motion, name) for name in numbers if getattr(motion, name) != getattr(own, name)}
    return config_of(PictureConfig, parameters_of(exploration.config) | state)


def same_file(sample: Path, path: Path) -> bool:
    """Whether a path is the sample or a copy of it, as a page that serves it makes."""
    return path == sample or (path.name == sample.name and path.is_file() and path.read_bytes() == sample.read_bytes())


PICTURE_NOTEBOOK = "notebooks/06_one_video.ipynb"
TEXT_PARAMETERS = ("video", "checkpoint", "layer", "estimate")  # parameters that are words, also where they look like numbers
LONGEST = 255  # characters of a value: as long as a file's name can be


def to_query(config: PictureConfig) -> str:
    """The part of a link after the question mark: what differs from the defaults. Of a video's path it holds the name."""
    changes = changed_parameters(replace(config, video=Path(config.video).name))
    return urlencode({name: as_text(value) for name, value in changes.items()})


def from_query(query: Mapping[str, str], checkpoints: Collection[str]) -> PictureConfig:
    """The picture that a link asks for. checkpoints: the names to choose from.

    Nothing is opened: a video is a sample, or a name to be given again (`ask_again`). Names that begin with two
    underscores are the web server's own and left alone.

    Raises ValueError with one sentence for a name or a type that is none, a value out of range, or a path.
    """
    config = config_of(PictureConfig, {name: as_value(name, text) for name, text in query.items() if not name.startswith("__")})
    if config.checkpoint not in checkpoints:
        raise ValueError(f"there is no checkpoint {config.checkpoint!r} here; there are {', '.join(checkpoints)}")
    if config.video in (".", "..") or set(config.video) & {"/", "\\"}:
        raise ValueError(f"a link names a sample or a file without its folder, got {config.video!r}")
    return config


def to_parameters(config: PictureConfig, output: str = "out.ipynb") -> str:
    """The command that draws the same pictures in a notebook, for a shell in a clone of the repository. -r is text as it is."""
    words = ["papermill", PICTURE_NOTEBOOK, output]
    for name, value in changed_parameters(config).items():
        words += ["-r" if name in TEXT_PARAMETERS else "-p", name, as_text(value)]
    return shlex.join(words)


def ask_again(config: PictureConfig) -> str:
    """What to tell a visitor whose link is about a video of somebody's own; nothing where it is a sample."""
    return "" if config.sample else f"This link is about {config.video}, which was not kept: give this video again to see the same."


def changed_parameters(config: PictureConfig) -> dict[str, Any]:
    """The parameters that are not the default."""
    defaults = parameters_of(PictureConfig())
    return {name: value for name, value in parameters_of(config).items() if value != defaults[name]}


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def as_value(name: str, text: str) -> Any:
    """What `as_text` was given. Raises ValueError for what is too long to be a value."""
    if len(text) > LONGEST:
        raise ValueError(f"{name} is too long for a link: {len(text)} characters of at most {LONGEST}")
    return text if name in TEXT_PARAMETERS else literal(text)


class LinkedControls(NamedTuple):
    """What a link says of the controls; None leaves them as they stand, the video "" is none. motion: of its network."""

    selection: Selection | None = None
    video: str | None = None
    checkpoint: str | None = None
    look: LookConfig | None = None
    motion: MotionConfig | None = None
    settings: MatchSettings | None = None
    message: str | None = None


def follow_link(networks: NetworkLibrary, query: Mapping[str, str]) -> LinkedControls:
    """Without a query nothing changes. What a link cannot ask for is a sentence, and the page opens as it does without.

    What a link says nothing of is as the network has it. A link about somebody's own video sets the controls, and waits for it to be
    given again.
    """
    if all(name.startswith("__") for name in query):
        return LinkedControls()
    try:
        picture = from_query(query, networks.checkpoints())
        motion = networks.motion(picture.checkpoint)
        settings = MatchSettings.of(picture.settings.within(motion).change(motion))
    except USER_ERRORS as error:
        return LinkedControls(message=note(str(error), "refused"))
    selection = Selection(picture.pair, (picture.row or 0, picture.column or 0), keep_pair=True, keep_cell=picture.row is not None)
    again = ask_again(picture)
    video, message = ("", note(again, "refused")) if again else (str(picture.path), None)
    return LinkedControls(selection, video, picture.checkpoint, picture.look, motion, settings, message)
