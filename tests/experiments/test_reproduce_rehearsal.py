"""A rehearsal of a test: stand-ins for what is not at hand, and only for that."""

from pathlib import Path

import numpy as np
import torch

from workbench.experiments.reproduce import ReproduceConfig, rehearse, reproduce
from workbench.model.load import load_weights
from workbench.video.sampling import Sampling


def test_every_step_runs_without_data_and_weights(tmp_path: Path) -> None:
    """The recipe's own network, with as many classes as the stand-in has, answers to every video of it."""
    config = rehearse(ReproduceConfig("your-own-classes", Path(""), workers=0), tmp_path)
    assert (config.layout, config.clips, config.crops, len(config.checkpoint)) == ("folders", 1, 1, 1)
    loaded = load_weights(config.checkpoint[0])
    assert (loaded.model.config.backbone, loaded.model.config.num_classes) == ("tiny", 4)
    assert (loaded.preprocessing.size, loaded.preprocessing.resize, loaded.preprocessing.sampling) == (64, 72, Sampling())

    scores = reproduce(config).scores
    assert len(scores) == 8 and np.bincount(scores.truth).tolist() == [2, 2, 2, 2] and not scores.skipped
    assert scores.labels == loaded.labels == ("sliding left", "sliding right", "zooming in", "zooming out")


def test_a_rehearsal_is_the_same_each_time(tmp_path: Path) -> None:
    """The weights depend on nothing, the random numbers of others go on as they were, and views that are asked for are kept."""
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    first, second = (rehearse(ReproduceConfig("your-own-classes", Path(""), clips=2), tmp_path / name) for name in "ab")
    assert torch.equal(torch.rand(2), expected)
    assert Path(first.checkpoint[0]).read_bytes() == Path(second.checkpoint[0]).read_bytes() and first.clips == 2


def test_what_is_given_is_tested(tmp_path: Path) -> None:
    """A config with data or with a checkpoint comes back as it is, and nothing is written."""
    for config in (ReproduceConfig(data=Path("ssv1")), ReproduceConfig(data=Path(""), checkpoint=("msnet.pth.tar",))):
        assert rehearse(config, tmp_path / "never") is config
    assert not (tmp_path / "never").exists()
