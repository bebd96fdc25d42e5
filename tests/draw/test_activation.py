"""Laws of drawn class activation maps."""

import numpy as np
import pytest

from workbench.draw.activation import draw_activation, draw_activations

FRAME, SIZE = np.full((64, 64, 3), 120, np.uint8), (128, 128)
HALVES = np.repeat([[3.0, 3.0, -3.0, -3.0]], 4, axis=0)


def lightness(pixels: np.ndarray) -> float:
    return float((pixels @ [0.299, 0.587, 0.114]).mean())


def test_for_is_warm_and_light_against_is_cold_and_dark() -> None:
    """Evidence for the class can be told from evidence against it, also without colours, on dark and light frames; none leaves the
    frame grey."""
    for level in (0, 120, 255):
        picture = draw_activation(np.full_like(FRAME, level), HALVES, 3.0, SIZE)
        left, right = picture[8:120, 8:40], picture[8:120, 88:120]
        assert left[..., 0].mean() > left[..., 2].mean() + 60 and right[..., 2].mean() > right[..., 0].mean() + 60
        assert lightness(left) > lightness(right) + 40
    grey = draw_activation(FRAME, 0 * HALVES, 3.0, SIZE)[8:120, 8:120]
    assert (grey == grey[0, 0, 0]).all()


def test_stronger_evidence_is_stronger_colour_up_to_the_limit() -> None:
    """The scale is the limit's alone, whatever else the map holds; beyond it nothing changes."""
    warmth = [np.ptp(draw_activation(FRAME, np.full((4, 4), level), 4.0, SIZE)[64, 64].astype(int)) for level in (0, 1, 2, 4, 8)]
    assert warmth[0] == 0 and sorted(warmth) == warmth and len(set(warmth)) == 4 and warmth[3] == warmth[4]


def test_all_frames_have_one_scale() -> None:
    """In a strip each tile has the colours that its map has alone with the same limit, and the legend is there once."""
    maps = np.stack([HALVES, HALVES / 3, 0 * HALVES])
    strip = draw_activations(np.stack([FRAME] * 3), maps, 3.0, ["0 s", "1 s", "2 s"], width=128)
    for tile, evidence in enumerate(maps):
        alone, left = draw_activation(FRAME, evidence, 3.0, SIZE), tile * (128 + 9) + 3
        assert np.array_equal(strip[3 + 8 : 3 + 120, left + 8 : left + 120], alone[8:120, 8:120])
    assert strip.shape[1] == 3 * 137 and strip.shape[0] < 2 * 128


def test_the_legend_hangs_beneath() -> None:
    """Also under a narrow picture, and a long name is shortened."""
    for side in (320, 128, 60):
        picture = draw_activation(FRAME, HALVES, 3.0, (side, side), "pretending to put something onto something " * 3)
        assert picture.dtype == np.uint8 and picture.shape[1] == side and picture.shape[0] > side + 20


@pytest.mark.parametrize(("call", "said"), [
    (lambda: draw_activation(FRAME, np.zeros(4), 1.0), r"\(4,\)"),
    (lambda: draw_activation(FRAME, HALVES, 0), "limit"),
    (lambda: draw_activation(FRAME, HALVES, float("nan")), "limit"),
    (lambda: draw_activation(FRAME[..., 0], HALVES, 1.0), "'h w 3'"),
    (lambda: draw_activations(FRAME[None], np.zeros((2, 4, 4)), 1.0), r"\(2, 4, 4\)"),
])  # fmt: skip
def test_what_cannot_be_is_said(call, said) -> None:
    with pytest.raises(ValueError, match=said):
        call()
