"""A recipe in words: all that `workbench recipes NAME` tells of it, and what a test found beside what was reported."""

import math
from pathlib import Path
from textwrap import fill

from workbench.bench.record import REPRODUCED, our_result
from workbench.bench.scores import Accuracy, Scores
from workbench.bench.table import cost_of, in_percent
from workbench.data.clips import ClipConfig
from workbench.data.views import Protocol
from workbench.lab.recipe import CLASSES, Recipe, Schedule
from workbench.lab.recipes import find_recipe

WIDTH, INDENT = 120, 10  # characters: of a line, and of the words that begin it
FLIPS = {
    "none": "never mirrored",
    "safe": "half of them mirrored, but for classes that depend on a side",
    "swap": "half of them mirrored, with the label of the mirrored class",
}


def recipe_sheet(name: str, path: Path = REPRODUCED) -> str:
    """Network, training, tests with the numbers, notes and the commands to run. Raises ValueError for a name that is none."""
    recipe = find_recipe(name)
    facts = [("network", network(recipe)), *(together(recipe) if recipe.members else training(recipe)), *protocols(recipe, path)]
    facts += [("note", note) for note in recipe.notes]
    lines = [fill(f"{fact:<{INDENT}}{words}", WIDTH, subsequent_indent=" " * INDENT) for fact, words in facts]
    return "\n".join([f"{recipe.name}: {recipe.title}", "", *lines, "", *commands(recipe)])


def network(recipe: Recipe) -> str:
    parameters, macs = cost_of(recipe, recipe.protocol)
    return f"{parameters / 1e6:.1f} million parameters, {macs / 1e9:.3g} GMAC a view"


def together(recipe: Recipe) -> list[tuple[str, str]]:
    return [("members", f"{' and '.join(recipe.members)}, each trained by its own recipe")]


def training(recipe: Recipe) -> list[tuple[str, str]]:
    weights = {"imagenet": "ImageNet's weights", "none": "random weights"}.get(recipe.init, f"the weights of {recipe.init}")
    return [("start", weights), ("clips", clips(recipe.clips, recipe.model.num_frames)), ("schedule", schedule(recipe.schedule))]


def clips(config: ClipConfig, num_frames: int) -> str:
    sides = ", ".join(f"{scale:g}" for scale in config.scales)
    crops = f"crops of {sides} of the short side, to {config.size} px"
    return f"{num_frames} frames, {sampled(config)}; {resized(config.resize)}; {crops}; {FLIPS[config.flip]}"


def schedule(plan: Schedule) -> str:
    steps = " and ".join(map(str, plan.milestones))
    rate = f"learning rate {plan.learning_rate:g} at {plan.batch_size} clips a step, x {plan.decay:g} after {steps}"
    momentum = f"{'Nesterov ' if plan.nesterov else ''}momentum {plan.momentum:g}"
    return (
        f"{plan.epochs} epochs of SGD: {rate}; {momentum}, weight decay {plan.weight_decay:g}, gradient norm at most {plan.clip_norm:g}"
    )


def protocols(recipe: Recipe, path: Path) -> list[tuple[str, str]]:
    """Each protocol with the number that is reported of it, and ours."""
    facts = []
    for protocol in dict.fromkeys((recipe.protocol, *(row.protocol for row in recipe.reported))):
        told = [f"{in_percent(row.top1, row.top5)} ({row.source})" for row in recipe.reported if row.protocol == protocol]
        reported = told[0] if told else "nothing"
        facts += [("test", views(protocol)), ("", f"reported: {reported}; ours: {our_result(recipe, protocol, path)}")]
    return facts


def views(protocol: Protocol) -> str:
    """A protocol in words."""
    crops = {1: "centre", 3: "left, centre and right"}[protocol.crops]
    cut = f"{crops} {protocol.size} px" if protocol.size else "nothing cut off"
    mean = f"; mean of {protocol.average}" if protocol.views > 1 else ""
    return f"{protocol.clips} {'clip' if protocol.clips == 1 else 'clips'}, {sampled(protocol)}; {resized(protocol.resize)}; {cut}{mean}"


def sampled(how: ClipConfig | Protocol) -> str:
    return f"frames {how.stride} apart" if how.stride else "one frame of each part of the video"


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
