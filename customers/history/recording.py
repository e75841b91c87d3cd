"""What belongs to a customer, written down row by row before and after an operation."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import models

from customers.models import (
    AttributeValue,
    ChannelIdentity,
    Conversation,
    Customer,
    CustomerAlias,
    CustomerLabel,
    Operation,
    OperationCustomer,
    RowChange,
)
from customers.models.search_key import SearchKeyField
from foundation.compiled import compiled, insert
from jobs.models import Job

from .events import CustomerChange, CustomerEventType, publish_operation

# Every table with rows of a customer, and the column that says whose they are. Customers come
# first: the others refer to them.
OWNED: dict[str, tuple[type[models.Model], str]] = {
    "customer": (Customer, "id"),
    "identity": (ChannelIdentity, "customer_id"),
    "value": (AttributeValue, "customer_id"),
    "label": (CustomerLabel, "customer_id"),
    "conversation": (Conversation, "customer_id"),
    "alias": (CustomerAlias, "customer_id"),
}
# What editing a customer can touch.
EDITED = ("customer", "identity", "value", "label")
# Columns that say only that something changed, or follow from another row: never compared,
# never taken back.
BOOKKEEPING = {
    "customer": frozenset({"version", "updated_at", "updated_by"}),
    "identity": frozenset({"is_anonymous"}),
}

# Rows in one statement: SQLite bounds the parameters.
BATCH = 1000

Image = dict[str, Any]
Images = dict[tuple[str, int], Image]


def images(customers: Iterable[int], tables: Iterable[str] = OWNED) -> Images:
    """All rows of these customers as they are now. One query per table."""
    pks = list(customers)
    found: Images = {}
    for table in tables:
        columns = recorded_columns(OWNED[table][0])
        for row in rows_in(table)(*pks):
            image = image_of(dict(zip(columns, row, strict=True)))
            found[table, image["id"]] = image
    return found


@cache
def rows_in(table: str) -> Callable[..., list[tuple[Any, ...]]]:
    """Return a function that reads the recorded columns of the rows of some customers, by key."""
    model, owner = OWNED[table]
    # Compiled: each edit runs it eight times.
    whose = owner.replace("_id", "__id")
    return compiled(
        lambda *pks: model._default_manager.filter(**{f"{whose}__in": pks}).values_list(
            *recorded_columns(model)
        )
    )


@cache
def recorded_columns(model: type[models.Model]) -> list[str]:
    """All columns but those that are derived from the others whenever a row is written."""
    fields = model._meta.concrete_fields
    return [field.attname for field in fields if not isinstance(field, SearchKeyField)]


def image_of(row: dict[str, Any]) -> Image:
    """A row's columns so that JSON keeps them exactly."""
    return {name: stored(value) for name, value in row.items()}


def content(table: str, image: Image) -> Image:
    """The columns that are history."""
    passing = BOOKKEEPING.get(table, frozenset())
    return {name: value for name, value in image.items() if name not in passing}


def stored(value: Any) -> Any:
    """A column's value so that JSON keeps it exactly."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def restored(table: str, image: Image) -> dict[str, Any]:
    """The columns of an image as Python values again."""
    model, _ = OWNED[table]
    by_column = {field.attname: field for field in model._meta.concrete_fields}
    return {
        name: by_column[name].to_python(value)
        for name, value in image.items()
        # A column may have gone in an upgrade.
        if name in by_column
    }


def recorded(
    kind: str, pks: Collection[int], write: Callable[[], bool], *, actor: str, **details: Any
) -> Operation | None:
    """Let `write` edit these customers, and write down what became of them.

    Answers None where `write` says that it changed nothing. `details` are those of `record`.
    """
    before = images(pks, EDITED)
    if not write():
        return None
    return record(kind, before=before, after=images(pks, EDITED), actor=actor, **details)


def record(
    kind: str,
    *,
    before: Images,
    after: Images,
    actor: str,
    reason: str = "",
    is_bulk: bool = False,
    job: Job | None = None,
) -> Operation:
    """Write the operation with every row in which `before` and `after` differ.

    `is_bulk`: nothing went from one customer to another, and each has a history of its own.
    """
    operation = Operation(kind=kind, actor=actor, reason=reason, is_bulk=is_bulk, job=job)
    insert([operation])
    changed = [
        (table, row, before.get((table, row)), after.get((table, row)))
        for table, row in sorted(before.keys() | after.keys())
        if before.get((table, row)) != after.get((table, row))
    ]
    insert([row_change(operation, *change) for change in changed])
    insert(
        [
            OperationCustomer(operation=operation, customer_pk=pk, public_id=public_id)
            for pk, public_id in involved(before | after, changed).items()
        ]
    )
    publish_operation(operation, fates(before, after, changed))
    return operation


def row_change(
    operation: Operation, table: str, row: int, old: Image | None, new: Image | None
) -> RowChange:
    owner = (old or new or {})[OWNED[table][1]] if operation.is_bulk else None
    return RowChange(
        operation=operation, table=table, row=row, before=old, after=new, customer_pk=owner
    )


def involved(known: Images, changed: list[tuple]) -> dict[int, str]:
    """Public ids by key of the customers whose rows changed."""
    pks = {
        pk
        for table, _, old, new in changed
        for image in (old, new)
        if image and (pk := image[OWNED[table][1]])
    }
    return {pk: known["customer", pk]["public_id"] for pk in pks if ("customer", pk) in known}


def fates(before: Images, after: Images, changed: list[tuple]) -> Iterator[CustomerChange]:
    """What became of the customers of whom more than conversations changed."""
    own = [
        (table, row, old, new)
        for table, row, old, new in changed
        if table != "conversation" and content(table, old or {}) != content(table, new or {})
    ]
    for pk, public_id in sorted(involved(before | after, own).items()):
        was, now = before.get(("customer", pk)), after.get(("customer", pk))
        fate = (
            CustomerEventType.DELETED
            if now is None
            else CustomerEventType.UPDATED
            if was
            else CustomerEventType.CREATED
        )
        yield CustomerChange(pk, public_id, (now or was or {})["version"], fate)


def customers_of(changes: Iterable[RowChange]) -> set[int]:
    """Keys of the customers whose rows these are or were."""
    return {
        image[OWNED[change.table][1]]
        for change in changes
        for image in (change.before, change.after)
        if image
    }


def changed_columns(change: RowChange) -> list[str]:
    """The columns of a row that was there before to which the operation gave new values."""
    after = change.after or {}
    before = content(change.table, change.before or {})
    return [name for name, value in before.items() if value != after.get(name)]


def batches(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
