"""The laws of kept answers: what is counted, what is written, what may be averaged."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from workbench.evaluation.metrics import wilson_interval
from workbench.evaluation.scores import Scores, ensemble, join_scores, read_scores
from workbench.video.protocol import TestProtocol
from workbench.video.sampling import Sampling

LABELS = ("left to right", "right to left", "Größer ✓", "still", "up", "down")


def made(seed: int, count: int = 40, average: str = "logits", network: str = "a") -> Scores:
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(count, len(LABELS))).astype(np.float32)
    if average == "probabilities":
        scores = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    truth = np.arange(count) % len(LABELS)
    protocol, names = TestProtocol(clips=2, average=average), tuple(f"video {i}" for i in range(count))
    return Scores(network, f"digest {seed}", protocol, LABELS, names, np.arange(count), truth, scores)


def mixed_up(scores: Scores, order: np.ndarray) -> Scores:
    return replace(
        scores, names=tuple(scores.names[i] for i in order), places=scores.places[order], truth=scores.truth[order],
        scores=scores.scores[order],
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------------------- accuracy


@pytest.mark.parametrize("k", [1, 2, 5, 6, 9])
def test_top_k_counts_where_fewer_than_k_classes_score_higher(k):
    """By counting one video and one class after the other; the interval is Wilson's, of all videos."""
    scores = made(1)
    right = [sum(other > row[label] for other in row) < k for row, label in zip(scores.scores, scores.truth, strict=True)].count(True)
    top = scores.top(k)
    assert (top.accuracy, top.videos) == (right / 40, 40)
    assert top.interval == wilson_interval(right, 40)


def test_equal_scores_are_no_answer():
    """A network that says the same of all classes is right about the first class alone."""
    flat = replace(made(1), scores=np.zeros((40, 6), np.float32))
    assert flat.top(1).accuracy == np.mean(flat.truth == 0)
    assert flat.top(2).accuracy == np.mean(flat.truth < 2)


def test_no_videos_have_no_accuracy():
    with pytest.raises(ValueError, match="at least 1 video"):
        mixed_up(made(1), np.arange(0)).top(1)


@pytest.mark.parametrize("average", ["logits", "probabilities"])
def test_tables_are_made_from_the_same_answers(average):
    """Accuracy, loss, confusion and classes by `Evaluation`; no motion is known of real videos."""
    scores = made(2, average=average)
    table = scores.evaluation()
    assert table.accuracy == scores.top(1).accuracy
    assert table.confusion.sum() == 40
    probabilities = scores.scores if average == "probabilities" else np.exp(scores.scores) / np.exp(scores.scores).sum(1, keepdims=True)
    assert_allclose(table.loss, -np.log(probabilities[np.arange(40), scores.truth]), rtol=1e-4)
    assert_allclose(table.probability, probabilities.max(axis=1), rtol=1e-4)
    rows = table.per_class()
    assert [row["label"] for row in rows] == list(LABELS)
    assert sum(row["clips"] for row in rows) == 40
    assert np.isnan(table.endpoint_error)
    assert table.by_speed() == []


def test_what_is_printed_tells_n_intervals_and_what_was_skipped():
    said = str(replace(made(1), skipped={"bad.mp4": "is empty"}))
    assert "N = 40" in said
    assert said.count(" to ") == 2
    assert "skipped 1: bad.mp4" in said
    assert "2 x 1 views, mean of logits" in said


# -------------------------------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    "protocol", [TestProtocol(), TestProtocol(10, 3, 256, 256, Sampling("dense", 4), "probabilities"), TestProtocol(size=None)]
)
def test_scores_come_back_from_a_file(tmp_path, protocol):
    """All fields, to the bit, and without pickle."""
    scores = replace(made(3), protocol=protocol, skipped={"ünï.mp4": "could not be read."})
    scores.save(tmp_path / "scores.npz")
    again = read_scores(tmp_path / "scores.npz")
    for name in ("network", "digest", "protocol", "labels", "names", "skipped"):
        assert getattr(again, name) == getattr(scores, name), name
    for name in ("places", "truth", "scores"):
        stored = getattr(again, name)
        assert np.array_equal(stored, getattr(scores, name))
        assert stored.dtype == getattr(scores, name).dtype
    with np.load(tmp_path / "scores.npz", allow_pickle=False) as arrays:
        assert all(array.dtype != object for array in arrays.values())


