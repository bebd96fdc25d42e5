"""What a browser may do with what the page sends it."""

from collections.abc import Sequence

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
