"""Which hosts may be called: no request of ours reaches into a network that is not public.

Networks of the installation's own are named in settings.WEBHOOK_NETWORKS.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from foundation.text import hostile_characters

from .models import URL_LENGTH

DEFAULT_PORTS = {"http": 80, "https": 443}
# The only IPv6 addresses that lead to the internet (RFC 4291).
GLOBAL_UNICAST = ip_network("2000::/3")
# Ranges that the standard library of some Python versions takes for public ones, and those that
# lead to an IPv4 address of any kind.
NEVER_PUBLIC = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "240.0.0.0/4",
        "2001::/23",
        "2002::/16",
        "3fff::/20",
    )
]

SCHEME = "Begin with https:// or http://."
NO_HOST = "Name a host."
USER = "Leave user and password out: what is sent is signed."
FRAGMENT = "Leave the part after # out: no server sees it."
PORT = "Port {port} is not called. Ports that are: {ports}."
UNKNOWN = "There is no host {host}."
NOT_PUBLIC = "Address is not public."

Address = IPv4Address | IPv6Address
SocketAddress = tuple[socket.AddressFamily, tuple]


class NotCalled(Exception):
    """The host cannot or may not be called; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in the parts of which a request is made."""

    is_secure: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        is_default = self.port == DEFAULT_PORTS["https" if self.is_secure else "http"]
        return name if is_default else f"{name}:{self.port}"


def check_url(url: str) -> None:
    """Raises ValidationError where nothing would be sent there; asks for the host's addresses."""
    try:
        addresses_of(target_of(url))
    except NotCalled as error:
        raise ValidationError(str(error)) from None


def target_of(url: str) -> Target:
    """Raises NotCalled for what is no URL that we post to."""
    problem = hostile_characters(url)
    if problem or len(url) > URL_LENGTH or not url.isascii() or any(map(str.isspace, url)):
        raise NotCalled(problem or "Not a URL.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotCalled("Not a URL.") from None
    if problem := address_problem(parts):
        raise NotCalled(problem)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    return Target(parts.scheme == "https", parts.hostname or "", port, path)


def address_problem(parts: SplitResult) -> str:
    checks = [
        (parts.scheme not in DEFAULT_PORTS, SCHEME),
        ("@" in parts.netloc, USER),
        (not parts.hostname, NO_HOST),
        (bool(parts.fragment), FRAGMENT),
    ]
    return next((problem for is_wrong, problem in checks if is_wrong), "")


def addresses_of(target: Target) -> list[SocketAddress]:
    """Where to connect to, all of them allowed. Raises NotCalled.

    Whoever connects has to use these, for a name may mean something else a moment later.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotCalled(UNKNOWN.format(host=target.host)) from None
    known = [ip_address(str(address[0]).partition("%")[0]) for *_, address in found]
    if not all(is_own_address(address) or is_public(address) for address in known):
        raise NotCalled(NOT_PUBLIC)
    if target.port not in settings.WEBHOOK_PORTS and not all(map(is_own_address, known)):
        ports = ", ".join(map(str, settings.WEBHOOK_PORTS))
        raise NotCalled(PORT.format(port=target.port, ports=ports))
    return [(family, address) for family, _, _, _, address in found]


def is_own_address(address: Address) -> bool:
    """Whether it is in a network that the installation names, where any port may be called."""
    address = plain_address(address)
    return any(address in network for network in settings.WEBHOOK_NETWORKS)


def is_public(address: Address) -> bool:
    address = plain_address(address)
    return (
        address.is_global
        and not address.is_multicast
        and (address.version == 4 or address in GLOBAL_UNICAST)
        and not any(address in network for network in NEVER_PUBLIC)
    )


def plain_address(address: Address) -> Address:
    """An IPv4 address that is written as an IPv6 one, as what it is."""
    return getattr(address, "ipv4_mapped", None) or address
