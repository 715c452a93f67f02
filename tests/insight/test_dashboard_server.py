"""The dashboard's server shows sweeps to whoever may see them, and nothing else to anybody."""

import os
import re
import socket
import sys
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from shutil import copytree

import pytest

from hpsearch.dashboard import DashboardServer, Sweeps
from hpsearch.dashboard.access import Access
from hpsearch.errors import UsageError
from hpsearch.results import Results
from tests.processes.program import program_here

from .live import ask, serving

pytestmark = pytest.mark.usefixtures("few_forests")


@pytest.fixture(scope="module")
def open_server(motley: Results) -> Iterator[DashboardServer]:
    """On loopback."""
    with serving(motley.path) as server:
        yield server


@pytest.fixture(scope="module")
def guarded(motley: Results) -> Iterator[DashboardServer]:
    """As it would be for a network, though nothing but loopback is listened to."""
    with serving(motley.path) as server:
        server.access = Access(frozenset({"box"}), loopback=False, token="secret")  # noqa: S106 - a token for this test alone
        yield server


NAMES = ['<img src=x onerror="alert(1)">&', "%2e%2e", "a b?c#d", "größer"]
if sys.platform == "linux":  # elsewhere names are text
    NAMES.append(os.fsdecode(b"\xff"))


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_every_name_that_a_folder_can_have_leads_to_its_page_and_is_no_markup(
    motley: Results, tmp_path: Path, name: str
) -> None:
    copytree(motley.path, tmp_path / name)
    with serving(tmp_path) as server:
        listed = ask(port_of(server), "/list").text
        [path] = re.findall(r'href="([^"]*)"', listed)
        shown = ask(port_of(server), path)
        assert shown.status == 200
        assert f'data-follow="{path}/progress"' in shown.text
        state = ask(port_of(server), f"{path}/progress").text
        assert ("40 of 40 trials" if name.isprintable() else "surrogates not allowed") in state  # Arrow wants text
        assert "<img" not in listed + shown.text


def port_of(server: DashboardServer) -> int:
    return int(server.server_address[1])


KINDS = {
    "/": "text/html",
    "/list": "text/html",
    "/sweeps/motley": "text/html",
    "/sweeps/motley/progress": "text/html",
    "/sweeps/motley/page": "text/html",
    "/static/page.css": "text/css",
    "/static/live.css": "text/css",
    "/static/page.js": "text/javascript",
    "/static/live.js": "text/javascript",
    "/static/plotly.js": "text/javascript",
}


@pytest.mark.parametrize("path", KINDS)
def test_every_page_has_its_type_and_is_sent_once(open_server: DashboardServer, path: str) -> None:
    reply = ask(port_of(open_server), path)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == f"{KINDS[path]}; charset=utf-8"
    assert "script-src 'self';" in reply.headers["Content-Security-Policy"]
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    again = ask(port_of(open_server), path, If_None_Match=reply.headers["ETag"])
    assert (again.status, again.text) == (304, "")


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/list/",
        "/sweeps",
        "/sweeps/",
        "/sweeps/other",
        "/sweeps/motley/config.yaml",
        "/sweeps/motley/page/more",
        "/sweeps/..",
        "/sweeps/../page",
        "/sweeps/%2e%2e/page",
        "/sweeps/..%2Fmotley/page",
        "/sweeps/motley%2F..%2Fmotley/page",
        "/sweeps/motley%00/page",
        "/static/../page.css",
        "/static/%2e%2e%2fserver.py",
        "/static/server.py",
        "/etc/passwd",
        "//etc/passwd",
        "/../../../../etc/passwd",
    ],
)
def test_there_is_nothing_else(open_server: DashboardServer, path: str) -> None:
    assert ask(port_of(open_server), path).status == 404


