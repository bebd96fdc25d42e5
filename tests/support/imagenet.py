"""What torchvision's ResNets look like, made from ours."""

import torch
from torch import Tensor

from workbench.model.resnet import RESNETS


def imagenet_weights(backbone: str, num_classes: int = 1000) -> dict[str, Tensor]:
    """A state dict under torchvision's names."""
    network = RESNETS[backbone].build(None)
    classifier = torch.nn.Linear(network.channels["layer4"], num_classes)
    return network.state_dict() | {f"fc.{name}": tensor for name, tensor in classifier.state_dict().items()}
