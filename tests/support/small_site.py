"""A small Gradio page behind its gate, for tests: real sockets, and a page that writes down what it was asked."""

import asyncio
import http.client
import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import gradio as gr
import pytest

import workbench as wb
from workbench.hosting.gate import Gate, GateConfig
from workbench.hosting.options import Hosting, functions_of, launch_options
from workbench.hosting.temp_folder import claim_folder
from workbench.page.blocks import PageBlocks


@dataclass
class Site:
    """A small page behind its gate: what it was asked, and how to ask it more."""

    port: int
    folder: Path
    asked: list
    number: int  # of the function that takes a video
    page: gr.Blocks

    def request(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, headers: dict | None = None
    ) -> tuple[int, str, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        content = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, content, {name.lower(): value for name, value in answer.getheaders()}

    def post(self, path: str, question: object) -> tuple[int, str, dict]:
        body = question if isinstance(question, bytes) else json.dumps(question).encode()
        return self.request("POST", path, body, {"content-type": "application/json"})

    def upload(self, content: bytes, name: str = "clip.mp4", headers: dict | None = None) -> tuple[int, str, dict]:
        body = f'--B\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n--B--\r\n"
        return self.request("POST", "/gradio_api/upload", body, {"content-type": "multipart/form-data; boundary=B", **(headers or {})})

    def give(self, file: object, route: str = "/gradio_api/run/show") -> tuple[int, str, dict]:
        return self.post(route, {"data": [file], "fn_index": self.number, "session_hash": "test"})


def small_page(asked: list) -> gr.Blocks:
    with PageBlocks(analytics_enabled=False) as page:
        video, message = gr.Video(include_audio=True, elem_id="video"), gr.Textbox(elem_id="message")
        gr.HTML("", elem_id="drawn", js_on_load="element.textContent = 'drawn by a script'")

        def show(path: str | None) -> str:
            asked.append(path)
            return "nothing" if path is None else f"{Path(path).name}, {Path(path).stat().st_size} bytes"

        video.upload(show, video, message, api_name="ask", concurrency_id="network")
        video.clear(show, video, message, api_name="show", queue=False)
        page.unload(lambda: None)  # as the page has one, for which Gradio keeps a state of every visit that ends
    return page


async def launch(hosting: Hosting, changes: dict) -> tuple[gr.Blocks, Site]:
    """The page as `launch_options` opens it, on a free port. Gradio leaves event loops behind where none runs."""
    folder, asked = claim_folder(), []
    page = small_page(asked)
    options = launch_options(hosting, folder, [sample.path for sample in wb.sample_videos()], functions_of(page, "network"))
    (gate,) = options["app_kwargs"]["middleware"]
    gate.args = (replace(gate.args[0], **changes),)
    _, address, _ = page.queue(api_open=False).launch(
        **{**options, "server_port": None}, prevent_thread_lock=True, quiet=True, show_error=True, footer_links=[]
    )
    number = next(number for number, function in page.fns.items() if function.api_name == "show")
    return page, Site(int(re.search(r":(\d+)", address)[1]), folder, asked, number, page)


def opened(hosting: Hosting, **changes: object) -> Iterator[Site]:
    """changes: of the gate."""
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as thread:
        patch.setenv("GRADIO_TEMP_DIR", os.environ["GRADIO_TEMP_DIR"])
        patch.setenv("GRADIO_EXAMPLES_CACHE", os.environ["GRADIO_EXAMPLES_CACHE"])
        Path(os.environ["GRADIO_TEMP_DIR"]).mkdir(parents=True, exist_ok=True)
        page, site = thread.submit(asyncio.run, launch(hosting, changes)).result()
        yield site
        page.close()


def pass_through(gate_config: GateConfig, *questions: tuple[str, bytes]) -> tuple[list[bytes], list[int], Gate]:
    """Posts bodies to a gate before an application that answers 200: the bodies that came through, and every status."""
    bodies, statuses = [], []

    async def application(scope: dict, receive: object, send: object) -> None:
        bodies.append((await receive())["body"])
        assert dict(scope["headers"])[b"content-length"] == str(len(bodies[-1])).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: dict) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def post_all() -> None:
        for path, body in questions:
            headers = [(b"host", b"localhost"), (b"content-length", str(len(body)).encode())]
            scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers, "client": ("192.0.2.1", 1)}
            messages = [{"type": "http.request", "body": body[:9], "more_body": True}, {"type": "http.request", "body": body[9:]}]

            async def receive(messages: list = messages) -> dict:
                return messages.pop(0)

            await gate(scope, receive, send)

    gate = Gate(application, gate_config)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, post_all()).result()
    return bodies, statuses, gate
