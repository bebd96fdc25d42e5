"""The golden network, made once, and a small network to try laws on."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from einops import rearrange
from torch import Tensor, nn
from untrained import adopt_statistics

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
sys.path.insert(0, str(GOLDEN))  # recipe.py and reference.py stand beside the arrays that they explain

import recipe  # noqa: E402

from workbench.model.motion import MotionConfig  # noqa: E402
from workbench.model.msnet import ModelConfig, MSNet  # noqa: E402


@pytest.fixture(scope="session")
def golden() -> dict[str, Tensor]:
    return {name: torch.from_numpy(array) for name, array in np.load(GOLDEN / "r18_t8_s112.npz").items()}


@pytest.fixture(scope="session")
def golden_facts() -> dict:
    return json.loads((GOLDEN / "r18_t8_s112.json").read_text())


@pytest.fixture(scope="session")
def authors_weights(golden_facts: dict) -> dict[str, Tensor]:
    """The state dict of the authors' ResNet-18, under their names."""
    weights = {key: torch.from_numpy(np.asarray(recipe.weight(key, shape))) for key, shape in golden_facts["state_dict"].items()}
    return {key: weight.float() if weight.is_floating_point() else weight for key, weight in weights.items()}


@pytest.fixture(scope="session")
def golden_clip() -> Tensor:
    return rearrange(torch.from_numpy(recipe.video(2, 8, 112, salt=12)).float(), "b (t c) h w -> b t c h w", t=8)


@pytest.fixture
def tiny() -> ModelConfig:
    """The smallest network with everything in it."""
    return ModelConfig("tiny", num_classes=18, dropout=0.0, motion=MotionConfig(radius=4, channels=32), motion_after=("layer1",))


@pytest.fixture
def tiny_model(tiny: ModelConfig, clip: Tensor) -> MSNet:
    """In eval mode and as lively as a trained one: BatchNorm knows the statistics of a clip, and classes differ."""
    torch.manual_seed(0)
    model = MSNet(tiny).train()
    nn.init.normal_(model.fc.weight)
    adopt_statistics(model, clip)
    return model.eval()


@pytest.fixture
def clip() -> Tensor:
    return torch.randn(2, 4, 3, 32, 32, generator=torch.Generator().manual_seed(1))
