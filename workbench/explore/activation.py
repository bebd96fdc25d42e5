"""Class activation maps: where and when the network sees evidence for a class."""

from dataclasses import dataclass

import numpy as np
import torch
from einops import einsum
from jaxtyping import Float

from workbench.explore.explorer import Exploration, Explorer
from workbench.model.inference import features_after


@dataclass(frozen=True)
class Activation:
    """The evidence for one class: map `t gh gw` in logits over the crops that were classified, and the bias of the class.

    The mean of the map plus the bias is the logit; the mean of one frame plus the bias is that frame's.
    """

    label: str
    map: Float[np.ndarray, "t gh gw"]
    bias: float

    @property
    def logit(self) -> float:
        return float(self.map.mean(dtype=np.float64)) + self.bias

    @property
    def frame_logits(self) -> Float[np.ndarray, " t"]:
        return self.map.mean(axis=(1, 2)) + self.bias

    @property
    def limit(self) -> float:
        """The strongest evidence, for or against, in any cell of any frame: one scale for the whole clip."""
        return float(np.abs(self.map).max()) or 1.0


@torch.inference_mode()
def class_activation(explorer: Explorer, exploration: Exploration, label_index: int) -> Activation:
    """Class activation map of the clip that was classified, by one forward pass: exact, since nothing but a mean and a linear
    layer follows the last stage. What temporal shift and motion brought into a cell counts where it arrived.

    Raises ValueError for a class that is not there.
    Source: Zhou, Khosla, Lapedriza, Oliva and Torralba, Learning Deep Features for Discriminative Localization, CVPR 2016.
    """
    if not 0 <= label_index < len(explorer.labels):
        raise ValueError(f"the class must be one of 0 to {len(explorer.labels) - 1}, got {label_index}")
    model, clip = explorer.model, explorer.as_input(exploration.crops[None])

    features = features_after(model, clip, "layer4")
    features = model.look_for_motion("layer4", features, clip.shape[1], {})

    evidence = einsum(features.float(), model.fc.weight[label_index].float(), "t c gh gw, c -> t gh gw")
    return Activation(explorer.labels[label_index], evidence.cpu().numpy(), float(model.fc.bias[label_index]))
