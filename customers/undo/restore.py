"""Rows put back as an operation found them."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from customers.history.recording import OWNED, Image, batches, changed_columns, restored
from customers.labelling.terms import term_of
from customers.models import AttributeValue, ChannelIdentity, CustomerLabel, RowChange
from customers.search_keys.respelling import TABLES, respell_rows
from labels.models import Label
from schema_builder.models import FieldDefinition

CHILDREN = [table for table in OWNED if table != "customer"]
# Rows that become each something else are written together from so many on.
FEW = 4
# Rows in such a statement, which has a branch for each row and column.
BRANCHES = 200


def put_back(changes: list[RowChange]) -> None:
    """Write the rows; their obstacles have been looked for.

    Customers come first and go last. In between, what leaves a place goes before what takes it.
    """
    created = [change for change in changes if change.before is None]
    deleted = [change for change in changes if change.after is None]
    changed = [change for change in changes if change.before and change.after]
    insert_rows("customer", deleted)
    for table in CHILDREN:
        delete_rows(table, created)
    for table in OWNED:
        update_rows(table, changed)
    for table in CHILDREN:
        insert_rows(table, deleted)
    delete_rows("customer", created)


def mark_anonymous(customers: Iterable[int]) -> None:
    """Let identities say again whether their customer is anonymous.

    Raises IntegrityError where another anonymous customer has got the identifier meanwhile.
    """
    identities = ChannelIdentity.objects.filter(customer__in=list(customers))
    for flag in (False, True):
        stale = identities.filter(customer__is_anonymous=flag, is_anonymous=not flag)
        ChannelIdentity.objects.filter(pk__in=stale.values("pk")).update(is_anonymous=flag)


def delete_rows(table: str, created: list[RowChange]) -> None:
    model, _ = OWNED[table]
    for rows in batches([change.row for change in created if change.table == table]):
        model._default_manager.filter(pk__in=rows).delete()


def insert_rows(table: str, deleted: list[RowChange]) -> None:
    model, _ = OWNED[table]
    model._default_manager.bulk_create(returning_rows(table, deleted))


def returning_rows(table: str, deleted: list[RowChange]) -> list[Any]:
    """The rows of the table as they come back today."""
    model, _ = OWNED[table]
    changes = [change for change in deleted if change.table == table]
    rows: list[Any] = [model(**restored(table, change.before or {})) for change in changes]
    for row in rows:
        if isinstance(row, ChannelIdentity):
            row.is_anonymous = False
    fit_values([row for row in rows if isinstance(row, AttributeValue)])
    if table == "label":
        fit_ends(zip(rows, changes, strict=True))
    return rows


def fit_ends(rows: Iterable[tuple[CustomerLabel, RowChange]]) -> None:
    """Give labels that came off because their time was over the time of their label anew.

    With their old one they would come off again at once.
    """
    over = [row for row, change in rows if row.expires_at and row.expires_at <= change.operation.at]
    labels = Label.objects.in_bulk({row.label_id for row in over})
    now = timezone.now()
    for row in over:
        row.expires_at = term_of(labels[row.label_id], now)


def fit_values(rows: list[AttributeValue]) -> None:
    """Give values that come back the columns of the type that their field has by now."""
    fields = FieldDefinition.everything.in_bulk({row.field_id for row in rows})
    for row in rows:
        field = fields[row.field_id]
        try:
            value = field.field_type.recleaned(row.text, field)
        except ValidationError:
            # Older than a rule: it comes back as it was.
            continue
        row.folded, row.number, row.timestamp = value.folded, value.number, value.timestamp


def update_rows(table: str, changed: list[RowChange]) -> None:
    """Rows with the same new values are written together, such as a customer's conversations."""
    groups: dict[tuple[str, ...], dict[tuple, list[int]]] = {}
    for change in changed:
        if change.table == table and (columns := tuple(changed_columns(change))):
            before: Image = change.before or {}
            values = restored(table, {name: before[name] for name in columns})
            alike = groups.setdefault(tuple(values), {})
            alike.setdefault(tuple(values.values()), []).append(change.row)
    for columns, alike in groups.items():
        write_columns(table, columns, alike)
    if table in TABLES:
        respell_rows(table, [change.row for change in changed if change.table == table])


def write_columns(table: str, columns: tuple[str, ...], alike: dict[tuple, list[int]]) -> None:
    """Write columns, given by their values the rows that get these."""
    model, _ = OWNED[table]
    if len(alike) < FEW:
        for values, pks in alike.items():
            for rows in batches(pks):
                new = dict(zip(columns, values, strict=True))
                model._default_manager.filter(pk__in=rows).update(**new)
        return
    each = [
        model(pk=pk, **dict(zip(columns, values, strict=True)))
        for values, pks in alike.items()
        for pk in pks
    ]
    model._default_manager.bulk_update(each, columns, batch_size=BRANCHES)
