"""Who may ask the page: by its own name, from the page itself, and in a session that is one."""

import http.client
import json
import time
from collections.abc import Iterator

import pytest
from patience import PATIENCE
from small_site import Site, opened
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from workbench.hosting.options import Hosting
from workbench.hosting.origins import check_host, check_origin, own_names
from workbench.hosting.rates import Rates

WORD = "correct horse"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Hosting:
    """A page with a password."""
    file = tmp_path_factory.mktemp("hosting") / "password"
    file.write_text(WORD)
    return Hosting(password_file=file)


@pytest.fixture(scope="module", params=[False, True], ids=["open", "password"])
def site(request: pytest.FixtureRequest, locked: Hosting) -> Iterator[Site]:
    yield from opened(locked if request.param else Hosting())


@pytest.fixture(scope="module")
def open_site() -> Iterator[Site]:
    yield from opened(Hosting())


# -------------------------------------------------------------------------------------------------------------------- names
@pytest.mark.parametrize("host", ["localhost:7860", "LOCALHOST", "127.0.0.1:80", "[::1]:7860", "192.0.2.7", "localhost.", "a.example.org"])
def test_the_page_is_asked_by_its_own_names(host: str) -> None:
    """Those of the machine, those that were allowed, and every address in numbers."""
    check_host(Headers({"host": host}), own_names("127.0.0.1", ["*.example.org"]))


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "example.org", "evil-example.org", "", "[", "a b", "127.0.0.1.evil.example"]
)
def test_another_name_is_refused(host: str) -> None:
    with pytest.raises(HTTPException, match="not known under that name"):
        check_host(Headers({"host": host}), own_names("127.0.0.1", ["*.example.org"]))


def test_a_page_for_all_addresses_is_known_by_the_name_of_its_machine() -> None:
    import socket

    assert socket.gethostname().lower() in own_names("0.0.0.0")


# ----------------------------------------------------------------------------------------------------------------- origins
OWN = ["http://localhost:7860", "https://localhost:7860", None]
FOREIGN = [
    "http://evil.example",
    "http://localhost:3000",
    "null",
    "file://",
    "http://localhost",
    "http://localhost:7860.evil.example",
    "http://[",
]


@pytest.mark.parametrize("origin", OWN)
def test_the_page_itself_may_ask(origin: str | None) -> None:
    check_origin(Headers({"host": "localhost:7860"} | ({"origin": origin} if origin else {})))


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_site_may_not(origin: str) -> None:
    with pytest.raises(HTTPException, match="Another site"):
        check_origin(Headers({"host": "localhost:7860", "origin": origin}))


def test_the_usual_port_need_not_be_said() -> None:
    check_origin(Headers({"host": "example.org", "origin": "https://example.org:443"}))


@pytest.mark.parametrize("kind", ["question", "upload", "call", "login", "file"])
@pytest.mark.parametrize("header", [{"origin": "http://evil.example"}, {"host": "evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_another_site_is_refused_by_every_route(site: Site, kind: str, header: dict) -> None:
    """With and without a password, before anything is read; the function is not called."""
    before = len(site.asked)
    body = json.dumps({"data": [None], "fn_index": site.number, "session_hash": "test"}).encode()
    as_json = {"content-type": "application/json", **header}
    answer = {
        "question": lambda: site.request("POST", "/gradio_api/queue/join", body, as_json),
        "call": lambda: site.request("POST", "/gradio_api/call/show", body, {"content-type": "text/plain", **header}),
        "upload": lambda: site.upload(b"x", headers=header),
        "login": lambda: site.request("POST", "/login", b"", header),
        "file": lambda: site.request("GET", "/config", headers=header),
    }[kind]()
    assert answer[0] == 403 and len(site.asked) == before


# ------------------------------------------------------------------------------------------------------------------ visits
def visit(site: Site, session: str, cookie: str = "") -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE / 1000)
    connection.request("GET", f"/gradio_api/heartbeat/{session}", headers={"cookie": cookie} if cookie else {})
    return connection


def sessions_of(site: Site) -> set[str]:
    return set(site.page.state_holder.session_data)


def test_visits_without_a_question_leave_no_trace(open_site: Site) -> None:
    """However many end: Gradio would remember each, and forget a visitor for it."""
    for connection in [visit(open_site, f"nobody{number}") for number in range(20)]:
        connection.close()
    time.sleep(0.5)
    assert not {session for session in sessions_of(open_site) if session.startswith("nobody")}


def test_a_visit_in_which_something_was_asked_is_kept_alive(open_site: Site) -> None:
    """Also where the visit began before the question, as in a browser."""
    early = visit(open_site, "somebody")
    assert open_site.post("/gradio_api/run/show", {"data": [None], "fn_index": open_site.number, "session_hash": "somebody"})[0] == 200
    assert early.getresponse().readline() == b"data: ALIVE\n"
    early.close()


def test_a_visit_needs_the_password(locked: Hosting) -> None:
    for site in opened(locked):
        status, content, _ = site.request("GET", "/gradio_api/heartbeat/stranger")
        assert status == 401 and json.loads(content)["detail"] == "Sign in first."


def test_who_has_signed_in_is_let_in(locked: Hosting) -> None:
    for site in opened(locked):
        form = {"content-type": "application/x-www-form-urlencoded"}
        _, _, headers = site.request("POST", "/login", f"username=a&password={WORD}".encode(), form)
        signed_in = {"cookie": headers["set-cookie"].partition(";")[0], "content-type": "application/json"}
        connection = visit(site, "guest", signed_in["cookie"])
        question = {"data": [None], "fn_index": site.number, "session_hash": "guest"}
        site.request("POST", "/gradio_api/run/show", json.dumps(question).encode(), signed_in)
        assert connection.getresponse().status == 200
        connection.close()


def test_open_visits_shut_nobody_out() -> None:
    """More visits than an address may have are refused, and its other requests are answered."""
    for site in opened(Hosting(), rates=Rates(visits_at_once=10)):
        visits = [visit(site, f"idle{number}") for number in range(10)]
        time.sleep(0.3)
        assert visit(site, "more").getresponse().status == 429
        assert site.request("GET", "/config")[0] == 200
        for connection in visits:
            connection.close()
