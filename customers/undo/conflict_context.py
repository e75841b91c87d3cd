"""What rows that are to be put back will meet, read for all of them at once."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from django.db import models

from customers.history.recording import OWNED, Image, Images, batches, changed_columns
from customers.models import ChannelIdentity, CustomerAlias, RowChange
from labels.models import Label
from schema_builder.models import FieldDefinition

# What a row refers to besides its customer, and may have lost since.
REFERENCES: dict[str, type[models.Model]] = {"field_id": FieldDefinition, "label_id": Label}

Place = tuple[str, int]
Columns = tuple[str, ...]


class ConflictContext:
    """Reads in a few queries for each table what stands around the rows that return.

    `returning` is each change with the row as it will be, `now` everything that their customers
    have. What is not asked for is not read.
    """

    def __init__(self, returning: Sequence[tuple[RowChange, Image]], now: Images):
        self.returning = returning
        self.now = now

    @cached_property
    def owned(self) -> dict[int, list[Place]]:
        """Everything of each customer, by key."""
        found: dict[int, list[Place]] = {}
        for (table, row), image in self.now.items():
            if table != "customer":
                found.setdefault(image[OWNED[table][1]], []).append((table, row))
        return found

    def lost_reference(self, wanted: Image) -> type[models.Model] | None:
        """What the row refers to and is there no longer."""
        for column, model in REFERENCES.items():
            if column in wanted and wanted[column] not in self.references[column]:
                return model
        return None

    @cached_property
    def references(self) -> dict[str, set[int]]:
        found = {}
        for column, model in REFERENCES.items():
            pks = {wanted[column] for _, wanted in self.returning if column in wanted}
            # A field that was deleted keeps its values, and takes back those that it had.
            rows = model._base_manager.filter(pk__in=pks)
            found[column] = set(rows.values_list("pk", flat=True))
        return found

    def aliases_in_the_way(self, change: RowChange) -> list[int]:
        """Rows that lead the id of a deleted customer to another one."""
        return self.aliases.get((change.before or {})["public_id"], []) if revives(change) else []

    @cached_property
    def aliases(self) -> dict[str, list[int]]:
        ids = [wanted["public_id"] for change, wanted in self.returning if revives(change)]
        found: dict[str, list[int]] = {}
        for some in batches(ids):
            rows = CustomerAlias.objects.filter(public_id__in=some)
            for public_id, pk in rows.values_list("public_id", "pk"):
                found.setdefault(public_id, []).append(pk)
        return found

    def holders(self, change: RowChange, wanted: Image) -> list[int]:
        """Other rows in a place that the row needs for itself alone."""
        return [
            pk
            for columns, values in needed_places(change, wanted)
            for pk in self.held[change.table, columns].get(values, [])
            if pk != change.row
        ]

    @cached_property
    def held(self) -> dict[tuple[str, Columns], dict[tuple, list[int]]]:
        """Who holds the needed places, by table, columns and values."""
        needed: dict[tuple[str, Columns], list[tuple]] = {}
        for change, wanted in self.returning:
            for columns, values in needed_places(change, wanted):
                needed.setdefault((change.table, columns), []).append(values)
        return {
            (table, columns): rows_at(OWNED[table][0]._default_manager.all(), columns, places)
            for (table, columns), places in needed.items()
        }

    def excluding(self, wanted: Image) -> list[int]:
        """Rows of the customer's other labels of the same exclusive group."""
        group = self.exclusive_groups.get(wanted["label_id"])
        worn = [
            (row, self.now[table, row]["label_id"])
            for table, row in self.owned.get(wanted["customer_id"], [])
            if table == "label"
        ]
        return [
            row
            for row, label in worn
            if group and label != wanted["label_id"] and self.exclusive_groups.get(label) == group
        ]

    @cached_property
    def exclusive_groups(self) -> dict[int, int]:
        """The group by key of each label that has an exclusive one."""
        labels = Label.objects.filter(group__is_exclusive=True)
        return dict(labels.values_list("pk", "group"))

    def held_anonymously(self, wanted: Image) -> list[int]:
        """Identities of anonymous customers that decide by the same identifier."""
        return self.anonymous.get((wanted["field_id"], wanted["match_key"]), [])

    @cached_property
    def anonymous(self) -> dict[tuple, list[int]]:
        deciding = ChannelIdentity.objects.filter(
            is_anonymous=True, is_shared=False, is_retired=False
        )
        columns = ("field_id", "match_key")
        places = [
            tuple(wanted[column] for column in columns)
            for change, wanted in self.returning
            if change.table == "identity" and change.after is None
        ]
        return rows_at(deciding, columns, places)


def revives(change: RowChange) -> bool:
    """Whether a deleted customer comes back."""
    return change.table == "customer" and change.after is None


def rows_at(
    rows: models.QuerySet[Any], columns: Columns, places: list[tuple]
) -> dict[tuple, list[int]]:
    """Keys of the rows that have some of these values in the columns, by their values."""
    found: dict[tuple, list[int]] = {}
    for some in batches(places):
        values = zip(*some, strict=True)
        lookup = {f"{column}__in": set(each) for column, each in zip(columns, values, strict=True)}
        for pk, *place in rows.filter(**lookup).values_list("pk", *columns):
            found.setdefault(tuple(place), []).append(pk)
    return found


def needed_places(change: RowChange, wanted: Image) -> Iterable[tuple[Columns, tuple]]:
    """Columns and values of what the row needs for itself alone, and has not now."""
    model, _ = OWNED[change.table]
    changed = changed_columns(change)
    for columns in unique_columns(model):
        if not set(columns).isdisjoint(changed):
            yield columns, tuple(wanted[column] for column in columns)


def unique_columns(model: type[models.Model]) -> Iterable[Columns]:
    """Columns in which no two rows of the model may be alike."""
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield (field.attname,)
    for constraint in model._meta.constraints:
        # A condition is about a column that follows from another row; `mark_anonymous` sees to it.
        if isinstance(constraint, models.UniqueConstraint) and not constraint.condition:
            yield tuple(column_of(model, name) for name in constraint.fields)


def column_of(model: type[models.Model], name: str) -> str:
    return next(f.attname for f in model._meta.concrete_fields if f.name == name)
