"""What stands before the page, tried from outside: real sockets, a real Gradio page behind it, a listener that must stay lonely."""

import errno
import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import PATIENCE
from playwright.sync_api import Page, expect
from small_site import Site, opened, pass_through

import workbench as wb
from workbench.hosting.gate import GateConfig
from workbench.hosting.options import Hosting
from workbench.hosting.rates import Rate, RateLimiter, Rates, network_of
from workbench.hosting.temp_folder import GRACE, claim_folder, sweep
from workbench.video.uploads import SECONDS_KEPT, VideoLimits

ROOT = Path(__file__).parents[2]
CLIP = ROOT / "tests/clips/h264.mp4"
CHECKPOINT = ROOT / "workbench/assets/msnet-tiny.safetensors"
META = {"_type": "gradio.FileData"}
MEGABYTE = 10**6


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """With the limits of every page, but for uploads: they end at 2 MB."""
    yield from opened(Hosting(limits=VideoLimits(megabytes=2)))


@pytest.fixture
def strict() -> Iterator[Site]:
    """Two of everything at once, and one more in a thousand seconds; only reading is free."""
    two = Rate(2, 0.001)
    yield from opened(Hosting(), rates=Rates(asking=two, looking=two, uploading=two, signing_in=two))


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[str, list]]:
    """Its address, and who came to it: a list that must stay empty."""
    visits: list = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    done = threading.Event()

    def listen() -> None:
        while not done.is_set():
            try:
                visits.append(server.accept()[1])
            except TimeoutError:
                continue

    thread = threading.Thread(target=listen)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/clip.mp4", visits
    done.set()
    thread.join()
    server.close()


def sentence(answer: tuple[int, str, dict]) -> str:
    """The detail of a refusal: one sentence, nothing of the machine in it."""
    _, content, headers = answer
    said = content if headers["content-type"].startswith("text/plain") else json.loads(content)["detail"]
    assert re.fullmatch(r"[A-Z][^\n]*\.", said) and "Traceback" not in said and str(ROOT) not in said
    return said


def file(path: object, **more: object) -> dict:
    return {"path": str(path), "meta": META, **more}


# ---------------------------------------------------------------------------------------------------------- what is passed on
def test_an_upload_is_taken_shown_and_looked_at(site: Site) -> None:
    """The way of every video; the address that a browser sends along is allowed, and not needed."""
    status, content, _ = site.upload(CLIP.read_bytes())
    (path,) = json.loads(content)
    assert status == 200 and Path(path).is_relative_to(site.folder)
    own = f"http://127.0.0.1:{site.port}/gradio_api/file={path}"
    for given in (file(path), file(path, url=own), file(path, url=f"/gradio_api/file={path}"), file(path, url="blob:http://127.0.0.1/1-2")):
        status, content, _ = site.give(given)
        assert status == 200 and json.loads(content)["data"] == [f"clip.mp4, {CLIP.stat().st_size} bytes"]
    status, _, headers = site.request("GET", f"/gradio_api/file={path}")
    assert status == 200 and int(headers["content-length"]) == CLIP.stat().st_size


def test_a_sample_is_served(site: Site) -> None:
    assert site.request("GET", f"/gradio_api/file={wb.sample_videos()[0].path}")[0] == 200


# ------------------------------------------------------------------------------------------------------------ files of the machine
@pytest.mark.parametrize("prefix", ["/gradio_api/file=", "/gradio_api/file/", "/file=", "/static/", "/assets/", "/gradio_api/stream/"])
@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../../../../../../../etc/passwd", "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "..%2f..%2f..%2fetc%2fpasswd"]
)
def test_no_file_of_the_machine_is_served(site: Site, prefix: str, path: str) -> None:
    """By no route and in no spelling."""
    status, content, _ = site.request("GET", prefix + path)
    assert status in (403, 404) and "root:" not in content


