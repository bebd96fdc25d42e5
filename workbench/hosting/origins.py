"""From where a request may come: under which names the page is known, from which page a browser asks, and who has signed in."""

import ipaddress
import re
import socket
from collections.abc import Iterable, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Scope

USUAL_PORTS = {"http": 80, "https": 443}
# What a proxy says of a request; the server has read it where the proxy is believed.
FORWARDED = re.compile(rb"x-forwarded-.*|forwarded|x-real-ip|x-original-.*")


def own_names(host: str, more: Iterable[str] = (), share: bool = False) -> tuple[str, ...]:
    """Names under which a page that listens at `host` is asked for. An address in numbers needs none: no other site can have it."""
    names = ["localhost", host.strip("[]")]
    if host in ("0.0.0.0", "::"):
        machine = socket.gethostname()
        names += [machine, f"{machine.partition('.')[0]}.local", socket.getfqdn()]
    return tuple(dict.fromkeys(name.lower() for name in (*names, *more, *(["*.gradio.live"] if share else []))))


def check_host(headers: Headers, names: Sequence[str]) -> None:
    """Raises HTTPException for a request to another name. A site that lets its name lead to this machine could else read what the page
    shows here (DNS rebinding)."""
    host = host_of(headers.get("host", ""))
    if not (is_address(host) or any(host == name or (name.startswith("*.") and host.endswith(name[1:])) for name in names)):
        raise HTTPException(403, "This page is not known under that name; whoever runs it can allow it by --names.")


def check_origin(headers: Headers) -> None:
    """Raises HTTPException for what a page of another site lets a browser ask here."""
    origin = headers.get("origin")
    if origin is None:
        foreign = headers.get("sec-fetch-site") in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate"
    else:
        scheme = origin.partition("://")[0]
        foreign = place_of(origin) is None or place_of(origin) != place_of(f"{scheme}://{headers.get('host', '')}")
    if foreign:
        raise HTTPException(403, "Another site's page asks here; only the page itself may.")


def host_of(text: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return (urlsplit(f"//{text}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def place_of(address: str) -> tuple[str, int | None] | None:
    """Name and port of an address, None for what is none. The scheme does not count: a proxy may take it off."""
    try:
        parts = urlsplit(address)
        return ((parts.hostname or "").rstrip("."), parts.port or USUAL_PORTS.get(parts.scheme)) if parts.hostname else None
    except ValueError:
        return None


def without_forwarded(scope: Scope) -> Scope:
    """The request without what a proxy, or whoever plays one, says of it: the server has read it, and Gradio would believe anyone."""
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if not FORWARDED.fullmatch(name.lower())]}


def may_enter(app: Any, headers: Headers) -> bool:
    """Whether a visitor of Gradio's app has signed in, or need not."""
    if getattr(app, "auth", None) is None:
        return True
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return False
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(name in cookies and cookies[name].value in app.tokens for name in names)


def session_exists(app: Any, session: str) -> bool:
    """Whether anything was asked in a session of Gradio's app."""
    return session in app.state_holder.session_data
