"""How far off displacements are where hardly anything moves: photographs moved by 1.2 pixels, at every resolution of the page.

    python benchmarks/small_motion.py

The photographs are scikit-image's (the test group), made 388 pixels high, and the fields smooth and exact (`workbench/data/warp.py`).
Writes results/flow_small.csv: the mean error in pixels of each network's own and refined displacement, beside nothing moves and DIS.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import skimage

from workbench.data.flow_pairs import FlowPair, read_picture
from workbench.data.warp import FIELD_KINDS, warp_picture
from workbench.explore.config import LookConfig
from workbench.explore.explorer import Explorer
from workbench.explore.flow_benchmark import DIS, DIS_SMALL, NOTHING, REFINED_NAME, evaluate_flow
from workbench.paths import RESULTS, write_rows

PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
HEIGHT, LENGTH, SEEDS = 388, 1.2, (0, 1, 2)
RESOLUTIONS = (64, 96, 128, 192, 224, 256)  # short sides that the page offers; 128 is its own
NETWORKS = ("msnet-small", "msnet-tiny")


def make_pairs() -> Iterator[FlowPair]:
    """Every photograph, field and seed."""
    for name in PHOTOGRAPHS:
        photograph = read_picture(Path(skimage.__file__).parent / "data" / name)
        height, width, _ = photograph.shape
        way = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_CUBIC
        photograph = cv2.resize(photograph, (round(width * HEIGHT / height), HEIGHT), interpolation=way)
        for number, kind in enumerate(FIELD_KINDS):
            for seed in SEEDS:
                pair = warp_picture(photograph, kind, LENGTH, seed + len(SEEDS) * (number + PHOTOGRAPHS.index(name)))
                yield replace(pair, name=f"{Path(name).stem} {pair.name}")


def main() -> None:
    pairs, rows = list(make_pairs()), []
    for network in sys.argv[1:] or NETWORKS:
        explorer = Explorer.load(network)
        for resolution in RESOLUTIONS:
            errors = evaluate_flow(pairs, explorer, LookConfig(resolution=resolution)).table().groupby("method")["all"].agg(["mean", "max"])
            for method in (NOTHING, explorer.name, REFINED_NAME.format(explorer.name), DIS_SMALL, DIS):
                error, largest = errors.loc[method].round(3)
                rows.append({"network": network, "resolution": resolution, "method": method, "error": error, "largest of a pair": largest})
                print(rows[-1], flush=True)
    write_rows(RESULTS / "flow_small.csv", rows)


if __name__ == "__main__":
    main()
