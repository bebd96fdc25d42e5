"""Laws of the charts of quality, and of the pictures against the truth."""

from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from workbench.draw import evaluation as quality
from workbench.draw.charts import chart_to_picture
from workbench.draw.style import BLUE, HAIRLINE, PAPER, VERMILLION, displacement_to_colour, sequential_colours

LETTERS = ["still", "left", "right", "up", "down", "closer", "farther", "clockwise", "counter-clockwise", "shake sideways",
           "shake up and down", "approach", "separate", "camera left", "camera right", "camera up", "camera down", "orbit"]  # fmt: skip


def words_of(figure: Figure) -> list[str]:
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_visible()]


def row(value: float, accuracy: float, **more) -> dict:
    known = {"clips": 60, "low": accuracy - 0.1, "high": accuracy + 0.05, "moving_error": 2.0, "moving_length": value}
    return {"value": value, "accuracy": accuracy, **known, **more}


# Charts


def test_a_confusion_shows_shares_of_each_truth() -> None:
    """A row is a truth, its numbers are percent of its clips; right is blue, wrong orange, nothing paper, no clips grey."""
    figure = quality.draw_confusion(np.array([[3, 1, 0], [0, 40, 0], [0, 0, 0]]), ["still", "left", "up"])
    numbers = {(text.get_position()): text.get_text() for text in figure.axes[0].texts}
    assert numbers == {(0, 0): "75", (1, 0): "25", (1, 1): "100"}, "at (answer, truth)"
    colours = figure.axes[0].images[0].get_array()
    np.testing.assert_allclose(colours[1, 1], to_rgb(BLUE))
    np.testing.assert_allclose(colours[0, 2], to_rgb(PAPER))
    np.testing.assert_allclose(colours[2], [to_rgb(HAIRLINE)] * 3)
    np.testing.assert_allclose(colours[0, 1], (np.array(to_rgb(PAPER)) + to_rgb(VERMILLION)) / 2), "the root of a quarter is a half"


def test_eighteen_classes_are_named_in_full_and_apart() -> None:
    """No name of the alphabet is cut off, and no two overlap."""
    figure = quality.draw_confusion(np.eye(18), LETTERS)
    assert all(words_of(figure).count(name) == 2 for name in LETTERS)
    for labels in (figure.axes[0].get_xticklabels(), figure.axes[0].get_yticklabels()):
        boxes = [label.get_window_extent() for label in labels]
        page = figure.bbox
        assert all(page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1 for box in boxes)
        assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_classes_stand_hardest_first_with_interval_and_mistake() -> None:
    rows = [
        row(0, 1.0, label="left", mistaken_for=""),
        row(0, 0.5, label="up", mistaken_for="down"),
        row(0, 0.75, label="orbit", mistaken_for="left"),
    ]
    figure = quality.draw_per_class(rows)
    axes, words = figure.axes[0], words_of(figure)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["up", "orbit", "left"]
    assert axes.yaxis_inverted()
    assert axes.lines[0].get_xdata().tolist() == [0.5, 0.75, 1.0]
    np.testing.assert_allclose(axes.collections[0].get_segments()[0][:, 0], [0.4, 0.55])
    assert "taken for down" in words
    assert "taken for left" in words
    assert "taken for " not in words
    assert "50 %" in words


def test_accuracy_by_has_a_line_an_interval_and_a_name_for_each_network() -> None:
    """Values stand where they belong, up to the small shift that keeps intervals apart; chance has its line."""
    rows = [row(value, a, model=name) for name, a in (("TSM", 0.5), ("MSNet", 0.9)) for value in (1.0, 3.0, 5.0)]
    figure = quality.draw_accuracy_by(rows, "speed (px a frame)", chance=1 / 18)
    axes, words = figure.axes[0], words_of(figure)
    first, second = axes.lines[:2]
    assert first.get_ydata().tolist() == [0.5] * 3
    assert second.get_ydata().tolist() == [0.9] * 3
    np.testing.assert_allclose(first.get_xdata(), [1, 3, 5], atol=0.05)
    assert (first.get_xdata() < second.get_xdata()).all()
    np.testing.assert_allclose(axes.collections[1].get_segments()[0][:, 1], [0.8, 0.95])
    assert {"TSM", "MSNet", "speed (px a frame)", "chance 5.6 %"} <= set(words)
    assert any("60 clips a point" in word for word in words)
    alone = quality.draw_accuracy_by([row(0.5, 0.7)], "camouflage")
    assert alone.axes[0].get_legend() is None
    assert alone.axes[0].lines[0].get_xdata().tolist() == [0.5]


def test_error_by_stands_beside_the_error_of_nothing() -> None:
    """The learned error and, in grey, the length of the motion; a network that reads no displacement says so."""
    figure = quality.draw_error_by([row(1.0, 0.9), row(4.0, 0.9)], "speed (px a frame)")
    learned, nothing = figure.axes[0].lines
    assert learned.get_ydata().tolist() == [2, 2]
    assert nothing.get_ydata().tolist() == [1, 4]
    assert {"learned", "if nothing moved"} <= set(words_of(figure))
    none = quality.draw_error_by([row(1.0, 0.9, moving_error=np.nan, moving_length=np.nan)], "camouflage")
    assert "this network reads no displacement" in words_of(none)
    assert not none.axes[0].lines