@pytest.mark.parametrize(
    "path", [CHECKPOINT, ROOT / "app.py", ROOT / "tests/clips/text.mp4", CHECKPOINT.parent, Path("/proc/self/environ")]
)
def test_checkpoints_and_sources_are_not_served(site: Site, path: Path) -> None:
    """Not even those that lie beside the samples."""
    answer = site.request("GET", f"/gradio_api/file={path}")
    assert answer[0] == 403 and "none of the page's" in sentence(answer)


def test_the_way_out_of_the_folder_is_closed(site: Site) -> None:
    """A path that begins in the folder of the page and climbs out of it, and a link that lies in it and leads out."""
    (site.folder / "link.mp4").symlink_to("/etc/passwd")
    (site.folder / "linked").symlink_to("/etc")
    for path in (f"{site.folder}/../../../../etc/passwd", f"{site.folder}/link.mp4", f"{site.folder}/linked/passwd"):
        assert site.request("GET", f"/gradio_api/file={path}")[0] == 403
        assert site.give(file(path))[0] == 403
    assert not any(path and "passwd" in path for path in site.asked)


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", str(CHECKPOINT), "", "\0", "a" * 9999])
@pytest.mark.parametrize("wrap", [lambda it: it, lambda it: [it], lambda it: {"video": it}, lambda it: {"a": [{"b": it}]}])
def test_a_question_about_a_file_of_the_machine_is_refused(site: Site, path: str, wrap: object) -> None:
    """However deep it stands; the function is not called."""
    before = len(site.asked)
    answer = site.give(wrap(file(path)))
    assert answer[0] == 403 and "none of the page's" in sentence(answer) and len(site.asked) == before


# ---------------------------------------------------------------------------------------------------------- addresses of others
def addressed(address: str) -> dict[str, object]:
    """Ways to give an address where a file is meant."""
    return {
        "path": file(address),
        "path, in capitals": file(address.replace("http", "HTTP")),
        "path, after a space": file(f" {address}"),
        "path of another kind": file(address.replace("http", "ftp")),
        "file of another kind": file("file:///etc/passwd"),
        "data": file("data:video/mp4;base64,AAAA"),
        "beside a path": {"url": address, **file("/")},
        "through the page": {"url": f"http://127.0.0.1/gradio_api/file={address}", **file("/")},
        "through its proxy": {"url": f"http://127.0.0.1/gradio_api/proxy={address}", **file("/")},
        "text": address,
        "list": [address],
        "no meta": {"path": address},
        "deep": {"value": {"image": [file(address)]}},
        "alone": {"url": address, "meta": META},
    }


@pytest.mark.parametrize("way", addressed("http://x"))
@pytest.mark.parametrize("route", ["/gradio_api/queue/join", "/gradio_api/run/show", "/gradio_api/call/show", "/gradio_api/call/v2/show"])
def test_no_address_is_opened_for_a_visitor(site: Site, listener: tuple, way: str, route: str) -> None:
    """Whichever way it is given: a sentence, no function called, and nobody at the listener."""
    address, visits = listener
    before = len(site.asked)
    answer = site.give(addressed(address)[way], route)
    assert answer[0] == 400 and sentence(answer)
    assert len(site.asked) == before and visits == []


def test_what_comes_through_is_what_was_checked(tmp_path: Path) -> None:
    """No second key of the same name, which another reader would take for the first, and no address beside the path."""
    own = f"http://127.0.0.1/gradio_api/file={tmp_path}/a.mp4"
    body = f'{{"data": [{{"path": "http://192.0.2.9/", "path": "{tmp_path}/a.mp4", "url": "{own}"}}, 1.5, "ü", null], "fn_index": 4}}'
    (through,), statuses, gate = pass_through(GateConfig(folders=(tmp_path,)), ("/gradio_api/queue/join", body.encode()))
    assert json.loads(through) == {"data": [{"path": f"{tmp_path}/a.mp4", "url": None}, 1.5, "ü", None], "fn_index": 4}
    assert through.count(b"path") == 1 and statuses == [200] and gate.limiter.open_requests == {}


