"""Reproduce this picture: a link that holds what decides it, and the command that draws it in a notebook."""

import shlex
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from workbench.lab.notebook import literal
from workbench.lab.parameters import config_of, parameters_of
from workbench.model.shelf import named_checkpoints
from workbench.page.picture import PictureConfig

NOTEBOOK = "notebooks/06_one_video.ipynb"
TEXTS = ("video", "checkpoint", "layer")  # parameters that are words, also where they look like numbers
LONGEST = 255  # characters of a value: as long as a file's name can be


def to_query(config: PictureConfig) -> str:
    """The part of a link after the question mark: what differs from the defaults. Of a video's path it holds the name."""
    changed = changes(replace(config, video=Path(config.video).name))
    return urlencode({name: as_text(value) for name, value in changed.items()})


def from_query(query: Mapping[str, str], checkpoints: Collection[str] | None = None) -> PictureConfig:
    """The picture that a link asks for. checkpoints: the names to choose from, by default all that there are here.

    Nothing is opened: a video is a sample, or a name to be given again (`ask_again`). Names that begin with two
    underscores are the web server's own and left alone.

    Raises ValueError with one sentence for a name or a type that is none, a value out of range, or a path.
    """
    own = {name: text for name, text in query.items() if not name.startswith("__")}
    config = config_of(PictureConfig, {name: as_value(name, text) for name, text in own.items()})
    known = named_checkpoints() if checkpoints is None else checkpoints
    if config.checkpoint not in known:
        raise ValueError(f"there is no checkpoint {config.checkpoint!r} here; there are {', '.join(known)}")
    if config.video in (".", "..") or set(config.video) & {"/", "\\"}:
        raise ValueError(f"a link names a sample or a file without its folder, got {config.video!r}")
    return config


def to_parameters(config: PictureConfig, output: str = "out.ipynb") -> str:
    """The command that draws the same pictures in a notebook, for a shell in a clone of the repository. -r is text as it is."""
    words = ["papermill", NOTEBOOK, output]
    for name, value in changes(config).items():
        words += ["-r" if name in TEXTS else "-p", name, as_text(value)]
    return shlex.join(words)


def ask_again(config: PictureConfig) -> str:
    """What to tell a visitor whose link is about a video of somebody's own; nothing where it is a sample."""
    return "" if config.sample else f"This link is about {config.video}, which was not kept: give this video again to see the same."


def changes(config: PictureConfig) -> dict[str, Any]:
    """The parameters that are not the default."""
    usual = parameters_of(PictureConfig())
    return {name: value for name, value in parameters_of(config).items() if value != usual[name]}


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def as_value(name: str, text: str) -> Any:
    """What `as_text` was given. Raises ValueError for what is too long to be a value."""
    if len(text) > LONGEST:
        raise ValueError(f"{name} is too long for a link: {len(text)} characters of at most {LONGEST}")
    return text if name in TEXTS else literal(text)
