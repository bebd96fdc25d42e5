"""An evaluation as a value: which network is asked about which clips."""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.data.alphabet import AlphabetClip, MotionAlphabet
from workbench.data.moved import MovedPictures, pictures_of
from workbench.lab.config import in_project
from workbench.lab.group import choose_device
from workbench.model.weights import Loaded, load_weights

DEFAULT = "msnet-tiny"


class AtLevels(Sequence[AlphabetClip]):
    """The first part of one data set at its first camouflage, the next at its second, and so on: no clip is shown twice, so
    that intervals over all of them hold. `levels` are the same data set, once at each camouflage."""

    def __init__(self, levels: Sequence[MotionAlphabet]):
        self.levels, self.labels = tuple(levels), levels[0].labels

    def __len__(self) -> int:
        return len(self.levels[0])

    def __getitem__(self, index: int) -> AlphabetClip:
        if not -len(self) <= index < len(self):
            raise IndexError(f"clip {index} of {len(self)}")
        index %= len(self)
        return self.levels[index * len(self.levels) // len(self)][index]


@dataclass(frozen=True)
class EvaluateConfig:
    """checkpoint: a file, or the name of a shipped network or of a run ("" is msnet-tiny). data: "alphabet", or a video or a
    folder of pictures, over whose last part crops move. clips: of the test split, of the alphabet at each level of
    camouflage. seed, speed (pixels a frame): of the clips, at the size and length that the network was trained on.
    device: "auto", "cpu", "cuda", "mps"."""

    checkpoint: str = ""
    data: str = "alphabet"
    clips: int = 180
    seed: int = 0
    camouflage: tuple[float, ...] = (0.0, 0.5, 1.0)
    speed: tuple[float, float] = (1.0, 8.0)
    device: str = "auto"

    def __post_init__(self):
        if self.data != "alphabet":
            object.__setattr__(self, "data", str(in_project(self.data)))
        if self.clips < 1 or self.seed < 0:
            raise ValueError(f"clips must be at least 1, seed must be at least 0, got {self.clips} and {self.seed}")
        if not self.camouflage or not all(0 <= level <= 1 for level in self.camouflage):
            raise ValueError(f"camouflage must be one level or several in [0, 1], got {list(self.camouflage)}")
        if not 0 < self.speed[0] <= self.speed[1]:
            raise ValueError(f"speed must be a range of pixels a frame above 0, got {list(self.speed)}")

    def load(self) -> Loaded:
        """The network in eval mode on its device.

        Raises FileNotFoundError for a checkpoint that is not there, ValueError for one of other classes than the alphabet's.
        """
        loaded = load_weights(self.checkpoint or DEFAULT)
        if loaded.labels != MotionAlphabet.labels:
            theirs = ", ".join((loaded.labels or ("none",))[:5])
            raise ValueError(f"{self.checkpoint!r} names other classes than the motion alphabet's ({theirs}, ...)")
        loaded.model.to(choose_device(self.device))
        return loaded

    def dataset(self, loaded: Loaded) -> AtLevels | MovedPictures:
        """Unseen clips as the network takes them. Raises VideoError for data that gives no frames."""
        size, frames = loaded.preprocessing.size, loaded.model.config.num_frames
        if self.data != "alphabet":
            return MovedPictures(pictures_of(self.data, "test"), self.seed, size, frames, speed=self.speed, length=self.clips)
        length = self.clips * len(self.camouflage)
        return AtLevels([MotionAlphabet("test", c, self.seed, size, frames, speed=self.speed, length=length) for c in self.camouflage])