def test_charts_refuse_what_they_cannot_draw() -> None:
    with pytest.raises(ValueError, match=r"k = 2 labels, got shape \(3, 3\)"):
        quality.draw_confusion(np.zeros((3, 3)), ["a", "b"])
    for draw in (quality.draw_per_class, lambda rows: quality.draw_accuracy_by(rows, "x"), lambda rows: quality.draw_error_by(rows, "x")):
        with pytest.raises(ValueError, match="no rows"):
            draw([])


def test_charts_become_pictures() -> None:
    """Drawn for real, so that a layout that does not fit is an error; one class or 174 are no exception."""
    many = [f"doing something with something, variant {i}" for i in range(174)]
    for figure in (quality.draw_confusion(np.eye(174), many), quality.draw_confusion([[0]], ["still"]),
                   quality.draw_per_class([row(0, 0.5, label="counter-clockwise", mistaken_for="counter-clockwise")])):  # fmt: skip
        picture = chart_to_picture(figure)
        assert picture.shape[1] == 960
        assert np.ptp(picture) > 200


# Pictures against the truth


class Answers(SimpleNamespace):
    def worst(self, count: int) -> list[int]:
        return np.argsort(-self.loss)[:count].tolist()


def test_the_worst_clips_are_shown_in_order() -> None:
    """A strip of its own frames for each clip, the most wrong above."""
    clips = [SimpleNamespace(frames=np.full((4, 8, 8, 3), level, np.uint8)) for level in (10, 120, 200)]
    column = np.array([0.5, 0.5, 0.5])
    answers = Answers(labels=LETTERS, truth=[1, 2, 3], predicted=[1, 3, 3], loss=np.array([0.1, 3.0, 0.2]), probability=column,
                      speed=column, camouflage=column)  # fmt: skip
    picture = quality.draw_worst(clips, answers, count=2)
    half = picture.shape[0] // 2
    shown = [part[:, part.shape[1] // 8] for part in (picture[:half], picture[half:])]  # down the middle of the first frame
    assert [int(np.median(part[part[:, 0] < 255])) for part in shown] == [120, 200]
    short = quality.draw_worst([SimpleNamespace(frames=clip.frames[:1]) for clip in clips], answers, count=3)
    assert short.shape[1] < picture.shape[1] / 3, "a caption that is too long is shortened"
    with pytest.raises(ValueError, match="no clips"):
        quality.draw_worst([], Answers(loss=np.zeros(0)))


def test_a_real_video_is_told_by_its_name() -> None:
    """Where no speed is known a clip's name stands beside the answer, not numbers that nobody has."""
    answers = Answers(labels=LETTERS, truth=[1], predicted=[1], loss=np.ones(1), probability=np.ones(1), speed=[np.nan],
                      camouflage=[np.nan])  # fmt: skip
    named, other = (quality.draw_worst([SimpleNamespace(frames=np.zeros((8, 8, 8, 3), np.uint8), name=name)], answers) for name in "ab")
    assert named.shape == other.shape
    assert (named != other).any()


def comparison(learned: np.ndarray | None, truth: np.ndarray) -> SimpleNamespace:
    visible = np.ones((1, 2, 2), bool)
    visible[0, 1, 1] = False
    return SimpleNamespace(frames=np.full((2, 16, 16, 3), 90, np.uint8), truth=truth, learned=learned, visible=visible)


def test_truth_and_learned_share_their_colours() -> None:
    """One limit for both; the error is 0 where they agree, brightest where they differ most, grey where nothing stays visible."""
    truth = np.zeros((1, 2, 2, 2), np.float32)
    truth[0, 0] = 4.0
    learned = truth.copy()
    learned[0, 0, 0, 1] = -4.0
    picture = quality.draw_against_truth(comparison(learned, truth))
    panel, gap = quality.PANEL, quality.PANEL_GAP
    quarter = panel // 4

    error = picture[:panel, panel + gap : 2 * panel + gap]
    near, far, hidden = error[quarter, quarter], error[quarter, 3 * quarter], error[3 * quarter, 3 * quarter]
    assert near.tolist() == sequential_colours()[0].tolist()
    assert far.tolist() == sequential_colours()[255].tolist()
    assert hidden.tolist() == [round(255 * part) for part in to_rgb(HAIRLINE)]

    right, left = (displacement_to_colour(np.array([[[x]], [[0.0]]]), 4.0)[0, 0].tolist() for x in (4.0, -4.0))
    below = picture[panel + 60 :]
    columns = [quarter, 3 * quarter, panel + gap + quarter, panel + gap + 3 * quarter]
    assert [below[quarter, x].tolist() for x in columns] == [right, right, right, left]


def test_without_motion_the_truth_is_shown_alone() -> None:
    truth = np.zeros((1, 2, 2, 2), np.float32)
    alone, both = (quality.draw_against_truth(comparison(learned, truth)) for learned in (None, truth))
    assert alone.shape[1] == both.shape[1]
    assert alone.shape[0] < 0.6 * both.shape[0]
    with pytest.raises(ValueError, match="0 to 0, got 1"):
        quality.draw_against_truth(comparison(truth, truth), 1)
