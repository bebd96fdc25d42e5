"""Laws of the pictures and charts."""

import math
from itertools import pairwise
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from workbench.draw import charts
from workbench.draw import evaluation as curves
from workbench.draw import fields as draw
from workbench.draw.charts import chart_to_picture
from workbench.draw.heatmaps import draw_confidence
from workbench.draw.style import colour_wheel, displacement_to_colour, sequential_colours

SIZE = (90, 160)


def constant(x: float, y: float, h: int = 6, w: int = 8) -> np.ndarray:
    return np.stack([np.full((h, w), float(x)), np.full((h, w), float(y))])


def colour_of(x: float, y: float, limit: float = 1.0) -> list[int]:
    return displacement_to_colour(np.array([[[x]], [[y]]]), limit)[0, 0].tolist()


def grey_frame(h: int = 90, w: int = 160, level: int = 90) -> np.ndarray:
    return np.full((h, w, 3), level, dtype=np.uint8)


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


def written_on(figure: Figure) -> str:
    """All the words of a figure in one string, line breaks as spaces."""
    figure.draw_without_rendering()
    texts = figure.findobj(lambda artist: isinstance(artist, matplotlib.text.Text) and artist.get_visible())
    return " | ".join(text.get_text().replace("\n", " ") for text in texts)


def published_colour(u: float, v: float) -> list[int]:
    """Middlebury's computeColor, pixel by pixel, from the published code (Baker et al., 2011), for lengths relative to the limit."""
    wheel = colour_wheel() / 255
    position = (math.atan2(-v, -u) / math.pi + 1) / 2 * (len(wheel) - 1)
    below = int(position)
    above, part, length = (below + 1) % len(wheel), position - below, math.hypot(u, v)
    hue = [(1 - part) * wheel[below][i] + part * wheel[above][i] for i in range(3)]
    return [math.floor(255 * (1 - length * (1 - c) if length <= 1 else 0.75 * c)) for c in hue]


# The wheel


def test_the_wheel_has_six_segments_of_the_published_lengths() -> None:
    """Each segment starts at its pure colour, and the whole is 55 long."""
    wheel, starts = colour_wheel(), np.cumsum([0, 15, 6, 4, 11, 13])
    assert wheel.shape == (55, 3)
    pure = [(255, 0, 0), (255, 255, 0), (0, 255, 0), (0, 255, 255), (0, 0, 255), (255, 0, 255)]
    assert [tuple(colour) for colour in wheel[starts].tolist()] == pure
    assert wheel[1].tolist() == [255, 17, 0]
    assert wheel[-1].tolist() == [255, 0, 43]


def test_colours_are_those_of_the_published_code(random: np.random.Generator) -> None:
    """The fast version equals the published formula, one level of rounding apart at most."""
    field = random.normal(0, 0.7, (2, 9, 11))
    expected = np.array([[published_colour(*field[:, y, x]) for x in range(11)] for y in range(9)])
    assert np.abs(displacement_to_colour(field, 1.0).astype(int) - expected).max() <= 1


def test_zero_displacement_is_white() -> None:
    """Whatever the limit and the sign of the zero."""
    assert colour_of(0, 0) == colour_of(-0.0, -0.0) == colour_of(0, 0, limit=1e-3) == [255, 255, 255]


