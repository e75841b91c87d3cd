"""Rows put back as an operation found them, as far as nobody has changed them since."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from labels.models import Label, LabelGroup
from schema_builder.models import FieldDefinition

from .models import AttributeValue, ChannelIdentity, CustomerAlias, CustomerLabel, RowChange
from .recording import OWNED, Image, Images, content, image_of, restored

CHILDREN = [table for table in OWNED if table != "customer"]
# What a row refers to besides its customer, and may have lost since.
REFERENCES: dict[str, type[models.Model]] = {"field_id": FieldDefinition, "label_id": Label}
# Rows in one statement: SQLite bounds the parameters.
BATCH = 1000

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Collision:
    """A row that cannot be put back, and why."""

    table: str
    row: int
    reason: str
    # Public id of the later operation that changed the row last, if one did.
    operation: str | None = None


class Obstacles:
    """What stands in the way of putting rows back.

    A row that has to stay may be in the way of another one, so all are looked at again until
    nothing is found any more.
    """

    def __init__(self, changes: list[RowChange], now: Images):
        self.changes = {(change.table, change.row): change for change in changes}
        self.now = now | elsewhere(self.changes.keys() - now.keys())
        self.reasons: dict[Place, str] = {}

    def collisions(self) -> list[Collision]:
        while found := self.look():
            self.reasons |= found
        later = later_operations(self.changes[place] for place in self.reasons)
        return [
            Collision(*place, self.reasons[place], later.get(place))
            for place in self.changes
            if place in self.reasons
        ]

    def look(self) -> dict[Place, str]:
        return {
            place: reason
            for place, change in self.changes.items()
            if place not in self.reasons and (reason := self.obstacle(change))
        }

    def moves(self, place: Place) -> bool:
        """Whether the row is put back, as far as is known."""
        return place in self.changes and place not in self.reasons

    def obstacle(self, change: RowChange) -> str | None:
        current = self.now.get((change.table, change.row))
        if change.after is None and current is not None:
            return f"The {noun(change.table)} is there again."
        if change.after is not None:
            if current is None:
                return f"The {noun(change.table)} was removed since."
            if is_changed(change, current):
                return f"The {noun(change.table)} was changed again since."
        if change.before is None:
            return self.obstacle_to_removal(change)
        wanted = wanted_image(change, current)
        return (
            self.lost_owner(change, wanted)
            or lost_reference(change, wanted)
            or self.taken_id(change)
            or self.taken_place(change, wanted)
            or self.crowded_group(change, wanted)
            or self.taken_identifier(change, wanted)
        )

    def obstacle_to_removal(self, change: RowChange) -> str | None:
        if change.table == "customer":
            for (table, row), image in self.now.items():
                owned = table != "customer" and image[OWNED[table][1]] == change.row
                if owned and not self.moves((table, row)):
                    return f"The customer still has another {noun(table)}."
        return None

    def lost_owner(self, change: RowChange, wanted: Image) -> str | None:
        if change.table == "customer":
            return None
        owner: Place = "customer", wanted[OWNED[change.table][1]]
        if owner in self.now or self.moves(owner):
            return None
        return f"The customer of the {noun(change.table)} is gone."

    def taken_id(self, change: RowChange) -> str | None:
        """Whether a customer's id leads to another one since, and goes on doing so."""
        if change.table != "customer" or change.after is not None:
            return None
        aliases = CustomerAlias.objects.filter(public_id=(change.before or {})["public_id"])
        if all(self.moves(("alias", pk)) for pk in aliases.values_list("pk", flat=True)):
            return None
        return "The id of the customer leads to another one since."

    def taken_place(self, change: RowChange, wanted: Image) -> str | None:
        """Whether a unique place that the row needs has been taken by another row."""
        model, _ = OWNED[change.table]
        columns = set(changed_columns(change))
        for place in unique_places(model, wanted):
            if columns & place.keys():
                others = model._default_manager.filter(**place).values_list("pk", flat=True)
                if any(not self.moves((change.table, pk)) for pk in others if pk != change.row):
                    return f"Another {noun(change.table)} has taken its place since."
        return None

    def crowded_group(self, change: RowChange, wanted: Image) -> str | None:
        """Whether a label has been put on since that excludes the one to be put back."""
        returns = change.after is None or "customer_id" in changed_columns(change)
        if change.table != "label" or not returns:
            return None
        group = LabelGroup.objects.filter(is_exclusive=True, labels=wanted["label_id"])
        rivals = CustomerLabel.objects.filter(
            customer=wanted["customer_id"], label__group__in=group
        ).exclude(label=wanted["label_id"])
        if all(self.moves(("label", pk)) for pk in rivals.values_list("pk", flat=True)):
            return None
        return "Another label of its group was put on since."

    def taken_identifier(self, change: RowChange, wanted: Image) -> str | None:
        """Whether an identifier comes back to an anonymous customer while another one has it."""
        if change.after is not None or not self.is_anonymous(change, wanted):
            return None
        others = ChannelIdentity.objects.filter(
            field=wanted["field_id"],
            match_key=wanted["match_key"],
            is_anonymous=True,
            is_shared=False,
            is_retired=False,
        )
        if all(self.moves(("identity", pk)) for pk in others.values_list("pk", flat=True)):
            return None
        return "Another anonymous customer has got the identifier since."

    def is_anonymous(self, change: RowChange, wanted: Image) -> bool:
        """Whether the row is an identity that decides for a customer who will be anonymous."""
        if change.table != "identity" or wanted["is_shared"] or wanted["is_retired"]:
            return False
        owner: Place = "customer", wanted["customer_id"]
        image = self.now.get(owner, {})
        if self.moves(owner):
            image = wanted_image(self.changes[owner], image or None)
        return bool(image.get("is_anonymous"))


