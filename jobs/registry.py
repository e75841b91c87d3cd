"""What can run in the background: apps above register it in their module `background`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .models import Job

ChunkWork = Callable[[Job, list[Any]], None]
EndWork = Callable[[Job], None]
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
# Parameters by kind that outlive the job; the others may be personal.
lasting: dict[str, tuple[str, ...]] = {}
# What jobs of a kind leave to be done when they have come to their end.
endings: dict[str, EndWork] = {}
recurring: dict[str, Recurring] = {}


def job_kind(
    name: str, *, keeps: tuple[str, ...] = (), at_end: EndWork | None = None
) -> Callable[[ChunkWork], ChunkWork]:
    """Let the function work off the chunks of jobs of this kind.

    `keeps` names the parameters that are still needed when the job has come to its end. `at_end` is
    called then, with the job as it ended, done, failed or cancelled, in the same transaction.

    It gets the job, locked, and the items of one chunk, in one transaction with the cursor: a
    chunk is done once or, if it raises or the process dies, not at all. What it notes in
    `job.result` is kept. JobRefused, PermissionDenied and ValidationError fail the job with
    their message; TryAgain and a database that does not answer leave the chunk for later.
    """

    def register(work: ChunkWork) -> ChunkWork:
        kinds[name] = work
        lasting[name] = keeps
        if at_end:
            endings[name] = at_end
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
