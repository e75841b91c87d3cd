"""Operations taken back, and back again: every row as it was, or a reason why not."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from access.actors import Caller
from customers.history.recording import Images, changed_columns, customers_of, images, record
from customers.history.versions import save_next_version
from customers.locking import lock_customers
from customers.models import Customer, Operation, RowChange
from jobs.models import Job
from schema_builder.schema import schema_for_writing

from .conflicts import UndoConflict, conflicts_of
from .merged_labels import following_merges
from .permissions import vetoes
from .restore import mark_anonymous, put_back

TAKEN = "Another anonymous customer has got one of the identifiers since."


class AlreadyUndone(Exception):
    """The operation was taken back before."""

    def __init__(self, operation: Operation):
        super().__init__(f"This was undone already, by operation {operation.undone_by}.")


class UndoConflictError(Exception):
    """Later changes stand in the way; nothing was undone."""

    def __init__(self, collisions: list[UndoConflict]):
        super().__init__(" ".join(collision.reason for collision in collisions))
        self.collisions = collisions


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: itself an operation, and the rows it had to leave alone."""

    operation: Operation
    left: list[UndoConflict]


@transaction.atomic
def undo(
    operation: Operation,
    *,
    caller: Caller,
    reason: str = "",
    skip_collisions: bool = False,
    job: Job | None = None,
) -> Undone:
    """Put every row back that the operation touched; undoing the undo does it again.

    What the caller may not write collides, like what was changed since. `job`: the one that this
    is a chunk of. Raises AlreadyUndone, and UndoCollides unless `skip_collisions`, which undoes
    the rest.
    """
    schema_for_writing()  # Values come back in the form of the schema of now.
    operation = Operation.objects.select_for_update().get(pk=operation.pk)
    if operation.undone_by_id:
        raise AlreadyUndone(operation)
    changes = list(operation.changes.order_by("id"))
    customers = customers_of(changes)
    lock_customers(customers)
    before = images(customers)
    free, collisions = partition_changes(operation, changes, before, caller, skip_collisions)
    restore(free, customers)
    if operation.is_bulk:
        # No id changed hands.
        save_next_version(customers_of(free), caller.get_username())
    else:
        bump_versions(customers, caller.get_username(), before | returning(changes, before))
    taken_back = record(
        Operation.Kind.UNDO,
        before=before,
        after=images(customers),
        actor=caller.get_username(),
        reason=reason,
        is_bulk=operation.is_bulk,
        job=job,
    )
    mark_undone(operation, taken_back)
    return Undone(taken_back, collisions)


def partition_changes(
    operation: Operation,
    changes: list[RowChange],
    now: Images,
    caller: Caller,
    skip_collisions: bool,
) -> tuple[list[RowChange], list[UndoConflict]]:
    """The changes that can be taken back, and what stands in the way of the others.

    Raises UndoCollides.
    """
    followed = following_merges(changes, now)
    changes = followed.changes
    vetoed = vetoes(operation, changes, caller)
    collisions = conflicts_of(changes, now, vetoed | followed.reasons)
    blocked = {(c.table, c.row) for c in collisions}
    free = [change for change in changes if (change.table, change.row) not in blocked]
    # Nobody strikes an operation out who may take back nothing of it.
    is_vain = bool(vetoed) and not any(map(says_something, free))
    if collisions and (is_vain or not skip_collisions):
        raise UndoConflictError(collisions)
    return free, collisions


def returning(changes: Iterable[RowChange], now: Images) -> Images:
    """Rows that an undo brings back: a deleted customer has no version now."""
    return {
        (change.table, change.row): change.before
        for change in changes
        if change.before and (change.table, change.row) not in now
    }


def restore(changes: list[RowChange], customers: Iterable[int]) -> None:
    """Put the rows back. Raises UndoCollides where an identifier was taken just now."""
    put_back(changes)
    try:
        with transaction.atomic():
            mark_anonymous(customers)
    except IntegrityError:
        raise UndoConflictError([UndoConflict("identity", 0, TAKEN)]) from None


def mark_undone(operation: Operation, taken_back: Operation) -> None:
    """Let the operations know each other: what was undone, and by what."""
    taken_back.takes_back = operation
    taken_back.save(update_fields=["takes_back"])
    operation.undone_by = taken_back
    operation.save(update_fields=["undone_by"])
    # Undoing an undo: what it had taken back is in force again.
    if operation.takes_back_id:
        Operation.objects.filter(pk=operation.takes_back_id).update(undone_by=None)


def says_something(change: RowChange) -> bool:
    """Whether the row is more than a customer's new version."""
    return not (change.before and change.after) or bool(changed_columns(change))


def bump_versions(pks: Iterable[int], author: str, seen: Images) -> None:
    """Let the customers have a version above all that were `seen`.

    Their old ids may have changed hands: a write that knows any of the old versions is stale.
    """
    versions = [image["version"] for (table, _), image in seen.items() if table == "customer"]
    Customer.objects.filter(pk__in=pks).update(
        version=max(versions, default=0) + 1,
        updated_at=timezone.now(),
        updated_by=author,
    )
