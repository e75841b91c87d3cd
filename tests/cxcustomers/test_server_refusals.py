"""What the web server refuses before the application sees it, over raw sockets (docs/integrators.md)."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest

LINE = b"GET /cim-customer/customers HTTP/1.1\r\n"
POST = b"POST /cim-customer/customers HTTP/1.1\r\nContent-Type: application/json\r\n"
HOST = b"Host: 127.0.0.1\r\nConnection: close\r\n"
NO_CREDENTIAL = (
    b'{"error":{"msg":"Authentication credentials were not provided."},'
    b'"msg":"Authentication credentials were not provided."}'
)
LENGTH_REQUIRED = b'{"error":{"msg":"Length Required."},"msg":"Length Required."}'
BAD_REQUEST = (
    b'{"statusCode":400,"msg":{"error":{"attribute":"body","validation":" Bad request."}},'
    b'"errors":{"body":["Bad request."]}}'
)


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The port of `manage.py up` on an empty database of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path_factory.mktemp("var"))}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", f"--port={free}"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_it_listens(free)
        yield free
    finally:
        process.terminate()
        process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def wait_until_it_listens(port):
    until = time.monotonic() + 120
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        assert time.monotonic() < until, "does not listen"
        time.sleep(0.2)


def answer_to(port, raw):
    """(status, body) of the answer to the bytes, once the server has closed the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(raw)
        answer = b""
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        body = body.split(b"\r\n")[1]
    return int(head.split()[1]), body


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (POST + HOST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", 400),
        (POST + HOST + b"Content-Length: abc\r\n\r\n{}", 400),
        (POST + HOST + b"Content-Length: -1\r\n\r\n{}", 400),
        (POST + HOST + b"Content-Length: \r\n\r\n{}", 400),
        (POST + HOST + b"Content-Length: 2, 2\r\n\r\n{}", 400),
        (POST + HOST + b"Content-Length: 99999999999999999999\r\n\r\n{}", 400),
        (POST + HOST + b"Transfer-Encoding: gzip\r\n\r\n{}", 400),
        (b"GET /cim-customer/customers?q=Jos\xe9 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET /cim-customer/customers/\xe9 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET /cim-customer/customers?q=a b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (LINE + HOST + b"X-Name: a\x00b\r\n\r\n", 400),
        (b"G\xe9T / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET / HTTP/3.7\r\n" + HOST + b"\r\n", 400),
        (b"GET /" + b"a" * 66_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (LINE + HOST + b"".join(b"X-%d: a\r\n" % n for n in range(101)) + b"\r\n", 431),
    ],
    ids=lambda value: value if isinstance(value, int) else ascii(value[:90])[2:-1],
)
def test_server_refuses_with_a_status_and_no_body(port, raw, status):
    assert answer_to(port, raw) == (status, b"")


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (POST + HOST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", (401, NO_CREDENTIAL)),
        (POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (411, LENGTH_REQUIRED)),
        (LINE + b"Host: \xe9\r\nConnection: close\r\n\r\n", (400, BAD_REQUEST)),
        (LINE + b"Connection: close\r\n\r\n", (400, BAD_REQUEST)),
        (LINE + HOST + b"X-Name: Jos\xe9\r\n\r\n", (401, NO_CREDENTIAL)),
        (LINE + HOST + b"Authorization: Bearer Jos\xe9\r\n\r\n", (401, NO_CREDENTIAL)),
        (LINE + HOST + b"Cookie: sessionid=\xe9\r\n\r\n", (401, NO_CREDENTIAL)),
        (LINE + HOST + b"X-Name: " + b"a" * 60_000 + b"\r\n\r\n", (401, NO_CREDENTIAL)),
        (
            b"GET /cim-customer/customers?q=" + b"a" * 60_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
            (401, NO_CREDENTIAL),
        ),
    ],
    ids=lambda value: ascii(value[:90])[2:-1] if isinstance(value, bytes) else str(value[0]),
)
def test_application_answers_in_the_shape_of_the_contract(port, raw, answer):
    assert answer_to(port, raw) == answer
