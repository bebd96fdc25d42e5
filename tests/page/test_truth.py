"""The laws of pairs with truth on the page: the numbers are the benchmark's, and what is no pair is a sentence."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from bs4 import BeautifulSoup

from workbench.data import flow_pairs
from workbench.data.flow_pairs import FlowPairError
from workbench.data.warp import warp_picture
from workbench.explore.flow_benchmark import evaluate_flow
from workbench.page.truth import LEAST_OF_PAIR, describe_evaluation, read_upload, truth_section, warp_frame


@pytest.fixture
def files(tmp_path: Path, exploration) -> list[str]:
    """Two pictures, and how each pixel of the first moves."""
    pair = warp_picture(exploration.frames[0], "affine", 4.0)
    for name, picture in zip(("a.png", "b.png"), pair.frames, strict=True):
        cv2.imwrite(str(tmp_path / name), picture[..., ::-1])
    np.savez(tmp_path / "truth.npz", flow=pair.flow, valid=pair.valid)
    return [str(tmp_path / name) for name in ("truth.npz", "b.png", "a.png")]


def test_files_are_the_pair_that_they_hold(files, exploration):
    pair, truth = read_upload(files), warp_picture(exploration.frames[0], "affine", 4.0)
    assert np.array_equal(pair.frames, truth.frames)
    assert np.abs(pair.flow - truth.flow)[:, pair.valid].max() == 0


def test_a_truth_of_kitti_is_told_from_the_pictures(files, tmp_path):
    pair = read_upload(files)
    channels = np.stack([pair.valid, *(np.rint(pair.flow[::-1] * 64) + 2**15)]).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "c.png"), np.moveaxis(channels, 0, -1))
    kitti = read_upload([*files[1:], str(tmp_path / "c.png")])
    assert np.abs(kitti.flow - pair.flow)[:, pair.valid].max() <= 1 / 128 + 1e-6


def test_the_report_is_the_benchmarks(networks, exploration):
    page = BeautifulSoup(truth_section(networks, exploration, None, 2), "html.parser")
    evaluation = evaluate_flow(warp_frame(exploration, 2), networks.explorer())
    assert page.find("p").text == f"The frame of nasa.mp4 at {exploration.times[2]:.2f} s, moved: {describe_evaluation(evaluation)}"
    report = page.find("iframe")
    assert not report["sandbox"]
    assert "msnet-small against true displacements" in report["srcdoc"]


def test_the_network_is_nearer_to_the_truth_than_nothing(networks, exploration):
    means = evaluate_flow(warp_frame(exploration, 0), networks.explorer()).means().set_index("method")["all"]
    assert means["msnet-small"] < 0.7 * means["nothing moves"]


def test_a_truth_that_is_known_too_rarely_is_a_sentence(networks, exploration, files, tmp_path):
    """One pixel in nine, as of a lidar, leaves no cell of which a quarter is known."""
    truth = read_upload(files)
    valid = np.zeros_like(truth.valid)
    valid[::3, ::3] = True
    np.savez(tmp_path / "truth.npz", flow=truth.flow, valid=valid)
    assert "truth: in no cell is a quarter of the pixels known" in truth_section(networks, exploration, files)


def write_pair(folder: Path, height: int, width: int) -> list[str]:
    """Two pictures, and that nothing moves."""
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(folder / name), np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))
    np.savez_compressed(folder / "truth.npz", flow=np.zeros((2, height, width), np.float32))
    return [str(folder / name) for name in ("a.png", "b.png", "truth.npz")]


@pytest.mark.parametrize(("height", "width"), [(4, 4), (LEAST_OF_PAIR - 1, 200), (32, 32 * 16 + 1), (1201, 1920)])
def test_pictures_of_a_size_that_cannot_be_are_a_sentence(networks, exploration, tmp_path, height, width):
    assert f"the pictures have {width} x {height} pixels" in truth_section(networks, exploration, write_pair(tmp_path, height, width))


def test_what_is_too_large_is_not_decoded(tmp_path, monkeypatch):
    """Neither pictures nor a truth, whose few bytes may hold far more; the header says how large they are."""
    monkeypatch.setattr(flow_pairs.cv2, "imdecode", lambda *args: pytest.fail("a picture was decoded"))
    monkeypatch.setattr(flow_pairs.np, "load", lambda *args, **options: pytest.fail("a truth was decoded"))
    files = write_pair(tmp_path, 1201, 1920)
    for given in (files, files[2:], files[:1]):
        with pytest.raises(FlowPairError, match="have 1920 x 1201 pixels"):
            read_upload(given)


def test_the_smallest_pictures_are_judged(networks, exploration, tmp_path):
    assert "over 1 pair" in truth_section(networks, exploration, write_pair(tmp_path, LEAST_OF_PAIR, LEAST_OF_PAIR))


def test_what_is_no_pair_is_a_sentence_without_its_folder(networks, exploration, files, tmp_path):
    for wrong, words in ((files[:2], "give two pictures and one file"), ([], "got nothing"), (files[1:], "give two pictures")):
        sentence = truth_section(networks, exploration, wrong)
        assert words in sentence
        assert str(tmp_path) not in sentence
    np.savez(tmp_path / "truth.npz", flow=np.zeros((2, 4, 4)))
    sentence = truth_section(networks, exploration, files)
    assert "must be of one size" in sentence
    assert str(tmp_path) not in sentence


def test_without_a_video_or_a_motion_module_there_is_a_sentence(networks, tsm_exploration):
    assert "Look at a video first" in truth_section(networks, None, None)
    assert "tsm-tiny has no motion module" in truth_section(networks, tsm_exploration, None)
