"""Means over seeds with 95 % intervals, what is more than noise, and the conclusions of a study in sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt
from pathlib import Path
from statistics import fmean, stdev

from pandas import DataFrame
from scipy.special import stdtrit

from workbench.experiments.results import study_rows
from workbench.paths import STUDIES
from workbench.text import markdown_table


@dataclass(frozen=True)
class Estimate:
    """A mean of `count` numbers and its 95 % interval (Student's t); of one number the interval is not known: nan."""

    mean: float
    low: float
    high: float
    count: int

    @property
    def beyond_noise(self) -> bool:
        """Whether the interval is known and leaves out 0, for a difference."""
        return isfinite(self.low) and not self.low <= 0 <= self.high


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and 95 % interval of independent values. Raises ValueError where there are none."""
    if not values:
        raise ValueError("there are no values to take the mean of")
    mean = fmean(values)
    if len(values) == 1:
        return Estimate(mean, nan, nan, 1)
    quantile = round(float(stdtrit(len(values) - 1, 0.975)), 3)  # as tables print it, by which all results were computed
    half = quantile * stdev(values) / sqrt(len(values))
    return Estimate(mean, mean - half, mean + half, len(values))


def paired_difference(values: dict[int, float], baseline: dict[int, float]) -> Estimate | None:
    """How far `values` lie above the baseline, seed by seed, where both have the seed; None where they share none.

    Runs of one seed see the same clips in the same order, so that their difference varies less than each of them.
    """
    shared = sorted(values.keys() & baseline.keys())
    return estimate([values[seed] - baseline[seed] for seed in shared]) if shared else None


def by_seed(rows: DataFrame, metric: str) -> dict[str, dict[int, float]]:
    """{label: {seed: value}} of the runs that have the metric, in the order of the rows."""
    values: dict[str, dict[int, float]] = {}
    for label, seed, value in zip(rows["label"], rows["seed"], map(float, rows[metric]), strict=True):
        if isfinite(value):
            values.setdefault(label, {})[int(seed)] = value
    return values


def group_columns(rows: DataFrame, split: str) -> list[str]:
    """The columns of accuracy by group of clips, as `accuracy_by` names them, in which the baseline has a value."""
    names = [name for name in rows if name.startswith(f"accuracy, {split} ")]
    return [name for name in names if rows["label"].iloc[0] in by_seed(rows, name)]


# ------------------------------------------------------------------------------------------------------------- a table of means

NOISE, BASELINE, ONE_SEED, SAME_RESULT = "within noise", "baseline", "one seed", "the same"
NOTHING_MOVES = "if nothing moved"  # the line for the error that this answer would have


@dataclass(frozen=True)
class StudyLine:
    """A value of a study: its metric over seeds, how far it lies above the baseline seed by seed, and the verdict on that."""

    label: str
    metric: Estimate
    difference: Estimate | None
    verdict: str


@dataclass(frozen=True)
class StudyTable:
    """A metric of a study, a line for each value; the first is the baseline. unit: "%" shows fractions in percent."""

    study: str
    metric: str
    lines: tuple[StudyLine, ...]
    unit: str = "%"

    @property
    def scale(self) -> float:
        return 100.0 if self.unit == "%" else 1.0

    @property
    def baseline(self) -> StudyLine:
        return self.lines[0]

    def __str__(self) -> str:
        head = ["value", self.title, "above the baseline, paired by seed", "verdict"]
        body = [[line.label, self.words(line.metric), self.words(line.difference, "+"), line.verdict] for line in self.lines]
        return markdown_table([head, *body])

    @property
    def title(self) -> str:
        """The metric with its unit."""
        return f"{self.metric.replace('_', ' ')} ({self.unit})" if self.unit else self.metric.replace("_", " ")

    def _repr_markdown_(self) -> str:
        return str(self)

    def words(self, value: Estimate | None, sign: str = "") -> str:
        """A mean with its interval: "58.3 (54.1 to 62.5)"."""
        if value is None:
            return ""
        mean, low, high = (f"{self.scale * number:{sign}.1f}" for number in (value.mean, value.low, value.high))
        return f"{mean} ({low} to {high})" if isfinite(value.low) else mean


def study_table(study: str | DataFrame, metric: str = "accuracy", folder: Path = STUDIES) -> StudyTable:
    """Means of a metric over seeds with their 95 % intervals, and the difference from the baseline, paired where seeds are shared.

    study: its name, whose runs are looked for in `folder` and then in results/; or its rows. metric: a column; for the error of moving
    cells the last line is that of saying that nothing moves.
    Raises ValueError for a study without runs or a metric that they do not have, with the names that there are.
    """
    rows = study_rows(study, folder) if isinstance(study, str) else study
    if metric not in rows:
        raise ValueError(f"there is no metric {metric!r}; there are {', '.join(rows)}")
    first, seeds = rows.iloc[0], by_seed(rows, metric)
    if first["place"] != 0 or first["label"] not in seeds:
        raise ValueError(f"no run of the baseline of {first['study']} has {metric}, so that there is nothing to compare with")
    baseline = str(first["label"])
    lines = [line_of(label, values, seeds[baseline], label == baseline) for label, values in seeds.items()]
    if metric == "moving_error" and "moving_length" in rows and (still := by_seed(rows, "moving_length").get(baseline)):
        lines.append(line_of(NOTHING_MOVES, still, seeds[baseline], is_baseline=False))
    return StudyTable(str(first["study"]), metric, tuple(lines), unit_of(metric))


def unit_of(metric: str) -> str:
    if metric.startswith("accuracy") or metric in ("validation_accuracy", "low", "high"):
        return "%"
    return "px" if metric.endswith(("_error", "_length")) else "s" if metric.endswith("seconds") else ""


def line_of(label: str, values: dict[int, float], baseline: dict[int, float], is_baseline: bool) -> StudyLine:
    difference = None if is_baseline else paired_difference(values, baseline)
    verdict = BASELINE if is_baseline else ONE_SEED
    if difference and difference.count > 1:
        verdict = NOISE if not difference.beyond_noise else "above" if difference.mean > 0 else "below"
        verdict = SAME_RESULT if difference.low == difference.high == 0 else verdict
    return StudyLine(label, estimate(list(values.values())), difference, verdict)


# ----------------------------------------------------------------------------------------------------- conclusions in sentences


def summarise(rows: DataFrame, split: str = "speed") -> str:
    """The best value beside the baseline, what is gained, lost or within noise, and which values change places with the baseline
    by `split`, the "speed" or "camouflage" of the clips; and whose displacement is better than none. Each value is compared with the
    baseline at 95 %, for itself."""
    whole = study_table(rows)
    return " ".join([best_of(whole), others_of(whole), *crossing(rows, split), *beside_nothing(rows)])


def beside_nothing(rows: DataFrame) -> Iterator[str]:
    """Which values find displacements that are better than saying that nothing moves, beyond noise; nothing where none was measured."""
    if not {"moving_error", "moving_length"} <= set(rows):
        return
    errors, still = by_seed(rows, "moving_error"), by_seed(rows, "moving_length")
    gains = {label: paired_difference(still[label], values) for label, values in errors.items()}
    better = [f"*{label}*" for label, gain in gains.items() if gain and gain.beyond_noise and gain.mean > 0]
    if not gains:
        return
    least, most = (end(fmean(values.values()) for values in errors.values()) for end in (min, max))
    nothing = fmean(length for label in errors for length in still[label].values())
    verdict = (
        f"only {listed(better)} {'is' if len(better) == 1 else 'are'} better than that, beyond noise"
        if better
        else "none is better, beyond noise"
    )
    yield (
        f"The displacement, which nobody taught, is {least:.1f} to {most:.1f} px off in moving cells, value by value, where saying that "
        f"nothing moves would be {nothing:.1f} off: {verdict}."
    )


def best_of(whole: StudyTable) -> str:
    best, base = max(whole.lines, key=lambda line: line.metric.mean), whole.baseline
    if best is base:
        return f"The baseline, *{base.label}*, is best with {whole.words(base.metric)} % of the clips named right."
    beyond = "beyond noise" if best.verdict == "above" else "which is not told apart from noise"
    return (
        f"The best is *{best.label}* with {whole.words(best.metric)} % named right, where the baseline, *{base.label}*, has "
        f"{whole.words(base.metric)} %: {whole.words(best.difference, '+')} points, {beyond}."
    )


def others_of(whole: StudyTable) -> str:
    """Which values gain, which lose, the worst first, which cannot be told from the baseline, and which are the same to the last digit."""
    best = max(whole.lines, key=lambda line: line.metric.mean)
    others = [(line, line.difference) for line in whole.lines if line.difference and line is not best]
    above = [(line, difference) for line, difference in others if line.verdict == "above"]
    below = sorted(((line, difference) for line, difference in others if line.verdict == "below"), key=lambda pair: pair[0].metric.mean)
    changes = [f"*{line.label}* gains {100 * difference.mean:.1f} points" for line, difference in above]
    changes += [f"*{line.label}* loses {-100 * difference.mean:.1f} points" for line, difference in below]
    sentences = [f"{listed(changes)}." if changes else "No other value differs from the baseline beyond noise."]
    for verdict, words in ((NOISE, "Within noise of the baseline"), (SAME_RESULT, "The same as the baseline, to the last digit")):
        if labels := [f"*{line.label}*" for line in whole.lines if line.verdict == verdict]:
            sentences.append(f"{words}: {listed(labels)}.")
    return " ".join(sentences)


def crossing(rows: DataFrame, split: str) -> Iterator[str]:
    """Which values change places with the baseline from the first to the last group of clips; or that none does."""
    groups = group_columns(rows, split)
    if len(groups) < 2:
        return
    sides = [study_table(rows, name) for name in (groups[0], groups[-1])]
    early, late = ({line.label: line.metric.mean for line in side.lines} for side in sides)
    base = sides[0].baseline.label
    crossings = [
        f"*{label}* {100 * early[label]:.0f} % and {100 * late[label]:.0f} %"
        for label in early
        if label in late and (early[label] - early[base]) * (late[label] - late[base]) < 0 and beyond_noise(rows, groups, label, base)
    ]
    if not crossings:
        yield f"By {split}, no value changes places with the baseline beyond noise."
        return
    first, last = (name.removeprefix("accuracy, ") for name in (groups[0], groups[-1]))
    yield (
        f"It depends on {split}: at {first} and at {last} the baseline has {100 * early[base]:.0f} % and {100 * late[base]:.0f} %, "
        f"but {listed(crossings)}, changing places with it beyond noise."
    )


def beyond_noise(rows: DataFrame, groups: list[str], label: str, base: str) -> bool:
    """Whether the difference of a value from the baseline changes from the first to the last group by more than noise."""
    sides = by_seed(rows, groups[0]), by_seed(rows, groups[-1])
    gaps = [{seed: side[label][seed] - side[base][seed] for seed in side[label].keys() & side[base].keys()} for side in sides]
    change = paired_difference(*gaps)
    return bool(change and change.beyond_noise)


def listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
