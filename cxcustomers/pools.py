"""The threads of a server process: each kind of request has its own, so none waits for another kind.

`ThreadPoolExecutor` would do, but for the time that its futures take: an eighth of a lookup.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any

from foundation.waits import work_as

# Requests of one kind that wait for a thread, and seconds that each of them waits at most.
LONGEST_QUEUE = 256
LONGEST_WAIT = 10


class TooBusy(Exception):
    """No thread of this kind was free in time; nothing was done."""


class Pool:
    """So many threads for one kind of work (`foundation.waits`), and a queue of bounded length and patience before them."""

    def __init__(self, kind: str, threads: int):
        self.kind = kind
        self.threads = threads
        self.taken = 0
        self.queue: SimpleQueue[Task] = SimpleQueue()
        for number in range(threads):
            Thread(target=self.work, name=f"{kind}-{number}", daemon=True).start()

    async def run(self, call: Callable[[], Any]) -> Any:
        """Return the result of `call`, made in a thread. Raises TooBusy."""
        if self.taken >= self.threads + LONGEST_QUEUE:
            raise TooBusy
        task = Task(call)
        self.taken += 1
        try:
            self.queue.put(task)
            return await task.result
        finally:
            self.taken -= 1

    def work(self) -> None:
        work_as(self.kind)
        while True:
            self.queue.get().do()


class Task:
    """A call that a thread makes, and a future in the event loop that waits for its result."""

    __slots__ = ("call", "loop", "queued_at", "result")

    def __init__(self, call: Callable[[], Any]):
        self.call = call
        self.queued_at = time.monotonic()
        self.loop = asyncio.get_running_loop()
        self.result = self.loop.create_future()

    def do(self) -> None:
        try:
            if time.monotonic() - self.queued_at > LONGEST_WAIT:
                raise TooBusy
            found, error = self.call(), None
        except BaseException as problem:
            found, error = None, problem
        # The loop is closed where the server has stopped meanwhile.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.settle, found, error)

    def settle(self, found: Any, error: BaseException | None) -> None:
        # A client that went away has ended the wait.
        if self.result.done():
            return
        if error is None:
            self.result.set_result(found)
        else:
            self.result.set_exception(error)
