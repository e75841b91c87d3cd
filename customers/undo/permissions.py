"""What a caller may not put back: an undo writes nothing that the caller could not write."""

from collections.abc import Iterable, Iterator

from django.core.exceptions import PermissionDenied

from access.actors import Caller
from customers.history.recording import OWNED, changed_columns
from customers.labelling.rules import check_label_rights, forbidden
from customers.masking import FieldAccess
from customers.models import Operation, RowChange
from customers.permissions import BULK, CHANGE, RIGHTS, origin
from customers.system_fields import NAME_FIELD
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import current_schema

from .conflict_context import Place

# These carry customers whole, whatever their caller sees of them, and so does taking them back.
CARRYING = frozenset(
    {
        Operation.Kind.MERGE,
        Operation.Kind.RELINK,
        Operation.Kind.DELETE,
        Operation.Kind.ABSORB,
    }
)


def vetoes(operation: Operation, changes: Iterable[RowChange], caller: Caller) -> dict[Place, str]:
    """By row, why the caller may not put it back.

    A query for every undo under the operation and a few more, whatever the number of rows.
    """
    changes, kind = list(changes), Operation.Kind(origin(operation).kind)
    if kind in CARRYING:
        customers = passing(changes)
        changes = [change for change in changes if not is_carried(change, customers)]
    found = {**veto_fields(changes, caller), **veto_labels(changes, caller)}
    if RIGHTS[kind] == BULK and not caller.has_perm(CHANGE):
        found |= {
            place(change): "You may not change customers." for change in field_changes(changes)
        }
    return found


def passing(changes: Iterable[RowChange]) -> set[int]:
    """Keys of the customers who come or go as a whole."""
    return {
        change.row
        for change in changes
        if change.table == "customer" and not (change.before and change.after)
    }


def is_carried(change: RowChange, customers: set[int]) -> bool:
    """Whether the row goes from one customer to another, or along with one of those passing."""
    column = OWNED[change.table][1]
    owners = {image[column] for image in (change.before, change.after) if image}
    return len(owners) > 1 or not owners.isdisjoint(customers)


def field_changes(changes: Iterable[RowChange]) -> Iterator[RowChange]:
    """The rows that hold what a caller writes into fields."""
    for change in changes:
        if change.table in ("identity", "value") or is_renaming(change):
            yield change


def is_renaming(change: RowChange) -> bool:
    return change.table == "customer" and "first_name" in changed_columns(change)


def veto_fields(changes: Iterable[RowChange], caller: Caller) -> dict[Place, str]:
    """Rows of fields that the caller may not write."""
    schema = current_schema()
    name = schema.by_key[NAME_FIELD].pk
    fields = {place(change): field_of_change(change) or name for change in field_changes(changes)}
    # Those that were retired keep their limits.
    retired = set(fields.values()) - schema.by_id.keys()
    known = schema.by_id | FieldDefinition.everything.in_bulk(retired)
    mask = FieldAccess(caller)
    return {
        where: f"You may not change {shown_field(known[pk], mask)}."
        for where, pk in fields.items()
        if pk in known and mask.locks(known[pk])
    }


def field_of_change(change: RowChange) -> int | None:
    return (change.before or change.after or {}).get("field_id")


def shown_field(field: FieldDefinition, mask: FieldAccess) -> str:
    return f"“{field.label}”" if mask.shows(field) else "a field you may not see"


def veto_labels(changes: Iterable[RowChange], caller: Caller) -> dict[Place, str]:
    """Rows of labels that the caller may not put on, or take off."""
    labels = {
        place(change): (change, (change.before or change.after or {})["label_id"])
        for change in changes
        if change.table == "label"
    }
    rows = Label.objects.filter(pk__in={pk for _, pk in labels.values()})
    known = {label.pk: label for label in rows.prefetch_related("assignable_by")}
    return {
        where: problem
        for where, (change, pk) in labels.items()
        if pk in known and (problem := label_veto(change, known[pk], caller))
    }


def label_veto(change: RowChange, label: Label, caller: Caller) -> str | None:
    try:
        check_label_rights(caller, adds=change.after is None, removes=change.before is None)
    except PermissionDenied as error:
        return str(error)
    return next(forbidden([label], caller), None)


def place(change: RowChange) -> Place:
    return change.table, change.row
