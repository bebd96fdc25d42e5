"""Our own numbers beside the paper's: a row for each test, in results/reproduced.csv."""

from datetime import datetime, timezone
from pathlib import Path
from statistics import fmean

from workbench.bench.scores import Scores
from workbench.data.views import Protocol
from workbench.lab.recipe import CLASSES, Recipe
from workbench.lab.recipes import find_recipe
from workbench.lab.results import RESULTS, read_rows, write_rows

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
    kept = [row for row in recorded(path) if [row[name] for name in KEY] != [new[name] for name in KEY]]
    write_rows(path, [*kept, new])


def row_of(recipe: str, scores: Scores, fold: int) -> dict[str, str | int | float]:
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


def recorded(path: Path = REPRODUCED) -> list[dict[str, str]]:
    return read_rows(path) if path.exists() else []


def our_result(recipe: Recipe, protocol: Protocol, path: Path = REPRODUCED) -> str:
    """What was found under a protocol, in words: top-1 and top-5 in percent, the interval of top-1 and the number of videos;
    over the official divisions of a data set, the mean of those that were tested."""
    asked = {"recipe": recipe.name, **protocol_cells(protocol)}
    rows = [row for row in recorded(path) if all(row[name] == cell for name, cell in asked.items())]
    if not rows:
        return NOT_RUN
    mean = f"{fmean(float(row['top1']) for row in rows):.1f}"
    if recipe.layout in FOLDS:
        return f"{mean}, mean of {len(rows)} of {FOLDS[recipe.layout]} splits"
    row = rows[-1]
    interval = f"{float(row['low']):.1f} to {float(row['high']):.1f}"
    return f"{mean} / {float(row['top5']):.1f} ({interval}) of {int(row['videos']):,}"


def protocol_cells(protocol: Protocol) -> dict[str, str]:
    """What tells two tests of a recipe apart."""
    sides = str(protocol.resize) if isinstance(protocol.resize, int) else " x ".join(map(str, protocol.resize))
    return {"views": views_in_words(protocol), "resize": sides, "size": str(protocol.size or "uncut"), "average": protocol.average}


def views_in_words(protocol: Protocol) -> str:
    """Clips x crops: "10 x 3"."""
    return f"{protocol.clips} x {protocol.crops}"
