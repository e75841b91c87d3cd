"""Request bodies, read whole by the event loop before a thread works on them."""

import asyncio
from typing import Any

# Bytes per second at which a long body has to come.
SLOWEST = 16 * 1024
# Bytes of a body that is too large which are read and dropped: a client that is still sending
# does not see the answer.
LARGEST_DISCARDED = 16 * 1024 * 1024
# Bytes that all bodies of a process may hold together while they arrive.
MOST_BUFFERED = 128 * 1024 * 1024


class BodyTooSlow(Exception):
    """The body did not arrive in time."""


class BufferFull(Exception):
    """Too many bodies arrive at the same time."""


class Buffer:
    """Reads the bodies of a process, and knows how many bytes they hold together."""

    def __init__(self, patience: float, most: int = MOST_BUFFERED):
        self.patience = patience
        self.most = most
        self.held = 0

    async def read(self, proto: Any, length: int, limit: int) -> bytes:
        """Return the body of `length` bytes, or nothing where that is more than `limit`.

        The caller refuses a body that is too large, by its declared length.
        Raises BodyTooSlow and BufferFull.
        """
        try:
            async with asyncio.timeout(self.patience + length / SLOWEST):
                if length > limit:
                    return await discarded(proto)
                return await self.whole(proto)
        except TimeoutError:
            raise BodyTooSlow from None

    async def whole(self, proto: Any) -> bytes:
        parts = []
        taken = 0
        try:
            async for part in proto:
                taken += len(part)
                self.held += len(part)
                if self.held > self.most:
                    raise BufferFull
                parts.append(part)
        finally:
            self.held -= taken
        return b"".join(parts)


async def discarded(proto: Any) -> bytes:
    left = LARGEST_DISCARDED
    async for part in proto:
        left -= len(part)
        if left < 0:
            break
    return b""
