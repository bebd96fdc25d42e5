"""The middleware before the page: lets a request in, or refuses it with a sentence.

A refusal is one sentence. Gradio's front end shows the `detail` of a question that waits in the queue, and of an upload the whole
body; where a question does not wait, it marks its answer as an error and keeps the sentence to itself.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from starlette.formparsers import MultiPartException

from workbench.hosting.checks import (
    ALWAYS,
    FILE,
    FILE_POLICY,
    HttpRefusal,
    RequestKind,
    Routes,
    check_file,
    check_query,
    clean_question,
    page_policy,
)
from workbench.hosting.rates import RateLimiter, Rates, network_of
from workbench.video.uploads import MEGABYTE

Message = MutableMapping[str, Any]

Receive = Callable[[], Awaitable[Message]]

Send = Callable[[Message], Awaitable[None]]
ENVELOPE = MEGABYTE  # of an upload, around its files
SHARED_RATES = {"file": "reading", "ending": "asking"}  # of kinds of request that have no rate of their own
TOO_OFTEN = {
    "reading": "The page was asked for too much at once from your network",
    "asking": "There were too many questions at once from your network",
    "looking": "The network was asked to look too often from your network",
    "uploading": "There were too many uploads from your network",
    "signing_in": "There were too many passwords from your network",
}


@dataclass(frozen=True)
class GateConfig:
    """folders: folders and files that may be served and referred to. looking: the numbers of Gradio's functions that run the
    network. routes: what is answered at all. rates: how often. upload_bytes: of the files of one upload, together.
    question_bytes: of any other request. policy: the Content-Security-Policy of the page.
    """

    folders: tuple[Path, ...] = ()
    looking: frozenset[int] = frozenset()
    routes: Routes = field(default_factory=Routes)
    rates: Rates = field(default_factory=Rates)
    upload_bytes: int = 200 * MEGABYTE
    question_bytes: int = 2 * MEGABYTE
    policy: str = field(default_factory=page_policy)

    def __post_init__(self):
        if min(self.upload_bytes, self.question_bytes) < 1:
            raise ValueError(f"sizes must be at least 1 byte, got {self.upload_bytes} and {self.question_bytes}")


class TooLarge(MultiPartException):
    """Ends reading a body. Gradio removes a file that is half there for this kind of error only, and answers 413 for these words."""

    def __init__(self, size: int):
        super().__init__(f"What was sent exceeds the maximum allowed size of {size / MEGABYTE:g} MB; make it smaller.")


class Gate:
    """An ASGI middleware: `Middleware(Gate, config)`."""

    def __init__(self, app: Callable, config: GateConfig | None = None):
        self.app, self.config = app, config or GateConfig()
        self.limiter = RateLimiter(self.config.rates)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        answer = SecureResponse(send, FILE_POLICY if scope["path"].startswith(FILE) else self.config.policy)
        network = network_of((scope.get("client") or ("unknown", 0))[0])
        if not self.limiter.enter(network):
            return await answer.refuse(
                HttpRefusal(429, "Too many requests from your network are still open; close some tabs and reload.", 1)
            )
        try:
            scope, receive = await self.admit(scope, receive, network)
            await self.app(scope, receive, answer)
        except HttpRefusal as refusal:
            await answer.refuse(refusal, as_text=scope["path"].endswith("/upload"))
        except TooLarge as large:
            await answer.refuse(HttpRefusal(413, large.message))
        finally:
            self.limiter.leave(network)

    async def admit(self, scope: Message, receive: Receive, network: str) -> tuple[Message, Receive]:
        """The request as it may be passed on. Raises HttpRefusal."""
        kind = self.config.routes.kind_of(scope["method"], scope["path"])
        self.take(network, kind or "reading")
        if kind is None:
            raise HttpRefusal(404, "The page has nothing at this address.")
        check_query(scope["query_string"].decode("latin-1"))
        if kind == "file":
            check_file(scope["path"].removeprefix(FILE), self.config.folders)

        receive = self.limit_size(scope, receive, kind)
        if kind in ("asking", "ending"):
            question = parse_question(await read_body(receive), self.config.folders)
            if kind == "asking" and self.runs_the_network(scope["path"], question):
                self.take(network, "looking")
            return with_body(scope, json.dumps(question).encode(), receive)
        return scope, receive

    def take(self, network: str, what: RequestKind | Literal["looking"]) -> None:
        rate = SHARED_RATES.get(what, what)
        if wait := self.limiter.take(network, rate):
            raise HttpRefusal(429, f"{TOO_OFTEN[rate]}; try again in {wait} s.", wait)

    def limit_size(self, scope: Message, receive: Receive, kind: RequestKind) -> Receive:
        """The body, which ends with an error where it is larger than it may be, whatever length it declares."""
        most = self.config.upload_bytes if kind == "uploading" else self.config.question_bytes
        envelope = ENVELOPE if kind == "uploading" else 0
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > most + envelope:
            raise HttpRefusal(413, TooLarge(most).message)
        size = 0

        async def receive_within() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most + envelope:
                raise TooLarge(most)
            return message

        return receive_within

    def runs_the_network(self, path: str, question: Any) -> bool:
        """By the number of the function; where it is called by name, it may be any."""
        number = question.get("fn_index") if isinstance(question, dict) else None
        return "/call/" in path or not isinstance(number, int | float) or number in self.config.looking


class SecureResponse:
    """Sends what the page answers, with headers that keep the browser to it."""

    def __init__(self, send: Send, policy: str):
        self.out, self.has_begun = send, False
        self.headers = {**ALWAYS, "content-security-policy": policy}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            extra = [(name.encode(), value.encode()) for name, value in self.headers.items()]
            message = {**message, "headers": [*message.get("headers", ()), *extra]}
        await self.out(message)

    async def refuse(self, refusal: HttpRefusal, as_text: bool = False) -> None:
        if self.has_begun:
            return
        body = refusal.sentence if as_text else json.dumps({"detail": refusal.sentence, "error": refusal.sentence})
        kind = "text/plain; charset=utf-8" if as_text else "application/json"
        headers = {"content-type": kind, "content-length": str(len(body.encode())), "cache-control": "no-store"}
        headers |= {"retry-after": str(refusal.wait)} if refusal.wait else {}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self({"type": "http.response.start", "status": refusal.status, "headers": pairs})
        await self.out({"type": "http.response.body", "body": body.encode()})


async def read_body(receive: Receive) -> bytes:
    """A whole body. Raises TooLarge."""
    pieces, more = [], True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
    return b"".join(pieces)


def parse_question(body: bytes, folders: Sequence[Path]) -> Any:
    """A question without addresses. Raises HttpRefusal."""
    try:
        return clean_question(json.loads(body), folders)
    except (ValueError, RecursionError):
        raise HttpRefusal(400, "This is no question that the page could understand: it is not JSON.") from None


def with_body(scope: Message, body: bytes, receive: Receive) -> tuple[Message, Receive]:
    """A request whose body was read, with another one."""
    headers = [(name, value) for name, value in scope["headers"] if name not in (b"content-length", b"transfer-encoding")]
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return first.pop() if first else await receive()

    return {**scope, "headers": [*headers, (b"content-length", str(len(body)).encode())]}, again
