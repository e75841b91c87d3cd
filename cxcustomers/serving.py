"""Where the server listens, and how this process turns into it."""

import os
import socket
import sys
from ipaddress import ip_address

from django.db import connections


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen_address(host: str, port: int) -> str:
    """The IP address that `host` stands for; OSError where nobody could listen there now."""
    family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(place)
    return str(place[0])


def url_of(host: str, port: int) -> str:
    """How a browser on this machine reaches the server."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def become(arguments: list[str]) -> None:
    """Replace this process by Python with `arguments`: nothing is left behind to orphan."""
    connections.close_all()
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *arguments])
