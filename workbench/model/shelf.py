"""Checkpoints by name: those that ship with the workbench, and those that training left in `runs/`."""

import difflib
import os
from pathlib import Path

from workbench.model.hub import fetch, hub_name

ASSETS = Path(__file__).parent.parent / "assets"
PROJECT = Path(__file__).parent.parent.parent
SHIPPED = ASSETS / "msnet-tiny.safetensors"
TRAINED = "model.safetensors"  # in the folder of its run


def find_checkpoint(name: str | os.PathLike) -> Path:
    """The file of a checkpoint: a path, the name of a shipped one ("tsm-tiny"), of a run ("10_train" for runs/10_train), or of
    one on the Hugging Face hub ("hf:owner/name" or "hf:owner/name@revision").

    Raises FileNotFoundError with the nearest name, and what `fetch` raises for the hub.
    """
    if place := hub_name(name):
        return Path(fetch(place, TRAINED))
    path = Path(name)
    if path.is_file():
        return path
    if (path / TRAINED).is_file():
        return path / TRAINED
    known = named_checkpoints()
    if str(name) in known:
        return known[str(name)]
    close = difflib.get_close_matches(str(name), known, n=1)
    told = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
    raise FileNotFoundError(f"there is no checkpoint file or name {str(name)!r}; {told}")


def named_checkpoints() -> dict[str, Path]:
    """Every checkpoint that has a name: the shipped ones first, then the runs in `runs/` of the project and of the folder we are in."""
    shipped = {path.stem: path for path in [SHIPPED, *sorted(ASSETS.glob("*.safetensors"))]}
    folders = dict.fromkeys((PROJECT / "runs", Path.cwd() / "runs"))
    runs = {path.parent.name: path for folder in folders for path in sorted(folder.glob(f"*/{TRAINED}"))}
    return shipped | {name: path for name, path in runs.items() if name not in shipped}
