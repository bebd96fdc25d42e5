"""The laws of the page's handlers, without a page."""

from pathlib import Path

import numpy as np
import pytest

import workbench as wb

CLIPS = Path(__file__).parent.parent / "clips"
NASA = next(sample.path for sample in wb.samples() if sample.name == "nasa")


@pytest.fixture(scope="module")
def visitor(explorer) -> wb.Visitor:
    return wb.Visitor(explorer)


@pytest.fixture(scope="module")
def shown(visitor) -> tuple:
    return visitor.look(None, 1, str(NASA), None, None, 128)


def test_a_video_gives_a_sentence_and_nine_pictures(shown):
    seen, sentence, *pictures = shown
    assert seen.top(1)[0][0] in sentence and "nasa.mp4" in sentence and "320 × 180" in sentence
    assert len(pictures) == 9 and all(picture.dtype == np.uint8 and picture.shape[-1] == 3 for picture in pictures)


def test_nothing_given_asks_for_a_video(visitor):
    seen, sentence, *pictures = visitor.look(None, 1, None, None, None, 128)
    assert seen is None and "Choose" in sentence and pictures == [None] * 9


@pytest.mark.parametrize(("name", "reason"), [("text.mp4", "not a video"), ("empty.mp4", "empty"), ("audio_only.mp4", "no video stream")])
def test_a_bad_file_leaves_what_was_shown(visitor, shown, name, reason):
    """The sentence names the file and the reason; the exploration and all pictures stay."""
    seen, sentence, *pictures = visitor.look(shown[0], 1, str(CLIPS / name), None, None, 128)
    assert name in sentence and reason in sentence
    assert seen is shown[0] and all(np.array_equal(a, b) for a, b in zip(pictures, shown[2:], strict=True))


@pytest.mark.parametrize("text", ["500", "soon"])
def test_a_bad_span_is_said(visitor, shown, text):
    seen, sentence, *_ = visitor.look(shown[0], 1, str(NASA), text, None, 128)
    assert text in sentence and seen is shown[0]


def test_turning_changes_the_pair(visitor, shown):
    """Another pair is other pictures; pairs outside are the nearest inside."""
    first, last = visitor.turn_to(shown[0], 1), visitor.turn_to(shown[0], 7)
    assert not np.array_equal(first[1], last[1])
    assert all(np.array_equal(a, b) for a, b in zip(visitor.turn_to(shown[0], 99), last, strict=True))
    assert np.array_equal(visitor.turn_to(shown[0], 2)[1][:200], first[2][:200]), "the target of a pair is the source of the next"
