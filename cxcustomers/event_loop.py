"""What the shipped server runs: an event loop reads requests, threads answer them by Django.

A client that sends slowly costs no thread. Each kind of request has threads of its own, so known
customers are found and health is told whatever pages and writes wait for. `/health/live` needs
no thread at all. Any WSGI server may serve `cxcustomers.wsgi` instead, behind a proxy that
buffers requests.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any

import orjson
from django.conf import settings
from django.urls import reverse

from foundation import waits

from .buffering import BodyTooSlow, Buffer, BufferFull
from .error_bodies import error_body
from .express import LookupsFirst, is_lookup
from .pools import Pool, TooBusy
from .rsgi_environ import RSGIAnswer, environ_of

LIVE = "/health/live"
HEALTH = "/health/"
READING = ("GET", "HEAD", "OPTIONS")
JSON = [("content-type", "application/json"), ("cache-control", "no-store")]
# Seconds that a client may take for one part of a file that is sent to it.
PART_PATIENCE = 30


class Application:
    """An RSGI application that answers by a WSGI application in pools of threads."""

    def __init__(self, wsgi: LookupsFirst):
        self.wsgi = wsgi
        self.buffer = Buffer(settings.REQUEST_BODY_SECONDS)
        threads = settings.SERVER_THREADS
        self.lookups = Pool(waits.LOOKUP, threads["lookup"])
        self.pages = Pool(waits.PAGE, threads["page"])
        self.writes = Pool(waits.WRITE, threads["write"])
        self.health = Pool(waits.LOOKUP, 1)
        self.downloads = Pool(waits.PAGE, threads["page"])
        self.uploads = {
            reverse(name): limit + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            for name, limit in settings.UPLOADS.items()
        }

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        if scope.path == LIVE:
            proto.response_bytes(200, JSON, b'{"status":"ok"}')
            return
        try:
            await self.respond(scope, proto)
        except BodyTooSlow:
            refuse(proto, 408, "The body did not arrive in time.")
        except (BufferFull, TooBusy):
            refuse(proto, 503, "Temporarily unavailable, try again.", ("retry-after", "1"))

    async def respond(self, scope: Any, proto: Any) -> None:
        environ = environ_of(scope)
        if length := int(environ.get("CONTENT_LENGTH") or 0):
            limit = self.uploads.get(scope.path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
            environ["wsgi.input"] = BytesIO(await self.buffer.read(proto, length, limit))
        if is_lookup(environ):
            found = await self.lookups.run(partial(self.wsgi.known_customer, environ))
            if found:
                proto.response_bytes(200, *found)
                return
        answer = await self.pool_of(scope, environ).run(
            partial(RSGIAnswer, self.wsgi.django, environ)
        )
        if isinstance(answer.body, bytes):
            proto.response_bytes(answer.status, answer.headers, answer.body)
        else:
            transport = proto.response_stream(answer.status, answer.headers)
            loop = asyncio.get_running_loop()
            await self.downloads.run(partial(send, answer.body, transport, loop))

    def pool_of(self, scope: Any, environ: dict[str, Any]) -> Pool:
        if scope.path.startswith(HEALTH):
            return self.health
        return self.pages if scope.method in READING and not is_lookup(environ) else self.writes


def send(body: Any, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Send the parts of `body` while they are made; stop where the client no longer takes them."""
    parts: Iterator[bytes] = iter(body)
    try:
        for part in parts:
            sent = asyncio.run_coroutine_threadsafe(transport.send_bytes(part), loop)
            sent.result(PART_PATIENCE)
    finally:
        body.close()


def refuse(proto: Any, status: int, message: str, *headers: tuple[str, str]) -> None:
    proto.response_bytes(status, [*JSON, *headers], orjson.dumps(error_body(message)))
