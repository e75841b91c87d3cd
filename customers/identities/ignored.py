"""Identities whose value is on the list of ignored identifiers: stored before it was listed."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db.models import Q

from access.actors import Caller
from customers.locking import CustomerMerged, UnknownCustomer
from customers.models import ChannelIdentity
from customers.profiles.identifiers import identifier_in, is_ignored_in
from schema_builder.models import IgnoredIdentifier
from schema_builder.schema import Schema

from .ownership import release_identity

# Of one step: identities that are compared, and identities that are reported.
MOST_COMPARED = 20_000
MOST_REPORTED = 100
REASON = "On the list of ignored identifiers."


@dataclass
class IgnoredIdentities:
    """One step of the check; `next_after` is the key where the next one begins, 0 at the end."""

    identities: list[ChannelIdentity] = field(default_factory=list)
    next_after: int = 0


def find_ignored_identities(schema: Schema, after: int = 0) -> IgnoredIdentities:
    """Return stored identities that are on the list, in the order of their keys.

    Two queries, and a third where something was found.
    """
    rows = comparable_identities(schema).filter(pk__gt=after).order_by("pk")
    pks: list[int] = []
    last, compared = 0, 0
    for pk, field_id, value in rows.values_list("pk", "field_id", "value")[:MOST_COMPARED]:
        last, compared = pk, compared + 1
        if is_ignored_in(schema.by_id[field_id], value, schema):
            pks.append(pk)
        if len(pks) == MOST_REPORTED:
            break
    is_partial = compared == MOST_COMPARED or len(pks) == MOST_REPORTED
    found = ChannelIdentity.objects.filter(pk__in=pks).select_related("customer", "field")
    return IgnoredIdentities(list(found.order_by("pk")), last if is_partial else 0)


def comparable_identities(schema: Schema):
    """Identities that may be on the list.

    Well-formed numbers and addresses, of which there are most, are compared by their keys alone.
    """
    well_formed = Q(match_key__startswith="+") | Q(match_key__contains="@")
    listed = Q(match_key__in=listed_keys(schema)) | Q(match_key__endswith=".invalid")
    rows = ChannelIdentity.objects.filter(field__in=schema.by_id)
    return rows.filter(Q(is_valid=False) | ~well_formed | listed)


def listed_keys(schema: Schema) -> set[str]:
    """Keys of the listed numbers and addresses in each identifier field."""
    listed = IgnoredIdentifier.objects.filter(Q(value__startswith="+") | Q(value__contains="@"))
    return {
        identifier_in(definition, value, schema).match_key
        for value in listed.values_list("value", flat=True)
        for definition in schema.identifier_fields
    }


def remove_identities(pks: Iterable[int], schema: Schema, caller: Caller) -> int:
    """Remove those of the identities that are still on the list; return how many were removed.

    Each removal is an operation of its customer, so that it can be undone.
    """
    rows = ChannelIdentity.objects.filter(pk__in=list(pks)[:MOST_REPORTED])
    return sum(
        was_removed(identity, caller)
        for identity in rows.select_related("customer", "field").order_by("pk")
        if identity.field_id in schema.by_id
        and is_ignored_in(identity.field, identity.value, schema)
    )


def was_removed(identity: ChannelIdentity, caller: Caller) -> bool:
    """Remove the identity; False where it changed meanwhile or the caller may not write the field."""
    public_id, key = identity.customer.public_id, identity.field.key
    try:
        operation = release_identity(public_id, key, identity.value, caller=caller, reason=REASON)
    except (ValidationError, UnknownCustomer, CustomerMerged):
        return False
    return operation is not None
