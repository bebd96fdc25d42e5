"""Who can open the page: this machine alone, unless somebody said otherwise and set a password."""

import inspect
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
import tyro
from patience import PATIENCE_SECONDS
from small_site import Site, opened

from workbench.hosting.options import PASSWORD, Hosting, check_password, functions_of, launch_options
from workbench.hosting.rates import Rates
from workbench.hosting.temp_folder import FOLDER_PREFIX, MOST_BYTES, claim_folder
from workbench.video.uploads import SECONDS_KEPT, VideoLimits

ROOT = Path(__file__).parents[2]

WORD = "correct horse"
GUIDE = Path(__file__).parents[2] / "docs"


@pytest.fixture(autouse=True)
def without_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD, raising=False)


@pytest.fixture
def word_file(tmp_path: Path) -> Path:
    path = tmp_path / "password.txt"
    path.write_text(f"{WORD}\nand a remark\n", encoding="utf-8")
    return path


def options(hosting: Hosting) -> dict:
    return launch_options(hosting, Path("/tmp/somewhere"))


def policy(hosting: Hosting) -> str:
    (gate,) = options(hosting)["app_kwargs"]["middleware"]
    return gate.args[0].policy


# -------------------------------------------------------------------------------------------------------------- who gets in
def test_by_default_the_page_is_for_this_machine_alone() -> None:
    assert {name: options(Hosting())[name] for name in ("server_name", "share", "auth")} == {
        "server_name": "127.0.0.1",
        "share": False,
        "auth": None,
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_needs_no_password(host: str) -> None:
    assert not Hosting(host=host).reaches_others


@pytest.mark.parametrize(
    "opening",
    [{"host": "0.0.0.0"}, {"host": "::"}, {"host": "192.0.2.1"}, {"host": "page.example"}, {"host": "128.0.0.1"}, {"share": True}],
)
def test_others_need_a_password(opening: dict, word_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence that names the three remedies, each of which helps; a password is then asked for, by the page itself."""
    with pytest.raises(ValueError) as caught:
        Hosting(**opening)
    assert all(remedy in str(caught.value) for remedy in ("--password-file", PASSWORD, "--open-to-everyone"))
    assert "\n" not in str(caught.value)

    assert options(Hosting(**opening, password_file=word_file))["auth"]("anyone", WORD)
    assert options(Hosting(**opening, open_to_everyone=True))["auth"] is None
    monkeypatch.setenv(PASSWORD, WORD)
    assert options(Hosting(**opening))["auth"]("anyone", WORD)


def test_a_password_is_asked_for_wherever_there_is_one(word_file: Path) -> None:
    """On this machine, too, and although the page is open to everyone."""
    assert options(Hosting(password_file=word_file))["auth"] and options(Hosting(password_file=word_file, open_to_everyone=True))["auth"]


def test_the_password_is_the_first_line_and_no_other_word(word_file: Path) -> None:
    check = check_password(Hosting(password_file=word_file).password())
    assert check("", WORD) and check("ä", WORD)
    assert not any(check("a", wrong) for wrong in ("", WORD + " ", WORD[:-1], WORD.upper(), "ä", "and a remark"))


@pytest.mark.parametrize("word", ["", "\n", "short", " seven77 \n"])
def test_a_password_that_is_easily_found_is_refused(tmp_path: Path, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a file and from the variable; the sentence does not say the word."""
    (tmp_path / "word").write_text(word)
    with pytest.raises(ValueError, match="it needs 8 or more") as caught:
        Hosting(share=True, password_file=tmp_path / "word")
    assert not word.strip() or word.strip() not in str(caught.value).replace(str(tmp_path), "")
    monkeypatch.setenv(PASSWORD, word)
    with pytest.raises(ValueError, match=f"{PASSWORD} has {len(word.strip())} characters"):
        Hosting(share=True)


def test_a_password_file_that_is_not_there_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Hosting(host="0.0.0.0", password_file=tmp_path / "gone")


def test_without_the_password_nothing_is_told(word_file: Path) -> None:
    """The page behind a password: no upload, no question, no file, no list of functions; with it, all of them."""
    for site in opened(Hosting(password_file=word_file)):
        assert '"auth_required":true' in site.request("GET", "/")[1].replace(" ", "")
        (site.folder / "theirs.png").write_bytes(b"x")
        closed = [("GET", f"/gradio_api/file={site.folder}/theirs.png"), ("GET", "/config"), ("GET", "/gradio_api/info")]
        assert [site.request(*route)[0] for route in closed] == [401, 401, 401]
        assert (site.upload(b"x")[0], site.give(None)[0]) == (401, 401)
        assert sign_in(site, "wrong word")[0] == 400 and site.asked == []

        status, cookie = sign_in(site, WORD)
        assert status == 200 and site.upload(b"x", headers={"cookie": cookie})[0] == 200
        assert site.request(*closed[0], headers={"cookie": cookie})[0] == 200


def sign_in(site: Site, word: str) -> tuple[int, str]:
    form = f"username=me&password={word}".replace(" ", "+").encode()
    status, _, headers = site.request("POST", "/login", form, {"content-type": "application/x-www-form-urlencoded"})
    return status, headers.get("set-cookie", "").split(";")[0]


# -------------------------------------------------------------------------------------------------------------- the environment
SAID = {
    "GRADIO_SHARE": "share",
    "GRADIO_SERVER_NAME": "server_name",
    "GRADIO_SERVER_PORT": "server_port",
    "GRADIO_ROOT_PATH": "root_path",
    "GRADIO_RUN_HISTORY": "run_history",
    "GRADIO_ALLOWED_PATHS": "allowed_paths",
    "GRADIO_BLOCKED_PATHS": "blocked_paths",
    "GRADIO_SSR_MODE": "ssr_mode",
    "GRADIO_MCP_SERVER": "mcp_server",
    "GRADIO_NUM_WORKERS": "num_workers",
}
# They print more, belong to a server that is not used, or to those who write Gradio.
HARMLESS = {"GRADIO_DEBUG", "GRADIO_NODE_PATH", "GRADIO_NODE_SERVER_PORT", "GRADIO_LOCAL_DEV_MODE"}


def test_no_variable_opens_the_page_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Gradio would take from the environment when it launches a page is said by the options; a blocked path blocks more."""
    asked_for = set(re.findall(r"GRADIO_[A-Z_]+", inspect.getsource(gr.Blocks.launch)))
    assert {"GRADIO_SHARE", "GRADIO_ALLOWED_PATHS"} <= asked_for <= set(SAID) | HARMLESS
    before = {name: options(Hosting())[name] for name in SAID.values()}
    for name in SAID:
        monkeypatch.setenv(name, "true")
    assert {name: options(Hosting())[name] for name in SAID.values()} == before
    assert all(value is not None for value in before.values()) and before["allowed_paths"]


@pytest.fixture
def in_a_bad_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The page, started where the environment allows all files of the machine."""
    monkeypatch.setenv("GRADIO_ALLOWED_PATHS", "/")
    yield from opened(Hosting())


def test_a_page_started_in_a_bad_place_is_as_closed(in_a_bad_place: Site) -> None:
    assert in_a_bad_place.request("GET", "/gradio_api/file=/etc/passwd")[0] == 403
    config = json.loads(in_a_bad_place.request("GET", "/config")[1])
    assert config["root"].startswith("http://127.0.0.1") and not config.get("is_space")


# -------------------------------------------------------------------------------------------------------------------- options
def test_the_options_are_those_of_the_command_line(tmp_path: Path) -> None:
    """tyro makes them from the dataclass; every one has a line of help; the password itself is none of them."""
    line = (
        f"--host ::1 --port 80 --checkpoints {tmp_path} --limits.megabytes 50 --limits.minutes 1.5 --frames https://a.example --waiting 3"
    )
    parsed = tyro.cli(Hosting, args=line.split())
    assert parsed == Hosting("::1", 80, checkpoints=tmp_path, limits=VideoLimits(50, 1.5), frames=("https://a.example",), waiting=3)
    described = inspect.getdoc(Hosting)
    assert all(f"\n    {name}: " in described for name in vars(parsed)) and "password" not in vars(parsed)


def test_the_guide_says_what_is_true() -> None:
    """docs/hosting.md and its Dockerfile name options and variables that exist, and the limits that hold."""
    guide = (GUIDE / "hosting.md").read_text(encoding="utf-8")
    hosting, rates = Hosting(), Rates()
    options = {f"--{name.replace('_', '-')}" for name in vars(hosting)} | {f"--limits.{name}" for name in vars(hosting.limits)}
    commands = "\n".join(line for line in guide.splitlines() if not line.startswith("docker"))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z.-]+", commands + (GUIDE / "Dockerfile").read_text(encoding="utf-8")))
    assert "--open-to-everyone" in named <= options | {"--help", "--uid", "--create-home", "--no-cache-dir", "--chown"}
    assert PASSWORD in guide

    width, height = hosting.limits.largest
    for fact in (
        f"{hosting.limits.megabytes} MB", f"{hosting.limits.minutes:g} minutes", f"{width} x {height} pixels",
        f"| {hosting.waiting}, answered", f"| {hosting.sessions} |", f"{MOST_BYTES / 1e9:g} GB",
        *(
            f"{rate.at_once} at once, {rate.per_second:g} a second"
            for rate in (rates.looking, rates.lasting, rates.uploading, rates.signing_in)
        ),
    ):  # fmt: skip
        assert fact in guide, fact


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 0},
        {"port": 70000},
        {"host": ""},
        {"waiting": 0},
        {"sessions": 0},
        {"live": -1},
        {"root_path": "motion"},
        {"root_path": "/motion/"},
    ],
)
def test_impossible_options_are_said(wrong: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Hosting(**wrong)


def test_limits_reach_the_server(tmp_path: Path) -> None:
    """Size of uploads at Gradio and at the gate, sessions, root path; what may be served beside the folder."""
    launch = launch_options(
        Hosting(limits=VideoLimits(megabytes=3), sessions=7, root_path="/motion"), tmp_path, [tmp_path / "a.mp4"], [4], [5], [6, "scores"]
    )
    (gate,) = launch["app_kwargs"]["middleware"]
    assert launch["max_file_size"] == gate.args[0].upload_bytes == 3_000_000
    assert (launch["state_session_capacity"], launch["root_path"], launch["allowed_paths"]) == (7, "/motion", [str(tmp_path / "a.mp4")])
    assert gate.args[0].folders == (tmp_path, tmp_path / "a.mp4") and (gate.args[0].looking, gate.args[0].live) == ({4}, {5})
    assert gate.args[0].lasting == {6, "scores"}


def test_frames_and_scripts_of_others_only_where_asked_for(word_file: Path) -> None:
    """A shared page loads its scripts from where Gradio keeps them; no other page names another host, but for its frames."""
    assert "http" not in policy(Hosting())
    assert policy(Hosting(frames=("https://huggingface.co",))).endswith("frame-ancestors 'self' https://huggingface.co")
    shared = dict(rule.split(" ", 1) for rule in policy(Hosting(share=True, password_file=word_file)).split("; "))
    assert "amazonaws" in shared["script-src"] and "amazonaws" not in shared["default-src"] + shared["frame-ancestors"]


def test_the_functions_of_a_queue_are_found() -> None:
    """By their numbers, and by their names where programs may call them, whatever else the page does."""

    class Function:
        def __init__(self, concurrency_id: str, api_name: str | None = None):
            self.concurrency_id, self.api_name = concurrency_id, api_name

    class Page:
        fns = {2: Function("network"), 5: Function("other", "show"), 9: Function("network", "predict")}  # noqa: RUF012

    assert functions_of(Page(), "network") == {2, 9, "predict"}


def test_the_page_claims_a_folder_within_the_one_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never that one itself: others may keep things there; what a page left that was killed is swept, what else lies there stays."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setenv("GRADIO_EXAMPLES_CACHE", "")
    for name in ("workbench-page-killed/clip.mp4", "somebody/else.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "workbench-page-link").symlink_to(tmp_path / "somebody")
    later = time.time() + 2 * SECONDS_KEPT
    monkeypatch.setattr(time, "time", lambda: later)
    folder = claim_folder()
    assert folder.parent == tmp_path and os.environ["GRADIO_TEMP_DIR"] == str(folder) and list(folder.iterdir()) == []
    assert not (tmp_path / "workbench-page-killed/clip.mp4").exists() and (tmp_path / "somebody/else.txt").exists()


@pytest.mark.slow
@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGINT])
def test_what_was_uploaded_goes_when_the_page_is_stopped(tmp_path: Path, way: signal.Signals) -> None:
    """By Ctrl-C, and as a service or a container is stopped."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
    variables = {**os.environ, "GRADIO_TEMP_DIR": str(tmp_path), "CI": "1", "PYTHONUNBUFFERED": "1"}
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    # What a shell starts in the background ignores Ctrl-C, and so would all that it starts.
    page = subprocess.Popen(command, env=variables, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **output)
    try:
        while "Running on" not in (line := page.stdout.readline()):
            assert line, "the page did not start"
        assert list(tmp_path.glob(f"{FOLDER_PREFIX}*"))
        page.send_signal(way)
        assert "Traceback" not in page.communicate(timeout=PATIENCE_SECONDS)[0]
        assert not list(tmp_path.glob(f"{FOLDER_PREFIX}*"))
    finally:
        page.kill()
        page.communicate()


# ------------------------------------------------------------------------------------------------------------------- teaching
def test_visitors_may_teach_where_nobody_else_can_come(word_file: Path) -> None:
    """On this machine alone; with a password or without, where others can come, only if that is said; and never where it is forbidden."""
    assert Hosting().teaches and not Hosting(no_teaching=True).teaches
    for opening in ({"share": True, "password_file": word_file}, {"host": "0.0.0.0", "open_to_everyone": True}):
        assert not Hosting(**opening).teaches
        assert Hosting(**opening, teaching=True).teaches


@pytest.mark.parametrize("proxy", [{"names": ("example.org",)}, {"proxies": ("127.0.0.1",)}, {"root_path": "/motion"}])
def test_visitors_may_not_teach_behind_a_proxy(proxy: dict) -> None:
    """It leads others here, although the page listens at this machine alone; only if it is said they may."""
    assert not Hosting(**proxy).teaches
    assert Hosting(**proxy, teaching=True).teaches


def test_teaching_has_two_flags() -> None:
    """As they stand on a command line; both at once are refused."""
    assert tyro.cli(Hosting, args=["--no-teaching"]).no_teaching
    assert tyro.cli(Hosting, args=["--teaching"]).teaching
    with pytest.raises(ValueError, match="no_teaching"):
        Hosting(teaching=True, no_teaching=True)
