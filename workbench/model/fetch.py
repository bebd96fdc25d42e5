"""Download of checkpoints from the Hugging Face hub by their name, `hf:owner/name`."""

import os
import re
from dataclasses import dataclass
from pathlib import PurePath

PREFIX = "hf:"


@dataclass(frozen=True)
class HubName:
    """A repository of the hub; revision: a branch, a tag or a commit, by default what is newest."""

    repository: str
    revision: str | None = None

    def __str__(self) -> str:
        return f"{PREFIX}{self.repository}" + (f"@{self.revision}" if self.revision else "")


def hub_name(name: str | os.PathLike) -> HubName | None:
    """`hf:owner/name` or `hf:owner/name@revision` taken apart; None for what lies on this machine.

    Raises ValueError for what begins like a name on the hub and is none.
    """
    text = PurePath(name).as_posix() if isinstance(name, os.PathLike) else name
    if not text.startswith(PREFIX):
        return None
    match = re.fullmatch(rf"{PREFIX}([\w-][\w.-]*/[\w-][\w.-]*)(?:@(?!\S*\.\.)(\w[\w./-]*))?", text)
    if match is None:
        raise ValueError(f"{text!r} is no name on the hub; say {PREFIX}owner/name, or {PREFIX}owner/name@revision")
    return HubName(*match.groups())


def fetch(place: HubName, file: str) -> str:
    """The path of one file of a repository, downloaded unless the cache has it as it now is; without the hub, as it was last.

    Raises FileNotFoundError for what is not there or may not be read, ConnectionError where neither hub nor cache has it.
    """
    import huggingface_hub  # half a second, and only those who name the hub need it
    from huggingface_hub import errors

    silence = None
    try:
        silence = why_silent(place)
        return huggingface_hub.hf_hub_download(place.repository, file, revision=place.revision, local_files_only=silence is not None)
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        remedy = "check the name, and log in by `hf auth login` if it is private"
        raise FileNotFoundError(f"the hub has no {place}, or does not show it to you; {remedy}") from error
    except errors.RemoteEntryNotFoundError as error:
        remedy = "only safetensors are read from the hub, so ask its owner for one"
        raise FileNotFoundError(f"{place} has no {file}; {remedy}") from error
    except Exception as error:  # whatever the library below it raises, which differs between versions
        why, remedy = silence or first_line(error), "connect, or get the file elsewhere and give its path"
        raise ConnectionError(f"{place} is not on this machine, and cannot be had from the hub ({why}); {remedy}") from error


def why_silent(place: HubName) -> str | None:
    """Why the hub does not answer; None if it does. One question: the download itself would ask six times, for 25 seconds."""
    import huggingface_hub
    from huggingface_hub import errors

    try:
        huggingface_hub.HfApi().repo_info(place.repository, revision=place.revision, timeout=10)
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError):
        raise
    except Exception as error:  # as above
        return first_line(error)
    return None


def first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
