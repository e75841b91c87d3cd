"""What customers have of one field, wherever it is kept: names, identities or values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from customers.locking import lock_customers
from customers.models import AttributeValue, ChannelIdentity, Customer
from customers.system_fields import ANONYMOUS_FIELD, LABELS_FIELD, NAME_FIELD
from schema_builder.models import FieldDefinition

# No statement of a page counts further.
COUNT_LIMIT = 1_000_000
BATCH = 2000


@dataclass(frozen=True, slots=True)
class StoredText:
    """One text that a customer has of a field."""

    # Key of the row that holds it: from there a reader goes on.
    row: int
    customer_pk: int
    text: str


def rows_of(field: FieldDefinition) -> tuple[QuerySet[Any], str, str]:
    """(rows, column of the customer, column of the text) of what customers have of `field`."""
    if field.key == NAME_FIELD:
        return Customer.objects.exclude(first_name=""), "id", "first_name"
    if field.key in (LABELS_FIELD, ANONYMOUS_FIELD) or field.pk is None:
        return AttributeValue.objects.none(), "customer_id", "text"
    if field.is_channel_identifier:
        rows = ChannelIdentity.objects.active().filter(field=field.pk)
        return rows, "customer_id", "value"
    return AttributeValue.objects.filter(field=field.pk), "customer_id", "text"


def stored_texts(field: FieldDefinition, *, after: int = 0) -> Iterator[StoredText]:
    """Texts of `field`, in the order in which they were stored; a statement for every batch."""
    rows, customer, text = rows_of(field)
    found = rows.order_by("pk").values_list("pk", customer, text)
    while batch := list(found.filter(pk__gt=after)[:BATCH]):
        yield from (StoredText(*row) for row in batch)
        if len(batch) < BATCH:
            return
        after = batch[-1][0]


def customers_by_filled(field: FieldDefinition, *, after: int = 0) -> Iterator[tuple[int, bool]]:
    """Keys of all customers in order, and whether each has something of `field`.

    Two statements for every batch.
    """
    rows, customer, _ = rows_of(field)
    customers = Customer.objects.order_by("pk").values_list("pk", flat=True)
    while pks := list(customers.filter(pk__gt=after)[:BATCH]):
        among = {f"{customer}__gte": pks[0], f"{customer}__lte": pks[-1]}
        holders = set(rows.filter(**among).values_list(customer, flat=True))
        yield from ((pk, pk in holders) for pk in pks)
        if len(pks) < BATCH:
            return
        after = pks[-1]


def holders_count(field: FieldDefinition) -> int:
    """How many customers have something of `field`; counted up to COUNT_LIMIT."""
    rows, customer, _ = rows_of(field)
    if field.is_channel_identifier:
        rows = rows.values(customer).distinct()
    return rows.order_by()[:COUNT_LIMIT].count()


def customers_count() -> int:
    return Customer.objects.order_by()[:COUNT_LIMIT].count()


def value_batches(
    field: FieldDefinition,
) -> Iterator[tuple[dict[int, Customer], list[AttributeValue]]]:
    """All values of `field` with their customers, some at a time, locked in the order of these."""
    values = AttributeValue.objects.filter(field=field).order_by("customer_id")
    last = 0
    while pks := list(
        values.filter(customer__gt=last).values_list("customer_id", flat=True)[:BATCH]
    ):
        customers = lock_customers(pks)
        yield customers, list(values.filter(customer__in=pks))
        last = pks[-1]
