"""`Hosting`: the options of `python app.py`: address, password and its check, networks, and the limits of video/uploads.py."""

import ipaddress
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from starlette.middleware import Middleware
from tyro.conf import FlagCreatePairsOff

from workbench.hosting.checks import SHARED, page_policy
from workbench.hosting.gate import Gate, GateConfig
from workbench.hosting.origins import own_names
from workbench.hosting.temp_folder import sweep_while_serving
from workbench.parameters import Range, check_ranges
from workbench.video.uploads import VideoLimits

PASSWORD = "WORKBENCH_PASSWORD"
SHORTEST_PASSWORD = 8  # characters of a password
MESSAGE = "Any user name will do; the password is the one that you were given."


@dataclass(frozen=True)
class Hosting:
    """How the page is opened. As it stands, it is for this machine alone.

    Raises ValueError for a page that others could reach without a password, unless `open_to_everyone` says that it is meant.

    Args:
        host: the address to listen at. Others than 127.0.0.1 can be reached from other machines and need a password.
        port: on this machine.
        share: lead a public address of gradio.live to this machine, for a week at most; it needs a password, and the internet.
        password_file: a file whose first line is the password. The variable WORKBENCH_PASSWORD will do, too; there is no
            option for the password itself, because everyone on a machine can read the options of its programs.
        open_to_everyone: let others in without a password. For a public demo that is meant as one.
        checkpoint: weights to show first instead of the shipped MSNet.
        checkpoints: a folder; visitors can choose among the checkpoints in it. They can bring none of their own.
        waiting: how many questions may wait for the network; the next one is told that the page is busy.
        live: how many visitors may use their camera live at once; the others wait in line. By default one for every two cores; 0 is none.
        sessions: how many visitors are remembered; whoever was quiet for longest is forgotten.
        limits: what visitors may give.
        teaching: visitors may teach networks motions of their own, also where others than you can open the page. It takes the processor
            for minutes; on this machine alone it is on.
        no_teaching: no visitor may teach networks.
        frames: sites that may show the page in a frame, such as https://huggingface.co.
        root_path: of the page behind a reverse proxy that serves other things as well, such as /motion.
        names: under which visitors ask for the page beside the machine's own, such as example.org or *.example.org.
        proxies: addresses or networks of reverse proxies, such as 127.0.0.1 or 10.0.0.0/8; only they are believed about whose
            request they pass on.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Range(1, 65535)] = 7860
    share: bool = False
    password_file: Path | None = None
    open_to_everyone: bool = False
    checkpoint: Path | None = None
    checkpoints: Path | None = None
    waiting: Annotated[int, Range(1)] = 100
    live: Annotated[int | None, Range(0)] = None
    sessions: Annotated[int, Range(1)] = 40
    limits: VideoLimits = field(default_factory=VideoLimits)
    teaching: Annotated[bool, FlagCreatePairsOff] = False
    no_teaching: Annotated[bool, FlagCreatePairsOff] = False
    frames: tuple[str, ...] = ()
    root_path: str = ""
    names: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()

    def __post_init__(self):
        check_ranges(self)
        for proxy in self.proxies:
            check_proxy(proxy)
        if not self.host:
            raise ValueError("host must be an address; 0.0.0.0 is every address of this machine")
        if self.root_path and (not self.root_path.startswith("/") or self.root_path.endswith("/")):
            raise ValueError(f"root_path begins with a slash and ends without one, got {self.root_path!r}")
        if self.teaching and self.no_teaching:
            raise ValueError("teaching and no_teaching cannot both be; say one of them, or none")
        if self.reaches_others and not self.open_to_everyone and not self.password():
            raise ValueError(
                f"{'With share' if self.share else f'At {self.host}'}, other people could open the page: give it a password by "
                f"--password-file or {PASSWORD}, or say --open-to-everyone"
            )

    @property
    def teaches(self) -> bool:
        """Whether visitors may teach: where the page is for this machine alone, and where that is said.

        A reverse proxy leads others here although the page listens at this machine alone; its options say that there is one."""
        leads_others_here = bool(self.names or self.proxies or self.root_path)
        return not self.no_teaching and (self.teaching or not (self.reaches_others or leads_others_here))

    @property
    def reaches_others(self) -> bool:
        """Whether anyone beyond this machine can open the page."""
        return self.share or not is_loopback(self.host)

    def password(self) -> str | None:
        """From the file if one is named, else from the variable; None if there is none. Raises ValueError for one that is easily
        found, OSError for a file that cannot be read."""
        if self.password_file is not None:
            lines = self.password_file.read_text(encoding="utf-8").splitlines()
            where, word = str(self.password_file), lines[0].strip() if lines else ""
        elif PASSWORD in os.environ:
            where, word = PASSWORD, os.environ[PASSWORD].strip()
        else:
            return None
        if len(word) < SHORTEST_PASSWORD:
            raise ValueError(f"the password in {where} has {len(word)} characters; it needs {SHORTEST_PASSWORD} or more")
        return word


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_proxy(proxy: str) -> None:
    """Raises ValueError for what is no address or network, and for all of them: visitors could then invent addresses."""
    try:
        network = ipaddress.ip_network(proxy, strict=False)
    except ValueError:
        raise ValueError(f"a proxy is named by its address or network, such as 127.0.0.1 or 10.0.0.0/8, got {proxy!r}") from None
    if network.prefixlen == 0:
        raise ValueError(f"proxies would be all machines, so that visitors could invent addresses, got {proxy!r}")


def check_password(word: str) -> Callable[[str, str], bool]:
    """Who may come in, in a time that tells nothing about the word."""
    return lambda user, attempt: secrets.compare_digest(attempt.encode(), word.encode())


def launch_options(
    hosting: Hosting,
    folder: Path,
    more_files: Iterable[str | os.PathLike] = (),
    looking: Iterable[int | str] = (),
    live: Iterable[int | str] = (),
    lasting: Iterable[int | str] = (),
    pages: Iterable[str] = (),
) -> dict[str, Any]:
    """Keyword arguments for `page.launch`: all that concerns who can do what. The page's looks are not among them.

    folder: the one that `claim_folder` made. more_files: further files and folders that visitors may be shown. looking: numbers of
    the functions that run the network (`functions_of`). live: of those that answer a camera. lasting: of those that may take minutes.
    pages: names of further pages.

    Whatever Gradio would read from a variable of the environment is said here, so that none can open the page further; the proxies that
    its server believes have no other place than such a variable. The tunnel of a shared page is one.
    """
    os.environ["FORWARDED_ALLOW_IPS"] = ",".join((*hosting.proxies, *(["127.0.0.1"] if hosting.share else [])))
    more_files = [str(Path(path).resolve()) for path in more_files]
    password = hosting.password()
    gate = GateConfig(
        folders=(folder, *map(Path, more_files)),
        looking=frozenset(looking),
        live=frozenset(live),
        lasting=frozenset(lasting),
        pages=tuple(pages),
        upload_bytes=hosting.limits.bytes,
        names=own_names(hosting.host, hosting.names, hosting.share),
        policy=page_policy(hosting.frames, SHARED if hosting.share else ()),
    )
    return {
        "server_name": hosting.host,
        "server_port": hosting.port,
        "share": hosting.share,
        "auth": check_password(password) if password else None,
        "auth_message": MESSAGE if password else None,
        "app_kwargs": {"middleware": [Middleware(Gate, gate)], "lifespan": sweep_while_serving(folder)},
        "max_file_size": hosting.limits.bytes,
        "allowed_paths": more_files or [str(folder / "nothing")],
        "blocked_paths": [],
        "root_path": hosting.root_path,
        "state_session_capacity": hosting.sessions,
        "strict_cors": True,
        "ssr_mode": False,
        "mcp_server": False,
        "run_history": False,
        "enable_monitoring": False,
        "pwa": False,
        "num_workers": 0,
    }


def functions_of(page: Any, *queues: str) -> frozenset[int | str]:
    """The numbers of a page's functions that wait in these queues, and the names by which programs call them."""
    functions = {number: function for number, function in page.fns.items() if function.concurrency_id in queues}
    return frozenset(functions) | {function.api_name for function in functions.values() if isinstance(function.api_name, str)}
