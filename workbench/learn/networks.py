"""The trained networks that come with the workbench, by name, and what they take."""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from workbench.data.augment import normalise
from workbench.model.weights import Loaded, load_weights


@lru_cache
def shipped_network(name: str = "msnet-tiny") -> Loaded:
    """A network trained on the motion alphabet, "msnet-tiny", "tsm-tiny" or "tsn-tiny": in eval mode, with labels and
    preprocessing. Loaded once; raises FileNotFoundError for a name that is none."""
    return load_weights(name)


def as_input(frames: UInt8[np.ndarray, "*b t h w 3"]) -> Float[Tensor, "*b t 3 h w"]:
    """Frames as the shipped networks take them, which were all trained on the same pixels."""
    preprocessing = shipped_network().preprocessing
    return normalise(torch.from_numpy(np.ascontiguousarray(frames)), preprocessing.mean, preprocessing.std)
