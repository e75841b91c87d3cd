"""What a job did, taken back by another job."""

from access.actors import Caller
from customers.enqueue import ask_for
from customers.models import Operation
from customers.permissions import check_undo
from customers.undo.conflicts import UndoConflict, describe_conflict
from customers.undo.undo import AlreadyUndone, UndoConflictError, undo
from jobs.models import Job
from jobs.registry import job_kind

from .results import asker, count, name

UNDO_MANY = "customers.undo"


class JobNotUndoable(Exception):
    """There is nothing of the job that could be taken back now."""


def undo_job(job: Job, *, caller: Caller, reason: str = "") -> Job:
    """Take back in the background what a job did, newest first; answers the queued job.

    What later changes stand in the way of is left, and `result` names it. Undoing that job does
    it again. Raises PermissionDenied, and JobNotUndoable while the job is open or has done
    nothing that is still in force.
    """
    if job.is_open:
        raise JobNotUndoable("The job is still open: wait for it, or cancel it.")
    operations = Operation.objects.filter(job=job, undone_by=None).order_by("-id")
    newest = operations.first()
    if newest is None:
        raise JobNotUndoable("There is nothing to take back.")
    check_undo(caller, newest)
    return ask_for(
        UNDO_MANY,
        operations.values_list("public_id", flat=True),
        caller=caller,
        title=f"Undo: {job.title}",
        parameters={"reason": reason},
        chunk_size=1,
    )


@job_kind(UNDO_MANY)
def undo_chunk(job: Job, public_ids: list[str]) -> None:
    caller = asker(job)
    for operation in Operation.objects.filter(public_id__in=public_ids).order_by("-id"):
        check_undo(caller, operation)
        note_undo(job, *taken_back(operation, caller, job))


def taken_back(operation: Operation, caller: Caller, job: Job) -> tuple[int, list[UndoConflict]]:
    """(operations taken back, what had to be left)."""
    reason = job.parameters["reason"]
    try:
        undone = undo(operation, caller=caller, reason=reason, skip_collisions=True, job=job)
    except AlreadyUndone:
        return 0, []
    except UndoConflictError as error:
        return 0, error.collisions
    return 1, undone.left


def note_undo(job: Job, undone: int, left: list[UndoConflict]) -> None:
    count(job, undone=undone, left=len(left))
    name(job, "collisions", [describe_conflict(collision) for collision in left])
