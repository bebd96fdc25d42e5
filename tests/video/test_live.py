"""Pictures of a camera: what a browser sends is checked before it is decoded, and the clip is what was to be seen at equal steps."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from workbench.video.live import LONGEST_SIDE, MOST_CHARACTERS, WHOLE_SECONDS, frame_spacing, latest_indices, read_camera_picture
from workbench.video.read import VideoError
from workbench.video.sampling import Sampling, dense_indices


def packed(width: int = 64, height: int = 48, kind: str = "jpeg") -> str:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 90)).save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


def test_a_picture_is_decoded_as_it_was_taken() -> None:
    frame = read_camera_picture(packed())
    assert frame.shape == (48, 64, 3)
    assert np.abs(frame.astype(int) - (200, 30, 90)).max() <= 3


@pytest.mark.parametrize(
    ("size", "shape"), [((640, 640), (240, 240, 3)), ((640, 480), (240, 320, 3)), ((480, 640), (320, 240, 3)), ((640, 200), (200, 640, 3))]
)
def test_a_large_picture_is_shrunk_on_arrival(size: tuple[int, int], shape: tuple[int, ...]) -> None:
    """To the shorter side that the page's own pictures have; a smaller one stays as it is."""
    assert read_camera_picture(packed(*size)).shape == shape


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (packed(LONGEST_SIDE + 1, 48), str(LONGEST_SIDE + 1)),
        (packed(64, 8), "64 × 8"),
        ("A" * (MOST_CHARACTERS + 1), "kB"),
        (packed(kind="png"), "JPEG"),
        (packed()[: len(packed()) // 2 // 4 * 4], "JPEG"),
        ("no picture", "JPEG"),
        ("", "JPEG"),
        (None, "JPEG"),
        ({"path": "/etc/passwd"}, "JPEG"),
    ],
)
def test_what_is_no_small_jpeg_is_refused_in_a_sentence(text: object, part: str) -> None:
    with pytest.raises(VideoError, match=part) as refusal:
        read_camera_picture(text)
    assert str(refusal.value).endswith(".")


def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded() -> None:
    """60,000 pixels each way would take 10 GB: only its header is read."""
    data = bytearray(base64.b64decode(packed()))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = b"\xea\x60\xea\x60"
    with pytest.raises(VideoError):
        read_camera_picture(base64.b64encode(data).decode())


@pytest.mark.parametrize("rate", [8, 16, 24, 30])
def test_a_camera_that_is_fast_enough_gives_the_clip_of_a_video(rate: int) -> None:
    """The same frames as dense sampling takes from a video of the same length that ends now."""
    times = (5 + np.arange(40) / rate).tolist()
    spacing = 1.0 / 8
    start = times[-1] - 7 * spacing - times[0]
    assert latest_indices(times, 8, spacing) == dense_indices(times, start, 8 * spacing, 8)


@pytest.mark.parametrize("rate", [2, 5, 7.9])
def test_a_slower_camera_gives_its_last_pictures(rate: float) -> None:
    assert latest_indices((np.arange(20) / rate).tolist(), 8, 1 / 8) == list(range(12, 20))


def test_every_clip_ends_with_the_newest_picture_and_repeats_none() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        times = np.cumsum(rng.exponential(rng.uniform(0.02, 0.3), rng.integers(1, 40))).tolist()
        indices = latest_indices(times, 8, 0.125)
        assert indices[-1] == len(times) - 1
        assert len(indices) == min(8, len(times)) == len(set(indices))
        assert indices == sorted(indices)


@pytest.mark.parametrize(
    ("sampling", "spacing"), [(Sampling(), WHOLE_SECONDS / 8), (Sampling("dense", seconds=1.0), 0.125), (Sampling("dense", stride=6), 0.2)]
)
def test_the_step_is_that_of_training(sampling: Sampling, spacing: float) -> None:
    assert frame_spacing(sampling, 8) == pytest.approx(spacing)
    assert frame_spacing(sampling, 8, seconds=4.0) == 0.5
