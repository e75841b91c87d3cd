"""Cleaned fields written to locked customers: for many it takes the statements of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from access.actors import Caller
from customers.history.versions import Columns, touch_customers
from customers.labelling.rules import Relabelling, set_labels
from customers.models import AttributeValue, ChannelIdentity, Customer
from customers.models.customer import folded_name
from customers.models.search_key import fill_search_key
from customers.placeholders import refuse_placeholders
from foundation.spelling import search_key
from schema_builder.schema import Schema

from .anonymity import stays_anonymous, take_over_from_anonymous
from .identifiers import Identifier
from .rows import new_identity, new_value
from .validation import CleanedFields, CustomerState


@dataclass(frozen=True, slots=True)
class PendingWrite:
    """What a locked customer has, and what is to be written to it."""

    customer: Customer
    stored: CustomerState
    cleaned: CleanedFields


def apply_all(planned: Sequence[PendingWrite], schema: Schema, caller: Caller) -> list[Customer]:
    """Write what is planned; answers the customers that it changed.

    The version of each moves once. The statements do not grow with the customers, unless an
    anonymous one gets identifiers. Recording it is the caller's business. Raises PermissionDenied,
    PlaceholderIsProtected, and ValidationError keyed `labels`.
    """
    touched = change_identities(planned) | change_values(planned) | change_labels(planned, caller)
    columns = change_columns(planned, schema)
    touched |= columns.keys()
    changed = [plan.customer for plan in planned if plan.customer.pk in touched]
    refuse_placeholders(changed)
    touch_customers(changed, caller.get_username(), columns)
    return changed


def name_columns(name: str) -> dict[str, Any]:
    """The columns that hold a name and what is searched of it."""
    compared = folded_name(name)
    return {
        "first_name": name,
        "folded_name": compared,
        "search_key": search_key(name, compared),
    }


def change_identities(planned: Iterable[PendingWrite]) -> set[int]:
    """Make the identities of the cleaned fields those, and no others; retired ones stay.

    Answers the keys of the customers whom that changed, as do its neighbours.
    """
    changes = [IdentityChange(plan) for plan in planned]
    gone = [row.pk for change in changes for row in change.gone]
    if gone:
        ChannelIdentity.objects.filter(pk__in=gone).delete()
    respelled = [row for change in changes for row in change.respelled()]
    ChannelIdentity.objects.bulk_update(respelled, ["value", "search_key", "is_retired"])
    for change in changes:
        if change.customer.is_anonymous:
            take_over_from_anonymous(change.customer, change.added)
    ChannelIdentity.objects.bulk_create(
        new_identity(change.customer, added) for change in changes for added in change.added
    )
    return {change.customer.pk for change in changes if change}


class IdentityChange:
    """What has to become of the identities of one customer."""

    def __init__(self, plan: PendingWrite):
        self.customer = plan.customer
        self.rows = {(row.field_id, row.match_key): row for row in plan.stored.identities}
        self.wanted = {
            (field_id, identifier.match_key): identifier
            for field_id, found in plan.cleaned.identities.items()
            for identifier in found
        }
        self.gone = [
            row
            for place, row in self.rows.items()
            if row.field_id in plan.cleaned.identities
            and place not in self.wanted
            and not row.is_retired
        ]
        self.added: list[Identifier] = [
            identifier for place, identifier in self.wanted.items() if place not in self.rows
        ]
        self.stale = [
            row
            for place, row in self.rows.items()
            if place in self.wanted and (row.is_retired or row.value != self.wanted[place].value)
        ]

    def __bool__(self) -> bool:
        return bool(self.gone or self.added or self.stale)

    def respelled(self) -> list[ChannelIdentity]:
        for row in self.stale:
            row.value, row.is_retired = self.wanted[row.field_id, row.match_key].value, False
            fill_search_key(row)
        return self.stale


def change_values(planned: Iterable[PendingWrite]) -> set[int]:
    written: list[AttributeValue] = []
    emptied: dict[int, set[int]] = {}
    for plan in planned:
        held, pk = plan.stored.values, plan.customer.pk
        for field_id, value in plan.cleaned.values.items():
            if value and value.text != held.get(field_id):
                written.append(new_value(plan.customer, field_id, value))
            elif value is None and field_id in held:
                emptied.setdefault(field_id, set()).add(pk)
    if emptied:
        places = [Q(field=field_id, customer__in=pks) for field_id, pks in emptied.items()]
        AttributeValue.objects.filter(reduce(or_, places)).delete()
    AttributeValue.objects.bulk_create(
        written,
        update_conflicts=True,
        unique_fields=["customer", "field"],
        update_fields=["text", "folded", "search_key", "number", "timestamp", "near_key"],
    )
    return {row.customer_id for row in written}.union(*emptied.values())


def change_labels(planned: Iterable[PendingWrite], caller: Caller) -> set[int]:
    relabellings = [
        Relabelling(plan.customer, plan.cleaned.labels, plan.cleaned.label_terms)
        for plan in planned
        if plan.cleaned.labels is not None
    ]
    return set_labels(relabellings, caller)


def change_columns(planned: Iterable[PendingWrite], schema: Schema) -> dict[int, Columns]:
    """The columns to be written, by key of those customers of whom some change."""
    found = {
        plan.customer.pk: columns
        for plan in planned
        if (columns := new_columns(plan.customer, plan.cleaned, schema))
    }
    identified = [pk for pk, columns in found.items() if "is_anonymous" in columns]
    if identified:
        ChannelIdentity.objects.filter(customer__in=identified).update(is_anonymous=False)
    return found


def new_columns(customer: Customer, cleaned: CleanedFields, schema: Schema) -> Columns:
    """Name and anonymity; who is identified stays identified (contract 13.6)."""
    columns: dict[str, Any] = {}
    name = cleaned.first_name
    if name is not None and name != customer.first_name:
        columns |= name_columns(name)
    # The default may have changed since the present name was given.
    renamed = columns.get("first_name", "")
    if customer.is_anonymous and not stays_anonymous(schema, renamed, cleaned.is_anonymous):
        columns["is_anonymous"] = False
    return columns
