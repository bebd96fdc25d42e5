"""Laws of an evaluation as a value."""

from dataclasses import replace

import pytest

from workbench.data.alphabet.dataset import MotionAlphabet
from workbench.evaluation.clips import AtLevels, EvaluateConfig
from workbench.model.checkpoint import Preprocessing, save_checkpoint
from workbench.model.msnet import ModelConfig, MSNet
from workbench.training.config import SMALL, TINY


def test_every_level_has_clips_of_its_own():
    """So many clips at each level in turn, every one another motion of the alphabet, all classes at every level."""
    config = EvaluateConfig(clips=18, camouflage=(1.0, 0.25), seed=3)
    clips = config.dataset(config.load())
    assert [clip.camouflage for clip in clips] == [1.0] * 18 + [0.25] * 18
    assert [clip.label for clip in clips] == 2 * list(range(18))
    assert clips[20].speed != clips[2].speed
    assert clips[-1].frames.tobytes() == clips[35].frames.tobytes()
    with pytest.raises(IndexError, match="36 of 36"):
        clips[36]


@pytest.mark.parametrize(("length", "levels"), [(7, 3), (2, 2), (9, 1)])
def test_each_clip_belongs_to_one_level(length, levels):
    parts = [MotionAlphabet("test", level / 4, size=16, length=length) for level in range(levels)]
    shown = [clip.camouflage for clip in AtLevels(parts)]
    assert shown == sorted(shown)
    assert len(set(shown)) == levels


def test_clips_are_as_the_network_takes_them(tmp_path):
    """A checkpoint's own size and length, and unseen clips of the asked speed."""
    config = ModelConfig(**{**vars(TINY), "num_frames": 4})
    save_checkpoint(tmp_path / "mine.safetensors", MSNet(config), MotionAlphabet.labels, Preprocessing(size=32))
    asked = EvaluateConfig(checkpoint=str(tmp_path / "mine.safetensors"), clips=36, speed=(2.0, 3.0), device="cpu")
    loaded = asked.load()
    clips = asked.dataset(loaded)
    assert clips[0].frames.shape == (4, 32, 32, 3)
    assert not loaded.model.training
    assert clips.levels[0].split == "test"
    assert {level.speed for level in clips.levels} == {(2.0, 3.0)}


def test_a_name_that_ships_is_a_checkpoint():
    assert EvaluateConfig(checkpoint="tsm-tiny").load().model.config.motion is None
    assert EvaluateConfig().load().model.config == replace(SMALL, num_classes=20)


def test_what_cannot_be_asked_is_refused(tmp_path):
    """By name, with what there is instead."""
    with pytest.raises(FileNotFoundError, match="'msnet-tinny'; did you mean 'msnet-tiny'"):
        EvaluateConfig(checkpoint="msnet-tinny").load()
    save_checkpoint(tmp_path / "other.safetensors", MSNet(ModelConfig(**{**vars(TINY), "num_classes": 2})), ("yes", "no"))
    with pytest.raises(ValueError, match=r"other classes than the motion alphabet's .yes, no"):
        EvaluateConfig(checkpoint=str(tmp_path / "other.safetensors")).load()
    for wrong in ({"clips": 0}, {"seed": -1}, {"camouflage": ()}, {"camouflage": (0.5, 1.5)}, {"speed": (3.0, 2.0)}, {"speed": (0.0, 2.0)}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} must"):
            EvaluateConfig(**wrong)
