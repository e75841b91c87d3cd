"""Jobs queued, watched and cancelled."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from .models import OPEN, Job, JobChunk, Status
from .registry import endings, kinds, lasting

# Rows in one statement.
BATCH = 100


class JobFinished(Exception):
    """The job has come to its end already."""

    def __init__(self, job: Job):
        super().__init__(f"The job is {job.get_status_display().lower()} already.")


@transaction.atomic
def enqueue(
    kind: str,
    items: Iterable[Any],
    *,
    title: str,
    parameters: dict[str, Any],
    created_by: str,
    owner: str,
    chunk_size: int,
) -> Job:
    """A queued job on these items, which are read once and stored in chunks."""
    job = Job.objects.create(
        kind=kind, title=title, parameters=parameters, created_by=created_by, owner=owner
    )
    counted = 0
    chunks = enumerate(chunks_of(items, chunk_size))
    while some := list(islice(chunks, BATCH)):
        rows = [JobChunk(job=job, number=number, items=chunk) for number, chunk in some]
        JobChunk.objects.bulk_create(rows)
        counted += sum(len(row.items) for row in rows)
    job.total = counted
    job.save(update_fields=["total"])
    return job


def chunks_of(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk


def next_open() -> Job | None:
    """The oldest open job that nobody works on, locked. Call it in a transaction.

    The lock is all that says who works on it: with a worker that dies, it is gone.
    """
    due = Q(not_before=None) | Q(not_before__lte=timezone.now())
    return waiting().filter(due, kind__in=list(kinds)).order_by("id").first()


def open_still(job: Job) -> Job | None:
    """The job, locked, if nobody works on it and it has come no further. In a transaction, too."""
    return waiting().filter(pk=job.pk, cursor=job.cursor).first()


def waiting() -> QuerySet[Job]:
    return Job.objects.select_for_update(skip_locked=True).filter(status__in=OPEN)


@transaction.atomic
def cancel(job: Job) -> Job:
    """Stop the job after the chunk under way; what is done stays. Raises JobFinished."""
    job = Job.objects.select_for_update().get(pk=job.pk)
    if not job.is_open:
        raise JobFinished(job)
    finish(job, Status.CANCELLED)
    return job


def finish(job: Job, status: Status, problem: str = "") -> None:
    """Close a locked job; what it was about is needed no longer, and may be personal."""
    job.status, job.problem, job.finished_at = status, problem[:500], timezone.now()
    if job.kind in endings:
        endings[job.kind](job)
    kept = lasting.get(job.kind, ())
    job.parameters = {name: job.parameters[name] for name in kept if name in job.parameters}
    job.save(update_fields=["status", "problem", "finished_at", "parameters"])
    job.chunks.all().delete()
