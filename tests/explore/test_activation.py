"""The laws of class activation maps."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.explore.activation import class_activation
from workbench.explore.explorer import Explorer
from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig, MSNet

NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")


@pytest.fixture(scope="module")
def exploration(explorer) -> wb.Exploration:
    return explorer.look(NASA)


def untrained(explorer: Explorer, *stages: str) -> Explorer:
    """A network like the shipped one with motion modules after other stages, its weights random but not small."""
    torch.manual_seed(0)
    config = ModelConfig("tiny", len(explorer.labels), motion=MotionConfig(radius=2, channels=8), motion_after=stages)
    model = MSNet(config).eval()
    torch.nn.init.normal_(model.fc.weight)
    torch.nn.init.normal_(model.fc.bias)
    return replace(explorer, model=model)


@pytest.mark.parametrize("network", ["msnet", "tsm", "after layer4", "after layer2 and layer4"])
@pytest.mark.parametrize("label", [0, 7, 17])
def test_the_mean_of_the_map_is_the_logit(explorer, exploration, network, label):
    """Map and bias are the logit taken apart: over the whole clip, and frame by frame; also where a module stands after the last
    stage."""
    networks = {
        "msnet": lambda: explorer,
        "tsm": lambda: Explorer.load("tsm-tiny"),
        "after layer4": lambda: untrained(explorer, "layer4"),
        "after layer2 and layer4": lambda: untrained(explorer, "layer2", "layer4"),
    }
    asked = networks[network]()
    activation = class_activation(asked, exploration, label)
    with torch.inference_mode():
        prediction = asked.model(asked.as_input(exploration.crops[None]))
    assert activation.map.shape == (8, 4, 4)
    assert activation.label == asked.labels[label]
    assert activation.map.mean() + activation.bias == pytest.approx(prediction.logits[0, label].item(), abs=1e-4)
    assert activation.logit == pytest.approx(prediction.logits[0, label].item(), abs=1e-4)
    assert np.allclose(activation.frame_logits, prediction.frame_logits[0, :, label], atol=1e-4)
    assert activation.limit == pytest.approx(np.abs(activation.map).max())


@pytest.mark.parametrize(("edge", "axis", "far"), [("left", 2, 3), ("right", 2, 0), ("top", 1, 3), ("bottom", 1, 0)])
def test_evidence_lies_where_the_picture_is(exploration, edge, axis, far):
    """Where one edge of all crops is turned to grey, the map changes least at the opposite one: in msnet-tiny, whose module averages over
    no neighbours."""
    explorer, blank = wb.Explorer.load("msnet-tiny"), exploration.crops.copy()
    place = {"left": np.s_[:, :, :16], "right": np.s_[:, :, 48:], "top": np.s_[:, :16], "bottom": np.s_[:, 48:]}[edge]
    blank[place] = 128
    before, after = (class_activation(explorer, replace(exploration, crops=crops), 0).map for crops in (exploration.crops, blank))
    change = np.abs(after - before).mean(axis=(0, 3 - axis))
    assert change.argmin() == far
    assert change[far] < change.max() / 3


def test_every_frame_has_its_own_map(explorer, exploration):
    """Of a clip in which things move: a map that was averaged over time would be the same in all frames."""
    maps = class_activation(explorer, exploration, 0).map
    assert all(np.abs(maps[t] - maps[t + 1]).max() > 1e-3 for t in range(7))


@pytest.mark.parametrize("label", [-1, 20])
def test_a_class_that_is_not_there_is_said(explorer, exploration, label):
    with pytest.raises(ValueError, match="0 to 19"):
        class_activation(explorer, exploration, label)
