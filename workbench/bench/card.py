"""The model card of a checkpoint: all that its file says about itself, for people, in the Markdown of the hub."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from workbench.model.checkpoint import Checkpoint, WeightsError, read_checkpoint
from workbench.model.msnet import ModelConfig

MEASURED = {"validation_accuracy", "low", "high", "top5", "validation_clips"}  # in the provenance, under "validation"
FRONT = """---
library_name: motionsqueeze-workbench
pipeline_tag: video-classification
tags:
- video-classification
- action-recognition
- motionsqueeze
---"""
USE = """With MotionSqueeze Workbench installed:

```python
import workbench as wb

seen = wb.Explorer.load({name}).look("video.mp4")
print(seen.top(5))
```"""
LICENCE = """The weights carry what they learned from: check the data set's licence before you use them or pass them on. The code
of MotionSqueeze Workbench is under the BSD-2-Clause licence."""


def model_card(path: str | os.PathLike, name: str | None = None) -> str:
    """The card of a checkpoint file as Markdown. name: by which readers load it ("hf:owner/name"); by default the file's.

    Everything that the file's provenance says is told, and nothing that it does not say: a card without numbers says so.

    Raises WeightsError for a damaged file and for one that is no checkpoint of the workbench.
    """
    checkpoint = read_checkpoint(Path(path))
    if not isinstance(checkpoint, Checkpoint):
        raise WeightsError(f"{os.fspath(path)} is no checkpoint of the workbench and has no card; write it with save_checkpoint")
    sections = {
        "How to load it": USE.format(name=json.dumps(name or Path(path).name, ensure_ascii=False)),
        "Network": table(("field", "value"), told(asdict(checkpoint.config))),
        "Clips": table(("field", "value"), told(asdict(checkpoint.preprocessing))),
        "Training": training(checkpoint.provenance),
        "Numbers": numbers(measured(checkpoint.provenance)),
        "Classes": classes(checkpoint),
        "Licence": LICENCE,
    }
    parts = [FRONT, f"# {title(checkpoint.config)}", summary(checkpoint)]
    return "\n\n".join([*parts, *(f"## {name}\n\n{text}" for name, text in sections.items())]) + "\n"


def title(config: ModelConfig) -> str:
    kind = "MSNet" if config.motion else "TSM" if config.shift_div else "TSN"
    return f"{kind}, {config.backbone}, {config.num_frames} frames, {config.num_classes} classes"


def summary(checkpoint: Checkpoint) -> str:
    """What it is, and from which paper."""
    config = checkpoint.config
    shift = "a 2D network with temporal shift (Lin et al., TSM, ICCV 2019)" if config.shift_div else "a 2D network on single frames (TSN)"
    places = " and ".join(config.motion_after)
    motion = f", with the MotionSqueeze module after {places} (Kwon et al., ECCV 2020)" if config.motion else ""
    size = sum(tensor.numel() for name, tensor in checkpoint.tensors.items() if name.endswith((".weight", ".bias")))
    return f"It names what happens in a video, from {config.num_frames} of its frames: {shift}{motion}. It has {size:,} parameters."


def training(provenance: Mapping[str, Any]) -> str:
    """What is known of how the weights came about, in the order in which it was written."""
    known = {name: value for name, value in provenance.items() if name != "validation" or not measured(provenance)}
    return table(("field", "value"), told(known)) if known else "The file does not say how the weights were trained."


def measured(provenance: Mapping[str, Any]) -> Mapping[str, Any]:
    """What training on a data set wrote of its validation videos; empty where it did not, or measured nothing."""
    found = provenance.get("validation")
    complete = isinstance(found, Mapping) and found.keys() >= MEASURED and isfinite(float(found["validation_accuracy"]))
    return found if complete else {}


def numbers(found: Mapping[str, Any]) -> str:
    """Accuracies in percent, with the 95 % interval where it is known, and of how many videos."""
    if not found:
        return "The file holds no measured numbers."
    accuracy, low, high, top5 = (percent(found[name]) for name in ("validation_accuracy", "low", "high", "top5"))
    rows = [("top-1", accuracy, f"{low} to {high}"), ("top-5", top5, "not known")]
    return f"On {found['validation_clips']:,} validation videos:\n\n{table(('measure', 'accuracy', '95 % interval'), rows)}"


def percent(share: float | int | str) -> str:
    share = float(share)  # a checkpoint writes what is not a number as "nan"
    return f"{100 * share:.1f} %" if isfinite(share) else "not known"


def classes(checkpoint: Checkpoint) -> str:
    """The names of the classes in their order, as text that no name can break out of."""
    if checkpoint.labels is None:
        return f"There are {checkpoint.config.num_classes}; the file does not name them."
    names = "\n".join(f"{number:4}  {one_line(label)}" for number, label in enumerate(checkpoint.labels))
    return f"```text\n{names}\n```"


def told(fields: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Names and values, those of a dictionary in a dictionary one by one: `motion.radius`."""
    rows = []
    for name, value in fields.items():
        rows += told(value, f"{above}{name}.") if isinstance(value, Mapping) else [(f"{above}{name}", value)]
    return rows


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [heads, ["---"] * len(heads), *(tuple(map(cell, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(value: Any) -> str:
    """A value as code, so that nothing in it is read as Markdown or HTML."""
    words = value if isinstance(value, str) else "none" if value is None else json.dumps(value, ensure_ascii=False)
    words = one_line(words).replace("`", "'").replace("|", r"\|")
    return f"`{words}`" if words else ""


def one_line(text: str) -> str:
    return " ".join(text.split())