def collisions_of(changes: list[RowChange], now: Images) -> list[Collision]:
    """The rows that cannot be put back, of customers who are locked."""
    return Obstacles(changes, now).collisions()


def noun(table: str) -> str:
    return "old id" if table == "alias" else table


def elsewhere(places: Iterable[Place]) -> Images:
    """Rows that have gone to customers who had no part in the operation."""
    found: Images = {}
    rows: dict[str, list[int]] = {}
    for table, row in places:
        rows.setdefault(table, []).append(row)
    for table, pks in rows.items():
        model, _ = OWNED[table]
        for some in batches(pks):
            for image in model._default_manager.filter(pk__in=some).values():
                found[table, image["id"]] = image_of(image)
    return found


def later_operations(changes: Iterable[RowChange]) -> dict[Place, str]:
    """By row, the last operation after that of `changes` that changed it and is in force."""
    found: dict[Place, str] = {}
    for change in changes:
        later = (
            RowChange.objects.filter(
                table=change.table,
                row=change.row,
                operation__gt=change.operation_id,
                operation__undone_by=None,
            )
            .order_by("-operation")
            .values_list("operation__public_id", flat=True)
        )
        if public_id := later.first():
            found[change.table, change.row] = public_id
    return found


def is_changed(change: RowChange, current: Image) -> bool:
    """Whether somebody wrote what the operation wrote, or gave the row to somebody else."""
    after: Image = change.after or {}
    owner = OWNED[change.table][1]
    columns = changed_columns(change) if change.before else content(change.table, after)
    return any(current.get(name) != after.get(name) for name in {*columns, owner})


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
        # A field that was deleted keeps its values, and takes back those that it had.
        if column in wanted and not model._base_manager.filter(pk=wanted[column]).exists():
            lost = str(model._meta.verbose_name)
            whose = "" if lost == change.table else f" of the {noun(change.table)}"
            return f"The {lost}{whose} was deleted since."
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


def batches(rows: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


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
    rows = [
        model(**restored(table, change.before or {})) for change in deleted if change.table == table
    ]
    for row in rows:
        if isinstance(row, ChannelIdentity):
            row.is_anonymous = False
    fit_values([row for row in rows if isinstance(row, AttributeValue)])
    model._default_manager.bulk_create(rows)


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
    model, _ = OWNED[table]
    together: dict[tuple, list[int]] = {}
    for change in changed:
        if change.table == table and (columns := changed_columns(change)):
            before: Image = change.before or {}
            values = restored(table, {name: before[name] for name in columns})
            together.setdefault(tuple(values.items()), []).append(change.row)
    for same, pks in together.items():
        for rows in batches(pks):
            model._default_manager.filter(pk__in=rows).update(**dict(same))
