"""Rows put back as an operation found them, as far as nobody has changed them since."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from labels.models import Label
from schema_builder.models import FieldDefinition

from .models import ChannelIdentity, RowChange
from .recording import OWNED, Image, Images, content, restored, stored

CHILDREN = [table for table in OWNED if table != "customer"]
# What a row refers to besides its customer, and may have lost since.
REFERENCES: dict[str, type[models.Model]] = {"field_id": FieldDefinition, "label_id": Label}


@dataclass(frozen=True, slots=True)
class Collision:
    """A row that cannot be put back, and why."""

    table: str
    row: int
    customer_pk: int
    reason: str


def collisions_of(changes: list[RowChange], now: Images) -> list[Collision]:
    """The rows among `changes` that something else stands in the way of."""
    touched = {(change.table, change.row) for change in changes}
    found = []
    for change in changes:
        if reason := obstacle(change, current_image(change, now), touched, now):
            image: Image = change.before or change.after or {}
            found.append(Collision(change.table, change.row, image[OWNED[change.table][1]], reason))
    return found


def current_image(change: RowChange, now: Images) -> Image | None:
    """The row as it is now; one query where it has moved to a customer outside of `now`."""
    if image := now.get((change.table, change.row)):
        return image
    model, _ = OWNED[change.table]
    row = model._default_manager.filter(pk=change.row).values().first()
    return row and {name: stored(value) for name, value in row.items()}


def obstacle(
    change: RowChange, current: Image | None, touched: set[tuple[str, int]], now: Images
) -> str | None:
    """Why the row cannot be put back, or None."""
    if change.before is None:
        return obstacle_to_removal(change, current, touched, now)
    if change.after is None and current is not None:
        return f"The {change.table} is there again."
    if change.after is not None:
        if current is None:
            return f"The {change.table} was removed since."
        if any(current[name] != change.after[name] for name in changed_columns(change)):
            return f"The {change.table} was changed again since."
    wanted = wanted_image(change, current)
    return lost_reference(change, wanted) or taken_place(change, wanted, touched)


def obstacle_to_removal(change, current, touched, now) -> str | None:
    if current is None:
        return f"The {change.table} was removed since."
    if content(change.table, current) != content(change.table, change.after):
        return f"The {change.table} was changed again since."
    if change.table == "customer":
        for (table, row), image in now.items():
            if image[OWNED[table][1]] == change.row and (table, row) not in touched:
                return f"The customer got another {table} since."
    return None


def changed_columns(change: RowChange) -> list[str]:
    after = change.after or {}
    before = content(change.table, change.before or {})
    return [name for name, value in before.items() if value != after.get(name)]


def wanted_image(change: RowChange, current: Image | None) -> Image:
    """The row as it will be once it is put back; later changes of other columns stay."""
    before: Image = change.before or {}
    return (current or before) | {name: before[name] for name in changed_columns(change)}


def lost_reference(change: RowChange, wanted: Image) -> str | None:
    for column, model in REFERENCES.items():
        if column in wanted and not model._default_manager.filter(pk=wanted[column]).exists():
            return f"The {model._meta.verbose_name} of the {change.table} was deleted since."
    return None


def taken_place(change: RowChange, wanted: Image, touched: set[tuple[str, int]]) -> str | None:
    """Whether a unique place that the row needs has been taken by a row of somebody else."""
    model, _ = OWNED[change.table]
    ours = [row for table, row in touched if table == change.table]
    columns = set(changed_columns(change))
    for place in unique_places(model, wanted):
        if columns & place.keys():
            others = model._default_manager.filter(**place).exclude(pk__in=ours)
            if others.exists():
                return f"Another {change.table} has taken its place since."
    return None


def unique_places(model: type[models.Model], image: Image) -> Iterable[dict[str, Any]]:
    """Lookups of what no other row of the model may have."""
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield {field.attname: image[field.attname]}
    for constraint in model._meta.constraints:
        # A condition is about a column that follows from another row; `mark_anonymous` sees to it.
        if isinstance(constraint, models.UniqueConstraint) and not constraint.condition:
            columns = [column_of(model, name) for name in constraint.fields]
            yield {column: image[column] for column in columns}


def column_of(model: type[models.Model], name: str) -> str:
    return next(f.attname for f in model._meta.concrete_fields if f.name == name)


def put_back(changes: list[RowChange]) -> None:
    """Write the rows; their obstacles have been looked for. Queries grow with the rows."""
    created = [change for change in changes if change.before is None]
    deleted = [change for change in changes if change.after is None]
    changed = [change for change in changes if change.before and change.after]
    for table in CHILDREN:
        delete_rows(table, created)
    for table in OWNED:
        # What moves away makes room for what comes back.
        update_rows(table, changed)
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
    rows = [change.row for change in created if change.table == table]
    model._default_manager.filter(pk__in=rows).delete()


def insert_rows(table: str, deleted: list[RowChange]) -> None:
    model, _ = OWNED[table]
    rows = [
        model(**restored(table, change.before or {})) for change in deleted if change.table == table
    ]
    for row in rows:
        if isinstance(row, ChannelIdentity):
            row.is_anonymous = False
    model._default_manager.bulk_create(rows)


def update_rows(table: str, changed: list[RowChange]) -> None:
    """Rows with the same new values are written together, such as a customer's conversations."""
    model, _ = OWNED[table]
    together: dict[tuple, list[int]] = {}
    for change in changed:
        if change.table == table and (columns := changed_columns(change)):
            before: Image = change.before or {}
            values = restored(table, {name: before[name] for name in columns})
            together.setdefault(tuple(values.items()), []).append(change.row)
    for same, rows in together.items():
        model._default_manager.filter(pk__in=rows).update(**dict(same))
