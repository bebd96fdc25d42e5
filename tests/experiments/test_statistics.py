"""Intervals over seeds, the verdict on differences, and the sentences made of them."""

from math import isnan, sqrt

import numpy as np
import pytest
from pandas import DataFrame

from workbench.experiments.results import study_rows
from workbench.experiments.statistics import estimate, paired_difference, study_table, summarise


def test_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Of many samples of three, 95 % have an interval that holds the true mean."""
    samples = np.random.default_rng(0).normal(5.0, 2.0, (4000, 3)).tolist()
    hits = np.mean([mean.low <= 5.0 <= mean.high for mean in map(estimate, samples)])
    assert abs(hits - 0.95) < 0.012  # three standard errors of a share of 4,000


def test_interval_by_hand() -> None:
    """Mean 2, deviation 1, three values: 2 ± 4.303 / sqrt(3); of one value nothing is known."""
    found = estimate([1.0, 2.0, 3.0])
    assert (found.mean, found.count) == (2.0, 3) and found.high - 2 == pytest.approx(4.303 / sqrt(3)) == 2 - found.low
    assert isnan(estimate([1.0]).low) and not estimate([1.0]).beyond_noise


def test_pairing_takes_out_what_seeds_share() -> None:
    """Values that differ wildly from seed to seed, always by 0.1 from the baseline, differ beyond noise; only shared seeds count."""
    baseline = {0: 0.2, 1: 0.5, 2: 0.9}
    found = paired_difference({0: 0.3, 1: 0.6001, 2: 1.0, 7: 5.0}, baseline)
    assert found.count == 3 and found.mean == pytest.approx(0.1, abs=1e-3) and found.beyond_noise
    assert paired_difference({5: 1.0}, baseline) is None


def rows_of(values: dict[str, list[float]], slow: dict | None = None, fast: dict | None = None) -> DataFrame:
    rows = []
    for place, (label, runs) in enumerate(values.items()):
        for seed, accuracy in enumerate(runs):
            groups = {"accuracy, speed 1 to 4 px": slow[label], "accuracy, speed 4 to 8 px": fast[label]} if slow else {}
            jitter = 0.001 * seed * (place + 1)
            row = {"study": "s", "place": place, "label": label, "seed": seed, "accuracy": accuracy, "moving_error": 3.0}
            rows.append({**row, **{name: value + jitter for name, value in groups.items()}})
    return DataFrame(rows)


STRONG = {"base": [0.50, 0.52, 0.51], "worse": [0.30, 0.33, 0.31], "alike": [0.53, 0.49, 0.51], "better": [0.70, 0.73, 0.71]}


def test_verdicts() -> None:
    """Above, below and within noise, each against the first value; one seed is said to be one."""
    assert [line.verdict for line in study_table(rows_of(STRONG)).lines] == ["baseline", "below", "within noise", "above"]
    assert [line.verdict for line in study_table(rows_of({"base": [0.5], "other": [0.9]})).lines] == ["baseline", "one seed"]
    assert "within noise" in str(study_table(rows_of(STRONG))) and study_table(rows_of(STRONG), "moving_error").unit == "px"


def test_without_a_baseline_there_is_no_table() -> None:
    """Where no run of the first value has finished, the second does not silently become the baseline."""
    with pytest.raises(ValueError, match="no run of the baseline"):
        study_table(rows_of(STRONG).query("label != 'base'"))
    with pytest.raises(ValueError, match="no metric 'accurracy'"):
        study_table(rows_of(STRONG), "accurracy")


def test_sentences_follow_the_numbers() -> None:
    """Exchange two values' numbers and the sentences exchange them; what is within noise is never called a gain."""
    told = summarise(rows_of(STRONG))
    fine = summarise(rows_of(STRONG | {"alike": [0.60, 0.62, 0.61]}))
    assert "*alike* gains 10.0 points" in fine and "*better* gains" not in fine
    assert "The best is *better*" in told and "*worse* loses 19.7 points" in told and "Within noise of the baseline: *alike*" in told
    exchanged = summarise(rows_of(STRONG | {"better": STRONG["worse"], "worse": STRONG["better"]}))
    assert "The best is *worse*" in exchanged and "*better* loses 19.7 points" in exchanged
    noise = summarise(rows_of({"base": [0.50, 0.52, 0.51], "alike": [0.53, 0.50, 0.52]}))
    assert "not told apart from noise" in noise and "beyond" not in noise.split(".")[0].split(",")[-1]


def test_a_crossing_is_found() -> None:
    """A value that is better than the baseline on slow clips and worse on fast ones is named, with all four numbers."""
    slow, fast = {"base": 0.2, "worse": 0.1, "alike": 0.8, "better": 0.3}, {"base": 0.9, "worse": 0.3, "alike": 0.4, "better": 0.95}
    told = summarise(rows_of(STRONG, slow, fast), "speed")
    assert "at speed 1 to 4 px and at speed 4 to 8 px the baseline has 20 % and 90 %, but *alike* 80 % and 40 %" in told


def test_a_study_nobody_ran_is_named(tmp_path) -> None:
    """The message says how to run it."""
    with pytest.raises(ValueError, match="make study NAME=99_nothing"):
        study_rows("99_nothing", tmp_path)


def test_no_crossing_is_said_so() -> None:
    """Values that keep their order from slow to fast clips do not change places."""
    steady = {"base": 0.5, "worse": 0.3, "alike": 0.5, "better": 0.8}
    assert "no value changes places" in summarise(rows_of(STRONG, steady, {label: value + 0.1 for label, value in steady.items()}))


def test_what_changes_nothing_is_the_same() -> None:
    """Runs that agree with the baseline to the last digit are told apart from those within noise."""
    rows = rows_of({"base": [0.5, 0.6], "copy": [0.5, 0.6], "near": [0.5, 0.61]})
    assert [line.verdict for line in study_table(rows).lines] == ["baseline", "the same", "within noise"]
    assert "to the last digit: *copy*" in summarise(rows)


def with_errors(errors: dict[str, list[float]], length: float) -> DataFrame:
    rows = rows_of({label: [0.5, 0.6, 0.7] for label in errors})
    rows["moving_error"] = [error for values in errors.values() for error in values]
    return rows.assign(moving_length=length)


def test_an_error_stands_beside_that_of_nothing_moving() -> None:
    """The last line of the table of errors, and of no other table."""
    rows = with_errors({"base": [5.0, 5.2, 5.1], "good": [1.0, 1.1, 0.9]}, length=3.9)
    assert [line.label for line in study_table(rows, "moving_error").lines] == ["base", "good", "if nothing moved"]
    assert study_table(rows, "moving_error").lines[-1].metric.mean == pytest.approx(3.9)
    assert [line.label for line in study_table(rows).lines] == ["base", "good"]


def test_who_is_better_than_nothing_is_said() -> None:
    """By name where there are such values, beyond noise; else that there is none."""
    errors = {"base": [5.0, 5.2, 5.1], "good": [1.0, 1.1, 0.9], "noisy": [0.1, 3.9, 7.6]}
    assert "only *good* is better than that" in summarise(with_errors(errors, length=3.9))
    assert "5.1 px off" in summarise(with_errors(errors, length=3.9))
    assert "none is better" in summarise(with_errors(errors, length=0.5))
    assert "nobody taught" not in summarise(rows_of(STRONG))
