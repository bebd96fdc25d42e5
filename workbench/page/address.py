"""The visit in the address of the page: a reload, or the way back to it, finds what was looked at."""

import json
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from gradio.events import Dependency
from gradio.utils import get_upload_folder
from markupsafe import Markup

from workbench.draw.html import render
from workbench.page.controls import Values
from workbench.page.download import link_and_command
from workbench.page.networks import NetworkLibrary
from workbench.page.tab import QUICK, SessionControls, read_front_file

# Of this tab of the browser, until it is closed.
KEPT_FILES = "() => sessionStorage.getItem('query') === location.search ? sessionStorage.getItem('files') : ''"


class Address:
    """What the browser is to remember: the link in its address bar, and for this tab which files were given."""

    def __init__(self, networks: NetworkLibrary, session: SessionControls, looked_at: gr.State):
        self.networks, self.session, self.looked_at = networks, session, looked_at
        self.link = gr.HTML(elem_id="address", js_on_load=read_front_file("address.js"))
        self.files = gr.Textbox(visible=False)  # filled by the browser when the page is loaded

    def remember_after(self, event: Callable[..., Dependency]) -> Dependency:
        return event(self.remember, {*self.session.all, self.looked_at}, self.link, **QUICK)

    def remember(self, values: Values) -> Markup:
        session = self.session.read(values)
        return address_section(link_and_command(self.networks, session)[0], values[self.looked_at] if session.exploration else None)


def address_section(query: str, video: str | list[str] | None) -> Markup:
    """Hidden: the part of the link after the question mark, and the files of the video, as the page's script reads them."""
    files = [video] if isinstance(video, str) else video or []
    return render("address.html", query=query, files=json.dumps([str(file) for file in files]))


def kept_files(text: str | None) -> list[str]:
    """The files that a browser remembers, if they are still among those that were given to the page; else none.

    text: a JSON list of paths, as `address_section` wrote it.
    """
    try:
        names = json.loads(text or "[]")
    except ValueError:
        return []
    if not isinstance(names, list) or not all(isinstance(name, str) and "\0" not in name for name in names):
        return []
    folder, paths = Path(get_upload_folder()).resolve(), [Path(name).resolve() for name in names]
    return [str(path) for path in paths] if all(folder in path.parents and path.is_file() for path in paths) else []
