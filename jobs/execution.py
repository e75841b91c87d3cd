"""One chunk of one job: done together with the job's cursor, or not at all."""

import logging
from contextlib import suppress
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import Error, InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from .models import OPEN, Job, Status
from .queue import finish, next_open, open_still
from .registry import JobRefused, TryAgain, kinds

logger = logging.getLogger(__name__)

FAILED = "Something went wrong on our side. It has been logged."
BROKE_OFF = (
    "The work broke off {attempts} times at the same place, so it was given up. "
    "What was done before stays."
)
MOST_ATTEMPTS = 3
# For an instant between counting an attempt and locking the job for it, the job seems abandoned.
MOMENT = timedelta(seconds=5)
# When a chunk that could not be done is tried again.
LATER = timedelta(seconds=10)
# What a chunk that was done changes of its job.
ADVANCED = ["cursor", "done", "result", "status", "attempts", "heartbeat_at", "started_at"]
# Not the chunk's fault: it is tried again.
UNANSWERED = (InterfaceError, OperationalError)


def run_chunk() -> bool:
    """Work off one chunk of the oldest open job; False where there was none to be done now."""
    # An embedded database is locked by a transaction, and most of the time nothing is queued.
    if not Job.objects.filter(status__in=OPEN, kind__in=list(kinds)).exists():
        return False
    job = begin()
    if job is None:
        return False
    try:
        return not job.is_open or work_on(job)
    except UNANSWERED:
        with suppress(Error):
            put_off(job)
        raise


@transaction.atomic
def begin() -> Job | None:
    """The job whose next chunk is due, with one attempt more; None where there is none.

    Committed before the chunk, the attempt is still known when the chunk kills its worker. A job
    that has had its attempts comes back failed.
    """
    job = next_open()
    if job is None:
        return None
    now = timezone.now()
    if job.attempts < MOST_ATTEMPTS:
        job.attempts, job.heartbeat_at = job.attempts + 1, now
        job.save(update_fields=["attempts", "heartbeat_at"])
    elif job.heartbeat_at and job.heartbeat_at + MOMENT > now:
        return None
    else:
        logger.error("Job %s broke off %d times at chunk %d.", job, job.attempts, job.cursor)
        finish(job, Status.FAILED, BROKE_OFF.format(attempts=job.attempts))
    return job


@transaction.atomic
def work_on(begun: Job) -> bool:
    """Do the chunk of a job that was begun; False where it is not to be done now."""
    job = open_still(begun)
    if job is None:
        return False
    try:
        with transaction.atomic():
            advance(job)
    except TryAgain:
        put_off(job)
        return False
    except UNANSWERED:
        raise
    except Exception as error:
        finish(job, Status.FAILED, job_problem(error, job))
    return True


def put_off(job: Job) -> None:
    """Leave a chunk for later that was not to blame; other jobs go on meanwhile."""
    Job.objects.filter(pk=job.pk, cursor=job.cursor, attempts__gt=0).update(
        attempts=F("attempts") - 1, not_before=timezone.now() + LATER
    )


def advance(job: Job) -> None:
    """Do the next chunk of a locked job, and move its cursor."""
    chunk = job.chunks.filter(number=job.cursor).first()
    if chunk:
        kinds[job.kind](job, chunk.items)
        job.cursor += 1
        job.done += len(chunk.items)
    job.status, job.attempts = Status.RUNNING, 0
    job.heartbeat_at = timezone.now()
    job.started_at = job.started_at or job.heartbeat_at
    job.save(update_fields=ADVANCED)
    if job.done >= job.total:
        finish(job, Status.DONE)


def job_problem(error: Exception, job: Job) -> str:
    """What people are told of the error; what they cannot help is logged."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, JobRefused | PermissionDenied):
        return str(error)
    logger.error("Job %s failed.", job, exc_info=error)
    return FAILED