@pytest.mark.parametrize("route", ["file={}", "proxy={}", "file/{}", "proxy={}?x=1", "info?next={}", "upload_progress?upload_id={}"])
def test_no_address_is_opened_by_a_route(site: Site, listener: tuple, route: str) -> None:
    """The routes by which Gradio fetches for a visitor are closed, also where the address is written in percents."""
    address, visits = listener
    for text in (address, address.replace(":", "%3A").replace("/", "%2F")):
        assert site.request("GET", f"/gradio_api/{route.format(text)}")[0] in (400, 403, 404)
    assert visits == []


# --------------------------------------------------------------------------------------------------------------- unknown routes
UNKNOWN = """
GET /docs            GET /openapi.json       GET /gradio_api/openapi.json   GET /monitoring      GET /monitoring/summary
GET /svelte/x.js     GET /gradio_api/runs    GET /gradio_api/mcp/schema     GET /pwa_icon        GET /gradio_api/deep_link
GET /gradio_api/profiling/traces             GET /gradio_api/custom_component/a/client/b/c.js    GET /gradio_api/vibe-code
GET /gradio_api/token                        GET /gradio_api/dev/reload     GET /gradio_api/user GET /nonsense
POST /gradio_api/component_server            POST /gradio_api/process_recording                  POST /gradio_api/vibe-edit
POST /gradio_api/run-history/connect         POST /gradio_api/stream/abc    POST /               PUT /gradio_api/upload
DELETE /config       PATCH /                 DELETE /gradio_api/queue/join  POST /gradio_api/run/a/b       POST /gradio_api/file=x
"""


@pytest.mark.parametrize("route", re.findall(r"[A-Z]+ /\S*", UNKNOWN))
def test_what_the_page_does_not_need_is_not_there(site: Site, route: str) -> None:
    answer = site.request(*route.split(), b"{}" if not route.startswith("GET") else None)
    assert answer[0] == 404 and "nothing at this address" in sentence(answer)


def test_a_websocket_is_closed(site: Site) -> None:
    """The page speaks by requests alone."""
    key = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-key": "MDEyMzQ1Njc4OWFiY2RlZg=="}
    assert site.request("GET", "/gradio_api/queue/join", headers=key)[0] in (403, 404)


# ------------------------------------------------------------------------------------------------------------------------ sizes
def uploads(site: Site) -> set[Path]:
    return {path for path in site.folder.rglob("*") if path.is_file() and path.stat().st_size > MEGABYTE}


@pytest.mark.parametrize("size", [3, 30])
def test_an_upload_that_is_too_large_is_said_and_not_kept(site: Site, size: int) -> None:
    """By the length that it declares, and by the bytes that come where it declares none."""
    before = uploads(site)
    answer = site.upload(bytes(size * MEGABYTE + MEGABYTE))
    assert answer[0] == 413 and "2 MB" in sentence(answer)

    head = b'--B\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n'
    parts = iter([head, *[bytes(MEGABYTE)] * (size + 1), b"\r\n--B--\r\n"])
    answer = site.request("POST", "/gradio_api/upload", parts, {"content-type": "multipart/form-data; boundary=B"})
    assert answer[0] == 413 and "maximum allowed size" in answer[1]
    assert uploads(site) == before


def test_many_files_are_too_large_together(site: Site) -> None:
    """Each would be taken, and no length is declared; nothing is kept of those that were there before it was too much."""
    before = set(site.folder.rglob("*"))
    part = b'--B\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n' + bytes(MEGABYTE) + b"\r\n"
    answer = site.request(
        "POST", "/gradio_api/upload", iter([part] * 5 + [b"--B--\r\n"]), {"content-type": "multipart/form-data; boundary=B"}
    )
    assert answer[0] == 413 and "2 MB" in answer[1] and set(site.folder.rglob("*")) == before


