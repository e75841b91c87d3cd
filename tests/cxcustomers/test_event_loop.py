"""The application of the shipped server, called as granian calls it."""

import asyncio
from types import SimpleNamespace

import orjson
import pytest
from django.http import StreamingHttpResponse

from cxcustomers.buffering import BodyTooSlow, Buffer, BufferFull
from cxcustomers.event_loop import Application
from cxcustomers.pools import Pool, TooBusy
from cxcustomers.rsgi_environ import environ_of

UNAVAILABLE = {
    "error": {"msg": "Temporarily unavailable, try again."},
    "msg": "Temporarily unavailable, try again.",
}


def scope_of(method="GET", path="/page", query="", headers=()):
    return SimpleNamespace(
        method=method,
        path=path,
        query_string=query,
        http_version="1.1",
        server="127.0.0.1:8000",
        client="[::1]:4242",
        scheme="http",
        headers=SimpleNamespace(items=lambda: list(headers)),
    )


class Proto:
    """A client: sends parts of a body, and keeps the answer; `until` keeps back all but the first."""

    def __init__(self, *parts, pause=0.0, until=None):
        self.parts = parts
        self.pause = pause
        self.until = until
        self.sent = []

    async def __aiter__(self):
        for part in self.parts:
            await asyncio.sleep(self.pause)
            yield part
            if self.until:
                await self.until.wait()

    def response_bytes(self, status, headers, body):
        self.answer = status, dict(headers), body

    def response_stream(self, status, headers):
        self.answer = status, dict(headers), None
        return self

    async def send_bytes(self, part):
        self.sent.append(part)


class Wsgi:
    """Stands for Django: answers what it is asked."""

    def __init__(self, answer=None):
        self.answer = answer

    def known_customer(self, environ):
        return [("content-type", "application/json")], b"{}"

    def django(self, environ, start):
        response = self.answer or StreamingHttpResponse([environ["wsgi.input"].read()])
        if self.answer is None:
            response["Content-Length"] = environ.get("CONTENT_LENGTH", "0")
        start("201 Created", list(response.items()))
        return response


def answered(scope, proto, wsgi=None):
    application = Application(wsgi or Wsgi())
    asyncio.run(application.__rsgi__(scope, proto))
    return proto.answer


def test_live_is_answered_without_a_thread():
    wsgi = SimpleNamespace()

    status, _, body = answered(scope_of(path="/health/live"), Proto(), wsgi)

    assert (status, orjson.loads(body)) == (200, {"status": "ok"})


def test_body_is_read_whole_before_it_is_answered():
    scope = scope_of("POST", headers=[("content-length", "6")])

    status, headers, body = answered(scope, Proto(b"abc", b"def"))

    assert (status, body) == (201, b"abcdef")
    assert headers["Content-Length"] == "6"


def test_lookup_of_a_known_customer_is_answered_at_once():
    scope = scope_of(
        path="/cim-customer/customers",
        query="channelType=WEB&customerChannelIdentifier=1",
        headers=[("authorization", "Bearer x")],
    )

    assert answered(scope, Proto()) == (200, {"content-type": "application/json"}, b"{}")


def test_slow_body_is_a_408(settings):
    settings.REQUEST_BODY_SECONDS = 0
    scope = scope_of("POST", headers=[("content-length", "3")])

    status, _, body = answered(scope, Proto(b"abc", pause=5))

    assert status == 408
    assert orjson.loads(body)["msg"] == "The body did not arrive in time."


def test_file_is_sent_part_by_part():
    proto = Proto()

    answered(scope_of(), proto, Wsgi(StreamingHttpResponse(iter([b"one", b"two"]))))

    assert proto.answer[0] == 201
    assert proto.sent == [b"one", b"two"]


def test_request_that_finds_no_thread_in_time_is_a_503(monkeypatch):
    monkeypatch.setattr("cxcustomers.pools.LONGEST_WAIT", -1)

    status, headers, body = answered(scope_of(), Proto())

    assert (status, headers["retry-after"], orjson.loads(body)) == (503, "1", UNAVAILABLE)


def test_full_queue_refuses_at_once(monkeypatch):
    monkeypatch.setattr("cxcustomers.pools.LONGEST_QUEUE", 0)

    async def ask():
        pool = Pool("page", 1)
        first = asyncio.create_task(pool.run(lambda: "done"))
        await asyncio.sleep(0)
        with pytest.raises(TooBusy):
            await pool.run(lambda: "never")
        return await first

    assert asyncio.run(ask()) == "done"


def test_error_of_a_call_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        asyncio.run(Pool("page", 1).run(lambda: 1 / 0))


def test_too_large_body_is_dropped_while_it_arrives():
    buffer = Buffer(patience=10)

    assert asyncio.run(buffer.read(Proto(b"a" * 10, b"b" * 10), 20, limit=19)) == b""


def test_body_without_end_is_dropped_no_further_than_that(monkeypatch):
    monkeypatch.setattr("cxcustomers.buffering.LARGEST_DISCARDED", 5)

    assert asyncio.run(Buffer(patience=10).read(Proto(b"a" * 10, b"b"), 11, limit=1)) == b""


def test_bodies_of_a_process_are_bounded_together():
    async def read_two(buffer):
        refused = asyncio.Event()
        slow = asyncio.create_task(buffer.read(Proto(b"a" * 8, b"", until=refused), 8, limit=10))
        while not buffer.held:
            await asyncio.sleep(0)
        with pytest.raises(BufferFull):
            await buffer.read(Proto(b"b" * 8), 8, limit=10)
        refused.set()
        return await slow

    buffer = Buffer(patience=10, most=10)

    assert asyncio.run(read_two(buffer)) == b"a" * 8
    assert buffer.held == 0


def test_body_that_stops_is_given_up():
    with pytest.raises(BodyTooSlow):
        asyncio.run(Buffer(patience=0.01).read(Proto(b"a", b"b", pause=5), 2, limit=10))


def test_environ_is_that_of_wsgi():
    headers = [
        ("host", "cx.example"),
        ("content-type", "text/plain"),
        ("accept", "a"),
        ("accept", "b"),
        ("x_gateway_secret", "forged"),
    ]

    environ = environ_of(scope_of("PUT", "/kunde/é", "a=%41", headers))

    assert environ["PATH_INFO"] == "/kunde/\xc3\xa9"
    assert environ["REMOTE_ADDR"] == "::1"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("127.0.0.1", "8000")
    assert {key: environ[key] for key in environ if key.startswith(("HTTP_", "CONTENT_"))} == {
        "HTTP_HOST": "cx.example",
        "CONTENT_TYPE": "text/plain",
        "HTTP_ACCEPT": "a,b",
    }
