"""What can run in the background: apps above register it in their module `background`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .models import Job

ChunkWork = Callable[[Job, list[Any]], None]
RecurringWork = Callable[[], Iterator[Any] | None]


class JobRefused(Exception):
    """The job cannot go on; the message is for the person who asked for it."""


class TryAgain(Exception):
    """The chunk could not be done just now."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """Work that is due again so many seconds after it was done."""

    name: str
    seconds: int
    work: RecurringWork


kinds: dict[str, ChunkWork] = {}
recurring: dict[str, Recurring] = {}


def job_kind(name: str) -> Callable[[ChunkWork], ChunkWork]:
    """Let the function work off the chunks of jobs of this kind.

    It gets the job, locked, and the items of one chunk, in one transaction with the cursor: a
    chunk is done once or, if it raises or the process dies, not at all. What it notes in
    `job.result` is kept. JobRefused, PermissionDenied and ValidationError fail the job with
    their message; TryAgain and a database that does not answer leave the chunk for later.
    """

    def register(work: ChunkWork) -> ChunkWork:
        kinds[name] = work
        return work

    return register


def every(*, seconds: int) -> Callable[[RecurringWork], RecurringWork]:
    """Let the function run again and again.

    It may yield between steps, so that jobs need not wait for it. It has to bear being stopped
    after any step, and being begun by two workers at once.
    """

    def register(work: RecurringWork) -> RecurringWork:
        recurring[work.__name__] = Recurring(work.__name__, seconds, work)
        return work

    return register