@pytest.mark.parametrize(
    ("direction", "colour"), [((1, 0), (255, 0, 0)), ((0, 1), (255, 229, 0)), ((-1, 0), (0, 209, 255)), ((0, -1), (88, 0, 255))]
)
def test_right_is_red_down_yellow_left_cyan_up_blue(direction: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """Middlebury's convention, y counting downwards; the sign of a zero does not matter."""
    x, y = direction
    np.testing.assert_allclose(colour_of(x, y), colour, atol=1)
    assert colour_of(x or -0.0, y or -0.0) == colour_of(x, y)


def test_opposite_displacements_have_opposite_colours() -> None:
    """They share no full channel: what one has fully, red for one, the other has less of."""
    for turn in np.linspace(0, np.pi, 17):
        there, back = (np.array(colour_of(s * np.cos(turn), s * np.sin(turn)), dtype=float) for s in (1, -1))
        assert np.corrcoef(there, back)[0, 1] < -0.3


def test_scaling_displacement_and_limit_together_changes_nothing(random: np.random.Generator) -> None:
    """Only their ratio is shown."""
    field = random.normal(0, 2, (2, 7, 9))
    np.testing.assert_array_equal(displacement_to_colour(field, 3.0), displacement_to_colour(4 * field, 12.0))
    one, other = (draw.draw_displacement(f, SIZE, limit=limit) for f, limit in ((field, 3.0), (4 * field, 12.0)))
    np.testing.assert_array_equal(one[: SIZE[0]], other[: SIZE[0]])


def test_colour_is_full_at_the_limit_and_darker_beyond() -> None:
    """In any direction, rounding notwithstanding; and the default limit is the greatest length, so that nothing lies beyond it."""
    for turn in np.linspace(0, 2 * np.pi, 100):
        x, y = 0.7 * np.cos(turn), 0.7 * np.sin(turn)
        assert max(colour_of(x, y, limit=float(np.hypot(x, y)))) >= 254
        assert max(colour_of(x, y, limit=0.5)) <= 191


def test_what_is_not_finite_is_black_and_harms_no_neighbour() -> None:
    """A diverged run still draws, and the default limit is that of the known cells."""
    field = constant(3, 0)
    field[0, 2, 3], field[1, 4, 4] = np.nan, np.inf
    picture = displacement_to_colour(field, 3.0)
    assert picture[2, 3].tolist() == picture[4, 4].tolist() == [0, 0, 0]
    assert picture[0, 0].tolist() == [255, 0, 0]
    assert draw.draw_displacement(field, (60, 80))[5, 5].tolist() == [255, 0, 0]
    draw.draw_arrows(grey_frame(), field), draw.draw_overlay(grey_frame(), field)


# Every picture


def pictures() -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    frame, field, confidence = grey_frame(), random.normal(0, 4, (2, 6, 8)), random.uniform(0, 1, (6, 8))
    return {
        "displacement": draw.draw_displacement(field, SIZE),
        "confidence": draw_confidence(confidence, SIZE),
        "overlay": draw.draw_overlay(frame[::2, ::2], field, confidence, size=SIZE),
        "arrows": draw.draw_arrows(frame[::2, ::2], field, confidence, size=SIZE),
        "frame": draw.draw_frame(frame[::2, ::2], SIZE, "frame 12 · 0.40 s"),
    }


def test_pictures_are_uint8_and_fill_the_asked_size_above_their_strip() -> None:
    """A strip with ink on it hangs beneath; the picture itself has its size exactly, and its caller may write on it."""
    for name, picture in pictures().items():
        assert picture.dtype == np.uint8, name
        assert picture.flags.writeable, name
        assert picture.shape[1:] == (SIZE[1], 3), name
        assert SIZE[0] + 10 < len(picture) < SIZE[0] + 60, name
        assert picture[SIZE[0] :].min() < 128, name
    assert draw.draw_frame(grey_frame(20, 30)).shape == (20, 30, 3)


def test_same_input_same_bytes() -> None:
    """Nothing is drawn by chance."""
    for (name, once), again in zip(pictures().items(), pictures().values(), strict=True):
        assert once.tobytes() == again.tobytes(), name


def test_inputs_stay_as_they_were(random: np.random.Generator) -> None:
    """Read-only arrays are drawn without complaint, and no picture shares memory with them."""
    frame, field, confidence = grey_frame(), random.normal(0, 4, (2, 6, 8)).astype(np.float32), random.uniform(0, 1, (6, 8))
    for array in (frame, field, confidence):
        array.setflags(write=False)
    drawn = [draw.draw_frame(frame), draw.draw_overlay(frame, field, confidence), draw.draw_arrows(frame, field, confidence)]
    drawn += [draw.draw_displacement(field, SIZE), draw_confidence(confidence, SIZE), draw.draw_strip(frame[None])]
    drawn += [draw.side_by_side(frame)]
    assert not any(np.shares_memory(frame, picture) for picture in drawn)


def test_tensors_draw_as_arrays_do(random: np.random.Generator) -> None:
    """A torch tensor on the CPU gives the same bytes."""
    frame, field, confidence = grey_frame(), random.normal(0, 4, (2, 6, 8)), random.uniform(0, 1, (6, 8))
    as_array = draw.draw_arrows(frame, field, confidence), draw.draw_overlay(frame, field), draw_confidence(confidence, SIZE)
    frame, field, confidence = map(torch.as_tensor, (frame, field, confidence))
    as_tensor = draw.draw_arrows(frame, field, confidence), draw.draw_overlay(frame, field), draw_confidence(confidence, SIZE)
    for one, other in zip(as_array, as_tensor, strict=True):
        np.testing.assert_array_equal(one, other)


def test_thumbnails_and_posters_draw_too() -> None:
    """Legends shorten instead of failing, down to a single pixel."""
    for size in ((1, 1), (16, 16), (40, 64), (700, 1200)):
        field, frame = constant(2, 1), grey_frame(*size)
        drawn = [draw.draw_displacement(field, size), draw_confidence(np.ones((2, 2)), size), draw.draw_overlay(frame, field)]
        drawn += [draw.draw_arrows(frame, field), draw.draw_frame(frame, caption="a long caption " * 9)]
        assert all(picture.shape[1] == size[1] for picture in drawn)


@pytest.mark.parametrize("shape", [(3, 6, 8), (6, 8), (6, 8, 2), (1, 2, 6, 8), (2, 0, 8)])
def test_a_displacement_of_another_shape_is_refused_by_name(shape: tuple[int, ...]) -> None:
    """The message says which shape it got."""
    field = np.zeros(shape)
    for drawing in (lambda: draw.draw_displacement(field, SIZE), lambda: draw.draw_arrows(grey_frame(), field)):
        with pytest.raises(ValueError, match=r"got shape \(" + ", ".join(map(str, shape))):
            drawing()


def test_bad_input_is_refused_by_name() -> None:
    """Frames that are not 'h w 3' uint8, confidence on another grid, limits that measure nothing, captions that do not count."""
    field, frame = constant(1, 0), grey_frame()
    bad = {
        r"\(90, 160\)": lambda: draw.draw_frame(frame[..., 0]),
        "float64": lambda: draw.draw_frame(frame / 255),
        r"\(5, 5\)": lambda: draw.draw_arrows(frame, field, np.zeros((5, 5))),
        r"\(1, 6, 8\)": lambda: draw_confidence(np.zeros((1, 6, 8)), SIZE),
        "positive number, got 0.0": lambda: draw.draw_displacement(field, SIZE, limit=0.0),
        "positive number, got nan": lambda: draw.draw_overlay(frame, field, limit=float("nan")),
        r"both at least 1, got \(0, 5\)": lambda: draw.draw_displacement(field, (0, 5)),
        r"'t h w 3', got shape \(90, 160, 3\)": lambda: draw.draw_strip(frame),
        "2 captions for 1 frames": lambda: draw.draw_strip(frame[None], ["a", "b"]),
        "at least one picture": lambda: draw.side_by_side(),
    }
    for message, drawing in bad.items():
        with pytest.raises(ValueError, match=message):
            drawing()


# Each picture


def test_a_cell_is_shown_where_a_click_falls_on_it() -> None:
    """Picture position (x, y) shows cell (x w' / w, y h' / h), on a grid as coarse as 16 x 16 over 180 x 320."""
    field = np.zeros((2, 16, 16))
    field[0, 3, 12] = 5
    picture, confidence = draw.draw_displacement(field, (180, 320)), draw_confidence(field[0] / 5, (180, 320))
    coloured = np.argwhere(picture[1:179, 1:319].min(axis=-1) == 0) + 1
    bright = np.argwhere(confidence[1:179, 1:319, 0] > 128) + 1
    for found in (coloured, bright):
        assert found.min(axis=0).tolist() == [34, 240]
        assert found.max(axis=0).tolist() == [44, 259]


def test_the_legend_tells_the_limit() -> None:
    """Another limit changes the strip of a field at rest and nothing else."""
    one, two = (draw.draw_displacement(constant(0, 0), SIZE, limit) for limit in (1.0, 2.0))
    np.testing.assert_array_equal(one[: SIZE[0]], two[: SIZE[0]])
    assert (one[SIZE[0] :] != two[SIZE[0] :]).any()


def test_confidence_is_drawn_in_cividis() -> None:
    """From 0 to 1 along matplotlib's own table, and what lies outside as its ends."""
    picture = draw_confidence(np.array([[-1.0, 0.0], [1.0, 2.0]]), (20, 20))
    np.testing.assert_array_equal(picture[[5, 5], [5, 15]], sequential_colours()[[0, 0]])
    np.testing.assert_array_equal(picture[[15, 15], [5, 15]], sequential_colours()[[255, 255]])


def test_a_raised_scale_of_confidence_shows_what_crowds_near_one() -> None:
    """From `low` the whole table is used, and the legend says where it begins."""
    values = np.array([[0.8, 0.9], [1.0, 0.5]])
    raised, plain = draw_confidence(values, (20, 60), low=0.8), draw_confidence(values, (20, 60))
    np.testing.assert_array_equal(raised[[5, 15], [15, 15]], sequential_colours()[[0, 255]])
    np.testing.assert_array_equal(raised[15, 45], sequential_colours()[0])
    assert (raised[20:] != plain[20:]).any()


def arrows_alone(x: float, y: float, **more: object) -> np.ndarray:
    """What one arrow in the middle of a picture adds to it, `h w`."""
    frame = grey_frame(101, 101, 0)
    return draw.draw_arrows(frame, constant(x, y, 1, 1), **more)[1:100, 1:100].max(axis=-1).astype(float)


@pytest.mark.parametrize("direction", [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_an_arrow_lies_on_the_side_it_points_to(direction: tuple[int, int]) -> None:
    """From the centre of its cell to 30 px beyond: its mass is on that side, its tip there, and across it is symmetric."""
    x, y = direction
    ink = arrows_alone(30 * x, 30 * y)
    rows, columns = np.nonzero(ink > 100)
    along, across = ((columns, rows) if x else (rows, columns)) - np.float64(49.5)
    along = along * (x + y)
    assert along.min() > -3
    assert 26 < along.max() < 32
    assert along.mean() > 10
    assert abs(across.mean()) < 1
    assert np.abs(across).max() < 6


def test_an_enlarged_picture_has_arrows_enlarged() -> None:
    """Displacement counts pixels of the frame given, not of the picture drawn."""

    def reach(ink: np.ndarray) -> int:
        return int(np.flatnonzero((ink > 100).any(axis=0)).max() - ink.shape[1] // 2)

    frame, field = grey_frame(101, 101, 0), constant(12, 0, 1, 1)
    doubled = draw.draw_arrows(frame, field, size=(202, 202))[1:200, 1:200].max(axis=-1)
    assert reach(arrows_alone(12, 0)) == pytest.approx(12, abs=2)
    assert reach(doubled) == pytest.approx(24, abs=2)


def test_what_is_still_is_a_dot() -> None:
    """Small, round and centred."""
    rows, columns = np.nonzero(arrows_alone(0, 0) > 100)
    assert 4 <= len(rows) <= 20
    assert abs(rows.mean() - 49.5) < 1
    assert abs(columns.mean() - 49.5) < 1


def test_a_smaller_probability_draws_fainter() -> None:
    """Arrow and overlay both; and without a probability they are drawn as if it were 1."""
    low, half, high = (arrows_alone(30, 0, probability=np.full((1, 1), c)).sum() for c in (0.0, 0.5, 1.0))
    assert 0 < low < half < high == arrows_alone(30, 0).sum()

    def saturation(**more: object) -> float:
        return float(np.ptp(draw.draw_overlay(grey_frame(), constant(3, 0), **more)[45, 80].astype(int)))

    low, half, high = (saturation(probability=np.full((6, 8), c)) for c in (0.0, 0.5, 1.0))
    assert 0 == low < half < high == saturation()


@pytest.mark.parametrize("level", [0, 90, 255])
def test_arrows_show_on_any_background(level: int) -> None:
    """Light ink with a dark rim: on black, grey and white there is contrast of more than half the range."""
    picture = draw.draw_arrows(grey_frame(level=level), constant(9, 2, 3, 3))[1:89, 1:159].astype(int)
    assert max(picture.max() - level, level - picture.min()) > 128


def test_arrows_keep_apart() -> None:
    """A dense field gets about as many arrows as a coarse one."""

    def inked(cells: int) -> float:
        picture = draw.draw_arrows(grey_frame(160, 160, 0), constant(5, 0, cells, cells))
        return float((picture[1:159, 1:159] > 100).mean())

    assert inked(8) < inked(160) < 2 * inked(8)


def test_the_overlay_is_grey_where_nothing_moves_and_hued_where_it_does() -> None:
    """To the right red, farther more so, up to the limit."""
    field = constant(0, 0)
    field[0, :, 4:] = 2
    field[0, :, 6:] = 4
    picture = draw.draw_overlay(grey_frame(), field, limit=4.0).astype(int)
    still, slow, fast = picture[45, 20], picture[45, 100], picture[45, 150]
    assert np.ptp(still) == 0
    assert 30 < slow[0] - slow[2] < fast[0] - fast[2]


def test_a_strip_shows_every_frame_in_order_and_outlines_the_marked() -> None:
    """Rows wrap; marking moves nothing, and colours only the rim of what is marked."""
    frames = np.stack([grey_frame(30, 40, level) for level in (10, 60, 110, 160, 210)])
    plain, marked = (draw.draw_strip(frames, list("abcde"), marked, columns=3, width=40) for marked in ((), (1,)))
    h, w = len(plain) // 2, plain.shape[1] // 3
    centres = [int(plain[r * h + 15, c * w + 20, 0]) for r in (0, 1) for c in (0, 1, 2)]
    assert centres[:5] == [10, 60, 110, 160, 210]
    assert centres[5] == 255
    changed = np.argwhere((plain != marked).any(axis=-1))
    assert len(changed)
    assert changed[:, 0].max() < h
    assert (changed[:, 1] // w == 1).all()
    assert (marked[:h, w : 2 * w] == (213, 94, 0)).all(axis=-1).any()


def test_side_by_side_keeps_every_pixel_and_pads_with_paper() -> None:
    """Width is the sum with gaps, height the greatest; `align` says where the shorter one goes."""
    tall, short = grey_frame(40, 30, 10), grey_frame(20, 50, 90)
    for align, top in (("top", 0), ("centre", 10), ("bottom", 20)):
        row = draw.side_by_side(tall, short, gap=7, align=align)
        assert row.shape == (40, 87, 3)
        np.testing.assert_array_equal(row[top : top + 20, 37:], short)
        np.testing.assert_array_equal(row[:, :30], tall)
        assert (row == 255).all(axis=-1).sum() == 40 * 7 + 20 * 50


# Charts


def test_predictions_name_the_most_probable_in_order() -> None:
    """The best five with their percentages, and no other."""
    words = written_on(charts.draw_predictions(["left", "right", "up", "orbit", "down", "still"], [0.2, 0.6, 0.02, 0.103, 0.047, 0.03]))
    assert words.index("right") < words.index("left") < words.index("orbit") < words.index("down") < words.index("still")
    assert "up" not in words
    assert all(percent in words for percent in ("60 %", "20 %", "10 %"))
    assert "4.7 %" in written_on(charts.draw_predictions(["a", "b"], [0.953, 0.047]))


def test_scores_name_the_classes_that_reach_highest_and_mark_the_moment() -> None:
    """A class that wins for a moment is named before one with a higher mean that never does."""
    times, scores = np.arange(5) * 0.5, np.full((5, 6), 0.05)
    scores[:, 0], scores[:, 1], scores[2, 3], scores[:, 4], scores[:, 5] = 0.6, 0.3, 0.9, 0.5, 0.4
    figure = charts.draw_scores(times, scores, ["left", "right", "up", "shake", "down", "orbit"], moment=(0.5, 1.0))
    words = written_on(figure)
    assert all(name in words for name in ("left", "shake", "down", "orbit", "clip shown"))
    assert "right" not in words
    span = figure.axes[0].patches[0].get_extents().transformed(figure.axes[0].transData.inverted())
    np.testing.assert_allclose([span.x0, span.x1], (0.5, 1.0), atol=1e-6)


def test_names_at_line_ends_do_not_overlap() -> None:
    """Even where all lines end in one point, at the bottom, in the middle or at the top."""
    names = ["still", "left", "Moving something and something away from each other", "right"]
    for end in (0.0, 0.5, 1.0):
        figure = charts.draw_scores([0.0, 1.0], np.full((2, 4), end), names)
        figure.draw_without_rendering()
        boxes = sorted((text.get_window_extent() for text in figure.axes[0].texts), key=lambda box: box.y0)
        assert len(boxes) == 4
        assert all(above.y0 >= below.y1 - 1 for below, above in pairwise(boxes))


def test_curves_draw_what_is_known_from_objects_and_mappings() -> None:
    """One panel for each quantity anybody has; a record without a value leaves its epoch out."""
    full = [SimpleNamespace(epoch=e, loss=1 / e, accuracy=0.1 * e, validation_accuracy=0.08 * e, endpoint_error=2 / e) for e in (1, 2, 3)]
    figure = curves.draw_curves(full)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["loss", "accuracy", "endpoint error (px)"]
    assert "validation" in written_on(figure)

    few = curves.draw_curves([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": None}, {"epoch": 3, "loss": 1.0}])
    assert [axes.lines[0].get_xdata().tolist() for axes in few.axes] == [[1, 3]]


def test_accuracy_has_a_bar_an_interval_and_a_name_for_each_model() -> None:
    """Grouped by camouflage, in the order given, with the chance line where it belongs."""
    rows = [
        {"model": model, "camouflage": level, "accuracy": a, "low": a - 0.05, "high": a + 0.05}
        for model, values in {"TSN": (0.9, 0.14), "TSM": (0.92, 0.2), "MSNet": (0.94, 0.93)}.items()
        for level, a in zip((0.0, 1.0), values, strict=True)
    ]
    figure = curves.draw_accuracy(rows, chance=1 / 16)
    words = written_on(figure)
    assert all(name in words for name in ("TSN", "TSM", "MSNet", "camouflage", "95 % intervals", "chance 6.2 %"))
    bars = sorted(figure.axes[0].patches, key=lambda bar: bar.get_x())
    np.testing.assert_allclose([bar.get_height() for bar in bars], [0.9, 0.92, 0.94, 0.14, 0.2, 0.93])
    whisker = figure.axes[0].collections[0].get_segments()[0]
    np.testing.assert_allclose(whisker[:, 1], [0.85, 0.95])


def test_charts_refuse_what_does_not_match() -> None:
    """By name and shape, before anything is drawn."""
    bad = {
        r"\(3,\)": lambda: charts.draw_predictions(["a", "b"], [0.1, 0.2, 0.7]),
        r"\(4, 3\)": lambda: charts.draw_scores(np.arange(4), np.zeros((4, 3)), ["a", "b"]),
        r"\(5,\)": lambda: charts.draw_scores(np.arange(5), np.zeros((4, 2)), ["a", "b"]),
        "in 1 records": lambda: curves.draw_curves([{"epoch": 1}]),
        "no rows": lambda: curves.draw_accuracy([]),
    }
    for message, drawing in bad.items():
        with pytest.raises(ValueError, match=message):
            drawing()


def test_charts_leave_pyplot_alone_and_become_pictures() -> None:
    """No figure is registered anywhere, the settings stay, and the pixels are those of the figure's size."""
    before = dict(matplotlib.rcParams)
    figure = charts.draw_predictions(["a", "b"], [0.3, 0.7])
    picture = chart_to_picture(figure)
    assert picture.shape[1::-1] == figure.canvas.get_width_height()
    assert picture.dtype == np.uint8
    assert matplotlib._pylab_helpers.Gcf.figs == {}
    assert dict(matplotlib.rcParams) == before
