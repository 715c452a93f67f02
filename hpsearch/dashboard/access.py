"""Who may ask: on loopback this machine alone, elsewhere whoever has the token."""

import ipaddress
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from hpsearch.errors import UsageError


@dataclass(frozen=True)
class Access:
    """Judges requests by what they carry."""

    names: frozenset[str]  # by which a browser may call this machine; addresses are always allowed
    loopback: bool
    token: str | None  # what a request must carry; None if the address is loopback's

    @classmethod
    def of(cls, host: str) -> "Access":
        """For a server at `host`; raises UsageError if that is no address of this machine."""
        loopback = address_of(host).is_loopback
        here = {"localhost", host.lower()}
        if not loopback:
            here |= {socket.gethostname().lower(), socket.getfqdn().lower()}
        return cls(frozenset(here), loopback, None if loopback else secrets.token_urlsafe(24))

    def knows_host(self, headers: Sequence[str]) -> bool:
        """Whether the one Host header names this machine.

        A web page whose own name has been pointed at this machine, to read it through the visitor's browser, sends its
        own name; an address cannot be pointed elsewhere.
        """
        if len(headers) != 1:
            return False
        try:
            name = urlsplit(f"//{headers[0]}").hostname or ""
        except ValueError:
            return False
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name in self.names
        return address.is_loopback or not self.loopback

    def admits(self, query: str, cookies: str, cookie: str) -> bool:
        """Whether a request with this query and these cookies has the token, if one is needed."""
        if self.token is None:
            return True
        carried = [*parse_qs(query).get("token", []), *_named(cookies, cookie)]
        return any(secrets.compare_digest(each.encode(), self.token.encode()) for each in carried)


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address of a host's name; raises UsageError if it has none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"--host must be an address or a name of this machine, as in 127.0.0.1 or 0.0.0.0; nothing is known by the name {host!r}"
        ) from error
    return ipaddress.ip_address(str(found[0][4][0]).partition("%")[0])


def _named(cookies: str, name: str) -> list[str]:
    """What the cookies of this name hold; Python's own parser gives up at what other applications put into theirs."""
    pairs = (each.partition("=") for each in cookies.split(";"))
    return [value.strip() for key, _, value in pairs if key.strip() == name]
