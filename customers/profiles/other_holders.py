"""Identifiers that other identified customers have as well, so that a lookup cannot decide."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from django.db.models import QuerySet

from customers.masking import FieldAccess
from customers.models import ChannelIdentity, Customer
from foundation.compiled import compiled
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema, held_schema

from .identifiers import Identifier, readings_beside
from .rows import stored_identifier

# A field's id, and an identifier as it is compared there.
Place = tuple[int, str]
# Such a place, and id and key of a customer that has the identifier there.
HolderRow = tuple[int, str, str, int]
HOLDER_COLUMNS = ("field_id", "match_key", "customer__public_id", "customer_id")


class OnConflict(StrEnum):
    """How a write is answered whose identifier another customer has as well."""

    ACCEPT = "accept"
    REFUSE = "refuse"


@dataclass(slots=True)
class IdentifierConflict:
    """An identifier, and the keys of its other holders by their ids, oldest first."""

    identifier: Identifier
    holders: dict[str, int] = field(default_factory=dict)


class IdentifiersTaken(Exception):
    """A write adds identifiers that other identified customers have."""

    def __init__(self, conflicts: Collection[IdentifierConflict]):
        labels = " and ".join(dict.fromkeys(one.identifier.field.label for one in conflicts))
        holders = list(dict.fromkeys(each for one in conflicts for each in one.holders))
        super().__init__(f"Other customers have the same {labels}: {', '.join(holders)}.")
        self.conflicts = conflicts
        self.details = {"otherHolders": holders}


def conflicts_among(
    identifiers: Iterable[Identifier], schema: Schema, besides: Customer | None = None
) -> list[IdentifierConflict]:
    """Return those of the identifiers that other customers than `besides` have. One query."""
    read = partial(live_holders, besides.pk if besides else 0)
    return [one for one in holders_among(identifiers, schema, read) if one.holders]


@compiled
def live_holders(besides: int, *match_keys: str) -> QuerySet[ChannelIdentity, HolderRow]:
    rows = ChannelIdentity.objects.identifying().exclude(customer__id=besides)
    rows = rows.filter(match_key__in=match_keys)
    return rows.order_by("customer_id").values_list(*HOLDER_COLUMNS)


def holders_among(
    identifiers: Iterable[Identifier],
    schema: Schema,
    rows_with: Callable[..., Iterable[HolderRow]],
) -> list[IdentifierConflict]:
    """Return the identifiers with their holders. One query, by `rows_with(*match_keys)`.

    A holder may have it in any field that serves one of the same channel types. An identifier
    that different people may have has no holder.
    """
    found = [IdentifierConflict(one) for one in identifiers]
    wanted: dict[Place, list[IdentifierConflict]] = {}
    for one in found:
        for reading in readings_beside(one.identifier, schema) if one.identifier.identifies else ():
            wanted.setdefault((reading.field.pk, reading.match_key), []).append(one)
    for field_id, key, public_id, pk in rows_with(*dict.fromkeys(key for _, key in wanted)):
        for one in wanted.get((field_id, key), ()):
            one.holders[public_id] = pk
    return found


def holder_conflicts(customer: Customer) -> list[IdentifierConflict]:
    """Return the identifiers of the customer that others have as well. Two queries.

    It reads them by the schema in memory: call it after a write.
    """
    schema = held_schema()
    identifiers = [
        # The row itself knows a field that the schema no longer has.
        stored_identifier(schema.by_id.get(row.field_id) or row.field, row, schema)
        for row in own_live_identities(customer.pk)
    ]
    return conflicts_among(identifiers, schema, customer) if identifiers else []


@compiled
def own_live_identities(pk: int) -> QuerySet[ChannelIdentity]:
    rows = ChannelIdentity.objects.active().filter(customer__id=pk, is_shared=False)
    return rows.order_by("id")


def other_holders(customer: Customer, mask: FieldAccess) -> list[str]:
    """Ids of the customers that have an identifier of this one, in a field that may be seen."""
    visible = [one for one in holder_conflicts(customer) if mask.shows(one.identifier.field)]
    return list(dict.fromkeys(public_id for one in visible for public_id in one.holders))


def refuse_conflicts(
    identifiers: Iterable[Identifier], schema: Schema, besides: Customer | None = None
) -> None:
    if conflicts := conflicts_among(identifiers, schema, besides):
        raise IdentifiersTaken(conflicts)


def hold_identifier_fields(schema: Schema, keys: Iterable[str]) -> None:
    """Let one write at a time look for conflicts in these fields, or two would miss each other.

    The same holds for the fields that serve one of their channel types.
    """
    named = [schema.by_key[key] for key in keys if key in schema.by_key]
    identifying = [definition for definition in named if definition.is_channel_identifier]
    fields = {one.pk for definition in identifying for one in schema.serving_with(definition)}
    rows = FieldDefinition.objects.select_for_update(no_key=True).filter(pk__in=fields)
    list(rows.order_by("pk").values_list("pk", flat=True))
