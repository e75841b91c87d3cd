import datetime
import socket
import ssl
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from webhooks import http_client
from webhooks.http_client import TOO_LATE, post

from .receivers import raw_server, receiving

BODY = b'{"a":1}'
OK = b"HTTP/1.1 200 OK\r\n"


def posted(url, **headers):
    return post(url, BODY, headers)


def outcome(answer):
    return answer.status, answer.problem


def test_body_and_headers_arrive(receiver):
    answer = post(receiver.url, BODY, {"Content-Type": "application/json", "webhook-id": "m1"})

    [(headers, body)] = receiver.got
    assert outcome(answer) == (204, "")
    assert answer.is_success
    assert answer.milliseconds >= 0
    assert body == BODY
    assert headers["Host"] == f"127.0.0.1:{receiver.server_port}"
    assert (headers["Content-Type"], headers["webhook-id"]) == ("application/json", "m1")


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (200, ""),
        (202, ""),
        (301, "It answered 301 Moved Permanently."),
        (307, "It answered 307 Temporary Redirect."),
        (400, "It answered 400 Bad Request."),
        (410, "It answered 410 Gone."),
        (503, "It answered 503 Service Unavailable."),
        (599, "It answered 599."),
    ],
)
def test_only_2xx_is_success(status, problem):
    with receiving(status) as receiver:
        answer = posted(receiver.url)

    assert outcome(answer) == (status, problem)
    assert answer.is_success == (not problem)
    assert len(receiver.got) == 1


def test_nobody_listens():
    with receiving() as receiver:
        url = receiver.url

    assert outcome(posted(url)) == (None, "The connection failed: Connection refused.")


def test_address_that_is_not_public_is_not_connected_to(settings):
    settings.WEBHOOK_NETWORKS = []
    with receiving() as receiver:
        answer = posted(receiver.url)

    assert outcome(answer) == (None, "Address is not public.")
    assert receiver.got == []


def test_name_that_turns_inward_is_asked_once(monkeypatch, settings, receiver):
    meant = iter([[("8.8.8.8", receiver.server_port)], [("127.0.0.1", receiver.server_port)]])
    connected = []
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *args, **kw: [(socket.AF_INET, 1, 6, "", one) for one in next(meant)],
    )
    monkeypatch.setattr(socket.socket, "connect", unreachable(connected))
    settings.WEBHOOK_PORTS = [receiver.server_port]
    settings.WEBHOOK_NETWORKS = []

    answer = posted(f"http://hooks.example.com:{receiver.server_port}/")

    assert outcome(answer) == (None, "The connection failed: No route to host.")
    assert connected == [("8.8.8.8", receiver.server_port)]


def unreachable(tried):
    def connect(self, address):
        tried.append(address)
        raise OSError(113, "No route to host")

    return connect


def drip(data, given_up):
    def talk(connection):
        connection.recv(1000)
        while not given_up.wait(0.02):
            connection.sendall(data)

    return talk


@pytest.mark.parametrize("data", [b"H", OK, b"X: y\r\n"])
def test_answer_that_never_ends_is_given_up(monkeypatch, data):
    monkeypatch.setattr(http_client, "TOTAL_SECONDS", 0.5)
    given_up = Event()
    # The server sends until then, so that waiting for its end would never end.
    with raw_server(drip(data, given_up)) as port:
        answer = posted(f"http://127.0.0.1:{port}/")
        given_up.set()

    assert answer.status in (None, 200)


def test_silence_is_given_up(monkeypatch):
    monkeypatch.setattr(http_client, "TOTAL_SECONDS", 0.3)
    given_up = Event()
    with raw_server(lambda connection: given_up.wait()) as port:
        answer = posted(f"http://127.0.0.1:{port}/")
        given_up.set()

    assert outcome(answer) == (None, TOO_LATE)


def test_body_of_the_answer_is_not_read():
    sent = 0

    def talk(connection):
        nonlocal sent
        connection.recv(1000)
        connection.sendall(OK + b"Content-Length: 10000000000\r\n\r\n")
        while sent < 10**9:
            sent += connection.send(b"x" * 65536)

    with raw_server(talk) as port:
        answer = posted(f"http://127.0.0.1:{port}/")

    assert outcome(answer) == (200, "")
    # What the system had buffered by then.
    assert sent < 20_000_000


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_what_does_not_speak_http_fails_in_our_words(answer):
    def talk(connection):
        connection.recv(1000)
        connection.sendall(answer)

    with raw_server(talk) as port:
        found = posted(f"http://127.0.0.1:{port}/")

    assert found.status is None
    assert found.problem.startswith("The connection failed: ")
    assert "SSH" not in found.problem


@pytest.fixture
def certificate(tmp_path):
    """A certificate of nobody's, for localhost and no longer valid."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=3))
        .not_valid_after(now - datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


def secured(certificate, got):
    def talk(connection):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with context.wrap_socket(connection, server_side=True) as secure:
            got.append(secure.recv(1000))
            secure.sendall(OK + b"\r\n")

    return talk


def test_certificate_that_nobody_vouches_for_is_refused(certificate):
    got = []
    with raw_server(secured(certificate, got)) as port:
        answer = posted(f"https://localhost:{port}/")

    assert answer.status is None
    assert answer.problem.startswith("Its certificate is not valid: ")
    assert got == []


def test_certificate_that_has_run_out_is_refused(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    got = []
    with raw_server(secured(certificate, got)) as port:
        answer = posted(f"https://localhost:{port}/")

    assert outcome(answer) == (None, "Its certificate is not valid: certificate has expired.")
    assert got == []


def test_handshake_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(http_client, "TOTAL_SECONDS", 0.3)
    given_up = Event()
    with raw_server(lambda connection: given_up.wait()) as port:
        answer = posted(f"https://127.0.0.1:{port}/")
        given_up.set()

    assert outcome(answer) == (None, TOO_LATE)
