"""Pictures of a test protocol."""

import numpy as np
import pytest
from PIL import ImageColor

from workbench.draw.protocol import CROP_OUTLINE, draw_crops, draw_frames_taken
from workbench.draw.style import SERIES
from workbench.video.protocol import TestProtocol

GREY = np.full((240, 320, 3), 200, np.uint8)


def test_each_clip_has_a_row_with_a_dot_at_each_frame() -> None:
    """Dots stand at the numbers of the frames, the first clip above, on an axis as long as the film."""
    (axes,) = draw_frames_taken([[0, 4, 8], [10, 14, 18]], num_frames=20).axes
    assert [(line.get_xdata().tolist(), set(line.get_ydata())) for line in axes.lines] == [([0, 4, 8], {1}), ([10, 14, 18], {2})]
    assert axes.get_xlim() == (0, 19)
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


@pytest.mark.parametrize("clips", [[], [[]], [[0, 20]], [[-1]]])
def test_only_frames_of_the_film_are_drawn(clips: list[list[int]]) -> None:
    """No clip, and a frame that the film does not have, are refused."""
    with pytest.raises(ValueError, match="clips take frames 0 to 19 of a film"):
        draw_frames_taken(clips, num_frames=20)


def test_what_no_crop_sees_is_dark() -> None:
    """The centre crop of 224 of 240 x 320 is bright, outlined from corner to corner, and the rest keeps a part of its light."""
    picture = draw_crops(GREY, TestProtocol())
    inside = picture[8 : 8 + 224, 48 : 48 + 224]
    assert (inside[CROP_OUTLINE:-CROP_OUTLINE, CROP_OUTLINE:-CROP_OUTLINE] == 200).all()
    assert (picture[1:8, 1:319] == 60).all()
    assert (picture[1:239, 1:48] == 60).all()
    blue = ImageColor.getrgb(SERIES[0])
    assert (inside[:CROP_OUTLINE] == blue).all()
    assert (inside[:, -CROP_OUTLINE:] == blue).all()
    assert (inside[-CROP_OUTLINE:] == blue).all()


def test_three_crops_are_outlined_along_the_longer_side() -> None:
    """Left, centre and right of a wide frame in colours of their own; top, centre and bottom of a tall one."""
    protocol, colours = TestProtocol(crops=3, resize=64, size=64), [ImageColor.getrgb(name) for name in SERIES[:3]]
    wide, tall = draw_crops(GREY[:100, :200], protocol), draw_crops(GREY[:200, :100], protocol)
    assert [tuple(wide[32, left + 2]) for left in (0, 32, 64)] == colours
    assert [tuple(tall[top + 2, 32]) for top in (0, 32, 64)] == colours


def test_full_resolution_is_all_bright() -> None:
    """Nothing is cut off, so that nothing is dark."""
    picture = draw_crops(GREY, TestProtocol(size=None))
    assert (picture[CROP_OUTLINE : 240 - CROP_OUTLINE, CROP_OUTLINE : 320 - CROP_OUTLINE] == 200).all()
