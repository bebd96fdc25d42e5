"""Laws of drawn class activation maps."""

import numpy as np
import pytest

from workbench.draw.heatmaps import draw_activations

FRAME = np.full((128, 128, 3), 120, np.uint8)
HALVES = np.repeat([[3.0, 3.0, -3.0, -3.0]], 4, axis=0)
RIM = 3  # pixels of paper around a tile of 128


def draw_one(frame: np.ndarray, evidence: np.ndarray, limit: float = 3.0) -> np.ndarray:
    """The tile of a clip of one frame, `128 128 3`."""
    return draw_activations(frame[None], evidence[None], limit, width=128)[RIM : RIM + 128, RIM : RIM + 128]


def lightness(pixels: np.ndarray) -> float:
    return float((pixels @ [0.299, 0.587, 0.114]).mean())


@pytest.mark.parametrize("level", [0, 120, 255])
def test_for_is_warm_and_light_against_is_cold_and_dark(level: int) -> None:
    """Evidence for the class can be told from evidence against it, also without colours, on dark and light frames."""
    picture = draw_one(np.full_like(FRAME, level), HALVES)
    left, right = picture[8:120, 8:40], picture[8:120, 88:120]
    assert left[..., 0].mean() > left[..., 2].mean() + 60
    assert right[..., 2].mean() > right[..., 0].mean() + 60
    assert lightness(left) > lightness(right) + 40


def test_no_evidence_leaves_the_frame_grey() -> None:
    grey = draw_one(FRAME, 0 * HALVES)[8:120, 8:120]
    assert (grey == grey[0, 0, 0]).all()


def test_stronger_evidence_is_stronger_colour_up_to_the_limit() -> None:
    """The scale is the limit's alone, whatever else the map holds; beyond it nothing changes."""
    warmth = [np.ptp(draw_one(FRAME, np.full((4, 4), level), 4.0)[64, 64].astype(int)) for level in (0, 1, 2, 4, 8)]
    assert warmth[0] == 0
    assert sorted(warmth) == warmth
    assert len(set(warmth)) == 4
    assert warmth[3] == warmth[4]


def test_all_frames_have_one_scale() -> None:
    """In a strip each tile has the colours that its map has alone with the same limit, and the legend is there once."""
    maps = np.stack([HALVES, HALVES / 3, 0 * HALVES])
    strip = draw_activations(np.stack([FRAME] * 3), maps, 3.0, ["0 s", "1 s", "2 s"], width=128)
    for tile, evidence in enumerate(maps):
        left = tile * (128 + 9) + RIM
        assert np.array_equal(strip[RIM : RIM + 128, left : left + 128], draw_one(FRAME, evidence))
    assert strip.shape[1] == 3 * 137
    assert strip.shape[0] < 2 * 128


@pytest.mark.parametrize("side", [320, 128, 60])
def test_the_legend_hangs_beneath(side: int) -> None:
    """Also under a narrow picture, and a long name is shortened."""
    name = "pretending to put something onto something " * 3
    picture = draw_activations(FRAME[None], HALVES[None], 3.0, width=side, label=name)
    assert picture.dtype == np.uint8
    assert side <= picture.shape[1] < side + 30
    assert picture.shape[0] > side + 20


@pytest.mark.parametrize(("frames", "evidence", "limit", "value"), [
    (FRAME[None], np.zeros(4), 1.0, r"\(4,\)"),
    (FRAME[None], HALVES[None], 0.0, "0"),
    (FRAME[None], HALVES[None], float("nan"), "nan"),
    (FRAME[None, ..., 0], HALVES[None], 1.0, r"\(1, 128, 128\)"),
    (FRAME[None], np.zeros((2, 4, 4)), 1.0, r"\(2, 4, 4\)"),
])  # fmt: skip
def test_what_cannot_be_is_refused_by_its_value(frames, evidence, limit, value) -> None:
    with pytest.raises(ValueError, match=value):
        draw_activations(frames, evidence, limit)
