"""Values of customers brought along with a change of the schema, and what became of them recorded."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone

from schema_builder.documents import field_of
from schema_builder.models import FieldDefinition, SchemaVersion
from schema_builder.plans import FieldChange
from schema_builder.types import StoredValue

from .holdings import batches
from .models import AttributeValue, Customer, Operation, OperationCustomer, RowChange
from .recording import image_of

# Values that a refusal names.
MOST_NAMED = 5


class Rewriting:
    """The values of one field, brought along with a change of its type or its options."""

    def __init__(self, change: FieldChange, version: SchemaVersion, author: str):
        self.change = change
        self.author = author
        self.reason = f"Version {version.number} of the schema."
        self.field = FieldDefinition.objects.get(public_id=change.id)
        self.before = field_of(change.before or {}, self.field)
        self.gone = set(change.removed_options)
        # Of the values that are looked at, locked.
        self.customers: dict[int, Customer] = {}
        self.refused: list[str] = []
        self.refused_count = 0

    def run(self) -> list[str]:
        """Write what changes; answers why not, where a value cannot be one any more."""
        for customers, rows in batches(self.field):
            self.customers = customers
            self.write([(row, self.wanted(row)) for row in rows])
        if self.refused_count:
            named = ", ".join(self.refused)
            several = self.refused_count != 1
            return [
                f"“{self.change.label}”: {self.refused_count:,} {'values stand' if several else 'value stands'} in the way: {named}."
            ]
        return []

    def wanted(self, row: AttributeValue) -> StoredValue | None:
        """The value as it will be; None where nothing remains of it.

        One that stays as it is may break a rule that is new, but has to be of the new type.
        """
        text, kind = row.text, self.before.field_type
        chosen = self.gone.intersection(kind.chosen(text)) if self.gone else set()
        if chosen - self.change.mapping.keys():
            return self.refuse(row)
        if chosen:
            text = kind.replaced(text, self.change.mapping)
        if not text:
            return None
        try:
            return self.field.field_type.recleaned(text, self.field)
        except ValidationError:
            return self.refuse(row) if self.change.converts else unchanged(row)

    def refuse(self, row: AttributeValue) -> StoredValue:
        self.refused_count += 1
        # Not the value itself: it may be personal, and this is read by whoever publishes.
        if len(self.refused) < MOST_NAMED:
            self.refused.append(f"customer {self.customers[row.customer_id].public_id}")
        return unchanged(row)

    def write(self, pairs: Sequence[tuple[AttributeValue, StoredValue | None]]) -> None:
        """Write a batch, and record what is another value afterwards."""
        if self.refused_count:
            return
        retyped = [put(row, value) for row, value in pairs if value and value.text == row.text]
        AttributeValue.objects.bulk_update(
            [row for row, is_changed in retyped if is_changed], COLUMNS, batch_size=500
        )
        others = [(row, value) for row, value in pairs if not value or value.text != row.text]
        if others:
            self.replace(others)

    def replace(self, pairs: Sequence[tuple[AttributeValue, StoredValue | None]]) -> None:
        """Other values for these customers, each in the history of its customer."""
        images = [(row, image_of(columns_of(row)), value) for row, value in pairs]
        emptied = [row.pk for row, value in pairs if value is None]
        kept = [put(row, value)[0] for row, value in pairs if value]
        AttributeValue.objects.filter(pk__in=emptied).delete()
        AttributeValue.objects.bulk_update(kept, COLUMNS, batch_size=500)
        Customer.objects.filter(pk__in=[row.customer_id for row, _ in pairs]).update(
            version=F("version") + 1, updated_at=timezone.now(), updated_by=self.author
        )
        self.record(
            [
                (
                    self.customers[row.customer_id],
                    row,
                    before,
                    image_of(columns_of(row)) if value else None,
                )
                for row, before, value in images
            ]
        )

    def record(self, written: Iterable[tuple[Customer, AttributeValue, Any, Any]]) -> None:
        """One operation for each customer, so that each can be taken back by itself."""
        rows = list(written)
        operations = Operation.objects.bulk_create(
            Operation(kind=Operation.Kind.EDIT, actor=self.author, reason=self.reason) for _ in rows
        )
        OperationCustomer.objects.bulk_create(
            OperationCustomer(
                operation=operation, customer_pk=customer.pk, public_id=customer.public_id
            )
            for operation, (customer, *_) in zip(operations, rows, strict=True)
        )
        RowChange.objects.bulk_create(
            RowChange(operation=operation, table="value", row=row.pk, before=before, after=after)
            for operation, (_, row, before, after) in zip(operations, rows, strict=True)
        )


COLUMNS = ["text", "folded", "number", "timestamp"]


def unchanged(row: AttributeValue) -> StoredValue:
    return StoredValue(row.text, row.folded, row.number, row.timestamp)


def put(row: AttributeValue, value: StoredValue) -> tuple[AttributeValue, bool]:
    """The row with the columns of the value, and whether any of them changed."""
    before = unchanged(row)
    for column in COLUMNS:
        setattr(row, column, getattr(value, column))
    return row, before != value


def columns_of(row: AttributeValue) -> dict[str, Any]:
    return {column.attname: getattr(row, column.attname) for column in row._meta.concrete_fields}
