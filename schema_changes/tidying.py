"""Remove the columns of a former type that a publish left in values."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError

from customers.locking import lock_customers
from customers.models import AttributeValue
from jobs.models import Job
from jobs.queue import enqueue
from schema_builder.models import FieldDefinition
from schema_builder.types import StoredValue

from .preparation import TIDY, between, key_ranges
from .rewriting import put, save_rows, unchanged


def tidy_later(publish: Job) -> None:
    """Queue a job that tidies the values of a publish that has ended, in whatever way."""
    converted = [
        one["after"]["id"]
        for one in publish.parameters["changes"]
        if one["before"]["type"] != one["after"]["type"]
    ]
    if not publish.cursor or not converted:
        return
    fields = FieldDefinition.everything.filter(public_id__in=converted)
    enqueue(
        TIDY,
        key_ranges(),
        title="Tidy values after a publish of the schema",
        parameters={"fields": list(fields.values_list("pk", flat=True))},
        created_by=publish.created_by,
        owner=publish.owner,
        chunk_size=1,
    )


def tidy_values(field: FieldDefinition, first: int, last: int) -> None:
    """Tidy the values of the customers with keys from `first` to `last`."""
    values = AttributeValue.objects.filter(field=field.pk).order_by("customer_id")
    due = list(stale(between(values, first, last), field))
    if due:
        customers = lock_customers(row.customer_id for row in due)
        again = stale(values.filter(customer__in=list(customers)), field)
        save_rows(put(row, tidy_value(row, field))[0] for row in again)


def stale(rows: Iterable[AttributeValue], field: FieldDefinition) -> Iterable[AttributeValue]:
    return (row for row in rows if tidy_value(row, field) != unchanged(row))


def tidy_value(row: AttributeValue, field: FieldDefinition) -> StoredValue:
    try:
        return field.field_type.recleaned(row.text, field)
    except ValidationError:
        # Older than a rule: it stays as it is.
        return unchanged(row)