def test_an_address_that_is_none_is_refused(open_server: DashboardServer) -> None:
    assert ask(port_of(open_server), "http://[/", Host="localhost").status == 400


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_only_get_is_answered(open_server: DashboardServer, method: str) -> None:
    reply = ask(port_of(open_server), "/list", method)
    assert reply.status == (501 if method == "BREW" else 405)
    assert "motley" not in reply.text
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:9", "[::1]:9", "127.0.0.2"])
def test_loopback_is_known_by_its_names(open_server: DashboardServer, host: str) -> None:
    assert ask(port_of(open_server), "/list", Host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1", "["]
)
def test_a_name_that_was_pointed_at_loopback_is_refused(open_server: DashboardServer, host: str) -> None:
    reply = ask(port_of(open_server), "/list", Host=host)
    assert reply.status == 421
    assert "motley" not in reply.text


@pytest.mark.parametrize("path", [*KINDS, "/sweeps/other"])
def test_without_the_token_nothing_is_shown(guarded: DashboardServer, path: str) -> None:
    for request in (path, f"{path}?token=", f"{path}?token=secre", f"{path}?token=secret1", f"{path}?token=%C3%A9"):
        reply = ask(port_of(guarded), request)
        assert reply.status == 403
        assert reply.text == "Open the address that hpsearch dashboard printed: it has a token in it.\n"


def test_the_token_goes_from_the_address_into_a_cookie(guarded: DashboardServer) -> None:
    port = port_of(guarded)
    reply = ask(port, "/sweeps/motley?token=secret")
    assert (reply.status, reply.headers["Location"]) == (303, "/sweeps/motley")
    [(name, cookie)] = SimpleCookie(reply.headers["Set-Cookie"]).items()
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    for other in ("other=1", 'other={"x":1}', "other", "=; a b=c"):
        assert ask(port, "/list", Cookie=f"{other}; {name}={cookie.value}").status == 200
    for forged in (f"{name}=other", f"{name}1={cookie.value}", "]=;", f"{name}="):
        assert ask(port, "/list", Cookie=forged).status == 403


def test_on_a_network_it_is_known_by_addresses_and_its_own_names(guarded: DashboardServer) -> None:
    hosts = {"box": 200, "10.1.2.3:80": 200, "evil.example": 421}
    found = {
        host: ask(port_of(guarded), "/list", Host=host, Cookie=f"{guarded.cookie}=secret").status for host in hosts
    }
    assert found == hosts


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - nothing is bound
def test_any_address_but_loopback_has_a_token_of_its_own(host: str) -> None:
    first, second = Access.of(host), Access.of(host)
    assert first.token != second.token
    assert len(first.token or "") >= 32
    assert {"localhost", socket.gethostname().lower()} <= first.names


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "::1"])
def test_loopback_has_no_token(host: str) -> None:
    assert Access.of(host).token is None


def test_the_address_that_is_printed_opens_it(tmp_path: Path) -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        with DashboardServer(Sweeps(tmp_path), host, 0) as server:
            shown = f"[{host}]" if ":" in host else host
            assert server.url == f"http://{shown}:{server.server_address[1]}/"
            server.access = Access(frozenset(), loopback=False, token="a-b_c")  # noqa: S106 - a token for this test alone
            assert server.url.endswith("/?token=a-b_c")


def test_a_port_in_use_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with DashboardServer(Sweeps(tmp_path), "127.0.0.1", 0) as server:
        run = program_here("dashboard", tmp_path, "--port", server.server_address[1])
    assert run.returncode == 2
    assert "is in use already; name another, or 0 for any that is free" in run.stderr
    assert run.stderr.count("\n") == 1


def test_an_address_of_another_machine_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--host must be an address of this machine; '192\.0\.2\.1'"):
        DashboardServer(Sweeps(tmp_path), "192.0.2.1", 0)  # of RFC 5737, for documentation
    with pytest.raises(UsageError, match="nothing is known by the name 'no such name'"):
        DashboardServer(Sweeps(tmp_path), "no such name", 0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "there is no folder 'nowhere'"),
        (["pyproject.toml"], "there is no folder 'pyproject.toml'"),
        (["s3://bucket/sweeps"], "a folder of this machine, not s3://bucket/sweeps"),
        ([".", "--port", "65536"], "--port"),
    ],
)
def test_what_cannot_be_shown_is_refused(arguments: list[str], sentence: str) -> None:
    run = program_here("dashboard", *arguments)
    assert run.returncode == 2
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr
