"""The conclusions of a study in sentences, computed from its runs."""

from collections.abc import Iterator

from pandas import DataFrame

from workbench.experiments.results import NOISE, SAME_RESULT, StudyTable, by_seed, group_columns, study_table
from workbench.experiments.statistics import paired_difference


def summarise(rows: DataFrame, split: str = "speed") -> str:
    """The best value beside the baseline, what is gained, lost or within noise, and which values change places with the baseline
    by `split`, the "speed" or "camouflage" of the clips. Each value is compared with the baseline at 95 %, for itself."""
    whole = study_table(rows)
    return " ".join([best_of(whole), others_of(whole), *crossing(rows, split)])


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
    below = sorted((line for line in whole.lines if line.verdict == "below"), key=lambda line: line.metric.mean)
    best = max(whole.lines, key=lambda line: line.metric.mean)
    above = [line for line in whole.lines if line.verdict == "above" and line is not best]
    told = [f"*{line.label}* gains {100 * line.difference.mean:.1f} points" for line in above]
    told += [f"*{line.label}* loses {-100 * line.difference.mean:.1f} points" for line in below]
    sentences = [f"{listed(told)}." if told else "No other value differs from the baseline beyond noise."]
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
    turned = [
        f"*{label}* {100 * early[label]:.0f} % and {100 * late[label]:.0f} %"
        for label in early
        if label in late and (early[label] - early[base]) * (late[label] - late[base]) < 0 and beyond_noise(rows, groups, label, base)
    ]
    if not turned:
        yield f"By {split}, no value changes places with the baseline beyond noise."
        return
    first, last = (name.removeprefix("accuracy, ") for name in (groups[0], groups[-1]))
    yield (
        f"It depends on {split}: at {first} and at {last} the baseline has {100 * early[base]:.0f} % and {100 * late[base]:.0f} %, "
        f"but {listed(turned)}, changing places with it beyond noise."
    )


def beyond_noise(rows: DataFrame, groups: list[str], label: str, base: str) -> bool:
    """Whether the difference of a value from the baseline changes from the first to the last group by more than noise."""
    sides = by_seed(rows, groups[0]), by_seed(rows, groups[-1])
    gaps = [{seed: side[label][seed] - side[base][seed] for seed in side[label].keys() & side[base].keys()} for side in sides]
    change = paired_difference(*gaps)
    return bool(change and change.beyond_noise)


def listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