def test_a_question_that_is_too_large_is_said(site: Site) -> None:
    answer = site.post("/gradio_api/run/show", b'{"data": ["' + bytes(3 * MEGABYTE) + b'"]}')
    assert answer[0] == 413 and "2 MB" in sentence(answer)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"[" * 100_000, b"9" * 100_000])
def test_what_is_not_json_is_said(site: Site, body: bytes) -> None:
    answer = site.post("/gradio_api/queue/join", body)
    assert answer[0] == 400 and "JSON" in sentence(answer)


# ------------------------------------------------------------------------------------------------------------------------ rates
def test_too_often_has_its_own_sentences(strict: Site) -> None:
    """Uploads, questions to the network, other questions and passwords: the third of two is told how long to wait."""
    uploaded = [strict.upload(b"x") for _ in range(3)]
    assert [answer[0] for answer in uploaded] == [200, 200, 429] and "too many uploads" in sentence(uploaded[2])
    assert int(uploaded[2][2]["retry-after"]) > 100
    signed = [
        strict.request("POST", "/login", b"username=a&password=b", {"content-type": "application/x-www-form-urlencoded"}) for _ in range(3)
    ]
    assert [answer[0] for answer in signed][2] == 429 and "passwords" in sentence(signed[2])
    asked = [strict.give(None) for _ in range(3)]
    assert [answer[0] for answer in asked] == [200, 200, 429] and "too many questions" in sentence(asked[2])


FORWARDED_FOR = 3 * ["192.0.2.9, 192.0.2.1"] + ["192.0.2.1, 192.0.2.9"]


def test_a_named_proxy_names_the_visitor() -> None:
    """Behind nginx, each visitor has a budget; the address that counts is the last one, which nginx wrote itself."""
    for site in opened(Hosting(proxies=("127.0.0.1",)), rates=Rates(uploading=Rate(2, 0.001))):
        came = [site.upload(b"x", headers={"x-forwarded-for": visitor})[0] for visitor in FORWARDED_FOR]
        assert came == [200, 200, 429, 200]


def test_nobody_else_is_believed_about_whose_request_it_is(strict: Site) -> None:
    """Not even a program on the same machine."""
    assert [strict.upload(b"x", headers={"x-forwarded-for": visitor})[0] for visitor in FORWARDED_FOR] == [200, 200, 429, 429]


def test_questions_to_the_network_have_a_budget_of_their_own() -> None:
    """It is spent by the functions named as such, by calls by name, and where there is no number; a slider leaves it alone."""
    rates = Rates(looking=Rate(3, 0.001))
    join, config = "/gradio_api/queue/join", GateConfig(looking=frozenset({3}), rates=rates)
    looks = [
        (join, b'{"fn_index": 3}'),
        ("/gradio_api/call/show", b"{}"),
        (join, b"{}"),
    ]
    light = [(join, b'{"fn_index": 4}'), ("/gradio_api/cancel", b'{"fn_index": 3}')]
    bodies, statuses, gate = pass_through(config, *light, *looks, *light, *looks, *light)
    assert statuses == [200] * 2 + [200] * 3 + [200] * 2 + [429] * 3 + [200] * 2
    assert len(bodies) == 9 and gate.limiter.open_requests == {}


def test_what_takes_long_has_a_small_budget_of_its_own() -> None:
    """By number and by name; it leaves the looks alone, and is told from them."""
    one = Rate(1, 0.001)
    join, config = (
        "/gradio_api/queue/join",
        GateConfig(looking=frozenset({3, 7}), lasting=frozenset({7, "scores"}), rates=Rates(lasting=one)),
    )
    film, look, call = (join, b'{"fn_index": 7}'), (join, b'{"fn_index": 3}'), ("/gradio_api/call/scores", b"{}")
    _, statuses, _ = pass_through(
        config, film, film, look, call, ("/gradio_api/call/v2/scores", b"{}"), ("/gradio_api/call/predict", b"{}")
    )
    assert statuses == [200, 429, 200, 429, 429, 200]


