"""How fast the pieces are, side by side in one run.

    python benchmarks/speed.py    # -> results/speed.csv

Seconds depend on the machine; the ratios within the run are what is compared.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from einops import rearrange

import workbench as wb
from workbench.paths import RESULTS, write_rows
from workbench.training.config import TINY, TrainConfig
from workbench.training.distributed import machine


def gather_then_multiply(source: torch.Tensor, target: torch.Tensor, radius: int) -> torch.Tensor:
    """The textbook way: unfold every window of the target, then einsum with the source."""
    source, target = (f / (f.square().sum(2, keepdim=True) + 1e-6).sqrt() for f in (source, target))
    b, _, c, h, _ = source.shape
    windows = F.unfold(rearrange(target, "b p c h w -> (b p) c h w"), 2 * radius + 1, padding=radius)
    windows = rearrange(windows, "(b p) (c d) (h w) -> b p c d h w", b=b, c=c, h=h)
    return torch.einsum("bpchw, bpcdhw -> bphwd", source, windows).relu()


def seconds(work: Callable[[], object], repeat: int = 7) -> float:
    """Median over repeats, after one to warm up."""
    work()
    taken = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def correlation() -> dict[str, float]:
    """Seven pairs of 28 x 28 cells, 64 channels, radius 7: the module in ResNet-50 on one clip."""
    source, target = (torch.randn(1, 7, 64, 28, 28, requires_grad=True) for _ in range(2))
    with torch.no_grad():
        forward = {
            "correlation forward, ours": seconds(lambda: wb.local_correlation(source, target, 7)),
            "correlation forward, unfold + einsum": seconds(lambda: gather_then_multiply(source, target, 7), 3),
        }
    return forward | {
        "correlation with backward, ours": seconds(lambda: wb.local_correlation(source, target, 7).sum().backward()),
        "correlation with backward, unfold + einsum": seconds(lambda: gather_then_multiply(source, target, 7).sum().backward(), 3),
    }


def network() -> dict[str, float]:
    """ResNet-50 on one clip of 8 frames at 224 pixels, with and without the module."""
    clip, taken = torch.randn(1, 8, 3, 224, 224), {}
    for name, motion in (("MSNet", wb.MotionConfig()), ("TSM", None)):
        model = wb.MSNet(wb.ModelConfig(motion=motion)).eval()
        with torch.no_grad():
            taken[f"ResNet-50 {name}, one clip"] = seconds(lambda model=model: model(clip), 5)
    return taken


def generation() -> dict[str, float]:
    """One clip made, against one clip's share of a training step of the tiny networks (batch 32)."""
    alphabet = TrainConfig().dataset("train")
    numbers = iter(range(10_000))
    taken = {"motion alphabet, one clip (one process)": seconds(lambda: [alphabet[next(numbers)] for _ in range(100)], 5) / 100}
    clip = torch.randn(32, 8, 3, 64, 64)
    for name, config in (("MSNet", TINY), ("TSM", wb.ModelConfig("tiny", 18, motion=None))):
        model = wb.MSNet(config).train()
        step = seconds(lambda model=model: model(clip).logits.square().sum().backward(), 5)
        taken[f"tiny {name}, training step, one clip (all threads)"] = step / 32
    return taken


def main(path: Path = RESULTS / "speed.csv") -> None:
    rows = [{"what": what, "milliseconds": round(1000 * taken, 2), "machine": machine("cpu")}
            for measure in (correlation, network, generation) for what, taken in measure().items()]  # fmt: skip
    write_rows(path, rows)
    print("\n".join(f"{row['milliseconds']:10.2f} ms  {row['what']}" for row in rows))


if __name__ == "__main__":
    main()
