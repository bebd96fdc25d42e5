"""How well ImageNet features match real pairs of pictures, before any training here, beside the network that learned to match.

    python benchmarks/imagenet_features.py DIR

DIR holds pairs with their true displacement, as for `workbench evaluate-flow`. The features are those of EfficientNet-Lite0 after each
stage, on pictures whose grid of cells is that of msnet-small; in place of the module's 1x1 convolution each channel is standardised over
the two pictures. Window and temperature are those of msnet-small. Writes results/imagenet_features.csv: means over pairs, in pixels.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
from torch import nn

from workbench.data.flow_pairs import FlowPair, read_flow_pairs
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Explorer
from workbench.explore.flow_benchmark import REFINED_NAME, evaluate_flow
from workbench.model.backbone import StageName
from workbench.model.load import SHIPPED, load_weights
from workbench.model.motion import MotionConfig
from workbench.model.msnet import ModelConfig
from workbench.model.pretrained import initial_weights
from workbench.paths import RESULTS, write_rows
from workbench.training.config import SMALL

PICTURES: dict[StageName, int] = {"stem": 64, "layer1": 128, "layer2": 256, "layer3": 512}  # short side in pixels: 32 cells each time
MOTION = SMALL.motion or MotionConfig()
KERNEL_SIZES = (1, 5, 9)  # cells each way over which the correlation is averaged; what is refined averages in its own way


def shipped(kernel_size: int) -> Explorer:
    return Explorer.of(load_weights(SHIPPED, motion=replace(MOTION, kernel_size=kernel_size)), "msnet-small")


def imagenet(stage: StageName, kernel_size: int) -> Explorer:
    """Every frame alone: at the ends of a clip the shift would bring in zeros."""
    motion = replace(MOTION, kernel_size=kernel_size)
    loaded = initial_weights("imagenet", ModelConfig("efficientnet-lite0", shift_div=None, motion=motion, motion_after=(stage,)))
    channels = loaded.model.backbone.channels[stage]
    loaded.model.motion[stage].reduce = nn.BatchNorm2d(channels, affine=False, track_running_stats=False)
    return Explorer.of(loaded, f"ImageNet, {stage}")


def measure(pairs: list[FlowPair]) -> Iterator[dict]:
    """A row for each method: of the first evaluation all, the simplest answers and optical flow included, then the network's own."""
    for kernel_size in KERNEL_SIZES:
        networks = [(shipped(kernel_size), PICTURES["layer1"]), *((imagenet(stage, kernel_size), side) for stage, side in PICTURES.items())]
        for explorer, side in networks:
            means = evaluate_flow(pairs, explorer, LookConfig(resolution=side)).means()
            first, refined = kernel_size == KERNEL_SIZES[0], REFINED_NAME.format(explorer.name)
            for row in means.to_dict("records"):
                own = row["method"] == explorer.name
                if own or (first and (row["method"] == refined or explorer.name == "msnet-small")):
                    yield {"method": row.pop("method"), "pictures": side, "kernel_size": kernel_size if own else ""} | row


def main() -> None:
    [folder] = sys.argv[1:]
    pairs = list(read_flow_pairs(folder))
    shared = {"pairs": len(pairs), "command": "python benchmarks/imagenet_features.py DIR"}
    rows = [
        {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()} | shared for row in measure(pairs)
    ]
    write_rows(RESULTS / "imagenet_features.csv", rows)
    print(pd.DataFrame(rows).drop(columns=[*shared]).to_string())


if __name__ == "__main__":
    main()
