"""The laws of pairs with true displacement: every format gives the same numbers, every way of naming is found, what is wrong is named."""

import zipfile

import cv2
import numpy as np
import pytest

from workbench.data.flow_pairs import FlowPairError, is_plain_picture, read_flow_pairs, read_size

HEIGHT, WIDTH = 12, 16


def write_picture(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    cv2.imwrite(str(path), picture[..., ::-1])
    return picture


def true_flow():
    """`2 h w` in sixty-fourths, which every format can hold, and which pixels are known."""
    rng = np.random.default_rng(1)
    flow = (rng.integers(-640, 640, (2, HEIGHT, WIDTH)) / 64).astype(np.float32)
    return flow, rng.random((HEIGHT, WIDTH)) < 0.8


def write_flo(path, flow, valid):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.where(valid, flow, 1e10).astype("<f4")
    path.write_bytes(np.float32(202021.25).tobytes() + np.array([WIDTH, HEIGHT], "<i4").tobytes() + np.moveaxis(values, 0, -1).tobytes())


def write_kitti(path, flow, valid):
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = np.stack([valid, *(flow[::-1] * 64 + 2**15)]).astype(np.uint16)
    cv2.imwrite(str(path), np.moveaxis(channels, 0, -1))  # OpenCV writes the last channel first: x, y, valid


def write_npz(path, flow, valid):
    np.savez(path, flow=flow.astype(np.float16), valid=valid)


@pytest.mark.parametrize(("write", "suffix"), [(write_flo, ".flo"), (write_kitti, ".png"), (write_npz, ".npz")])
def test_every_format_gives_the_same_displacement(tmp_path, write, suffix):
    """x to the right, then y down, in pixels; zero where nothing is known."""
    flow, valid = true_flow()
    frames = [write_picture(tmp_path / f"walk_{number}.png", number) for number in (0, 1)]
    write(tmp_path / f"walk{suffix}", flow, valid)
    [pair] = read_flow_pairs(tmp_path)
    assert pair.name == "walk"
    assert np.array_equal(pair.frames, frames)
    assert np.array_equal(pair.valid, valid)
    assert np.array_equal(pair.flow, np.where(valid, flow, 0))


def write_disparity_png(path, disparity):
    cv2.imwrite(str(path), np.where(np.isfinite(disparity), disparity * 256, 0).astype(np.uint16))


def write_disparity_pfm(path, disparity):
    cv2.imwrite(str(path), disparity.astype(np.float32))


@pytest.mark.parametrize(
    ("write", "suffix"),
    [(lambda path, disparity: np.savez(path, disparity), ".npz"), (write_disparity_png, ".png"), (write_disparity_pfm, ".pfm")],
)
def test_a_disparity_is_a_displacement_to_the_left(tmp_path, write, suffix):
    """(-disparity, 0); unknown where the map is infinite, or zero in KITTI's."""
    disparity = np.random.default_rng(2).integers(1, 2000, (HEIGHT, WIDTH)) / 256
    disparity[3, 4] = np.inf
    for number in (0, 1):
        write_picture(tmp_path / f"walk_{number}.png", number)
    write(tmp_path / f"walk{suffix}", disparity)
    [pair] = read_flow_pairs(tmp_path)
    assert not pair.valid[3, 4]
    assert np.array_equal(pair.flow[0], np.where(np.isfinite(disparity), -disparity, 0).astype(np.float32))
    assert not pair.flow[1].any()


@pytest.mark.parametrize(
    ("first", "second", "truth"),
    [
        ("00001_img1.ppm", "00001_img2.ppm", "00001_flow.flo"),
        ("clean/alley_1/frame_0009.png", "clean/alley_1/frame_0010.png", "flow/alley_1/frame_0009.flo"),
        ("training/image_2/000003_10.png", "training/image_2/000003_11.png", "training/flow_occ/000003_10.png"),
        ("other-data/Dimetrodon/frame10.png", "other-data/Dimetrodon/frame11.png", "other-gt-flow/Dimetrodon/flow10.flo"),
    ],
)
def test_benchmarks_are_found_as_they_come(tmp_path, first, second, truth):
    """By the names that their files have; pictures without a truth are left alone."""
    flow, valid = true_flow()
    frames = [write_picture(tmp_path / first, 0), write_picture(tmp_path / second, 1)]
    write_picture(tmp_path / "readme.png")
    (write_flo if truth.endswith("flo") else write_kitti)(tmp_path / truth, flow, valid)
    [pair] = read_flow_pairs(tmp_path)
    assert np.array_equal(pair.frames, frames)
    assert np.array_equal(pair.valid, valid)


@pytest.mark.parametrize(
    ("suffix", "content", "words"),
    [
        (".flo", b"PIEH", "walk.flo"),
        (".flo", np.float32(202021.25).tobytes() + np.array([16, 12], "<i4").tobytes() + bytes(9), "12 x 16"),
        (".npz", b"not a zip", "walk.npz"),
        (".png", b"not a picture", "walk.png"),
    ],
)
def test_a_damaged_truth_is_named(tmp_path, suffix, content, words):
    for number in (0, 1):
        write_picture(tmp_path / f"walk_{number}.png", number)
    (tmp_path / f"walk{suffix}").write_bytes(content)
    with pytest.raises(FlowPairError, match=words):
        list(read_flow_pairs(tmp_path))


def test_sizes_must_agree(tmp_path):
    """All three sizes are in the sentence."""
    for number in (0, 1):
        write_picture(tmp_path / f"walk_{number}.png", number)
    np.savez(tmp_path / "walk.npz", flow=np.zeros((2, 5, 7)), valid=np.ones((5, 7)))
    with pytest.raises(FlowPairError, match=f"{HEIGHT} x {WIDTH}.*5 x 7"):
        list(read_flow_pairs(tmp_path))


def test_a_folder_without_pairs_says_how_to_name_them(tmp_path):
    write_picture(tmp_path / "walk_0.png")
    with pytest.raises(FlowPairError, match=r"walk_1\.png"):
        list(read_flow_pairs(tmp_path))
    with pytest.raises(FlowPairError, match="nowhere"):
        list(read_flow_pairs(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("kind", "shape", "plain"),
    [(np.uint8, (12, 16, 3), True), (np.uint8, (12, 16), True), (np.uint16, (12, 16, 3), False), (np.uint16, (12, 16), False)],
)
def test_bits_and_size_are_read_from_the_header(tmp_path, monkeypatch, kind, shape, plain):
    """A truth of KITTI has 16 bits a channel; nothing is decoded to see that."""
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros(shape, kind))
    monkeypatch.setattr(cv2, "imdecode", lambda *args: pytest.fail("it was decoded"))
    assert is_plain_picture(tmp_path / "a.png") == plain
    assert read_size(tmp_path / "a.png") == (12, 16)


@pytest.mark.parametrize(("arrays", "size"), [({"flow": (2, 5, 7), "valid": (5, 7)}, (5, 7)), ({"d": (5, 7)}, (5, 7)), ({"d": ()}, (1, 0))])
def test_the_size_of_a_truth_is_that_of_its_arrays(tmp_path, arrays, size):
    np.savez(tmp_path / "walk.npz", **{name: np.zeros(shape) for name, shape in arrays.items()})
    assert read_size(tmp_path / "walk.npz") == size


@pytest.mark.parametrize("name", ["walk.npz", "walk.png", "walk.flo"])
def test_what_has_no_header_has_no_size(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 nothing")
    assert read_size(tmp_path / name) is None
    assert not is_plain_picture(tmp_path / name)


def test_what_is_no_array_is_named(tmp_path):
    """`numpy.load` would give its bytes."""
    with zipfile.ZipFile(tmp_path / "walk.npz", "w") as archive:
        archive.writestr("flow.npy", "not an array")
    with pytest.raises(FlowPairError, match=r"walk\.npz is no \.npz file of arrays"):
        read_size(tmp_path / "walk.npz")
