"""One request to a receiver whom nobody trusts: bounded in time, and nothing of its answer read."""

import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from threading import Timer

from .ssrf import NotCalled, Target, addresses_of, target_of

CONNECT_SECONDS = 5
# From the first packet to the status line.
TOTAL_SECONDS = 15
TOO_LATE = f"No answer within {TOTAL_SECONDS} seconds."


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt: the HTTP status, or why there is none."""

    status: int | None
    problem: str
    milliseconds: int = 0
    # Nothing was sent for a reason that is ours and says nothing of the receiver.
    is_ours: bool = False

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post JSON there; redirects are not followed (Standard Webhooks). Raises nothing."""
    began = time.monotonic()
    status = None
    try:
        status = status_from(target_of(url), body, headers)
        problem = "" if 200 <= status < 300 else f"It answered {describe_status(status)}."
    except NotCalled as error:
        problem = str(error)
    except ssl.SSLCertVerificationError as error:
        problem = f"Its certificate is not valid: {error.verify_message}."
    except (OSError, HTTPException, ValueError) as error:
        is_late = time.monotonic() - began >= TOTAL_SECONDS or isinstance(error, TimeoutError)
        problem = TOO_LATE if is_late else f"The connection failed: {failure_reason(error)}."
    return Answer(status, problem, round(1000 * (time.monotonic() - began)))


def status_from(target: Target, body: bytes, headers: Mapping[str, str]) -> int:
    connection = CheckedConnection(target)
    # A receiver that sends a byte now and then would keep within any limit on a single read.
    watch = Timer(TOTAL_SECONDS, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", target.path, body, {"Host": target.host_header, **headers})
        return connection.getresponse().status
    finally:
        watch.cancel()
        connection.close()


class CheckedConnection(HTTPConnection):
    """Connects to addresses that were checked, and to no other that the name has meanwhile."""

    def __init__(self, target: Target):
        super().__init__(target.host, target.port, timeout=TOTAL_SECONDS)
        self.target = target
        self.is_cut = False

    def connect(self) -> None:
        self.sock = connect(self.target)
        if self.is_cut:
            raise TimeoutError
        if self.target.is_secure:
            self.sock = ssl.create_default_context().wrap_socket(
                self.sock, server_hostname=self.target.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def cut(self) -> None:
        """End what another thread waits for."""
        self.is_cut = True
        if self.sock:
            with suppress(OSError):
                # TLS would first say goodbye, and wait for that.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def connect(target: Target) -> socket.socket:
    """A socket to the first address that answers. Raises NotCalled, and OSError."""
    problem = OSError("no address")
    for family, address in addresses_of(target)[:2]:
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(CONNECT_SECONDS)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            problem = error
        else:
            connection.settimeout(TOTAL_SECONDS)
            return connection
    raise problem


def describe_status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def failure_reason(error: Exception) -> str:
    """In our words or the system's: what the receiver sends is not repeated."""
    return getattr(error, "strerror", None) or type(error).__name__
