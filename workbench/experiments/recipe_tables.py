"""The table of recipes and the page of one recipe: reported accuracy beside our own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from textwrap import fill

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from workbench.data.clips import ClipConfig
from workbench.evaluation.cost import count_macs, count_parameters
from workbench.evaluation.metrics import Evaluation
from workbench.evaluation.scores import Accuracy, Scores
from workbench.model.msnet import ModelConfig, MSNet
from workbench.paths import RESULTS, read_rows, write_rows
from workbench.training.recipes import CLASSES, DATA, RECIPES, Recipe, Schedule, find_recipe
from workbench.video.protocol import TestProtocol

REPRODUCED = RESULTS / "reproduced.csv"
KEY = ("recipe", "views", "resize", "size", "average", "fold")  # a test done again replaces the one before
NOT_RUN = "not run"
FOLDS = {"hmdb51": 3}  # by layout: official divisions into training and test videos


def record_result(recipe: str, scores: Scores, split: str = "validation", fold: int = 1, path: Path = REPRODUCED) -> None:
    """Write what was found by a recipe on a split of its data set, in place of an earlier result of the same test.

    Raises ValueError for scores of other classes than those of the recipe's data set, and of another split than the one that
    publications test on: they are not to stand beside the paper's.
    """
    classes = CLASSES.get(find_recipe(recipe).layout)
    if classes is None or len(scores.labels) != classes:
        wanted = f"is of {classes} classes" if classes else "has no published number"
        raise ValueError(f"{recipe} {wanted}; scores of {len(scores.labels)} classes are not recorded beside it")
    if split != "validation":
        raise ValueError(f"scores of the {split} split are not recorded: the numbers reported are of the one called validation here")
    new = {name: str(value) for name, value in row_of(recipe, scores, fold).items()}
    kept = [row for row in read_reproduced(path) if [row[name] for name in KEY] != [new[name] for name in KEY]]
    write_rows(path, [*kept, new])


def row_of(recipe: str, scores: Scores, fold: int) -> dict[str, str | float]:
    top1, top5 = scores.top(1), scores.top(5)
    percent = dict(zip(("top1", "low", "high", "top5"), (top1.accuracy, *top1.interval, top5.accuracy), strict=True))
    return {
        "recipe": recipe,
        **protocol_cells(scores.protocol),
        "fold": fold,
        **{name: round(100 * value, 2) for name, value in percent.items()},
        "videos": top1.videos,
        "skipped": len(scores.skipped),
        "weights": scores.digest,
        "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def read_reproduced(path: Path = REPRODUCED) -> list[dict[str, str]]:
    return read_rows(path) if path.exists() else []


def our_result(recipe: Recipe, protocol: TestProtocol, path: Path = REPRODUCED) -> str:
    """What was found under a protocol, in words: top-1 and top-5 in percent, the interval of top-1 and the number of videos;
    over the official divisions of a data set, the mean of those that were tested."""
    test = {"recipe": recipe.name, **protocol_cells(protocol)}
    rows = [row for row in read_reproduced(path) if all(row[name] == cell for name, cell in test.items())]
    if not rows:
        return NOT_RUN
    mean = f"{fmean(float(row['top1']) for row in rows):.1f}"
    if recipe.layout in FOLDS:
        return f"{mean}, mean of {len(rows)} of {FOLDS[recipe.layout]} splits"
    row = rows[-1]
    interval = f"{float(row['low']):.1f} to {float(row['high']):.1f}"
    return f"{mean} / {float(row['top5']):.1f} ({interval}) of {int(row['videos']):,}"


def protocol_cells(protocol: TestProtocol) -> dict[str, str]:
    """What tells two tests of a recipe apart."""
    sides = str(protocol.resize) if isinstance(protocol.resize, int) else " x ".join(map(str, protocol.resize))
    return {"views": views_in_words(protocol), "resize": sides, "size": str(protocol.size or "uncut"), "average": protocol.average}


def views_in_words(protocol: TestProtocol) -> str:
    """Clips x crops: "10 x 3"."""
    return f"{protocol.clips} x {protocol.crops}"


HEADS = ("recipe", "data", "starts from", "parameters", "MACs", "views", "reported", "ours")
RIGHT = ("parameters", "MACs")  # columns of numbers
LEGEND = """\
reported, ours: top-1 / top-5 in percent, ours with the 95 % interval of top-1 and the number of videos. views: clips x crops of a
video, each of which costs the MACs (multiply-accumulates; the products in the window of the module included).
The paper prints 24.3 M and 33 G for TSM, ResNet-50, 8 frames: so many the network has with Kinetics' 400 classes. For MSNet it
prints 24.6 M and 34 G; its published code, with the same parameters as ours, has 24.4 M with 400 classes."""


@dataclass(frozen=True)
class RecipeRow:
    """A line of the table: a recipe under one protocol. parameters, macs: of a view; of an ensemble the sums over its members."""

    recipe: str
    data: str
    starts_from: str
    parameters: int
    macs: int
    views: str
    reported: str
    ours: str


def recipe_rows(path: Path = REPRODUCED) -> list[RecipeRow]:
    """A row for each recipe and each protocol for which a number is reported."""
    rows = []
    for recipe in RECIPES.values():
        tests = [(row.protocol, in_percent(row.top1, row.top5)) for row in recipe.reported] or [(recipe.protocol, "-")]
        for protocol, reported in tests:
            data, cost = DATA.get(recipe.layout, "your own"), cost_of(recipe, protocol)
            ours = our_result(recipe, protocol, path)
            rows.append(RecipeRow(recipe.name, data, start_of(recipe), *cost, views_in_words(protocol), reported, ours))
    return rows


def start_of(recipe: Recipe) -> str:
    """On what the first weights were trained, where a recipe of ours trains them; else their name."""
    return DATA[find_recipe(recipe.init).layout] if recipe.init in RECIPES else recipe.init.replace("imagenet", "ImageNet")


def recipe_table(path: Path = REPRODUCED) -> str:
    """All recipes as a Markdown table with its legend, which reads well in a terminal of 140 columns, too."""
    return f"{aligned([HEADS, *map(in_cells, recipe_rows(path))], RIGHT)}\n\n{LEGEND}"


def in_cells(row: RecipeRow) -> tuple[str, ...]:
    data, macs = row.data.replace("Something-Something", "Something"), row.macs / 1e9
    cost = f"{row.parameters / 1e6:.1f} M", f"{macs:.1f} G" if macs >= 0.05 else f"{macs:.2f} G"
    return row.recipe, data, row.starts_from, *cost, row.views, row.reported, row.ours


def in_percent(top1: float, top5: float) -> str:
    """ "50.9 / 80.3", a dash for what is not reported."""
    known = ["-" if math.isnan(value) else f"{value:.1f}" for value in (top1, top5)]
    return " / ".join(known) if known != ["-", "-"] else "-"


def cost_of(recipe: Recipe, protocol: TestProtocol) -> tuple[int, int]:
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
    lines = []
    for row in rows:
        accuracy, low, high = (f"{100 * float(row[name]):.1f}" for name in ("accuracy", "low", "high"))
        lines.append((str(row["label"]), str(row["clips"]), accuracy, f"{low} to {high}", str(row["mistaken_for"])))
    return aligned([heads, *lines], ("videos", "accuracy (%)"))


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


SHEET_WIDTH, INDENT = 120, 10  # characters: of a line, and of the words that begin it
FLIPS_IN_WORDS = {
    "none": "never mirrored",
    "safe": "half of them mirrored, but for classes that depend on a side",
    "swap": "half of them mirrored, with the label of the mirrored class",
}


def recipe_sheet(name: str, path: Path = REPRODUCED) -> str:
    """Network, training, tests with the numbers, notes and the commands to run. Raises ValueError for a name that is none."""
    recipe = find_recipe(name)
    parameters, macs = cost_of(recipe, recipe.protocol)
    members = [("members", f"{' and '.join(recipe.members)}, each trained by its own recipe")]
    facts = [("network", f"{parameters / 1e6:.1f} million parameters, {macs / 1e9:.3g} GMAC a view")]
    facts += [*(members if recipe.members else training_lines(recipe)), *protocols(recipe, path)]
    facts += [("note", note) for note in recipe.notes]
    lines = [fill(f"{fact:<{INDENT}}{words}", SHEET_WIDTH, subsequent_indent=" " * INDENT) for fact, words in facts]
    return "\n".join([f"{recipe.name}: {recipe.title}", "", *lines, "", *commands(recipe)])


def training_lines(recipe: Recipe) -> list[tuple[str, str]]:
    weights = {"imagenet": "ImageNet's weights", "none": "random weights"}.get(recipe.init, f"the weights of {recipe.init}")
    return [("start", weights), ("clips", clips(recipe.clips, recipe.model.num_frames)), ("schedule", schedule(recipe.schedule))]


def clips(config: ClipConfig, num_frames: int) -> str:
    sides = ", ".join(f"{scale:g}" for scale in config.scales)
    crops = f"crops of {sides} of the short side, to {config.size} px"
    return f"{num_frames} frames, {config.sampling}; {resized(config.resize)}; {crops}; {FLIPS_IN_WORDS[config.flip]}"


def schedule(plan: Schedule) -> str:
    steps = " and ".join(map(str, plan.milestones))
    rate = f"learning rate {plan.learning_rate:g} at {plan.batch_size} clips a step, x {plan.decay:g} after {steps}"
    momentum = f"{'Nesterov ' if plan.nesterov else ''}momentum {plan.momentum:g}"
    return f"{plan.epochs} epochs of SGD: {rate}; {momentum}, weight decay {plan.weight_decay:g}, gradient norm at most {plan.clip_norm:g}"


def protocols(recipe: Recipe, path: Path) -> list[tuple[str, str]]:
    """Each protocol with the number that is reported of it, and ours."""
    facts = []
    for protocol in dict.fromkeys((recipe.protocol, *(row.protocol for row in recipe.reported))):
        numbers = [f"{in_percent(row.top1, row.top5)} ({row.source})" for row in recipe.reported if row.protocol == protocol]
        reported = numbers[0] if numbers else "nothing"
        facts += [("test", views(protocol)), ("", f"reported: {reported}; ours: {our_result(recipe, protocol, path)}")]
    return facts


def views(protocol: TestProtocol) -> str:
    """A protocol in words."""
    crops = {1: "centre", 3: "left, centre and right"}[protocol.crops]
    cut = f"{crops} {protocol.size} px" if protocol.size else "nothing cut off"
    mean = f"; mean of {protocol.average}" if protocol.views > 1 else ""
    return f"{protocol.clips} {'clip' if protocol.clips == 1 else 'clips'}, {protocol.sampling}; {resized(protocol.resize)}; {cut}{mean}"


def resized(resize: tuple[int, int] | int) -> str:
    return f"short side {resize} px" if isinstance(resize, int) else f"resized to {resize[0]} x {resize[1]} px"


def commands(recipe: Recipe) -> list[str]:
    """What to type, with the checkpoints where training leaves them; a result on data of one's own is not recorded."""
    names = recipe.members or (recipe.name,)
    train = [f"workbench train {name} --data DIR --output runs/{name}" for name in names]
    record = " --record" if recipe.layout in CLASSES else ""
    return [*train, f"workbench evaluate {recipe.name} --data DIR --checkpoint {' '.join(f'runs/{name}' for name in names)}{record}"]


def beside_reported(name: str, scores: Scores) -> str:
    """Whether the numbers that were reported of a recipe under the test of these scores lie within the intervals of ours."""
    recipe = find_recipe(name)
    reported = [row for row in recipe.reported if row.protocol == scores.protocol]
    if len(scores.labels) != CLASSES.get(recipe.layout):
        return f"These {len(scores.labels)} classes are not those of a published number; there is nothing to compare with."
    if not reported:
        return f"Nothing is reported of {name} with {views(scores.protocol)}."
    pairs = [(f"top-{k}", value, scores.top(k)) for row in reported for k, value in ((1, row.top1), (5, row.top5)) if not math.isnan(value)]
    return "\n".join(f"{top}: {ours}, reported {value:.1f} % ({reported[0].source}), {lies(value, ours)}" for top, value, ours in pairs)


def lies(value: float, ours: Accuracy) -> str:
    """Where a reported number lies, in percent."""
    low, high = (100 * bound for bound in ours.interval)
    if low <= value <= high:
        return "which lies within"
    return f"which lies {abs(value - 100 * ours.accuracy):.1f} points {'above' if value > high else 'below'}"
