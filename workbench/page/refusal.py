"""What cannot be done is a sentence on the page, never a traceback."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from workbench.page.markup import note

REFUSED = (ValueError, OSError)  # what the package raises with a sentence for its user; VideoError and WeightsError are ValueErrors
Section = TypeVar("Section", bound=Callable[..., str])


def in_a_sentence(section: Section) -> Section:
    """A section of the page that shows the sentence of what it raises in its own place."""

    @wraps(section)
    def said(*args, **kwargs) -> str:
        try:
            return section(*args, **kwargs)
        except REFUSED as refusal:
            return note(str(refusal), "refused")

    return said
