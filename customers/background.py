"""What runs in the background: bulk changes and imports, undos of these, and what recurs."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from access.actors import Actor, Caller
from access.credentials import CallerGone, actor_of, credential_of
from jobs.models import Job
from jobs.queue import chunks_of, enqueue
from jobs.registry import JobRefused, TryAgain, every, job_kind
from webhooks import delivering

from . import figures
from .bulk import (
    MOST_CUSTOMERS,
    BulkChange,
    BulkOutcome,
    CheckedChange,
    change_customers,
    check_delete_rights,
    delete_customers,
)
from .duplicates import search
from .history import describe_collision
from .import_runs import (
    forget_old,
    keep_rejects,
    keep_samples,
    needs_samples,
    samples_of,
)
from .importing import ImportOutcome, Rules, import_rows
from .job_titles import deed_of, title_of
from .label_expiry import expire_in_batches
from .locking import CustomersContended
from .lookup_counts import forget_old_counts
from .models import Customer, Operation
from .models.imported import REHEARSE, RUN
from .obstacles import Collision
from .operations import AlreadyUndone, UndoCollides, undo
from .rights import may_undo
from .telling import told_to

CHANGE_MANY = "customers.change"
DELETE_MANY = "customers.delete"
UNDO_MANY = "customers.undo"
MOST_SELECTED = 100_000
# A job says exactly how many were refused, and names so many of them.
MOST_NAMED = 100
KEYS_IN_A_QUERY = 1000

Selection = QuerySet[Customer] | Iterable[int]


class JobNotUndoable(Exception):
    """There is nothing of the job that could be taken back now."""


def enqueue_bulk(
    customers: Selection, change: BulkChange, *, caller: Caller, reason: str = ""
) -> Job:
    """Change these customers in the background, 200 at a time; answers the queued job.

    `customers` is a queryset or keys; who is meant is settled now. Unlike `bulk_change`, it
    leaves out whom it cannot change, and `job.result` names them. Raises PermissionDenied, and
    ValidationError for nobody, too many, or a change that makes no sense.
    """
    checked = CheckedChange(change, caller, reason)
    parameters = {"change": asdict(change), "reason": reason}
    return enqueue_for(CHANGE_MANY, customers, deed_of(checked), parameters, caller)


def enqueue_delete(customers: Selection, *, caller: Caller, reason: str = "") -> Job:
    """Delete these customers in the background, so that it can be undone.

    Raises PermissionDenied, and ValidationError for nobody or too many.
    """
    check_delete_rights(caller)
    return enqueue_for(DELETE_MANY, customers, "Delete", {"reason": reason}, caller)


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
    check_undo(newest, caller)
    return enqueue(
        UNDO_MANY,
        operations.values_list("public_id", flat=True),
        title=f"Undo: {job.title}"[:200],
        parameters={"reason": reason},
        created_by=caller.get_username(),
        owner=credential_of(caller),
        chunk_size=1,
    )


def enqueue_for(
    kind: str, customers: Selection, deed: str, parameters: dict[str, Any], caller: Caller
) -> Job:
    public_ids = ids_of(customers)
    if not 1 <= len(public_ids) <= MOST_SELECTED:
        raise ValidationError({"customers": f"Choose 1 to {MOST_SELECTED:,} customers."})
    return enqueue(
        kind,
        public_ids,
        title=title_of(deed, len(public_ids)),
        parameters=parameters,
        created_by=caller.get_username(),
        owner=credential_of(caller),
        chunk_size=MOST_CUSTOMERS,
    )


def ids_of(customers: Selection) -> list[str]:
    """Ids in the order of keys, each once; one more than are possible at most."""
    if isinstance(customers, QuerySet):
        keys: Any = customers.order_by().values("pk")
        chosen = Customer.objects.filter(pk__in=keys)
        ids = chosen.order_by("pk").values_list("public_id", flat=True)
        return list(ids[: MOST_SELECTED + 1])
    found: list[str] = []
    for pks in chunks_of(sorted(set(customers)), KEYS_IN_A_QUERY):
        rows = Customer.objects.filter(pk__in=pks).order_by("pk")
        found += rows.values_list("public_id", flat=True)
    return found


@job_kind(CHANGE_MANY)
def change_chunk(job: Job, public_ids: list[str]) -> None:
    change = BulkChange(**job.parameters["change"])
    with for_later():
        outcome = change_customers(
            public_ids, change, caller=asker(job), reason=job.parameters["reason"], job=job
        )
    note(job, outcome)


@job_kind(DELETE_MANY)
def delete_chunk(job: Job, public_ids: list[str]) -> None:
    with for_later():
        outcome = delete_customers(
            public_ids, caller=asker(job), reason=job.parameters["reason"], job=job
        )
    note(job, outcome)


@job_kind(UNDO_MANY)
def undo_chunk(job: Job, public_ids: list[str]) -> None:
    caller = asker(job)
    for operation in Operation.objects.filter(public_id__in=public_ids).order_by("-id"):
        check_undo(operation, caller)
        note_undo(job, *taken_back(operation, caller, job))


@job_kind(RUN, keeps=("import",))
def import_chunk(job: Job, rows: list[tuple[int, list[str]]]) -> None:
    with for_later():
        outcome = import_rows(rows, Rules(**job.parameters["rules"]), caller=asker(job), job=job)
    note_import(job, outcome)


@job_kind(REHEARSE, keeps=("import",))
def rehearse_chunk(job: Job, rows: list[tuple[int, list[str]]]) -> None:
    caller = asker(job)
    with for_later(), transaction.atomic():
        outcome = import_rows(rows, Rules(**job.parameters["rules"]), caller=caller)
        samples = samples_of(outcome, caller) if needs_samples(job) else []
        transaction.set_rollback(True)
    note_import(job, outcome)
    if samples:
        keep_samples(job, samples)


def taken_back(operation: Operation, caller: Caller, job: Job) -> tuple[int, list[Collision]]:
    """(operations taken back, what had to be left)."""
    reason = job.parameters["reason"]
    try:
        undone = undo(operation, caller=caller, reason=reason, skip_collisions=True, job=job)
    except AlreadyUndone:
        return 0, []
    except UndoCollides as error:
        return 0, error.collisions
    return 1, undone.left


def check_undo(operation: Operation, caller: Caller) -> None:
    if not may_undo(caller, operation):
        raise PermissionDenied("You may not take back what you may not do.")


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


def note(job: Job, outcome: BulkOutcome) -> None:
    count(job, changed=len(outcome.changed), unchanged=len(outcome.unchanged))
    count(job, refused=len(outcome.refused))
    refusals = [{"customer": who, "errors": why} for who, why in outcome.refused.items()]
    name(job, "refusals", refusals)


def note_import(job: Job, outcome: ImportOutcome) -> None:
    """Count; the rows that were refused are kept apart, for who asked for the job alone."""
    count(job, created=outcome.created, changed=outcome.changed, unchanged=outcome.unchanged)
    count(job, shared=outcome.shared, refused=len(outcome.refused))
    keep_rejects(job, outcome)


def note_undo(job: Job, undone: int, left: list[Collision]) -> None:
    count(job, undone=undone, left=len(left))
    name(job, "collisions", [describe_collision(collision) for collision in left])


def count(job: Job, **numbers: int) -> None:
    for what, number in numbers.items():
        job.result[what] = job.result.get(what, 0) + number


def name(job: Job, what: str, found: list[dict[str, Any]]) -> None:
    """Name the first ones; all are counted."""
    named = job.result.setdefault(what, [])
    named += found[: MOST_NAMED - len(named)]


@every(seconds=30)
def expire_labels() -> Iterator[int]:
    """Take labels off whose time is over."""
    return expire_in_batches(timezone.now())


@every(seconds=300)
def refresh_figures() -> Iterator[None]:
    """Count what the home page tells."""
    return figures.refresh_in_steps()


@every(seconds=60)
def find_duplicates() -> Iterator[Any]:
    """Bring the queue of duplicates up to date with what was written since."""
    return search(only_changed=True)


@every(seconds=3600)
def forget_imports() -> None:
    """Delete what was uploaded and not gone on with, and what is known of old imports."""
    forget_old(timezone.now())


@every(seconds=3600)
def forget_lookup_counts() -> None:
    """Delete the counts of ambiguous lookups of long ago."""
    forget_old_counts()


@every(seconds=2)
def deliver_webhooks() -> Iterator[None]:
    """Send what is due to those who subscribe to it."""
    return delivering.deliver(told_to)


@every(seconds=3600)
def forget_deliveries() -> Iterator[int]:
    """Delete what was sent long ago."""
    return delivering.forget(timezone.now())
