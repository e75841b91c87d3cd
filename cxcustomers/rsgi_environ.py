"""A request of the event loop as WSGI has it (PEP 3333), and the answer to it."""

import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

ENVIRON_KEYS = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def environ_of(scope: Any) -> dict[str, Any]:
    """Return the environment of a request without its body.

    Headers with an underscore are left out: they would pass for others with a hyphen.
    """
    server, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        # Without it Django would trust the name that the server listens on.
        "HTTP_HOST": "",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" not in name:
            key = ENVIRON_KEYS.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
            environ[key] = f"{environ[key]},{value}" if environ.get(key) else value
    return environ


class RSGIAnswer:
    """What a WSGI application answers: status, headers, and a body.

    The body is bytes, or an iterable where it is made while it is sent.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Iterable[bytes]

    def __init__(self, wsgi: Callable[..., Any], environ: dict[str, Any]):
        response = wsgi(environ, self.start)
        if getattr(response, "streaming", False) and not response.has_header("Content-Length"):
            self.body = response
            return
        self.body = b"".join(response)
        response.close()

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status = int(status[:3])
        self.headers = headers
