"""`push` and `pull`: checkpoints to and from the Hugging Face hub or a shared folder, with a model card."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from workbench.model.checkpoint import Checkpoint, WeightsError, describe_checkpoint, read_checkpoint
from workbench.model.fetch import HubName, first_line, hub_name
from workbench.model.load import TRAINED, find_checkpoint
from workbench.paths import write_atomically
from workbench.text import exact_percent, markdown_table

CARD, CONFIG = "README.md", "config.json"
COMMIT_MESSAGE = "Push a checkpoint of MotionSqueeze Workbench"


def push(checkpoint: str | os.PathLike, repo: str, token: str | None = None, private: bool = True) -> str:
    """Send a checkpoint with its card and its config to the hub or to a folder, and return where it now is.

    checkpoint: a file or name (`find_checkpoint`). repo: "hf:owner/name", made where it is not there yet, and private unless
    said otherwise; or a folder that others can read, new or of an earlier push. token: one that may write, by default that of
    `hf auth login`. Three files are sent and nothing else; provenance is one of the things that they tell.

    Raises WeightsError for what is no checkpoint of the workbench, FileExistsError for a folder of something else,
    PermissionError where a private push would land in public, ConnectionError where the hub cannot be reached or refuses.
    """
    place = hub_name(repo)
    if place and place.revision:
        raise ValueError(f"a push makes the newest revision; say {HubName(place.repository)} without @{place.revision}")
    parcel = pack(find_checkpoint(checkpoint), str(place or Path(repo).absolute()))
    return send(parcel, place.repository, token, private) if place else put(parcel, Path(repo))


def pull(repo: str | os.PathLike, folder: str | os.PathLike | None = None) -> Path:
    """The file of a checkpoint that was pushed to "hf:owner/name[@revision]" or to a folder; given a folder, a checked copy in it.

    A copy in runs/NAME is a checkpoint with a name. Only safetensors are taken, never a pickle.

    Raises what `find_checkpoint` raises, WeightsError for a damaged file, FileExistsError where the folder holds other weights.
    """
    path = find_checkpoint(repo)
    contents_of(path)
    if folder is None:
        return path
    target, contents = Path(folder) / TRAINED, path.read_bytes()
    if target.exists() and target.read_bytes() != contents:
        raise FileExistsError(f"{target} holds other weights; name another folder, or remove it first")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, contents)
    return target


def contents_of(path: Path) -> Checkpoint:
    contents = read_checkpoint(path)
    if not isinstance(contents, Checkpoint):
        raise WeightsError(f"{path} is no checkpoint of the workbench; load it with load_weights and write it with save_checkpoint")
    return contents


def pack(path: Path, name: str) -> dict[str, bytes]:
    """The files of a push by name; `name` is what the card tells readers to load."""
    config = json.dumps(json.loads(describe_checkpoint(contents_of(path))), indent=2, ensure_ascii=False)
    return {TRAINED: path.read_bytes(), CARD: model_card(path, name).encode(), CONFIG: f"{config}\n".encode()}


def put(parcel: Mapping[str, bytes], folder: Path) -> str:
    existing = [name for name in parcel if (folder / name).exists()]
    if existing and len(existing) < len(parcel):
        raise FileExistsError(f"{folder} holds a {existing[0]} that no push has written; name a new folder")
    if not folder.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(folder.parent)!r} to push into; for the hub say hf:{folder.as_posix()}")
    folder.mkdir(exist_ok=True)
    for name, contents in parcel.items():
        write_atomically(folder / name, contents)
    return str(folder.absolute())


def send(parcel: Mapping[str, bytes], repository: str, token: str | None, private: bool) -> str:
    import huggingface_hub  # half a second, and only those who push need it

    with TemporaryDirectory() as folder, complaints_about(repository):
        api = huggingface_hub.HfApi(token=token)
        address = api.create_repo(repository, private=private, exist_ok=True)
        if private and not api.repo_info(repository).private:  # it was there before, and open to all
            raise PermissionError(f"{repository} is open to all already; push to another one, or say that it may be public")
        parcel_folder = put(parcel, Path(folder, "parcel"))
        api.upload_folder(repo_id=repository, folder_path=parcel_folder, commit_message=COMMIT_MESSAGE)
        return str(address)


@contextmanager
def complaints_about(repository: str) -> Iterator[None]:
    """What the hub or the way to it complains of, as one sentence with a remedy."""
    try:
        yield
    except PermissionError:
        raise
    except Exception as error:  # whatever the library below it raises, which differs between versions
        remedy = "log in by `hf auth login` with a token that may write there, or push to a folder"
        raise ConnectionError(f"the hub cannot be reached or does not take {repository} ({first_line(error)}); {remedy}") from error


MEASURED = {"validation_accuracy", "low", "high", "top5", "validation_clips"}  # in the provenance, under "validation"
METADATA = {
    "library_name": "motionsqueeze-workbench",
    "pipeline_tag": "video-classification",
    "tags": ["video-classification", "action-recognition", "motionsqueeze"],
}
USE = """With MotionSqueeze Workbench installed:

