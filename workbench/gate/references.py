"""What a question may refer to: files in the folders of the page, and no address."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]+:", re.IGNORECASE)  # two letters and more: one is a drive of Windows
ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]*:\s*//", re.IGNORECASE)
OWN_FILE = re.compile(r"https?://[^/\s]+(/[^?#\s]*)?/gradio_api/file=(?!\s*[a-z][a-z0-9+.-]+:)", re.IGNORECASE)


class Refused(Exception):
    """An answer other than what was asked for: its status, a sentence, and after how many seconds to ask again (0: never)."""

    def __init__(self, status: int, sentence: str, wait: int = 0):
        super().__init__(sentence)
        self.status, self.sentence, self.wait = status, sentence, wait


def lies_in(path: str, folders: Sequence[Path]) -> bool:
    """Whether a path is one of the folders or files, or below one, wherever links on the way lead."""
    try:
        place = Path(path).resolve()
    except (OSError, ValueError, RuntimeError):  # a name too long, a zero byte, links in a circle
        return False
    return any(place.is_relative_to(folder.resolve()) for folder in folders)


def check_file(path: str, folders: Sequence[Path]) -> None:
    """Raises Refused for an address, and for a file outside of the folders."""
    if SCHEME.match(path):
        raise Refused(400, "A video is given by uploading it; addresses are not opened here.")
    if not lies_in(path, folders):
        raise Refused(403, "This file is none of the page's: only what was uploaded to it, or comes with it, is shown.")


def check_query(query: str) -> None:
    """Raises Refused where a value is an address."""
    for _, value in parse_qsl(query):
        check_text(value)


def check_text(text: str) -> None:
    if ADDRESS.match(text):
        raise Refused(400, "An address is no answer to anything that the page asks for; nothing was opened.")


def cleaned(value: Any, folders: Sequence[Path]) -> Any:
    """A question as it may be passed on. Raises Refused for a file that lies elsewhere and for an address, wherever it stands.

    A browser sends back with each file the address at which it was shown that file; it is dropped, for a server that follows
    it could be led elsewhere, and `path` says the same.
    """
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, list):
        return [cleaned(item, folders) for item in value]
    elif isinstance(value, dict):
        return {key: cleaned_item(key, item, folders) for key, item in value.items()}
    return value


def cleaned_item(key: str, item: Any, folders: Sequence[Path]) -> Any:
    if key == "path" and isinstance(item, str):
        check_file(item, folders)
    elif key == "url" and isinstance(item, str):
        if not OWN_FILE.match(item):
            check_text(item)
        return None
    else:
        return cleaned(item, folders)
    return item