def test_another_file_is_no_scores(tmp_path):
    """Text, arrays of something else, half a file, and one of a newer workbench, are refused by name."""
    made(3).save(tmp_path / "whole.npz")
    whole = (tmp_path / "whole.npz").read_bytes()
    (tmp_path / "text.npz").write_text("no scores")
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.npz").write_bytes(b"")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with np.load(tmp_path / "whole.npz") as arrays:
        newer = arrays["about"].tobytes().replace(b'"schema_version": 1', b'"schema_version": 9')
        np.savez(tmp_path / "newer.npz", **{**arrays, "about": np.frombuffer(newer, np.uint8)})
    for name in ("text", "half", "empty", "other", "newer"):
        with pytest.raises(ValueError, match=rf"{name}\.npz holds no scores that can be read"):
            read_scores(tmp_path / f"{name}.npz")
    with pytest.raises(FileNotFoundError):
        read_scores(tmp_path / "missing.npz")


# -------------------------------------------------------------------------------------------------------------------- parts


def test_parts_are_joined_in_the_order_of_the_list():
    """Three processes took every third video; one of them skipped one."""
    whole = made(4, count=10)
    parts = [mixed_up(whole, np.arange(rank, 10, 3)) for rank in range(3)]
    parts[1] = replace(mixed_up(parts[1], np.array([0, 2])), skipped={"video 4": "is empty"})
    joined = join_scores(parts)
    assert joined.names == tuple(f"video {i}" for i in (0, 1, 2, 3, 5, 6, 7, 8, 9))
    assert joined.skipped == {"video 4": "is empty"}
    kept = np.delete(np.arange(10), 4)
    assert np.array_equal(joined.scores, whole.scores[kept])
    assert np.array_equal(joined.truth, whole.truth[kept])


def test_parts_of_different_tests_are_not_joined():
    whole = made(4)
    with pytest.raises(ValueError, match="differ in digest and protocol"):
        join_scores([whole, replace(whole, digest="other", protocol=TestProtocol())])
    with pytest.raises(ValueError, match="same video twice"):
        join_scores([whole, whole])


# ---------------------------------------------------------------------------------------------------------------- ensembles


def test_an_ensemble_is_the_weighted_mean_by_name():
    """Whatever the order of the second member's videos; weights count by their share of the sum."""
    a, b = made(5), made(6, network="b")
    order = np.random.default_rng(0).permutation(40)
    both = ensemble([a, mixed_up(b, order)], [3, 1])
    assert_allclose(both.scores, 0.75 * a.scores + 0.25 * b.scores, atol=1e-6)
    assert both.names == a.names
    assert np.array_equal(both.truth, a.truth)
    assert both.network == "a + b"
    assert both.scores.dtype == np.float32
    assert_allclose(ensemble([a, b]).scores, (a.scores + b.scores) / 2, atol=1e-6)


def test_probabilities_are_averaged_where_the_first_member_holds_them():
    """Logits become probabilities first; kept probabilities stay, and no logits can be had from them."""
    a, kept = made(5), made(7, average="probabilities", network="kept")
    softmax = np.exp(a.scores) / np.exp(a.scores).sum(axis=1, keepdims=True)
    both = ensemble([kept, a])
    assert_allclose(both.scores, (kept.scores + softmax) / 2, atol=1e-6)
    assert both.protocol.average == "probabilities"
    assert ensemble([a, a]).protocol.average == "logits"
    with pytest.raises(ValueError, match="kept holds probabilities"):
        ensemble([a, kept])


def test_members_must_be_about_the_same():
    """Other videos, classes or truths are named; so are weights that cannot be."""
    a, b = made(5), made(6, network="b")
    renamed = ("other", *b.names[1:])
    with pytest.raises(ValueError, match=r"b was asked about other videos than a: 1 missing, as video 0; 1 not in the first, as other"):
        ensemble([a, replace(b, names=renamed)])
    with pytest.raises(ValueError, match=r"other classes than a: 1 missing, as down; 1 not in the first, as sideways"):
        ensemble([a, replace(b, labels=(*LABELS[:-1], "sideways"))])
    with pytest.raises(ValueError, match="another order"):
        ensemble([a, replace(b, labels=LABELS[::-1])])
    with pytest.raises(ValueError, match="different truths about 40 videos, as video 0, video 1"):
        ensemble([a, replace(b, truth=(b.truth + 1) % 6)])
    for weights in ([1], [1, -1], [0, 0], [1, float("nan")]):
        with pytest.raises(ValueError, match="needs 2 weights"):
            ensemble([a, b], weights)
    with pytest.raises(ValueError, match="at least one"):
        ensemble([])
