"""The table of recipes: what each costs, what was reported of it, and what we found."""

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import torch
from torch._subclasses.fake_tensor import FakeTensorMode  # shapes without numbers: counting a ResNet-50 takes no second

from workbench.bench.record import REPRODUCED, our_result, views_in_words
from workbench.data.views import Protocol
from workbench.lab.cost import count_macs, count_parameters
from workbench.lab.evaluation import Evaluation
from workbench.lab.recipe import Recipe, Reported
from workbench.lab.recipes import DATA, RECIPES, find_recipe
from workbench.model.msnet import ModelConfig, MSNet

HEADS = ("recipe", "data", "starts from", "parameters", "MACs", "views", "reported", "ours")
RIGHT = ("parameters", "MACs")  # columns of numbers
LEGEND = """\
reported, ours: top-1 / top-5 in percent, ours with the 95 % interval of top-1 and the number of videos. views: clips x crops of a
video, each of which costs the MACs (multiply-accumulates; the products in the window of the module included).
The paper prints 24.3 M and 33 G for TSM, ResNet-50, 8 frames: so many the network has with Kinetics' 400 classes. For MSNet it
prints 24.6 M and 34 G; its published code, with the same parameters as ours, has 24.4 M with 400 classes."""

Row = dict[str, str | int | float]


def recipe_rows(path: Path = REPRODUCED, recipes: Sequence[Recipe] = tuple(RECIPES.values())) -> list[Row]:
    """A row for each recipe and each protocol for which a number is reported; parameters and MACs a view of an ensemble are the
    sums over its members. top1, top5: reported, in percent, nan where nothing is. ours: in words."""
    return [recipe_row(recipe, reported, path) for recipe in recipes for reported in recipe.reported or (None,)]


def recipe_row(recipe: Recipe, reported: Reported | None, path: Path) -> Row:
    protocol = reported.protocol if reported else recipe.protocol
    parameters, macs = cost_of(recipe, protocol)
    return {
        "recipe": recipe.name,
        "data": DATA.get(recipe.layout, "your own"),
        "starts from": start_of(recipe),
        "parameters": parameters,
        "MACs": macs,
        "views": views_in_words(protocol),
        "top1": reported.top1 if reported else math.nan,
        "top5": reported.top5 if reported else math.nan,
        "source": reported.source if reported else "",
        "ours": our_result(recipe, protocol, path),
    }


def start_of(recipe: Recipe) -> str:
    """On what the first weights were trained, where a recipe of ours trains them; else their name."""
    return DATA[find_recipe(recipe.init).layout] if recipe.init in RECIPES else recipe.init.replace("imagenet", "ImageNet")


def recipe_table(path: Path = REPRODUCED) -> str:
    """All recipes as a Markdown table with its legend, which reads well in a terminal of 140 columns, too."""
    return f"{aligned([HEADS, *map(in_cells, recipe_rows(path))], RIGHT)}\n\n{LEGEND}"


def in_cells(row: Row) -> tuple[str, ...]:
    shown = {
        "data": str(row["data"]).replace("Something-Something", "Something"),
        "parameters": f"{row['parameters'] / 1e6:.1f} M",
        "MACs": f"{row['MACs'] / 1e9:.1f} G" if row["MACs"] >= 5e7 else f"{row['MACs'] / 1e9:.2f} G",
        "reported": in_percent(row["top1"], row["top5"]),
    }
    return tuple(str({**row, **shown}[head]) for head in HEADS)


def in_percent(top1: float, top5: float) -> str:
    """ "50.9 / 80.3", a dash for what is not reported."""
    known = ["-" if math.isnan(value) else f"{value:.1f}" for value in (top1, top5)]
    return " / ".join(known) if known != ["-", "-"] else "-"


def cost_of(recipe: Recipe, protocol: Protocol) -> tuple[int, int]:
    """Parameters, and MACs of a view, of a recipe's network or of its members together."""
    members = [find_recipe(name) for name in recipe.members] or [recipe]
    parameters, macs = zip(*(cost(member.model, protocol.size) for member in members), strict=True)
    return sum(parameters), sum(macs)


@lru_cache
def cost(config: ModelConfig, size: int) -> tuple[int, int]:
    """Parameters, and MACs of a clip of squares of `size` pixels."""
    with FakeTensorMode(), torch.inference_mode():
        model = MSNet(config).eval()
        macs, *_ = count_macs(model, torch.zeros(1, config.num_frames, 3, size, size))
        return count_parameters(model), macs


def class_table(evaluation: Evaluation) -> str:
    """Each class with its accuracy, the hardest first, as a Markdown table."""
    heads = ("class", "videos", "accuracy (%)", "95 % interval", "most often taken for")
    rows = sorted(evaluation.per_class(), key=lambda row: row["accuracy"])
    return aligned([heads, *map(class_cells, rows)], ("videos", "accuracy (%)"))


def class_cells(row: Row) -> tuple[str, ...]:
    accuracy, low, high = (f"{100 * row[name]:.1f}" for name in ("accuracy", "low", "high"))
    return str(row["label"]), str(row["clips"]), accuracy, f"{low} to {high}", str(row["mistaken_for"])


def aligned(lines: Sequence[Sequence[str]], right: Sequence[str] = ()) -> str:
    """A Markdown table whose columns stand under each other; the columns named in `right` end at their right edge."""
    columns = [column(head, cells, head in right) for head, *cells in zip(*lines, strict=True)]
    return "\n".join(f"|{'|'.join(cells)}|" for cells in zip(*columns, strict=True))


def column(head: str, cells: Sequence[str], right: bool) -> list[str]:
    """The cells of a column from its head down, the rule beneath the head among them, all as wide as the widest."""
    width = max(map(len, (head, *cells)))
    rule = "-" * (width + 1) + ":" if right else "-" * (width + 2)
    first, *rest = [f" {cell.rjust(width) if right else cell.ljust(width)} " for cell in (head, *cells)]
    return [first, rule, *rest]
