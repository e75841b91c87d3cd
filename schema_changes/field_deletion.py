"""Fields and options that go, and what goes with them: the values that customers have."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet

from access.actors import Caller
from customers.models import AttributeValue, ChannelIdentity, Customer
from schema_builder.documents import document_of
from schema_builder.editing import change_field, delete_field
from schema_builder.models import FieldDefinition, SchemaVersion
from schema_builder.options import lost_options
from schema_builder.permissions import CLEAR_PII
from schema_builder.plans import FieldChange
from schema_builder.versions import lock_schema

from .rewriting import Rewriting

# Options that a refusal names.
MOST_NAMED = 5


class FieldHoldsValues(Exception):
    """The field cannot be deleted because customers have values of it."""

    def __init__(self, field: FieldDefinition, customers: int):
        count = "1 customer has" if customers == 1 else f"{customers:,} customers have"
        super().__init__(f'{count} a value of "{field.key}".')
        self.customers = customers


class OptionsInUse(Exception):
    """Options cannot go because customers have chosen them; nothing was changed."""

    def __init__(self, field: FieldDefinition, used: Mapping[str, int]):
        told = [f'"{option}": {told_count(used[option])}' for option in list(used)[:MOST_NAMED]]
        more = len(used) - len(told)
        told += [f"{more:,} more"] if more else []
        super().__init__(f'Options of "{field.key}" are in use: {", ".join(told)}.')
        self.used = used


def told_count(customers: int) -> str:
    return "1 customer" if customers == 1 else f"{customers:,} customers"


@transaction.atomic
def retire_field(field: FieldDefinition, *, force: bool, caller: Caller) -> int:
    """Delete a field; with `force`, although customers have values of it. Returns how many have.

    What they have stays stored, out of reach, and comes back with the field (contract 13.13).
    Raises FieldHoldsValues without `force`, and schema_builder.editing.FieldIsProtected.
    """
    customers = customers_with_field(field)
    if customers and not force:
        raise FieldHoldsValues(field, customers)
    delete_field(field, author=caller.get_username())
    return customers


def customers_with_field(field: FieldDefinition) -> int:
    """How many customers have a value or an identity of `field`."""
    return field_holders(field).count()


def field_holders(field: FieldDefinition) -> QuerySet[Customer]:
    with_value = AttributeValue.objects.filter(field=field).values("customer")
    with_identity = ChannelIdentity.objects.filter(field=field).values("customer")
    return Customer.objects.filter(pk__in=with_value.union(with_identity))


@transaction.atomic
def change_field_and_values(
    field: FieldDefinition, *, force: bool, caller: Caller, **values: Any
) -> FieldDefinition:
    """Change a field in place, of which options may go.

    With `force`, although customers have chosen them: they are left without, as by publishing, and
    that can be taken back. Raises OptionsInUse without it, and as schema_builder.editing.change_field
    does.
    """
    lock_schema()
    field = FieldDefinition.objects.get(pk=field.pk)
    gone = lost_options(field, values)
    if gone:
        # Who writes values by the old options is waited for; who begins to waits for us.
        lock_schema(exclusive=True)
    before = document_of(field, field.channel_types.all())
    changed = change_field(
        field,
        may_clear_pii=caller.has_perm(CLEAR_PII),
        author=caller.get_username(),
        options_may_go=True,
        **values,
    )
    if used := chosen_of(changed, gone):
        if not force:
            raise OptionsInUse(changed, used)
        after = document_of(changed, changed.channel_types.all())
        change = FieldChange(before, after, mapping=dict.fromkeys(gone, ""))
        version = SchemaVersion.objects.latest("number")
        Rewriting(change, version, caller.get_username()).run()
    return changed


def chosen_of(field: FieldDefinition, options: Iterable[str]) -> Counter[str]:
    """How many customers have chosen each of the options, without those that nobody has."""
    asked = set(options)
    found: Counter[str] = Counter()
    if asked:
        values = AttributeValue.objects.filter(field=field).order_by()
        for text, customers in values.values_list("text").annotate(Count("pk")).iterator():
            for option in asked.intersection(field.field_type.chosen(text)):
                found[option] += customers
    return found
