"""Which routes, files and addresses a request may ask for, and the security headers of the answers."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from starlette.exceptions import HTTPException

RequestKind = Literal["reading", "file", "asking", "ending", "uploading", "signing_in"]

API = "/gradio_api"
READ = (
    r"/assets/.+", r"/static/.+", r"/theme\.css", r"/favicon\.ico", r"/manifest\.json", r"/robots\.txt", r"/logout", r"/config/?",
    rf"{API}/(info|app_id|theme\.css|startup-events|login_check|upload_progress|queue/data|queue/status)/?",
    rf"{API}/heartbeat/\w+", rf"{API}/call/\w+/\w+",
)  # fmt: skip
POSTED: dict[str, RequestKind] = {
    rf"{API}/(queue/join|(run|call|call/v2)/\w+)/?": "asking",
    rf"{API}/(cancel|reset)/?": "ending",
    rf"{API}/upload": "uploading",
    r"/login/?": "signing_in",
}
FILE = f"{API}/file="


def request_kind(method: str, path: str, pages: Sequence[str] = ()) -> RequestKind | None:
    """What a request is about, None for one that the page has no use for. pages: names of pages beside the first."""
    if method == "POST":
        return next((kind for pattern, kind in POSTED.items() if re.fullmatch(pattern, path)), None)
    if method not in ("GET", "HEAD"):
        return None
    if path.startswith(FILE):
        return "file"
    known = path.strip("/") in ("", *pages) or any(re.fullmatch(pattern, path) for pattern in READ)
    return "reading" if known else None


SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]+:", re.IGNORECASE)  # two letters and more: one is a drive of Windows
ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]*:\s*//", re.IGNORECASE)
OWN_FILE = re.compile(r"https?://[^/\s]+(/[^?#\s]*)?/gradio_api/file=(?!\s*[a-z][a-z0-9+.-]+:)", re.IGNORECASE)


def lies_in(path: str, folders: Sequence[Path]) -> bool:
    """Whether a path is one of the folders or files, or below one, wherever links on the way lead."""
    try:
        place = Path(path).resolve()
    except (OSError, ValueError, RuntimeError):  # a name too long, a zero byte, links in a circle
        return False
    return any(place.is_relative_to(folder.resolve()) for folder in folders)


def check_file(path: str, folders: Sequence[Path]) -> None:
    """Raises HTTPException for an address, and for a file outside of the folders."""
    if SCHEME.match(path):
        raise HTTPException(400, "A video is given by uploading it; addresses are not opened here.")
    if not lies_in(path, folders):
        raise HTTPException(403, "This file is none of the page's: only what was uploaded to it, or comes with it, is shown.")


def check_text(text: str) -> None:
    if ADDRESS.match(text):
        raise HTTPException(400, "An address is no answer to anything that the page asks for; nothing was opened.")


def clean_question(value: Any, folders: Sequence[Path], key: str = "") -> Any:
    """A question as it may be passed on. Raises HTTPException for a file that lies elsewhere and for an address, wherever it stands.

    A browser sends back with each file the address at which it was shown that file; it is dropped, for a server that follows
    it could be led elsewhere, and `path` says the same.
    """
    if isinstance(value, list):
        return [clean_question(item, folders) for item in value]
    if isinstance(value, dict):
        return {key: clean_question(item, folders, key) for key, item in value.items()}
    if isinstance(value, str):
        if key == "path":
            check_file(value, folders)
        elif key != "url" or not OWN_FILE.match(value):
            check_text(value)
    return None if key == "url" and isinstance(value, str) else value


SESSION = re.compile(r"[\w-]{1,64}")


def check_shape(question: Any) -> dict[str, Any]:
    """A question that has the parts which a page sends. Raises HTTPException for any other."""
    if not isinstance(question, dict):
        raise HTTPException(400, "This is no question that the page could understand: its parts have no names.")
    number, session = question.get("fn_index"), question.get("session_hash")
    if not (number is None or (isinstance(number, int) and not isinstance(number, bool) and number >= 0)):
        raise HTTPException(400, "This is no question that the page could understand: fn_index is no whole number.")
    if not (session is None or (isinstance(session, str) and SESSION.fullmatch(session))):
        raise HTTPException(400, "This is no question that the page could understand: session_hash is no name of a session.")
    if not isinstance(question.get("data", []), list) and number is not None:
        raise HTTPException(400, "This is no question that the page could understand: data is no list.")
    return question


SHARED = ("https://gradio.s3-us-west-2.amazonaws.com",)  # where Gradio keeps the scripts of pages that it shares


def page_policy(frames: Sequence[str] = (), scripts: Sequence[str] = ()) -> str:
    """A Content-Security-Policy: scripts, pictures, videos and connections from the page's own server and nowhere else.

    frames: sites that may show the page in a frame, beside itself. scripts: further sites for its scripts and styles.
    Gradio starts by scripts inside its page and makes functions from text, hence the two words that begin with "unsafe".
    """
    own = " ".join(("'self'", *scripts))
    rules = {
        "default-src": "'self'",
        "script-src": f"{own} 'unsafe-inline' 'unsafe-eval' blob:",
        "worker-src": "'self' blob:",
        "style-src": f"{own} 'unsafe-inline'",
        "img-src": f"{own} data: blob:",
        "media-src": f"{own} data: blob:",
        "font-src": f"{own} data:",
        "connect-src": f"{own} data: blob:",
        "frame-src": "'self' data: blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(("'self'", *frames)),
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


# A file may be a visitor's. Opened by itself it is a document without an origin, which can read and send nothing; a report or
# a notebook may still run what is written inside it.
FILE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:; "
    "font-src data:; sandbox allow-scripts allow-downloads allow-popups"
)
ALWAYS = {"x-content-type-options": "nosniff", "referrer-policy": "same-origin"}