def test_pictures_of_cameras_have_a_budget_of_their_own() -> None:
    """It is spent by the functions named as such and leaves other questions alone; they cannot be asked by it, nor by a call by name."""
    two = Rate(2, 0.001)
    run, config = "/gradio_api/run/predict", GateConfig(live=frozenset({5}), rates=Rates(live=two, asking=two))
    picture, other, call = (run, b'{"fn_index": 5}'), (run, b'{"fn_index": 4}'), ("/gradio_api/call/picture", b'{"fn_index": 5}')
    _, statuses, _ = pass_through(config, *3 * [picture], other, call, other, picture)
    assert statuses == [200, 200, 429, 200, 200, 429, 429]


def test_a_camera_may_send_more_pictures_than_there_may_be_other_questions() -> None:
    """20 a second from each of 15 visitors at one address, for a minute."""
    now = [0.0]
    limiter = RateLimiter(Rates(), lambda: now[0])
    for _ in range(600):
        now[0] += 0.1
        assert not any(limiter.take("school", "live") for _ in range(30))


def test_a_class_room_behind_one_address_is_let_in() -> None:
    """20 visitors at once: each loads the page (120 requests), which looks at a sample, uploads a video, looks five times at twice
    the cost, makes the files of a look, and all of them press Play for a minute or move a slider (6 questions a second, answered with as
    many files each)."""
    now = [0.0]
    limiter = RateLimiter(Rates(), lambda: now[0])
    for budget, times in {"reading": 120, "asking": 20, "looking": 12, "lasting": 1, "uploading": 1, "signing_in": 1}.items():
        assert all(limiter.take("school", budget) == 0 for _ in range(20 * times)), budget
    for _ in range(600):
        now[0] += 0.1
        assert not any(limiter.take("school", budget) for budget in 12 * ["asking", *["reading"] * 4])


def test_a_budget_refills_with_time_and_for_each_address_alone() -> None:
    """Refused until the time said has passed, and not longer; another address does not notice."""
    now = [0.0]
    limiter = RateLimiter(Rates(uploading=Rate(3, 0.25)), lambda: now[0])
    assert [limiter.take("a", "uploading") for _ in range(5)] == [0, 0, 0, 4, 4]
    assert limiter.take("b", "uploading") == 0
    now[0] = 3.9
    assert limiter.take("a", "uploading") == 1
    now[0] = 4.0
    assert [limiter.take("a", "uploading") for _ in range(2)] == [0, 4]
    now[0] = 1e6
    assert [limiter.take("a", "uploading") for _ in range(4)] == [0, 0, 0, 4], "a bucket never holds more than at once"


def test_the_table_of_addresses_is_bounded() -> None:
    """A million strangers cost no more memory than as many as are remembered, and who came last is remembered."""
    limiter = RateLimiter(Rates(addresses=50, asking=Rate(1, 0.001)))
    limiter.take("who stays", "asking")
    for number in range(2000):
        assert limiter.take(str(number), "asking") == 0
        limiter.take("who stays", "uploading")
    assert len(limiter.buckets) == 50 and min(limiter.take(who, "asking") for who in ("1999", "who stays")) > 0
    assert all(limiter.enter("x", 3) for _ in range(3)) and not limiter.enter("x", 3)
    for _ in range(3):
        limiter.leave("x")
    assert limiter.open_requests == {}


