"""The middleware before the page: refuses, with a sentence, what is too large, too frequent or from a strange address.

A refusal is one sentence. Gradio's front end shows the `detail` of a question that waits in the queue, and of an upload the whole
body; where a question does not wait, it marks its answer as an error and keeps the sentence to itself.
"""

import asyncio
import json
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.hosting.checks import (
    ALWAYS,
    API,
    FILE,
    FILE_POLICY,
    check_file,
    check_shape,
    check_text,
    clean_question,
    page_policy,
    request_kind,
)
from workbench.hosting.origins import check_host, check_origin, may_enter, session_exists, without_forwarded
from workbench.hosting.rates import RateLimiter, Rates, network_of
from workbench.parameters import Range, check_ranges
from workbench.paths import is_full
from workbench.text import describe_error
from workbench.video.uploads import MEGABYTE

VISIT = re.compile(rf"{API}/heartbeat/(\w+)")  # open for as long as a page is
SECONDS_BETWEEN_CHECKS, SILENT_CHECKS = 0.5, 120  # of a visit in which nothing was asked yet
ENVELOPE = MEGABYTE  # of an upload, around its files
SHARED_RATES = {"file": "reading", "ending": "asking"}  # of kinds of request that have no rate of their own
TOO_OFTEN = {
    "reading": "The page was asked for too much at once from your network",
    "asking": "There were too many questions at once from your network",
    "looking": "The network was asked to look too often from your network",
    "lasting": "Films, files and trainings, which take long, were asked for too often from your network",
    "live": "There were too many pictures of cameras at once from your network",
    "uploading": "There were too many uploads from your network",
    "signing_in": "There were too many passwords from your network",
}


@dataclass(frozen=True)
class GateConfig:
    """folders: folders and files that may be served and referred to. looking: the numbers of Gradio's functions that run the
    network. lasting: of those among them that may take minutes, and the names by which programs call these. live: of those that
    answer a camera. pages: names of pages beside the first. rates: how often a network may ask.
    upload_bytes: of the files of one upload, together. question_bytes: of any other request. names: under which the page is known.
    policy: the Content-Security-Policy of the page.
    """

    folders: tuple[Path, ...] = ()
    looking: frozenset[int | str] = frozenset()
    lasting: frozenset[int | str] = frozenset()
    live: frozenset[int | str] = frozenset()
    pages: tuple[str, ...] = ()
    rates: Rates = field(default_factory=Rates)
    upload_bytes: Annotated[int, Range(1)] = 200 * MEGABYTE
    question_bytes: Annotated[int, Range(1)] = 2 * MEGABYTE
    names: tuple[str, ...] = ("localhost",)
    policy: str = field(default_factory=page_policy)

    def __post_init__(self):
        check_ranges(self)


class TooLarge(MultiPartException):
    """Ends reading a body. Gradio removes a file that is half there for this kind of error only, and answers 413 for these words."""

    def __init__(self, size: int):
        super().__init__(f"What was sent exceeds the maximum allowed size of {size / MEGABYTE:g} MB; make it smaller.")


