"""Fields and what goes with them: the values that customers have of a field that is deleted."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from access.actors import Caller
from schema_builder.editing import delete_field
from schema_builder.models import FieldDefinition

from .models import (
    AttributeValue,
    ChannelIdentity,
    Customer,
    Operation,
    OperationCustomer,
    RowChange,
)
from .recording import OWNED, image_of

BATCH = 2000


class FieldHoldsValues(Exception):
    """The field cannot be deleted because customers have values of it."""

    def __init__(self, field: FieldDefinition, customers: int):
        count = "1 customer has" if customers == 1 else f"{customers:,} customers have"
        super().__init__(f'{count} a value of "{field.key}".')
        self.customers = customers


@transaction.atomic
def retire_field(field: FieldDefinition, *, force: bool, caller: Caller) -> int:
    """Delete a field; with `force`, also what customers have of it. Returns how many had.

    What they had stays in their history (contract 13.13).
    Raises FieldHoldsValues without `force`, and schema_builder.editing.FieldIsProtected.
    """
    customers = customers_with(field)
    if customers and not force:
        raise FieldHoldsValues(field, customers)
    if customers:
        keep_in_history(field, caller.get_username())
    AttributeValue.objects.filter(field=field).delete()
    ChannelIdentity.objects.filter(field=field).delete()
    delete_field(field)
    return customers


def keep_in_history(field: FieldDefinition, author: str) -> None:
    """Write down every row that goes with the field, as one operation; memory stays flat."""
    operation = Operation.objects.create(
        kind=Operation.Kind.EDIT, actor=author, reason=f'Field "{field.key}" was deleted.'
    )
    for table in ("identity", "value"):
        model, _ = OWNED[table]
        for rows in batches(model._default_manager.filter(field=field).values()):
            RowChange.objects.bulk_create(
                RowChange(operation=operation, table=table, row=row["id"], before=image_of(row))
                for row in rows
            )
    for rows in batches(holders_of(field).values("pk", "public_id")):
        OperationCustomer.objects.bulk_create(
            OperationCustomer(
                operation=operation, customer_pk=row["pk"], public_id=row["public_id"]
            )
            for row in rows
        )


def batches(rows: QuerySet) -> Iterator[list[dict[str, Any]]]:
    found = rows.order_by("pk").iterator(BATCH)
    while batch := list(islice(found, BATCH)):
        yield batch


def customers_with(field: FieldDefinition) -> int:
    """How many customers have a value or an identity of `field`."""
    return holders_of(field).count()


def holders_of(field: FieldDefinition) -> QuerySet[Customer]:
    with_value = AttributeValue.objects.filter(field=field).values("customer")
    with_identity = ChannelIdentity.objects.filter(field=field).values("customer")
    return Customer.objects.filter(pk__in=with_value.union(with_identity))
