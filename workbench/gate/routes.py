"""What the page's front end and `gradio_client` ask for; nothing else is answered."""

import re
from dataclasses import dataclass
from typing import Literal

Errand = Literal["reading", "file", "asking", "ending", "uploading", "signing_in"]

API = "/gradio_api"
READ = (
    r"/assets/.+", r"/static/.+", r"/theme\.css", r"/favicon\.ico", r"/manifest\.json", r"/robots\.txt", r"/logout", r"/config/?",
    rf"{API}/(info|app_id|theme\.css|startup-events|login_check|upload_progress|queue/data|queue/status)/?",
    rf"{API}/heartbeat/\w+", rf"{API}/call/\w+/\w+",
)  # fmt: skip
POSTED: dict[str, Errand] = {
    rf"{API}/(queue/join|(run|call|call/v2)/\w+)/?": "asking",
    rf"{API}/(cancel|reset)/?": "ending",
    rf"{API}/upload": "uploading",
    r"/login/?": "signing_in",
}
FILE = f"{API}/file="


@dataclass(frozen=True)
class Routes:
    """pages: the names of pages beside the first, as `page.route` was given them."""

    pages: tuple[str, ...] = ()

    def errand(self, method: str, path: str) -> Errand | None:
        """What a request is about, None for one that the page has no use for."""
        if method == "POST":
            return next((errand for pattern, errand in POSTED.items() if re.fullmatch(pattern, path)), None)
        if method not in ("GET", "HEAD"):
            return None
        if path.startswith(FILE):
            return "file"
        known = path.strip("/") in ("", *self.pages) or any(re.fullmatch(pattern, path) for pattern in READ)
        return "reading" if known else None