class Gate:
    """An ASGI middleware: `Middleware(Gate, config)`."""

    def __init__(self, app: ASGIApp, config: GateConfig | None = None):
        self.app, self.config = app, config or GateConfig()
        self.limiter = RateLimiter(self.config.rates)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        answer = SecureResponse(send, FILE_POLICY if scope["path"].startswith(FILE) else self.config.policy)
        network = network_of((scope.get("client") or ("unknown", 0))[0])
        visit = VISIT.fullmatch(scope["path"])
        most = self.config.rates.visits_at_once if visit else self.config.rates.open_at_once
        place = f"{network} visits" if visit else network
        if not self.limiter.enter(place, most):
            sentence = "Too many requests from your network are still open; close some tabs and reload."
            return await answer.refuse(HTTPException(429, sentence, {"retry-after": "1"}), scope, receive)
        try:
            scope, receive = await self.admit(without_forwarded(scope), receive, network)
            if not visit or await self.begin_visit(visit[1], scope, receive):
                await self.app(scope, receive, answer)
        except Exception as error:
            await answer.refuse(refusal_of(error, scope["path"]), scope, receive)
        finally:
            self.limiter.leave(place)

    async def begin_visit(self, session: str, scope: Scope, receive: Receive) -> bool:
        """Waits until something was asked in a session whose visit begins; whether that was so before the visitor left.

        Gradio keeps a state for every session whose visit ends, and drops the oldest for it: sessions that never asked anything would
        take the place of those that did. Raises HTTPException for a visitor who has not signed in, and for a session that asks nothing.
        """
        if not may_enter(scope["app"], Headers(scope=scope)):
            raise HTTPException(401, "Sign in first.")
        left = asyncio.ensure_future(receive())  # a visit has no body: the one after its empty message is its end
        try:
            for _ in range(SILENT_CHECKS):
                if session_exists(scope["app"], session):
                    return True
                await asyncio.wait([left], timeout=SECONDS_BETWEEN_CHECKS)
                if left.done() and left.result()["type"] == "http.disconnect":
                    return False
                if left.done():
                    left = asyncio.ensure_future(receive())
        finally:
            left.cancel()
        raise HTTPException(404, "Nothing was asked in this session.")

    async def admit(self, scope: Scope, receive: Receive, network: str) -> tuple[Scope, Receive]:
        """The request as it may be passed on. Raises HTTPException."""
        headers = Headers(scope=scope)
        check_host(headers, self.config.names)
        check_origin(headers)
        kind = request_kind(scope["method"], scope["path"], self.config.pages)
        self.take(network, kind or "reading")
        if kind is None:
            raise HTTPException(404, "The page has nothing at this address.")
        for _, value in parse_qsl(scope["query_string"].decode("latin-1")):
            check_text(value)
        if kind == "file":
            check_file(scope["path"].removeprefix(FILE), self.config.folders)
            scope = with_one_range(scope)

        receive = self.limit_size(scope, receive, kind)
        if kind in ("asking", "ending"):
            question = check_shape(await read_question(Request(scope, receive), self.config.folders))
            if kind == "asking":
                self.take_for(network, scope["path"], question)
            return with_body(scope, json.dumps(question).encode(), receive)
        return scope, receive

    def take_for(self, network: str, path: str, question: dict[str, Any]) -> None:
        """A camera asks many times a second: its pictures have a rate of their own, and take nothing from that of other questions.
        So has what takes long."""
        number = question.get("fn_index")
        if number in self.config.live and "/call/" not in path:
            self.limiter.give_back(network, "asking")
            self.take(network, "live")
        elif number in self.config.lasting or ("/call/" in path and path.rsplit("/", 1)[-1] in self.config.lasting):
            self.take(network, "lasting")
        elif self.runs_the_network(path, question):
            self.take(network, "looking")

    def take(self, network: str, what: str) -> None:
        rate = SHARED_RATES.get(what, what)
        if wait := self.limiter.take(network, rate):
            raise HTTPException(429, f"{TOO_OFTEN[rate]}; try again in {wait} s.", {"retry-after": str(wait)})

    def limit_size(self, scope: Scope, receive: Receive, kind: str) -> Receive:
        """The body, which ends with an error where it is larger than it may be, whatever length it declares."""
        most = self.config.upload_bytes if kind == "uploading" else self.config.question_bytes
        envelope = ENVELOPE if kind == "uploading" else 0
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdigit() and int(length) > most + envelope:
            raise HTTPException(413, TooLarge(most).message)
        size = 0

        async def receive_within() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most + envelope:
                raise TooLarge(most)
            return message

        return receive_within

    def runs_the_network(self, path: str, question: dict[str, Any]) -> bool:
        """By the number of the function; where it is called by name, it may be any."""
        number = question.get("fn_index")
        return "/call/" in path or number is None or number in self.config.looking


class SecureResponse:
    """Sends what the page answers, with headers that keep the browser to it. Gradio has status 500 for every question that is refused."""

    def __init__(self, send: Send, policy: str):
        self.send, self.has_begun, self.has_ended = send, False, False
        self.headers = {**ALWAYS, "content-security-policy": policy}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(raw=list(message.get("headers", ())))
            for name, value in self.headers.items():
                headers.append(name, value)
            message = {**message, "headers": headers.raw, "status": 400 if message["status"] == 500 else message["status"]}
        self.has_ended = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self.send(message)

    async def refuse(self, refusal: HTTPException, scope: Scope, receive: Receive) -> None:
        if self.has_begun:
            if not self.has_ended:
                with suppress(RuntimeError):  # shorter than it was announced
                    await self({"type": "http.response.body", "body": b""})
            return
        kind, content = JSONResponse, {"detail": refusal.detail, "error": refusal.detail}
        if scope["path"].endswith("/upload"):
            kind, content = PlainTextResponse, refusal.detail
        response = kind(content, refusal.status_code, {**(refusal.headers or {}), "cache-control": "no-store"})
        await response(scope, receive, self)


def refusal_of(error: Exception, path: str) -> HTTPException:
    """What a visitor is told of it. Of what nobody foresaw one line goes to the log."""
    if isinstance(error, HTTPException):
        return error
    if isinstance(error, TooLarge):
        return HTTPException(413, error.message)
    if is_full(error):
        return HTTPException(507, "The machine of this page has no room left for files; try again later.")
    logging.getLogger(__name__).warning("%s: %s", path, describe_error(error))
    if isinstance(error, OSError):
        return HTTPException(503, "The machine of this page could not read or write a file; reload the page.")
    return HTTPException(400, "This is no request that the page could understand; reload the page.")


def with_one_range(scope: Scope) -> Scope:
    """A request for a file, which may ask for one part of it; one that asks for many gets the whole."""
    headers = Headers(scope=scope)
    if "," not in headers.get("range", ""):
        return scope
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name.lower() != b"range"]}


async def read_question(request: Request, folders: Sequence[Path]) -> Any:
    """A question without addresses. Raises HTTPException, and TooLarge."""
    try:
        return clean_question(await request.json(), folders)
    except (ValueError, RecursionError, ClientDisconnect):
        raise HTTPException(400, "This is no question that the page could understand: it is not JSON.") from None


def with_body(scope: Scope, body: bytes, receive: Receive) -> tuple[Scope, Receive]:
    """A request whose body was read, with another one."""
    headers = MutableHeaders(raw=list(scope["headers"]))
    headers["content-length"] = str(len(body))
    del headers["transfer-encoding"]
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return first.pop() if first else await receive()

    return {**scope, "headers": headers.raw}, again
