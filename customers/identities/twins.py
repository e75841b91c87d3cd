"""The anonymous twin that is left when its identifiers were linked to an identified customer."""

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from access.actors import Caller
from access.denials import PermissionMissing
from customers.locking import lock_by_public_id
from customers.masking import FieldAccess
from customers.models import ChannelIdentity, Customer, Operation
from customers.permissions import DELETE, RELINK
from customers.profiles.lifecycle import delete_customer, delete_locked
from customers.profiles.other_holders import (
    HOLDER_COLUMNS,
    HolderRow,
    IdentifierConflict,
    holders_among,
)
from customers.profiles.rows import stored_identifier
from foundation.compiled import compiled
from schema_builder.schema import held_schema, schema_for_writing

ONLY_TWINS = (
    "You may delete only an anonymous customer without conversations, all of whose identifiers "
    "an identified customer has as well."
)


def delete_as(customer: Customer, *, caller: Caller) -> Operation:
    """Delete the customer as far as the caller may: any customer, or an anonymous twin alone.

    Raises PermissionDenied with the reason, and what `delete_customer` raises.
    """
    if caller.has_perm(DELETE):
        return delete_customer(customer, caller=caller)
    if not caller.has_perm(RELINK):
        raise PermissionMissing(DELETE, "delete customers")
    return delete_twin(customer, caller=caller)


@transaction.atomic
def delete_twin(customer: Customer, *, caller: Caller) -> Operation:
    schema_for_writing()
    [twin] = lock_by_public_id([customer.public_id], along=keeping_holders).values()
    if problem := refusal(twin, FieldAccess(caller)):
        raise PermissionDenied(f"{ONLY_TWINS} {problem}")
    return delete_locked([twin], kind=Operation.Kind.ABSORB, caller=caller)


def refusal(customer: Customer, mask: FieldAccess) -> str:
    """Return why the customer is no anonymous twin; "" where it is one."""
    if not customer.is_anonymous:
        return "This customer is identified."
    if customer.conversations.exists():
        return "This customer still has a conversation."
    identifiers = held_by_identified(customer)
    if not identifiers:
        return "This customer has no identifier."
    if alone := next((one.identifier for one in identifiers if not one.holders), None):
        label = alone.field.label if mask.shows(alone.field) else "identifier"
        return f"No identified customer has its {label}."
    return ""


def keeping_holders(locked: Mapping[str, Customer]) -> set[int]:
    """Keys of one identified customer for each identifier, which must have it afterwards."""
    [twin] = locked.values()
    return {min(one.holders.values()) for one in held_by_identified(twin) if one.holders}


def held_by_identified(twin: Customer) -> list[IdentifierConflict]:
    """The identifiers of the twin, with the identified customers that a lookup finds by them.

    Two queries. It reads them by the schema of this write.
    """
    schema = held_schema()
    rows = twin.identities.active().select_related("field").order_by("id")
    identifiers = [stored_identifier(row.field, row, schema) for row in rows]
    return holders_among(identifiers, schema, holders_of_twin)


@compiled
def holders_of_twin(*match_keys: str) -> QuerySet[ChannelIdentity, HolderRow]:
    identified = ChannelIdentity.objects.active().filter(is_anonymous=False)
    rows = identified.filter(match_key__in=match_keys).order_by("customer_id")
    return rows.values_list(*HOLDER_COLUMNS)
