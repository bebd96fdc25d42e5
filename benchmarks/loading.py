"""Whether the loader keeps up with training: clips a second from files, beside what a training step takes.

    python benchmarks/loading.py

Writes results/loading.csv. Clips are made as for Something-Something: 8 frames of 224 pixels. What a GPU takes is a formula,
sustained FLOP/s / (3 x 2 x MACs of a clip): a backward costs two forwards, a multiply-accumulate two operations.
"""

import tempfile
import time
from collections.abc import Iterator
from math import ceil
from pathlib import Path

import torch
from PIL import Image
from torch.utils.data import DataLoader

import workbench as wb
from workbench.data.clips import ClipConfig, VideoClip, VideoClips
from workbench.data.datasets import VideoItem, VideoSet
from workbench.evaluation.cost import count_macs
from workbench.paths import RESULTS, write_rows
from workbench.training.distributed import machine
from workbench.video.transforms import resize

VIDEOS, FRAMES, APART = 24, 60, 11  # stretches of the sample video, so many frames one after the other
WORKERS, BATCH, WARM, BATCHES = (0, 1, 2), 8, 4, 30
MEDIA = {"mp4": "H.264 of 240 x 320 pixels, 60 frames", "folder": "JPEG pictures of 240 x 320 pixels, 60 frames"}
SUSTAINED = (30e12, 100e12)  # FLOP/s, assumed


def make_videos(folder: Path, media: str) -> VideoSet:
    items = []
    for number in range(VIDEOS):
        frames = wb.read_video(wb.sample_videos()[1].path, range(APART * number, APART * number + FRAMES)).frames
        frames, path = resize(frames, 240, 320), folder / (f"{number}.mp4" if media == "mp4" else f"{number}")
        if media == "mp4":
            wb.write_video(path, frames, 12, quality=23, preset="veryfast")
        else:
            path.mkdir()
            for place, frame in enumerate(frames, start=1):
                Image.fromarray(frame).save(path / f"{place:05d}.jpg", quality=90)
        items.append(VideoItem(path.name, path, 0))
    return VideoSet("lists", "train", ("class",), tuple(items))


def stacked(clips: list[VideoClip]) -> torch.Tensor:
    return torch.stack([torch.from_numpy(clip.frames) for clip in clips])


def loaded_per_second(videos: VideoSet, workers: int) -> float:
    """Clips a second once the workers are under way."""
    clips = VideoClips(videos, ClipConfig(), 8, passes=ceil((WARM + BATCHES) * BATCH / VIDEOS))
    batches = iter(DataLoader(clips, BATCH, num_workers=workers, collate_fn=stacked))
    for _ in range(WARM):
        next(batches)
    began = time.perf_counter()
    count = sum(len(next(batches)) for _ in range(BATCHES))
    return count / (time.perf_counter() - began)


def trained_per_second(model: wb.MSNet, clips: int = 2) -> float:
    """Clips a second of forwards and backwards here."""
    clip, taken = torch.randn(clips, 8, 3, 224, 224), []
    for _ in range(3):
        began = time.perf_counter()
        model(clip).logits.square().sum().backward()
        taken.append(time.perf_counter() - began)
    return clips / min(taken[1:])


def rows() -> Iterator[dict]:
    shared = {"machine": machine("cpu"), "command": "python benchmarks/loading.py"}
    for media, what in MEDIA.items():
        with tempfile.TemporaryDirectory() as folder:
            videos = make_videos(Path(folder), media)
            for workers in WORKERS:
                yield {"what": f"loaded from {what}", "workers": workers, "per_second": loaded_per_second(videos, workers), **shared}

    model = wb.MSNet(wb.ModelConfig()).train()
    yield {"what": "taken by ResNet-50 MSNet in training, here", "workers": "", "per_second": trained_per_second(model), **shared}
    macs, _, _ = count_macs(model.eval(), torch.zeros(1, 8, 3, 224, 224))
    for sustained in SUSTAINED:
        what = f"taken by it on a GPU that sustains {sustained / 1e12:.0f} TFLOP/s (assumed), {macs / 1e9:.1f} GMAC a clip"
        yield {"what": what, "workers": "", "per_second": sustained / (3 * 2 * macs), **shared, "machine": "none: a formula"}


def main() -> None:
    torch.set_flush_denormal(True)  # as in training
    rounded = [{**row, "per_second": round(row["per_second"], 1)} for row in rows()]
    write_rows(RESULTS / "loading.csv", rounded)
    print("\n".join(f"{row['per_second']:8.1f} clips a second  {row['what']}  {row['workers']}" for row in rounded))


if __name__ == "__main__":
    main()
