"""Fields and what goes with them: the values that customers have of a field that is deleted."""

from django.db import transaction
from django.db.models import QuerySet

from access.actors import Caller
from schema_builder.editing import delete_field
from schema_builder.models import FieldDefinition

from .models import AttributeValue, ChannelIdentity, Customer


class FieldHoldsValues(Exception):
    """The field cannot be deleted because customers have values of it."""

    def __init__(self, field: FieldDefinition, customers: int):
        count = "1 customer has" if customers == 1 else f"{customers:,} customers have"
        super().__init__(f'{count} a value of "{field.key}".')
        self.customers = customers


@transaction.atomic
def retire_field(field: FieldDefinition, *, force: bool, caller: Caller) -> int:
    """Delete a field; with `force`, although customers have values of it. Returns how many have.

    What they have stays stored, out of reach, and comes back with the field (contract 13.13).
    Raises FieldHoldsValues without `force`, and schema_builder.editing.FieldIsProtected.
    """
    customers = customers_with(field)
    if customers and not force:
        raise FieldHoldsValues(field, customers)
    delete_field(field, author=caller.get_username())
    return customers


def customers_with(field: FieldDefinition) -> int:
    """How many customers have a value or an identity of `field`."""
    return holders_of(field).count()


def holders_of(field: FieldDefinition) -> QuerySet[Customer]:
    with_value = AttributeValue.objects.filter(field=field).values("customer")
    with_identity = ChannelIdentity.objects.filter(field=field).values("customer")
    return Customer.objects.filter(pk__in=with_value.union(with_identity))
