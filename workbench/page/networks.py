"""The networks to choose from on the page, by name; those used last stay loaded."""

import os
import secrets
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.explore.config import LookConfig
from workbench.explore.explorer import Exploration, Explorer
from workbench.explore.film import FilmScores, score_film
from workbench.explore.highlights import choose_liveliest
from workbench.model.load import SHIPPED, TRAINED, find_checkpoint, load_weights, named_checkpoints
from workbench.model.motion import MotionConfig
from workbench.parameters import config_of
from workbench.text import nearest
from workbench.video.read import VideoError
from workbench.video.uploads import VideoLimits, as_video

IN_MEMORY = 4  # networks at once
CHECKPOINT_SUFFIXES = (".safetensors", ".pth", ".pt", ".pth.tar")
PRIVATE_BYTES = 6  # of the random number in a name that nobody shall guess
USER_ERRORS = (ValueError, OSError)  # what the package raises with a sentence for its user; VideoError and WeightsError are ValueErrors


@dataclass
class NetworkLibrary:
    """Checkpoints that whoever started the page has named: one file, a folder of them, those of `runs/`, the shipped ones.

    checkpoint: the one shown first, a file or a name. folder: checkpoints in it, and in the folders of runs in it, have the
    names of their files or runs. A visitor chooses among names and can name nothing else. limits: what a visitor may give.
    live: how many may use their camera live at once; None: one for every two cores.

    Raises FileNotFoundError for a checkpoint or folder that is not there.
    """

    checkpoint: str | os.PathLike | None = None
    folder: str | os.PathLike | None = None
    limits: VideoLimits = field(default_factory=VideoLimits)
    live: int | None = None
    _explorers: OrderedDict[str, Explorer] = field(default_factory=OrderedDict, repr=False)
    _private: dict[str, Path] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self):
        if self.folder is not None and not Path(self.folder).is_dir():
            raise FileNotFoundError(f"there is no folder of checkpoints {os.fspath(self.folder)!r}")
        self._own = find_checkpoint(self.checkpoint or SHIPPED)
        self.first = name_of(self._own)

    def checkpoints(self) -> dict[str, Path]:
        """Every checkpoint by its name, looked up anew: what a notebook has trained since is there.

        Where several have one name, that of the page's own file wins, then those of the folder.
        """
        paths = {} if self.checkpoint is None else {self.first: self._own}
        for more in ({} if self.folder is None else names_in(Path(self.folder)), named_checkpoints()):
            paths |= {name: path for name, path in more.items() if name not in paths}
        return paths

    def explorer(self, name: str | None = None) -> Explorer:
        """The network of a name, by default the first; loaded once.

        Raises ValueError with the nearest name, and for a file that is damaged or gone; where it lies is not told.
        """
        name, paths = name or self.first, self.checkpoints()
        path = self._private.get(name) or paths.get(name)
        if path is None:
            raise ValueError(f"there is no checkpoint {name!r}{nearest(name, tuple(paths))}")
        if name in self._private and not path.is_file():
            raise ValueError(f"{name} is no longer here: what is taught is kept for a limited time; teach it again")
        try:
            return self.load(name, path)
        except USER_ERRORS as error:
            raise ValueError(str(error).replace(str(path), name)) from error

    def add_private(self, title: str, path: Path) -> str:
        """The name of a checkpoint that stands in no list, and is opened by whoever knows that name: it ends in a random number, and is
        told to one visitor alone."""
        name = f"{title} {secrets.token_hex(PRIVATE_BYTES)}"
        with self._lock:
            self._private = {other: place for other, place in self._private.items() if place.is_file()} | {name: path}
        return name

    def public_name(self, name: str) -> str:
        """What a link says instead of a name: of a private network, which goes with its visit, that of the first."""
        return self.first if name in self._private else name

    def remove_private(self, folder: Path) -> None:
        """Those whose files lie in a folder, from memory, too."""
        with self._lock:
            self._private = {name: path for name, path in self._private.items() if not path.is_relative_to(folder)}
            for key in [key for key in self._explorers if key.startswith(f"{folder}{os.sep}")]:
                del self._explorers[key]

    def motion(self, name: str | None = None) -> MotionConfig:
        """The numbers of a network's motion module; without one the paper's, by which features of any layer are matched."""
        return self.explorer(name).model.config.motion or MotionConfig()

    def load(self, name: str, path: Path) -> Explorer:
        """A network as its file is now; whichever was not used for longest is let go."""
        with self._lock:
            key = f"{path} {path.stat().st_mtime_ns}"
            if key not in self._explorers:
                self._explorers[key] = Explorer.of(load_weights(path), name)
            self._explorers.move_to_end(key)
            while len(self._explorers) > IN_MEMORY:
                self._explorers.popitem(last=False)
            return self._explorers[key]

    def look(self, video: str | list[str] | None, name: str | None = None, /, **wishes: Any) -> Exploration:
        """What a network sees in what a visitor gave: a video, a zip, pictures. wishes: fields of `LookConfig`.

        Raises VideoError for what is not taken or gives no frames, ValueError for a name or a wish that cannot be.
        """
        return self.scan(self.look_at_span(video, name, **wishes))

    def scan(self, exploration: Exploration) -> Exploration:
        """The same with its scores over time, unless it has them."""
        return exploration if exploration.whole_video.scanned else self.explorer(exploration.network).scan(exploration)

    def look_at_span(
        self, video: str | list[str] | None, name: str | None = None, /, *, liveliest: bool = False, **wishes: Any
    ) -> Exploration:
        """The same as `look` until its scores over time are asked for by `scan`. liveliest: from where most moves, if no wish says from
        where; else in the middle."""
        if not video:
            raise VideoError("no video was given")
        config, explorer, path = config_of(LookConfig, wishes), self.explorer(name), as_video(video, self.limits)
        if liveliest:
            config = choose_liveliest(explorer, path, config)
        return explorer.look_at_span(path, config, self.limits)

    def score_film(
        self,
        video: str | list[str] | None,
        name: str | None = None,
        /,
        progress: Callable[[float], None] = lambda share: None,
        **wishes: Any,
    ) -> FilmScores:
        """The scores of the whole of a video, however long it is. progress: as `score_film` has it. Raises as `look` does."""
        if not video:
            raise VideoError("no video was given")
        config, explorer = config_of(LookConfig, wishes), self.explorer(name)
        return score_film(explorer, as_video(video, self.limits), config, self.limits, progress)


def names_in(folder: Path) -> dict[str, Path]:
    """The checkpoints of a folder, then those of runs in it, by name; those that would have the same are told apart by their
    ending or place."""
    files = [path for path in sorted(folder.iterdir()) if path.name.endswith(CHECKPOINT_SUFFIXES)] + sorted(folder.glob(f"*/{TRAINED}"))
    counts = Counter(map(name_of, files))
    return {name_of(path) if counts[name_of(path)] == 1 else path.relative_to(folder).as_posix(): path for path in files}


def name_of(path: Path) -> str:
    """What a checkpoint is called: by its run, by its repository on the hub, or by its file."""
    if path.name == TRAINED:
        folder = path.absolute().parent
        if folder.parent.name == "snapshots":  # as the hub's cache lays out models--OWNER--NAME
            return folder.parent.parent.name.removeprefix("models--").replace("--", "/", 1)
        return folder.name
    name = path.name
    while name.endswith(CHECKPOINT_SUFFIXES):
        name = name[: name.rindex(".")]
    return name