```python
import workbench as wb

exploration = wb.Explorer.load({name}).look("video.mp4")
print(exploration.top(5))
```"""
LICENCE = """The weights carry what they learned from: check the data set's licence before you use them or pass them on. The code
of MotionSqueeze Workbench is under the BSD-2-Clause licence."""


def model_card(path: str | os.PathLike, name: str | None = None) -> str:
    """The card of a checkpoint file as Markdown. name: by which readers load it ("hf:owner/name"); by default the file's.

    Everything that the file's provenance says is told, and nothing that it does not say: a card without numbers says so.

    Raises WeightsError for a damaged file and for one that is no checkpoint of the workbench.
    """
    from huggingface_hub import ModelCardData  # half a second, as below

    checkpoint = contents_of(Path(path))
    validation = measured(checkpoint.provenance)
    known = {name: value for name, value in checkpoint.provenance.items() if name != "validation" or not validation}
    sections = {
        "How to load it": USE.format(name=json.dumps(name or Path(path).name, ensure_ascii=False)),
        "Network": card_table(("field", "value"), provenance_rows(asdict(checkpoint.config))),
        "Clips": card_table(("field", "value"), provenance_rows(checkpoint.preprocessing.as_facts())),
        "Training": card_table(("field", "value"), provenance_rows(known))
        if known
        else "The file does not say how the weights were trained.",
        "Numbers": measured_numbers(validation),
        "Classes": describe_classes(checkpoint),
        "Licence": LICENCE,
    }
    config = checkpoint.config
    title = f"# {config.kind}, {config.backbone}, {config.num_frames} frames, {config.num_classes} classes"
    parts = [f"---\n{ModelCardData(**METADATA).to_yaml()}\n---", title, card_summary(checkpoint)]
    return "\n\n".join([*parts, *(f"## {name}\n\n{text}" for name, text in sections.items())]) + "\n"


def card_summary(checkpoint: Checkpoint) -> str:
    """What it is, and from which paper."""
    config = checkpoint.config
    shift = "a 2D network with temporal shift (Lin et al., TSM, ICCV 2019)" if config.shift_div else "a 2D network on single frames (TSN)"
    places = " and ".join(config.motion_after)
    motion = f", with the MotionSqueeze module after {places} (Kwon et al., ECCV 2020)" if config.motion else ""
    size = sum(tensor.numel() for name, tensor in checkpoint.tensors.items() if name.endswith((".weight", ".bias")))
    return f"It names what happens in a video, from {config.num_frames} of its frames: {shift}{motion}. It has {size:,} parameters."


def measured(provenance: Mapping[str, Any]) -> Mapping[str, Any]:
    """What training on a data set wrote of its validation videos; empty where it did not, or measured nothing."""
    validation = provenance.get("validation")
    if not isinstance(validation, Mapping) or not validation.keys() >= MEASURED:
        return {}
    return validation if isfinite(float(validation["validation_accuracy"])) else {}


def measured_numbers(validation: Mapping[str, Any]) -> str:
    """Accuracies in percent, with the 95 % interval where it is known, and of how many videos."""
    if not validation:
        return "The file holds no measured numbers."
    shares = [float(validation[name]) for name in ("validation_accuracy", "low", "high", "top5")]  # float: a checkpoint has "nan"
    accuracy, low, high, top5 = (exact_percent(share) if isfinite(share) else "not known" for share in shares)
    rows = [("top-1", accuracy, f"{low} to {high}"), ("top-5", top5, "not known")]
    return f"On {validation['validation_clips']:,} validation videos:\n\n{card_table(('measure', 'accuracy', '95 % interval'), rows)}"


def describe_classes(checkpoint: Checkpoint) -> str:
    """The names of the classes in their order, as text that no name can break out of."""
    if checkpoint.labels is None:
        return f"There are {checkpoint.config.num_classes}; the file does not name them."
    names = "\n".join(f"{number:4}  {one_line(label)}" for number, label in enumerate(checkpoint.labels))
    return f"```text\n{names}\n```"


def provenance_rows(fields: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Names and values, those of a dictionary in a dictionary one by one: `motion.radius`."""
    rows = []
    for name, value in fields.items():
        rows += provenance_rows(value, f"{above}{name}.") if isinstance(value, Mapping) else [(f"{above}{name}", value)]
    return rows


def card_table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    return markdown_table([list(heads), *([cell(value) for value in row] for row in rows)])


def cell(value: Any) -> str:
    """A value as code, so that nothing in it is read as Markdown or HTML."""
    words = value if isinstance(value, str) else "none" if value is None else json.dumps(value, ensure_ascii=False)
    words = one_line(words).replace("`", "'").replace("|", r"\|")
    return f"`{words}`" if words else ""


def one_line(text: str) -> str:
    return " ".join(text.split())
