"""What a study taught, in sentences computed from its runs, so that they cannot contradict them."""

import re
from collections.abc import Iterator

from workbench.lab.results import NOISE, Line, Rows, Table, by_seed, table
from workbench.lab.statistics import paired_difference


def learnt(rows: Rows, split: str = "speed") -> str:
    """Two or three sentences: the best value beside the baseline, what is lost or within noise, and how it depends on `split`,
    the "speed" or "camouflage" of the clips, by the largest crossing of two values."""
    whole = table(rows)
    return " ".join([best_of(whole), others_of(whole), *crossing(rows, split)])


def best_of(whole: Table) -> str:
    best, base = max(whole.lines, key=lambda line: line.metric.mean), whole.baseline
    if best is base:
        return f"The baseline ({base.label}) is best with {whole.words(base.metric)} % of the clips named right."
    beyond = "beyond noise" if best.verdict == "above" else "which is not told apart from noise"
    return (
        f"The best is {best.label} with {whole.words(best.metric)} % named right, where the baseline ({base.label}) has "
        f"{whole.words(base.metric)} %: {whole.words(best.difference, '+')} points, {beyond}."
    )


def others_of(whole: Table) -> str:
    """Which values lose, the worst first, and which cannot be told from the baseline."""
    below = sorted((line for line in whole.lines if line.verdict == "below"), key=lambda line: line.metric.mean)
    noise = [line.label for line in whole.lines if line.verdict == NOISE]
    told = [f"{line.label} loses {-100 * line.difference.mean:.1f} points" for line in below]
    sentences = [f"{capital(listed(told))}." if told else "No value is below the baseline beyond noise."]
    if noise:
        sentences.append(f"Within noise of the baseline: {listed(noise)}.")
    return " ".join(sentences)


def crossing(rows: Rows, split: str) -> Iterator[str]:
    """Where the choice matters in opposite ways: the two values whose difference changes most from the first to the last group."""
    groups = group_columns(rows, split)
    if len(groups) < 2:
        return
    first, last = (table(rows, name) for name in (groups[0], groups[-1]))
    turn = {
        (a.label, b.label): (mean_of(first, a) - mean_of(first, b)) - (mean_of(last, a) - mean_of(last, b))
        for a in first.lines
        for b in first.lines
        if {a.label, b.label} <= {line.label for line in last.lines}
    }
    one, other = max(turn, key=turn.__getitem__, default=("", ""))
    if one == other:
        return
    places = [f"at {group_words(name)} {shares(side, one)} % and {shares(side, other)} %" for name, side in zip(
        (groups[0], groups[-1]), (first, last), strict=True)]  # fmt: skip
    yield f"It depends on {split}: {one} and {other} have {places[0]}, but {places[1]}{certainty(rows, groups, one, other)}."


def certainty(rows: Rows, groups: list[str], one: str, other: str) -> str:
    """Whether the change of their difference between the groups is beyond noise, paired by seed."""
    early, late = by_seed(rows, groups[0]), by_seed(rows, groups[-1])
    gaps = [{seed: side[one][seed] - side[other][seed] for seed in side[one].keys() & side[other].keys()} for side in (early, late)]
    change = paired_difference(*gaps)
    return ", a change beyond noise" if change and change.beyond_noise else ", a change within noise"


def mean_of(side: Table, line: Line) -> float:
    return next((other.metric.mean for other in side.lines if other.label == line.label), float("nan"))


def shares(side: Table, label: str) -> str:
    return next(f"{100 * line.metric.mean:.0f}" for line in side.lines if line.label == label)


def group_columns(rows: Rows, split: str) -> list[str]:
    """The columns of accuracy by group, as `outcome.accuracy_by` names them, in their order."""
    return [name for name in rows[0] if name.startswith(f"accuracy, {split} ")]


def group_words(column: str) -> str:
    """ "accuracy, speed 1 to 4.75 px" -> "speed 1 to 4.75 px"."""
    return re.sub(r"^accuracy, ", "", column)


def listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
