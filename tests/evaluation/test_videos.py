"""The laws of asking a network about a whole test set."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_sets import make_set
from torch import nn

import workbench as wb
from workbench.data.datasets import VideoSet, open_dataset
from workbench.evaluation import videos as testing
from workbench.evaluation.scores import join_scores
from workbench.explore.explorer import Explorer
from workbench.model.checkpoint import Preprocessing
from workbench.model.load import Loaded, Report
from workbench.model.msnet import ModelConfig, MSNet
from workbench.video.protocol import TestProtocol, load_views
from workbench.video.read import VideoError
from workbench.video.sampling import Sampling
from workbench.video.transforms import normalise

ONE = TestProtocol(resize=(36, 48), size=32)
SIX = TestProtocol(clips=2, crops=3, resize=40, size=40)


@pytest.fixture(scope="module")
def videos(tmp_path_factory) -> VideoSet:
    """Seven videos of three classes: a number that no batch size here divides."""
    folder = make_set(tmp_path_factory.mktemp("set"), "something-v2", "frames", per_class=(1, 3))
    found = open_dataset(folder, "something-v2", "validation")
    return replace(found, items=found.items[:7])


@pytest.fixture(scope="module")
def loaded(videos) -> Loaded:
    """A network whose answers differ from video to video, and whose answers in training would be others."""
    torch.manual_seed(5)
    model = MSNet(ModelConfig("tiny", num_classes=3, num_frames=4, motion=None))
    nn.init.normal_(model.fc.weight)
    return Loaded(model.eval(), Report("made", 0), videos.labels, Preprocessing(32, resize=(36, 48)))


def by_hand(loaded: Loaded, path: Path, protocol: TestProtocol) -> np.ndarray:
    """One view after the other."""
    pixels = loaded.preprocessing
    with torch.inference_mode():
        clips = [normalise(torch.from_numpy(view[None]), pixels.mean, pixels.std) for view in load_views(path, protocol, 4).frames]
        return torch.cat([loaded.model(clip).logits for clip in clips]).mean(dim=0).numpy()


@pytest.mark.parametrize(("protocol", "batch_size"), [(ONE, 4), (ONE, 1), (SIX, 4), (SIX, 32)])
def test_every_video_is_counted_once_in_the_order_of_the_list(loaded, videos, protocol, batch_size):
    """Also those of the last batch, which is not full; the answers are those to each video alone."""
    scores = testing.evaluate_videos(loaded, videos, protocol, "mine", batch_size)
    assert scores.names == tuple(item.name for item in videos.items)
    assert len(scores) == 7
    assert scores.skipped == {}
    assert scores.places.tolist() == list(range(7))
    assert scores.truth.tolist() == [item.label for item in videos.items]
    expected = [by_hand(loaded, item.path, protocol) for item in videos.items]
    np.testing.assert_allclose(scores.scores, expected, atol=1e-5)
    assert np.ptp(scores.scores, axis=0).max() > 1e-2
    assert (scores.network, scores.protocol) == ("mine", protocol)


def test_workers_change_nothing(loaded, videos):
    """Neither order nor numbers, nor the state of torch's generator."""
    torch.manual_seed(1)
    alone, state = testing.evaluate_videos(loaded, videos, ONE), torch.get_rng_state()
    helped = testing.evaluate_videos(loaded, videos, ONE, workers=2)
    assert helped.names == alone.names
    assert np.array_equal(helped.scores, alone.scores)
    assert helped.digest == alone.digest
    assert torch.equal(torch.get_rng_state(), state)


def test_processes_share_the_videos(loaded, videos):
    """Three take every third each; put together they are the whole, also where there are more of them than videos."""
    whole = testing.evaluate_videos(loaded, videos, ONE)
    for size in (3, 9):
        parts = [testing.evaluate_videos(loaded, videos, ONE, rank=rank, size=size) for rank in range(size)]
        assert [len(part) for part in parts] == [len(range(rank, 7, size)) for rank in range(size)]
        joined = join_scores(parts)
        assert joined.names == whole.names
        assert np.array_equal(joined.truth, whole.truth)
        np.testing.assert_allclose(joined.scores, whole.scores, atol=1e-5)


def broken(videos: VideoSet, folder: Path) -> VideoSet:
    """The third video is a file that is none."""
    (folder / "bad.mp4").write_text("no video")
    items = list(videos.items)
    items[2] = replace(items[2], path=folder / "bad.mp4")
    return replace(videos, items=tuple(items))


@pytest.mark.parametrize("workers", [0, 1])
def test_a_bad_video_is_named_or_left_out_of_n(loaded, videos, tmp_path, workers):
    """One sentence without a traceback; or, where wanted, the others' answers, and its name with the reason."""
    bad, name = broken(videos, tmp_path), videos.items[2].name
    with pytest.raises(VideoError, match=rf"^bad\.mp4 .*'{name}' of the validation split") as refusal:
        testing.evaluate_videos(loaded, bad, ONE, workers=workers)
    assert "\n" not in str(refusal.value)
    scores = testing.evaluate_videos(loaded, bad, ONE, workers=workers, skip_bad=True)
    assert scores.names == tuple(item.name for item in videos.items if item.name != name)
    assert list(scores.skipped) == [name]
    assert scores.places.tolist() == [0, 1, 3, 4, 5, 6]
    assert "bad.mp4" in scores.skipped[name]
    assert scores.top(1).videos == 6


