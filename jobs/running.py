"""One chunk of one job: done together with the job's cursor, or not at all."""

import logging

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from .models import OPEN, Job, Status
from .queue import finish, next_open
from .registry import JobRefused, TryAgain, kinds

logger = logging.getLogger(__name__)

FAILED = "Something went wrong on our side. It has been logged."
# Not the chunk's fault: it is tried again.
UNANSWERED = (InterfaceError, OperationalError)


def run_chunk() -> bool:
    """Work off one chunk of the oldest open job; False where there was none to be done now."""
    # An embedded database is locked by a transaction, and most of the time nothing is queued.
    if not Job.objects.filter(status__in=OPEN, kind__in=list(kinds)).exists():
        return False
    with transaction.atomic():
        job = next_open()
        if job is None:
            return False
        try:
            with transaction.atomic():
                advance(job)
        except TryAgain:
            return False
        except UNANSWERED:
            raise
        except Exception as error:
            finish(job, Status.FAILED, problem_of(error, job))
    return True


def advance(job: Job) -> None:
    """Do the next chunk of a locked job, and move its cursor."""
    chunk = job.chunks.filter(number=job.cursor).first()
    if chunk:
        kinds[job.kind](job, chunk.items)
        job.cursor += 1
        job.done += len(chunk.items)
    job.status = Status.RUNNING
    job.heartbeat_at = timezone.now()
    job.started_at = job.started_at or job.heartbeat_at
    job.save(update_fields=["cursor", "done", "result", "status", "heartbeat_at", "started_at"])
    if job.done >= job.total:
        finish(job, Status.DONE)


def problem_of(error: Exception, job: Job) -> str:
    """What people are told of the error; what they cannot help is logged."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, JobRefused | PermissionDenied):
        return str(error)
    logger.error("Job %s failed.", job, exc_info=error)
    return FAILED