@pytest.mark.parametrize(
    ("client", "network"),
    [("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("unknown", "unknown")],
)
def test_a_network_is_an_address_or_its_64(client: str, network: str) -> None:
    """Who has 2 ** 64 addresses has one budget."""
    assert network_of(client) == network


# ---------------------------------------------------------------------------------------------------------------------- headers
def test_every_answer_keeps_the_browser_at_home(site: Site) -> None:
    """Pages, refusals and files; what a visitor gave cannot run as a part of the page."""
    (path,) = json.loads(site.upload(b"<script>alert(1)</script>", "page.html")[1])
    for address in ("/", "/nonsense", f"/gradio_api/file={path}"):
        headers = site.request("GET", address)[2]
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
        assert not re.search(r"https?:|\*", headers["content-security-policy"])
    assert "sandbox" in headers["content-security-policy"] and headers["content-disposition"].startswith("attachment")
    assert "frame-ancestors 'self'" in site.request("GET", "/")[2]["content-security-policy"]


# ---------------------------------------------------------------------------------------------------------------------- removal
def test_what_is_old_goes_as_a_whole(tmp_path: Path) -> None:
    """An hour after its last part was written, an entry of the folder is gone, links included and not what they lead to."""
    for name in ("old/1.png", "old/2.png", "touched/1.png", "touched/2.png", "new.mp4"):
        (tmp_path / "page" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "page" / name).write_bytes(b"x")
    (tmp_path / "outside.txt").write_text("stays")
    (tmp_path / "page/link").symlink_to(tmp_path / "outside.txt")
    now = max(path.lstat().st_ctime for path in (tmp_path / "page").rglob("*"))

    sweep(tmp_path / "page", now=now + SECONDS_KEPT)
    assert len(list((tmp_path / "page").iterdir())) == 4
    later = now + SECONDS_KEPT + GRACE + 60
    os.utime(tmp_path / "page/touched/1.png", (later, later))
    sweep(tmp_path / "page", now=later)
    assert sorted(path.name for path in (tmp_path / "page").rglob("*")) == ["1.png", "2.png", "touched"]
    assert (tmp_path / "outside.txt").read_text() == "stays"


def test_a_full_folder_loses_what_is_oldest(tmp_path: Path) -> None:
    """Until the rest is small enough."""
    for number in range(6):
        (tmp_path / f"{number}.mp4").write_bytes(bytes(100_000))
        os.utime(tmp_path / f"{number}.mp4", (4e9 + number, 4e9 + number))
    sweep(tmp_path, most_bytes=350_000, now=4e9 + 10)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3.mp4", "4.mp4", "5.mp4"]


def test_the_folder_is_the_pages_own(site: Site) -> None:
    """Two pages on one machine do not serve each other's uploads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(site.folder.parent))
        patch.setenv("GRADIO_EXAMPLES_CACHE", "")
        other = claim_folder()
    (other / "theirs.mp4").write_bytes(b"x")
    assert other != site.folder and site.request("GET", f"/gradio_api/file={other}/theirs.mp4")[0] == 403
    assert other.stat().st_mode & 0o077 == 0


# ------------------------------------------------------------------------------------------------------------------ in a browser
def test_the_page_works_behind_its_gate(page: Page, site: Site, outside_requests: list[str]) -> None:
    """Load, upload, answer: nothing that the page needs is refused by gate or policy, and nothing is asked of another machine."""
    refused, complaints = [], []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    page.goto(f"http://127.0.0.1:{site.port}/")
    page.locator("#video input[type=file]").set_input_files(CLIP)
    expect(page.locator("#message textarea")).to_have_value(re.compile(r"h264.mp4, \d+ bytes"), timeout=PATIENCE)
    expect(page.locator("#video video")).to_be_visible()
    expect(page.locator("#drawn")).to_contain_text("drawn by a script")
    assert (refused, complaints, outside_requests) == ([], [], [])


def test_the_page_reaches_nobody_else(page: Page, site: Site, listener: tuple) -> None:
    """A script, a picture or a request to another server is stopped by the browser itself."""
    address, visits = listener
    page.goto(f"http://127.0.0.1:{site.port}/")
    assert page.evaluate("address => fetch(address, {mode: 'no-cors'}).then(() => 'sent', () => 'stopped')", address) == "stopped"
    loaded = "address => new Promise(done => { const it = new Image(); it.onload = it.onerror = done; it.src = address })"
    page.evaluate(loaded, address)
    assert visits == []


def test_a_refusal_is_shown_to_the_visitor(page: Page, strict: Site) -> None:
    """The sentence, not a code."""
    strict.give(None), strict.give(None)
    page.goto(f"http://127.0.0.1:{strict.port}/")
    page.locator("#video input[type=file]").set_input_files(CLIP)
    expect(page.locator("body")).to_contain_text("from your network; try again in", timeout=PATIENCE)


# ------------------------------------------------------------------------------------------------ requests that no browser sends
MALFORMED: list = [
    [], 5, None, "x", {}, {"fn_index": 999, "data": []}, {"fn_index": "1", "data": []}, {"fn_index": True, "data": []},
    {"fn_index": 10**30, "data": []}, {"fn_index": -1, "data": []}, {"fn_index": 1, "data": {}}, {"fn_index": 1, "data": []},
    {"fn_index": 1, "data": [1, 2, 3]}, {"fn_index": 1, "data": [{"a": 1}]}, {"fn_index": 1, "data": [[[[]]]]},
    {"fn_index": 1, "data": [None], "session_hash": [1]}, {"fn_index": 1, "data": [None], "session_hash": "x" * 5000},
    {"fn_index": 1, "data": [None], "event_id": {}},
]  # fmt: skip


@pytest.mark.parametrize("route", ["run/show", "run/nothing", "queue/join", "call/show", "call/v2/show", "cancel", "reset"])
def test_a_malformed_question_is_no_error_of_the_server(site: Site, capfd: pytest.CaptureFixture, route: str) -> None:
    """Whatever its parts are: no status of 500, and no traceback in the log."""
    statuses = {site.post(f"/gradio_api/{route}", question)[0] for question in MALFORMED}
    assert all(status < 500 for status in statuses)
    printed = capfd.readouterr()
    assert "Traceback" not in printed.err + printed.out


def test_what_the_page_does_not_understand_is_a_sentence(site: Site) -> None:
    """Nothing of Gradio's insides."""
    answer = site.post("/gradio_api/run/show", {"fn_index": site.number, "data": [{"a": 1}]})
    assert json.loads(answer[1])["error"] == "The page could not understand this; reload it."


def test_a_file_asked_for_in_hundreds_of_parts_comes_whole(site: Site) -> None:
    (path,) = json.loads(site.upload(CLIP.read_bytes())[1])
    ranges = ",".join(f"{byte}-{byte + 1}" for byte in range(0, 2000, 4))
    status, _, headers = site.request("GET", f"/gradio_api/file={path}", headers={"range": f"bytes={ranges}"})
    assert (status, int(headers["content-length"])) == (200, CLIP.stat().st_size)


def test_a_part_of_a_file_is_served(site: Site) -> None:
    """As a browser asks that seeks in a video."""
    (path,) = json.loads(site.upload(CLIP.read_bytes())[1])
    assert site.request("GET", f"/gradio_api/file={path}", headers={"range": "bytes=5-9"})[0] == 206


@pytest.mark.parametrize(("number", "status", "said"), [(errno.ENOSPC, 507, "no room left"), (errno.EACCES, 503, "could not read")])
def test_a_disk_that_takes_nothing_is_said(site: Site, monkeypatch: pytest.MonkeyPatch, capfd, number: int, status: int, said: str) -> None:
    """Full, or not to be written to: a sentence, and no traceback in the log."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.NamedTemporaryFile", fail)
    monkeypatch.setattr("gradio.route_utils.NamedTemporaryFile", fail, raising=False)
    answer = site.upload(b"x")
    assert answer[0] == status and said in sentence(answer)
    assert "Traceback" not in capfd.readouterr().err