def test_classes_go_by_name(loaded, videos):
    """A network that counts its classes in another order answers the same; one of other classes is refused."""
    order = [2, 0, 1]
    model = MSNet(loaded.model.config).eval()
    model.load_state_dict(loaded.model.state_dict())
    model.fc.weight.data, model.fc.bias.data = loaded.model.fc.weight.data[order], loaded.model.fc.bias.data[order]
    turned = replace(loaded, model=model, labels=tuple(videos.labels[i] for i in order))
    scores = testing.evaluate_videos(turned, videos, ONE)
    assert scores.labels == videos.labels
    np.testing.assert_allclose(scores.scores, testing.evaluate_videos(loaded, videos, ONE).scores, atol=1e-5)
    nameless = testing.evaluate_videos(replace(loaded, labels=None), videos, ONE)
    np.testing.assert_allclose(nameless.scores, scores.scores, atol=1e-5)
    with pytest.raises(ValueError, match="does not know 1 classes of the data set, as"):
        testing.evaluate_videos(replace(loaded, labels=("other", *videos.labels[1:])), videos, ONE)
    with pytest.raises(ValueError, match="knows 3 classes and the data set has 2"):
        testing.evaluate_videos(loaded, replace(videos, labels=videos.labels[:2]), ONE)


def test_broken_weights_are_told(loaded, videos):
    """Answers of nan would count as wrong without a word."""
    model = MSNet(loaded.model.config).eval()
    model.fc.bias.data[1] = float("nan")
    with pytest.raises(ValueError, match=f"no number to 7 videos, as {videos.items[0].name}"):
        testing.evaluate_videos(replace(loaded, model=model), videos, ONE)


def test_videos_of_several_sizes_at_full_resolution(loaded, videos, tmp_path):
    """Whole frames of 32 x 43 and of 57 x 32 do not fit one batch; each is asked about for itself."""
    tall = make_set(tmp_path / "tall", "something-v2", "frames", per_class=(1, 2), size=(80, 45))
    others = open_dataset(tall, "something-v2", "validation").items
    both = replace(videos, items=tuple(replace(item, name=f"{i}") for i, item in enumerate((*videos.items[:3], *others[:2]))))
    whole = TestProtocol(resize=32, size=None)
    scores = testing.evaluate_videos(loaded, both, whole, batch_size=8)
    np.testing.assert_allclose(scores.scores, [by_hand(loaded, item.path, whole) for item in both.items], atol=1e-5)


# --------------------------------------------------------------------------------------------- the page answers as the test


@pytest.mark.parametrize(
    ("pixels", "clips", "crops"),
    [(Preprocessing(32, resize=(36, 48)), 1, 1), (Preprocessing(32, resize=(36, 48)), 3, 1), (Preprocessing(32, resize=40), 2, 3),
     (Preprocessing(32, resize=40), 1, 3),
     (Preprocessing(32, resize=40, sampling=Sampling("dense", 2)), 1, 1),
     (Preprocessing(32, resize=40, sampling=Sampling("dense", 2)), 10, 3),
     (Preprocessing(32, resize=40, sampling=Sampling("dense", 7)), 10, 3),
     (Preprocessing(32, sampling=Sampling("dense", seconds=0.5)), 1, 1),
     (Preprocessing(32, sampling=Sampling("dense", seconds=0.5)), 4, 3)],
)  # fmt: skip
def test_a_look_is_the_test_of_one_video(loaded, videos, pixels, clips, crops):
    """The page's probabilities are those of the protocol: one clip and crop by default, as many as are asked for else. What is
    shown as classified has the size of what was, and for one view is what was. (Stride 7: the video is too short and begins anew.)"""
    explorer = Explorer.of(replace(loaded, preprocessing=pixels), "mine")
    resize = pixels.resize or 32
    size = resize if crops == 3 else 32  # three crops are squares of the whole short side
    protocol = TestProtocol(clips, crops, resize, size, pixels.sampling)
    seen = explorer.look(videos.items[1].path, clips=clips, crops=crops)
    tested = testing.evaluate_videos(replace(loaded, preprocessing=pixels), replace(videos, items=videos.items[1:2]), protocol)
    np.testing.assert_allclose(seen.probabilities, tested.probabilities[0].numpy(), atol=1e-6)

    views = load_views(videos.items[1].path, protocol, 4)
    assert len(views.frames) == clips * crops
    assert seen.crops.shape == views.frames.shape[1:]
    if clips == 1:
        assert seen.indices == views.indices[0]
        assert np.array_equal(seen.crops, views.frames[crops // 2])


def test_views_of_a_span_that_is_asked_for(loaded, videos):
    """With a span or a stride, several clips are as long as the one shown and reach from the first frame to the last."""
    explorer = Explorer.of(replace(loaded, preprocessing=Preprocessing(32, resize=40, sampling=Sampling("dense", 2))), "mine")
    path = videos.items[0].path
    first, last = (explorer.look(path, start=start, stride=3) for start in (0.0, 1 / 3))  # 16 frames at 12 a second, 12 to a clip
    logits = [by_clip(loaded, seen.crops) for seen in (first, last)]
    several = explorer.look(path, start=0.0, stride=3, clips=2)
    assert several.indices == first.indices == (0, 3, 6, 9)
    assert last.indices == (4, 7, 10, 13)
    expected = torch.tensor(np.mean(logits, axis=0)).softmax(dim=0)
    np.testing.assert_allclose(several.probabilities, expected, atol=1e-5)


def by_clip(loaded: Loaded, crops: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return loaded.model(normalise(torch.from_numpy(crops[None]), Preprocessing().mean, Preprocessing().std)).logits[0].numpy()


@pytest.mark.parametrize(
    ("wrong", "said"), [({"clips": 0}, "clips must be 1 to 10, got 0"), ({"clips": 11}, "got 11"), ({"crops": 2}, "got 2")]
)
def test_views_that_cannot_be_looked_at(wrong, said):
    with pytest.raises(ValueError, match=said):
        wb.LookConfig(**wrong)
