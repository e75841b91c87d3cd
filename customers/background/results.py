"""What all jobs on customers share: who asked, and what is said of each chunk."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from access.actors import Actor
from access.credentials import CallerGone, actor_of
from customers.locking import CustomersContended
from jobs.models import Job
from jobs.registry import JobRefused, TryAgain

# A job says exactly how many were refused, and names so many of them.
MOST_NAMED = 100


def asker(job: Job) -> Actor:
    """Who asked for the job, with the rights of today. Raises JobRefused."""
    try:
        return actor_of(job.owner, job.created_by)
    except CallerGone as error:
        raise JobRefused(str(error)) from None


@contextmanager
def for_later() -> Iterator[None]:
    """Leave a chunk for later whose customers change all the time."""
    try:
        yield
    except CustomersContended as error:
        raise TryAgain from error


def count(job: Job, **numbers: int) -> None:
    for what, number in numbers.items():
        job.result[what] = job.result.get(what, 0) + number


def name(job: Job, what: str, found: list[dict[str, Any]]) -> None:
    """Name the first ones; all are counted."""
    named = job.result.setdefault(what, [])
    named += found[: MOST_NAMED - len(named)]
