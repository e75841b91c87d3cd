"""Convert the values of customers for a change of the schema, and record that."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.utils import timezone

from customers.history.events import CustomerChange, CustomerEventType, publish_operation
from customers.history.recording import Image, image_of, recorded_columns
from customers.history.recording import batches as row_batches
from customers.models import (
    AttributeValue,
    Customer,
    Operation,
    OperationCustomer,
    RowChange,
    SchemaRewrite,
)
from customers.models.search_key import fill_search_key
from customers.search_keys.respelling import write_columns_of
from customers.undo.restore import FEW
from jobs.models import Job
from schema_builder.documents import field_of
from schema_builder.models import FieldDefinition, SchemaVersion
from schema_builder.plans import FieldChange
from schema_builder.types import StoredValue

from .stored_values import value_batches

# Values that a refusal names.
MOST_NAMED = 5
# Customers of one operation: it is undone in one transaction.
MOST_IN_ONE = 1000
COLUMNS = [column.name for column in fields(StoredValue)]
# The reason of an operation while its version is still being published.
BEING_PUBLISHED = "A version of the schema that is being published."


@dataclass(frozen=True, slots=True)
class Written:
    """Another value for a locked customer; `before` and `value` are None where there is none."""

    customer: Customer
    row: AttributeValue
    before: Image | None
    value: StoredValue | None


class Rewrite:
    """The values of one field that a version writes, recorded in few operations, each of many.

    A `job` writes them before there is the version.
    """

    def __init__(
        self,
        field: FieldDefinition,
        version: SchemaVersion | None,
        author: str,
        job: Job | None = None,
    ):
        self.field = field
        self.version = version
        self.author = author
        self.job = job
        self.operation: Operation | None = None
        # How many more customers the operation takes.
        self.room = 0
        # How many customers got which option in place of which.
        self.told: Counter[tuple[str, str]] = Counter()

    def write(self, values: Sequence[Written]) -> None:
        """Write the values, each of another customer, and record it."""
        put_rows(values)
        pks = [one.customer.pk for one in values]
        Customer.objects.filter(pk__in=pks).update(
            version=F("version") + 1, updated_at=timezone.now(), updated_by=self.author
        )
        start = 0
        while start < len(values):
            operation = self.next_operation()
            some = values[start : start + self.room]
            record_rewrite(operation, some)
            self.room -= len(some)
            start += len(some)

    def next_operation(self) -> Operation:
        """The operation that takes more customers."""
        if self.operation is None or not self.room:
            self.room = MOST_IN_ONE
            self.operation = Operation.objects.create(
                kind=Operation.Kind.BULK,
                actor=self.author,
                reason=version_reason(self.version) if self.version else BEING_PUBLISHED,
                is_bulk=True,
                schema_version=self.version,
                job=self.job,
            )
        return self.operation

    def finish(self) -> None:
        """Keep what became of the options."""
        SchemaRewrite.objects.bulk_create(
            SchemaRewrite(
                version=self.version,
                field=self.field,
                option=option,
                successor=successor,
                customers=customers,
            )
            for (option, successor), customers in self.told.items()
        )


def version_reason(version: SchemaVersion) -> str:
    return f"Version {version.number} of the schema."


def put_rows(values: Iterable[Written]) -> None:
    emptied: list[int] = []
    kept: list[AttributeValue] = []
    created: list[AttributeValue] = []
    for one in values:
        if one.value is None:
            emptied.append(one.row.pk)
        else:
            (kept if one.before else created).append(put(one.row, one.value)[0])
    AttributeValue.objects.filter(pk__in=emptied).delete()
    save_rows(kept)
    AttributeValue.objects.bulk_create(created)


def save_rows(rows: Iterable[AttributeValue]) -> None:
    """Write the columns of the rows, together where several get the same, as with an option."""
    alike: dict[StoredValue, list[AttributeValue]] = {}
    for row in rows:
        alike.setdefault(unchanged(row), []).append(row)
    single: list[AttributeValue] = []
    for value, some in alike.items():
        if len(some) < FEW:
            single += some
            continue
        new = {column: getattr(value, column) for column in COLUMNS}
        new["search_key"] = some[0].search_key
        for part in row_batches([row.pk for row in some]):
            AttributeValue.objects.filter(pk__in=part).update(**new)
    write_columns_of(single, [*COLUMNS, "search_key"])


def record_rewrite(operation: Operation, values: Sequence[Written]) -> None:
    """Let the operation have these rows, too, and tell of their customers."""
    OperationCustomer.objects.bulk_create(
        OperationCustomer(
            operation=operation, customer_pk=one.customer.pk, public_id=one.customer.public_id
        )
        for one in values
    )
    RowChange.objects.bulk_create(
        RowChange(
            operation=operation,
            table="value",
            row=one.row.pk,
            before=one.before,
            after=image_of(value_columns(one.row)) if one.value else None,
            customer_pk=one.customer.pk,
        )
        for one in values
    )
    publish_operation(operation, [became(one.customer) for one in values])


def became(customer: Customer) -> CustomerChange:
    """What was made of a locked customer, whose next version is written by then."""
    return CustomerChange(
        customer.pk, customer.public_id, customer.version + 1, CustomerEventType.UPDATED
    )


class Rewriting:
    """The conversion of the values of one field after a change of its type or its options.

    A `job` converts before the version exists: a value then has the columns of both types, so that
    filters of either type find it.
    """

    def __init__(
        self,
        change: FieldChange,
        version: SchemaVersion | None,
        author: str,
        job: Job | None = None,
    ):
        known = FieldDefinition.everything.get(public_id=change.id)
        self.change = change
        self.field = known if version else field_of(change.after or {}, known)
        self.before = field_of(change.before or {}, known)
        self.gone = set(change.removed_options)
        self.rewrite = Rewrite(self.field, version, author, job)
        # Keys of the first customers with a value that cannot be converted.
        self.refused: list[int] = []
        self.refused_count = 0

    @property
    def values(self) -> QuerySet[AttributeValue]:
        return AttributeValue.objects.filter(field=self.field.pk).order_by("customer_id")

    def run(self) -> list[str]:
        """Write what changes; answers why not, where a value cannot be one any more."""
        for customers, rows in value_batches(self.field):
            self.write(customers, rows)
        self.rewrite.finish()
        return self.problems()

    def problems(self) -> list[str]:
        """Why the change cannot be made; a query where it cannot."""
        if not self.refused_count:
            return []
        # Not the value itself: it may be personal, and this is read by whoever publishes.
        ids = Customer.objects.filter(pk__in=self.refused).order_by("pk")
        named = ", ".join(f"customer {one}" for one in ids.values_list("public_id", flat=True))
        count, several = self.refused_count, self.refused_count != 1
        stand = f"{count:,} {'values stand' if several else 'value stands'} in the way"
        return [f"“{self.change.label}”: {stand}: {named}."]

    def look(self, row: AttributeValue) -> StoredValue | None:
        """Return the value as it will be; None where nothing remains of it.

        One that stays as it is may break a rule that is new, but has to be of the new type; one
        that stands in the way is noted, and comes back unchanged.
        """
        text, chosen = row.text, self.gone_of(row)
        if chosen - self.change.mapping.keys():
            return self.refuse(row)
        if chosen:
            text = self.before.field_type.replaced(text, self.change.mapping)
        if not text:
            return None
        try:
            value = self.field.field_type.recleaned(text, self.field)
        except ValidationError:
            return self.refuse(row) if self.change.converts else unchanged(row)
        return value if self.rewrite.version or text != row.text else both(unchanged(row), value)

    def gone_of(self, row: AttributeValue) -> set[str]:
        """The options of the value that go."""
        return (
            self.gone.intersection(self.before.field_type.chosen(row.text)) if self.gone else set()
        )

    def refuse(self, row: AttributeValue) -> StoredValue:
        self.refused_count += 1
        if len(self.refused) < MOST_NAMED:
            self.refused.append(row.customer_id)
        return unchanged(row)

    def write(self, customers: Mapping[int, Customer], rows: Iterable[AttributeValue]) -> None:
        """Write values of locked customers, and record what is another value afterwards."""
        pairs = [(row, self.look(row)) for row in rows]
        if self.refused_count:
            return
        retyped = [put(row, value) for row, value in pairs if value and value.text == row.text]
        save_rows(row for row, is_changed in retyped if is_changed)
        others = [(row, value) for row, value in pairs if not value or value.text != row.text]
        for row, _ in others:
            self.rewrite.told.update(
                (option, self.change.mapping[option]) for option in self.gone_of(row)
            )
        self.rewrite.write(
            [
                Written(customers[row.customer_id], row, image_of(value_columns(row)), value)
                for row, value in others
            ]
        )


def both(old: StoredValue, new: StoredValue) -> StoredValue:
    """Return a value with the columns of both, which are of the same text."""
    return StoredValue(
        *(getattr(new if getattr(old, column) is None else old, column) for column in COLUMNS)
    )


def unchanged(row: AttributeValue) -> StoredValue:
    return StoredValue(row.text, row.folded, row.number, row.timestamp, row.near_key)


def put(row: AttributeValue, value: StoredValue) -> tuple[AttributeValue, bool]:
    """The row with the columns of the value, and whether any of them changed."""
    before = unchanged(row)
    for column in COLUMNS:
        setattr(row, column, getattr(value, column))
    fill_search_key(row)
    return row, before != value


def value_columns(row: AttributeValue) -> dict[str, Any]:
    return {column: getattr(row, column) for column in recorded_columns(type(row))}
