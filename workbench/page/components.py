"""What the tabs share: scripts and styles of front/, and errors shown as sentences."""

from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypeVar

from workbench.draw.html import note


@lru_cache
def read_front_file(name: str) -> str:
    """A style sheet or script of the page, by its file's name."""
    return (Path(__file__).parent / "front" / name).read_text(encoding="utf-8")


USER_ERRORS = (ValueError, OSError)  # what the package raises with a sentence for its user; VideoError and WeightsError are ValueErrors
HtmlFunction = TypeVar("HtmlFunction", bound=Callable[..., str])


def errors_as_html(section: HtmlFunction) -> HtmlFunction:
    """A section of the page that shows the sentence of what it raises in its own place."""

    @wraps(section)
    def section_or_error(*args, **kwargs) -> str:
        try:
            return section(*args, **kwargs)
        except USER_ERRORS as refusal:
            return note(str(refusal), "refused")

    return section_or_error
