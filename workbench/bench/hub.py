"""Checkpoints pushed to and pulled from the Hugging Face hub or a shared folder: the weights, their card, their config."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from workbench.bench.card import model_card
from workbench.model.checkpoint import Checkpoint, WeightsError, describe, read_checkpoint, write_atomically
from workbench.model.hub import HubName, first_line, hub_name
from workbench.model.shelf import TRAINED, find_checkpoint

CARD, CONFIG = "README.md", "config.json"
MESSAGE = "Push a checkpoint of MotionSqueeze Workbench"


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
    config = json.dumps(json.loads(describe(contents_of(path))), indent=2, ensure_ascii=False)
    return {TRAINED: path.read_bytes(), CARD: model_card(path, name).encode(), CONFIG: f"{config}\n".encode()}


def put(parcel: Mapping[str, bytes], folder: Path) -> str:
    found = [name for name in parcel if (folder / name).exists()]
    if found and len(found) < len(parcel):
        raise FileExistsError(f"{folder} holds a {found[0]} that no push has written; name a new folder")
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
        api.upload_folder(repo_id=repository, folder_path=parcel_folder, commit_message=MESSAGE)
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
