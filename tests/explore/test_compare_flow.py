"""The laws of optical flow beside what a network found."""

import cv2
import numpy as np
import pytest

import workbench as wb
from workbench.explore.compare import (
    LEAST_SIDE,
    MOST_PIXELS,
    choose_flow_size,
    estimate_flow_on_grid,
    measure_agreement,
    measure_flow_agreement,
    optical_flow,
)

NASA = next(sample.path for sample in wb.sample_videos() if sample.name == "nasa")
MARGIN = 24  # pixels: what comes in at the border was not there before


def texture(height: int, width: int) -> np.ndarray:
    """Smooth noise in colour, `h w 3` uint8."""
    noise = np.random.default_rng(0).uniform(0, 255, (height, width, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.rint(255 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)


def moved(x: int, y: int, height: int = 180, width: int = 240) -> tuple[np.ndarray, np.ndarray]:
    """A texture, and the same moved by x to the right and y down."""
    whole = texture(height + 40, width + 40)
    source, target = (whole[20 - dy : 20 - dy + height, 20 - dx : 20 - dx + width] for dx, dy in ((0, 0), (x, y)))
    return source, target


@pytest.mark.parametrize("size", [(180, 240), (480, 854), (720, 900)])
@pytest.mark.parametrize(("x", "y"), [(5, 0), (0, -7), (-9, 4)])
def test_a_moved_texture_moves_by_that(x: int, y: int, size: tuple[int, int]) -> None:
    """Inside the margin, in pixels of the frames given, x first, also of frames that DIS sees smaller."""
    flow = optical_flow(*moved(x, y, *size))
    assert flow.shape == (*size, 2)
    inside = flow[MARGIN:-MARGIN, MARGIN:-MARGIN]
    assert np.abs(inside - (x, y)).mean() < 0.2
    assert np.abs(np.median(inside, (0, 1)) - (x, y)).max() < 0.1


@pytest.mark.parametrize("size", [(10, 40), (8, 13), (1, 1), (4, 400), (400, 12)])
def test_narrow_frames_are_safe(size: tuple[int, int]) -> None:
    """DIS itself refuses some frames of less than 16 pixels and ends the process on others."""
    frame = texture(*size)
    flow = optical_flow(frame, frame)
    assert flow.shape == (*size, 2)
    assert np.abs(flow).max() < 0.1


def test_the_size_of_the_work_is_bounded() -> None:
    """Large frames shrink by the same factor both ways; none is narrower than DIS can read."""
    assert choose_flow_size(360, 640) == (360, 640)
    assert choose_flow_size(180, 320) == (180, 320)
    rows, columns = choose_flow_size(2160, 3840)
    assert rows * columns <= 1.01 * MOST_PIXELS
    assert rows / columns == pytest.approx(2160 / 3840, rel=0.01)
    assert min(choose_flow_size(4, 9000)) == LEAST_SIDE
    assert np.prod(choose_flow_size(32, 100_000)) <= 1.01 * MOST_PIXELS


def test_the_same_frames_give_the_same_flow() -> None:
    """To the last digit, on one thread as on two."""
    before, pair = cv2.getNumThreads(), moved(-9, 4)
    try:
        flows = [(cv2.setNumThreads(threads), optical_flow(*pair))[1] for threads in (1, 2, 2)]
    finally:
        cv2.setNumThreads(before)
    assert np.array_equal(flows[0], flows[1])
    assert np.array_equal(flows[1], flows[2])


@pytest.fixture(scope="module")
def sliding(explorer, tmp_path_factory) -> wb.Exploration:
    """A real picture that slides 6 pixels, one cell, to the left from one sampled frame to the next."""
    still = wb.read_video(NASA, [40]).frames[0]
    frames = np.stack([still[:, 2 * t : 2 * t + 240] for t in range(24)])
    path = tmp_path_factory.mktemp("slide") / "slide.mp4"
    wb.write_video(path, frames, 24, quality=10)
    return explorer.look(path, resolution=120)


def test_flow_lies_on_the_grid_of_the_reading(explorer, sliding) -> None:
    """One vector a cell, in pixels of the frames shown, whether or not the cells divide the frame."""
    for exploration in (sliding, explorer.look(NASA)):
        assert estimate_flow_on_grid(exploration, 0).shape == exploration.displacement.shape[1:]
    x, y = np.median(estimate_flow_on_grid(sliding, 2)[:, 4:-4, 4:-4], axis=(1, 2))
    assert abs(x + 6) < 0.2
    assert abs(y) < 0.2


def test_network_and_flow_agree_on_what_slides(sliding) -> None:
    """Nearly all cells with edges in them have both at most a cell apart; with the displacement turned round none has."""
    levels = sliding.frames[2].astype(float).mean(-1)
    sharp = np.linalg.norm(np.gradient(levels), axis=0).reshape(30, 6, 40, 6).mean((1, 3)) > 4
    turned = measure_agreement(-sliding.displacement[2], estimate_flow_on_grid(sliding, 2), sliding.correspondences.cell)
    assert measure_flow_agreement(sliding, 2).agrees[sharp].mean() > 0.95
    assert turned.agrees[sharp].mean() < 0.05


def test_what_is_not_there_is_said(sliding) -> None:
    with pytest.raises(ValueError, match="one of 0 to 6, got 7"):
        estimate_flow_on_grid(sliding, 7)
    with pytest.raises(ValueError, match="tsm-tiny has no motion module"):
        estimate_flow_on_grid(wb.Explorer.load("tsm-tiny").look(NASA), 0)
