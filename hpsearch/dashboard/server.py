"""The dashboard's web server: it answers GET from whoever may ask, and nothing else."""

import errno
import hashlib
import os
import socket
import sys
from collections.abc import Callable, Mapping
from functools import cache
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from socketserver import TCPServer
from string import Template
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from hpsearch.dashboard.access import Access, address_of
from hpsearch.dashboard.sweeps import Sweeps, place_of
from hpsearch.errors import UsageError
from hpsearch.report.page import asset

HTML, SCRIPT, STYLE = "text/html", "text/javascript", "text/css"
IDLE_S = 60  # after which a connection on which nothing is asked is closed
HEADERS: Mapping[str, str] = {
    # Plotly writes style elements; everything else comes from this server's own files.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}

Answer = tuple[str, str]  # type and text


class DashboardServer(ThreadingHTTPServer):
    """Serves the sweeps of a results folder; a request is a thread, which ends with the process."""

    daemon_threads = True

    def __init__(self, sweeps: Sweeps, host: str, port: int) -> None:
        """Listen at a host's address; port 0 is any that is free. Raises UsageError if that cannot be."""
        self.sweeps, self.access, self._host = sweeps, Access.of(host), host
        address = address_of(host)
        self.address_family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        try:
            super().__init__((str(address), port), Handler)
        except OSError as error:
            raise UsageError(_refusal(error, host, port)) from error

    @property
    def url(self) -> str:
        """Where a browser finds it; with the token, if one is needed."""
        address = address_of(self._host)
        host = (
            socket.gethostname() if address.is_unspecified else f"[{address}]" if address.version == 6 else self._host
        )
        query = f"?token={self.access.token}" if self.access.token else ""
        return f"http://{host}:{self.server_address[1]}/{query}"

    @property
    def cookie(self) -> str:
        """The name of the cookie that holds the token; browsers do not tell the ports of a host apart."""
        return f"hpsearch_{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind, without asking the network for this machine's name as the base class does."""
        TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away; what else goes wrong is a defect, and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def answer(self, path: str) -> Answer | None:
        """What stands at a path; None if nothing does. Sweeps are looked up by name, and no path is made of what was asked."""
        match path.split("/")[1:]:
            case [""]:
                return HTML, shell("Sweeps", asset_of("list.html"))
            case ["list"]:
                return HTML, self.sweeps.list_html()
            case ["static", name] if name in STATIC:
                kind, text = STATIC[name]
                return kind, text()
            case ["sweeps", quoted, *rest]:
                return self._about_sweep(os.fsdecode(unquote_to_bytes(quoted)), rest)
        return None

    def _about_sweep(self, name: str, rest: list[str]) -> Answer | None:
        sweep = self.sweeps.named(name)
        if sweep is None:
            return None
        match rest:
            case []:
                return HTML, shell(name, Template(asset_of("sweep.html")).substitute(path=place_of(name)))
            case ["progress"]:
                return HTML, sweep.progress().html()
            case ["page"]:
                return HTML, sweep.page()
        return None


class Handler(BaseHTTPRequestHandler):
    """One browser's requests."""

    server: DashboardServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(explain)s\n"

    def do_GET(self) -> None:
        """Answer, or refuse in a sentence."""
        server = self.server
        if not server.access.knows_host(self.headers.get_all("Host", [])):
            return self._refuse(
                HTTPStatus.MISDIRECTED_REQUEST,
                "The dashboard is not known by this name; open the address that it printed, or localhost.",
            )
        try:
            target = urlsplit(self.path)
        except ValueError:
            return self._refuse(HTTPStatus.BAD_REQUEST, "This is no address.")
        if not server.access.admits(target.query, "; ".join(self.headers.get_all("Cookie", [])), server.cookie):
            return self._refuse(
                HTTPStatus.FORBIDDEN, "Open the address that hpsearch dashboard printed: it has a token in it."
            )
        found = server.answer(target.path)
        if found is None:
            return self._refuse(HTTPStatus.NOT_FOUND, "There is nothing here; the sweep may have been moved away.")
        if server.access.token and "token=" in target.query:
            return self._remember(target.path)
        return self._send(*found)

    def _refuse_method(self) -> None:
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, "The dashboard only shows; it answers GET.")

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse_method

    def _send(self, kind: str, text: str) -> None:
        body = text.encode(errors="replace")  # a folder's name may be no text
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        known = self.headers.get("If-None-Match") == tag
        self.send_response(HTTPStatus.NOT_MODIFIED if known else HTTPStatus.OK)
        self.send_header("ETag", tag)
        if not known:
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not known:
            self.wfile.write(body)

    def _remember(self, path: str) -> None:
        """Keep the token in a cookie, which no script can read, and not in the address bar."""
        self.send_response(HTTPStatus.SEE_OTHER)
        cookie = f"{self.server.cookie}={self.server.access.token}; HttpOnly; SameSite=Lax; Path=/"
        self.send_header("Set-Cookie", cookie)
        self.send_header("Location", path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _refuse(self, status: HTTPStatus, sentence: str) -> None:
        self.send_error(status, explain=sentence)

    def end_headers(self) -> None:
        """Add what every answer says to browsers."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def version_string(self) -> str:
        """The software, without its version."""
        return "hpsearch"

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - named by the base class
        """Requests are not logged: with ten viewers they would be all that a terminal shows."""


@cache
def asset_of(name: str) -> str:
    """The text of one of the dashboard's own files."""
    return files("hpsearch.dashboard").joinpath(name).read_text(encoding="utf-8")


STATIC: Mapping[str, tuple[str, Callable[[], str]]] = {
    "page.css": (STYLE, lambda: asset("page.css")),
    "live.css": (STYLE, lambda: asset_of("live.css")),
    "page.js": (SCRIPT, lambda: asset("page.js")),
    "live.js": (SCRIPT, lambda: asset_of("live.js")),
    "plotly.js": (SCRIPT, lambda: asset("plotly.js")),
}


def shell(title: str, main: str) -> str:
    """A page that its script fills, and keeps up to date."""
    return Template(asset_of("live.html")).substitute(title=escape(title), main=main)


def _refusal(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"--port: port {port} is in use already; name another, or 0 for any that is free"
    if error.errno == errno.EACCES:
        return f"--port: port {port} is not for this user; name one above 1023, or 0 for any that is free"
    return f"--host must be an address of this machine; {host!r}: {error.strerror or error}"
