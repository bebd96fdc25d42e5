"""Many visitors, programs, phones, keyboards, and those who try what they should not."""

import gc
import http.client
import importlib
import json
import re
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import gradio as gr
import numpy as np
import pytest
from command import workbench
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from patience import PATIENCE_SECONDS
from playwright.sync_api import Browser, Page, expect
from visiting import CLIPS, PATIENCE, ROOT, Visit, opened

import workbench as wb
from workbench.page import film_api


def test_nothing_is_asked_of_another_machine(page: Page, address: str, outside_requests: list[str], nasa: Path):
    """A whole visit: every section, an upload, the files. Each request goes to the page itself."""
    page.goto(address)
    visit = Visit(page)
    visit.says("camouflage.mp4")
    visit.unfold()
    visit.give(CLIPS / "h264.mp4")
    visit.says("h264.mp4")
    for tab in ("What if?", "Beside others", "Where does it look?", "Segments", "Take it away", "Studies"):
        visit.open_tab(tab)
    expect(page.locator("#study img")).to_be_visible(timeout=PATIENCE)
    assert outside_requests == []


def test_the_browser_itself_may_ask_nobody_else(guest: Visit):
    """Even a script in the page cannot reach another host: the policy that comes with it forbids that."""
    said = guest.page.evaluate("fetch('http://127.0.0.2:9/').then(() => 'reached', error => String(error))")
    assert said != "reached"
    policy = guest.page.evaluate("fetch(location.href).then(answer => answer.headers.get('content-security-policy'))")
    assert "default-src 'self'" in policy or "connect-src 'self'" in policy


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_nothing_is_cut_off(page: Page, address: str, dark: bool):
    """At 400 pixels the page does not scroll sideways, in whatever section."""
    page.set_viewport_size({"width": 400, "height": 900})
    page.goto(address + ("?__theme=dark" if dark else ""))
    visit = Visit(page)
    visit.says("camouflage.mp4")
    visit.unfold()
    page.locator(".words summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.get_by_role("button", name="More tabs").or_(page.locator(".overflow-menu button")).first.click()
    page.get_by_text("What if?", exact=True).last.click()
    expect(page.locator("#changes img")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_every_picture_has_alternative_text_and_every_control_a_name(guest: Visit):
    """Pictures are described or, where a described whole holds them, silent; controls have a label and one line that explains."""
    pictures = {"What if?": "changes", "Beside others": "agreement", "Where does it look?": "activation", "Studies": "study"}
    for name, shown in pictures.items():
        guest.open_tab(name)
        expect(guest.page.locator(f"#{shown} img").first).to_be_visible()
    silent = guest.page.evaluate("""[...document.querySelectorAll('img')].filter(i => !i.alt && !i.closest('[role=img]'))
        .map(i => i.outerHTML.slice(0, 80))""")
    assert silent == []
    nameless = guest.page.evaluate("""[...document.querySelectorAll('input:not([type=file]), textarea, button, [role=slider]')]
        .filter(e => e.offsetParent && !e.ariaLabel && !e.textContent.trim() && !e.labels?.length && !e.title)
        .map(e => e.outerHTML.slice(0, 120))""")
    assert nameless == []
    for control in ("checkpoint", "mirrored", "number", "stride", "resolution", "layer", "pair", "radius", "kind", "sigma", "temperature"):
        assert guest.page.locator(f"#{control} .info-text, #{control} [class*=info]").last.inner_text().endswith("."), control


def test_the_page_is_used_by_the_keyboard_alone(visit: Visit):
    """Tab leads to the range, the pair, the tabs and the source picture; arrow keys and Enter do the rest."""
    reached = set()
    for _ in range(60):
        visit.page.keyboard.press("Tab")
        reached |= set(
            visit.page.evaluate("""(() => { const e = document.activeElement;
            return [e.className, e.id, e.getAttribute('role'), e.closest('[id]')?.id].filter(Boolean).map(String) })()""")
        )
    assert {"camouflage", "nasa", "pair", "play", "tab"} <= reached
    assert any("handle" in name for name in reached)
    assert any("picks" in name for name in reached)


def test_letters_can_be_told_from_their_ground(guest: Visit):
    """Contrast of at least 4.5 to 1 for the words that the page writes itself (WCAG 2.1, AA), by day and by night."""
    for theme in ("dark", "light"):  # which the page had
        guest.page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
        for words in WORDS:
            pair = guest.page.evaluate(COLOURS, words)
            assert contrast(*pair) >= 4.5, (theme, words, pair)


WORDS = ("#introduction p", ".plate b", ".plate figcaption span", ".note", ".facts dt", ".facts dd", ".bars .name", ".timeline .legend li",
         ".crops li")  # fmt: skip
COLOURS = """selector => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const element = document.querySelector(selector), ink = rgb(getComputedStyle(element).color);
  for (let under = element; under; under = under.parentElement) {
    const ground = rgb(getComputedStyle(under).backgroundColor);
    if (ground.length < 4 || ground[3] > 0.99) return [ink.slice(0, 3), ground.slice(0, 3)];
  }
  return [ink.slice(0, 3), [255, 255, 255]];
}"""


def contrast(ink: list[float], ground: list[float]) -> float:
    """Of relative luminances, as WCAG 2.1 defines it."""
    light = sorted(luminance(np.array(colour)) for colour in (ink, ground))
    return (light[1] + 0.05) / (light[0] + 0.05)


def luminance(colour: np.ndarray) -> float:
    share = colour / 255
    return float(np.where(share <= 0.03928, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722))


# ------------------------------------------------------------------------------------------------------------------- programs


def test_programs_get_the_numbers_of_the_command(address: str, nasa: Path):
    """`workbench predict --json` and the endpoint: the same object."""
    told = workbench("predict", nasa, "--json", "--start", 5)
    assert Client(address, verbose=False).predict(handle_file(nasa), "", {"start": 5}, api_name="/predict") == json.loads(told.stdout)


def test_the_examples_of_the_guide_run(address: str, nasa: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    """docs/api.md, as written, against this page."""
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(nasa.parent)
    exec(example.replace("http://127.0.0.1:7860", address).replace("clip.mp4", nasa.name), {})
    assert "separate" in capsys.readouterr().out


def test_the_guide_names_every_endpoint(address: str):
    named = Client(address, verbose=False).view_api(return_format="dict", print_info=False)["named_endpoints"]
    guide = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert set(named) == set(re.findall(r"^\| `(/\w+)`", guide, re.MULTILINE))


def test_what_a_program_cannot_have_is_a_sentence(address: str, nasa: Path):
    client = Client(address, verbose=False)
    for question, sentence in (
        (("nope", {}), "there is no checkpoint 'nope'"),
        (("", {"strat": 1}), "did you mean 'start'?"),
        (("", {"start": 99}), "start within the 13.00 s"),
    ):
        with pytest.raises(AppError, match=re.escape(sentence)):
            client.predict(handle_file(nasa), *question, api_name="/predict")


def test_what_takes_long_comes_as_answers_and_files(address: str, camouflage: str):
    """Each of the endpoints that take long, through its queue; beside a video that is none the others are answered."""
    client, clip = Client(address, verbose=False), handle_file(camouflage)
    assert len(client.predict(clip, "", {}, api_name="/scores")["times"]) == 22
    assert client.predict(clip, api_name="/segments")["segments"][0]["class"] == "right"
    answers = client.predict([clip, handle_file(CLIPS / "text.mp4")], api_name="/predict_many")
    assert [("predictions" in answer, "error" in answer) for answer in answers] == [(True, False), (False, True)]
    files = [
        client.predict(clip, "", {}, {}, "eaf", api_name="/segments_file"),
        client.predict(clip, api_name="/report"),
        client.predict(clip, "", {"start": 1, "seconds": 1}, api_name="/annotated"),
    ]
    assert [Path(file).name for file in files] == ["segments.eaf", "report.html", "annotated.mp4"]
    with pytest.raises(AppError, match="did you mean 'start'"):
        client.predict(clip, "", {"strat": 1}, api_name="/scores")


# --------------------------------------------------------------------------------------------------------------- many visitors


def test_twenty_visitors_at_once_all_get_their_result(address: str, nasa: Path):
    """Twenty programs ask at the same time: each is answered, one after the other, and was told how many were before it."""
    clients = [Client(address, verbose=False) for _ in range(20)]
    jobs = [client.submit(handle_file(nasa), "", {"start": 0.5 * i}, api_name="/predict") for i, client in enumerate(clients)]
    ranks = set()
    while not all(job.done() for job in jobs):
        ranks |= {job.status().rank for job in jobs}
        time.sleep(0.05)
    assert len({json.dumps(job.result()["predictions"]) for job in jobs}) == 20
    assert len(ranks - {None, 0}) > 3, ranks


def test_a_visitor_sees_the_place_in_the_queue(browser: Browser, address: str, nasa: Path):
    """While others are before it, the page says at which place a visitor is."""
    page = browser.new_page(reduced_motion="reduce")
    page.goto(address)
    visit = Visit(page)
    visit.says("camouflage.mp4")
    client = Client(address, verbose=False)
    asked = [client.submit(handle_file(nasa), "", {"start": 0.5 * i}, api_name="/what_if") for i in range(12)]
    while not any((job.status().rank or 0) > 4 for job in asked):
        assert not all(job.done() for job in asked), "they were answered before they stood in the queue"
        time.sleep(0.05)
    page.locator("#nasa").click()
    page.wait_for_function(r"/queue: \d+\/\d+/.test(document.body.innerText)", timeout=PATIENCE)
    visit.says("nasa.mp4")
    assert all(job.result()["motion_share"] >= 0 for job in asked)
    page.close()


@pytest.fixture(scope="module")
def page_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[gr.Blocks, str]]:
    """The page in this process, so that its memory can be looked at."""
    sys.path.insert(0, str(ROOT))
    import app
    from workbench.page.build import launch_style

    blocks = app.build()
    options = {"server_name": "127.0.0.1", "prevent_thread_lock": True, "quiet": True, "ssr_mode": False}
    _, address, _ = blocks.queue(max_size=40).launch(**options, **launch_style())
    yield blocks, address
    blocks.close()


@pytest.mark.usefixtures("browser")  # Gradio makes an event loop, and leaves it open, where there is none
def test_a_program_sees_progress_and_ends_what_it_asked_for(page_here: tuple[gr.Blocks, str], nasa: Path, monkeypatch: pytest.MonkeyPatch):
    """The work, which would never end, is told to stop, and the next one is answered."""
    ended = threading.Event()

    def work(*arguments: object) -> None:
        *_, progress = arguments
        try:
            while True:
                progress(0.25)
                time.sleep(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(film_api, "write_annotated_video", work)
    client = Client(page_here[1], verbose=False)
    job = client.submit(handle_file(nasa), api_name="/annotated")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (units := job.status().progress_data):
        assert not job.done()
        assert time.monotonic() < deadline, "there was no progress"
        time.sleep(0.05)
    assert units[0].progress in (0, 0.25)
    assert not ended.is_set()
    job.cancel()
    assert ended.wait(PATIENCE_SECONDS)
    assert client.predict(handle_file(nasa), api_name="/segments")["segments"]


def test_memory_is_freed_when_a_visit_ends(browser: Browser, page_here: tuple[gr.Blocks, str]):
    """What a visitor looked at is gone soon after the page is closed."""
    blocks, address = page_here
    tab = browser.new_page(reduced_motion="reduce")
    tab.goto(address)
    Visit(tab).says("camouflage.mp4")
    held = [weakref.ref(value) for state in blocks.state_holder.session_data.values() for value in state.state_data.values()
            if isinstance(value, wb.Exploration)]  # fmt: skip
    assert len(held) == 1
    assert held[0]() is not None
    tab.close()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while held[0]() is not None and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.2)
    assert held[0]() is None


# ------------------------------------------------------------------------------------------------------------------ and others


def ask(address: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../../../etc/passwd",
        f"/gradio_api/file={ROOT / 'workbench' / 'assets' / 'msnet-tiny.safetensors'}",
        f"/gradio_api/file={ROOT / 'app.py'}",
        "/gradio_api/file=http://127.0.0.1:9/clip.mp4",
        "/gradio_api/proxy=http://127.0.0.1:9/",
        "/monitoring",
    ],
)
def test_only_its_own_files_are_served(address: str, path: str):
    """Neither the machine's files, nor the checkpoints, nor anything of another host."""
    status, body = ask(address, path)
    assert status in (400, 403, 404)
    assert b"root:" not in body
    assert b"safetensors" not in body[:100]


def test_a_damaged_file_does_not_take_the_page_down(address: str):
    """A file on which decoders hang or crash, asked for by a program: a sentence, and the page goes on."""
    client = Client(address, verbose=False)
    for name in ("dropped.mp4", "x.ts", "decord_corrupted.mp4"):
        try:
            client.predict(handle_file(CLIPS / name), "", {}, api_name="/predict")
        except AppError as error:
            assert name in str(error)
    assert client.predict(api_name="/networks")


def test_a_password_is_asked_for(tmp_path: Path, page: Page):
    """A page that others can reach lets nobody in without it."""
    (tmp_path / "password").write_text("correct horse\n")
    for address in opened(tmp_path, "--host", "0.0.0.0", "--password-file", str(tmp_path / "password")):
        assert ask(address, "/config")[0] == 401
        page.goto(address)
        page.get_by_label("username").fill("anyone")
        page.get_by_label("password").fill("correct horse")
        page.get_by_role("button", name="Login").click()
        Visit(page).says("camouflage.mp4")
        break


def test_other_hosts_need_a_password_or_a_word(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    """Said in one sentence, before anything is opened."""
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setattr(sys, "argv", ["app.py", "--host", "0.0.0.0"])
    with pytest.raises(SystemExit):
        importlib.import_module("app").main()
    assert "--password-file" in capsys.readouterr().err
