"""The find box: who is meant by a number, an e-mail, a name or an id, in whatever notation."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from foundation.public_ids import is_public_id
from foundation.text import folded, tidied
from schema_builder.models import FieldDefinition
from schema_builder.snapshot import Schema

from .documents import document
from .filters import (
    FEWEST_DIGITS,
    FILTER_LENGTH,
    identity_condition,
    matching,
    refuse_guessing,
    value_condition,
)
from .masking import Mask
from .models import AttributeValue, ChannelIdentity, Customer, CustomerAlias
from .ordering import ordered
from .querysets import CustomerQuerySet
from .values import BUILT_IN, NAME_FIELD

# Of each kind of hit, so that a single letter costs no more than a whole name.
MOST_HITS = 500
SHORTEST_PART = 3
NAME_ORDERS = {"name": f"{NAME_FIELD}:asc", "-name": f"{NAME_FIELD}:desc"}
# Keys of the fields in which a condition holds.
FieldsByCondition = dict[Q, list[int]]
CHANGE_ORDERS = {"changed": ("updated_at", "id"), "-changed": ("-updated_at", "-id")}


class Rank(IntEnum):
    """How well a customer answers the question; the best come first."""

    EXACT = 0
    WHOLE = 1
    START = 2
    PART = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """Why a customer was found. Without a field it was by the id."""

    public_id: str
    rank: Rank
    field: FieldDefinition | None
    text: str
    is_hidden: bool = False

    @property
    def is_exact(self) -> bool:
        return self.rank == Rank.EXACT


def cleaned_query(raw: str) -> str:
    """What was typed or pasted, without the scheme of a link."""
    return re.sub(r"^(tel|mailto|sip|sips|callto):", "", tidied(raw[:FILTER_LENGTH]), flags=re.I)


def find(query: str, schema: Schema, mask: Mask) -> list[Hit]:
    """The best hit for every customer that `query` may mean, best first, then newest.

    At most five statements. Of what the caller sees masked only the whole value is found.
    """
    best: dict[str, Hit] = {}
    for source in (by_id, by_identifier, by_name, by_part_of_identifier, by_value):
        for hit in source(query, schema, mask):
            known = best.get(hit.public_id)
            if known is None or hit.rank < known.rank:
                best[hit.public_id] = hit
    return sorted(best.values(), key=lambda hit: hit.rank)


def search_condition(query: str, schema: Schema, mask: Mask) -> Q:
    """Every customer that `find` finds without its limit, as a condition; no statement of its own.

    Each part is a set of keys from its own index: one of them OR another would read all customers.
    Only a name of one or two letters is compared row by row, because no index knows parts so short.
    """
    name = Customer.objects.filter(name_condition(query, schema, mask))
    identities = [whole_identifiers(query, schema), parts_of_identifiers(query, schema, mask)]
    others: list[QuerySet] = [
        identities_meeting(conditions).values("customer") for conditions in identities
    ]
    others.append(
        AttributeValue.objects.filter(text_condition(query, schema, mask)).values("customer")
    )
    if is_public_id(query.lower()):
        others.append(Customer.objects.filter(public_id=query.lower()).values("pk"))
        others.append(CustomerAlias.objects.filter(public_id=query.lower()).values("customer"))
    if is_too_short(query):
        return name_condition(query, schema, mask) | Q(pk__in=others[0].union(*others[1:]))
    return Q(pk__in=name.values("pk").union(*others))


def by_id(query: str, schema: Schema, mask: Mask) -> Iterator[Hit]:
    if is_public_id(query.lower()):
        for customer in Customer.objects.known_as(query.lower()):
            yield Hit(customer.public_id, Rank.EXACT, None, query.lower())


def by_identifier(query: str, schema: Schema, mask: Mask) -> Iterator[Hit]:
    """Who holds the identifier: the same lookup as that of a message or call."""
    for public_id, field_id, value, _ in held_identities(whole_identifiers(query, schema)):
        field = schema.by_id[field_id]
        yield Hit(public_id, Rank.EXACT, field, mask(field, value), mask.hides(field))


def by_name(query: str, schema: Schema, mask: Mask) -> Iterator[Hit]:
    """Customers whose name holds the query, or every word of it in any order; no placeholders."""
    field = schema.by_key[NAME_FIELD]
    condition = name_condition(query, schema, mask)
    rows = Customer.objects.filter(condition, placeholder_for=None).newest_first()
    for public_id, name, stored in rows.values_list("public_id", "first_name", "folded_name")[
        :MOST_HITS
    ]:
        yield Hit(
            public_id,
            rank_of(folded(query), stored, whole=Rank.WHOLE),
            field,
            mask(field, name),
            mask.hides(field),
        )


def name_condition(query: str, schema: Schema, mask: Mask) -> Any:
    field = schema.by_key[NAME_FIELD]
    condition = matching(field, query, schema, mask)
    words = query.split()
    if len(words) > 1:
        condition |= Q(*(matching(field, word, schema, mask) for word in words))
    return condition


def whole_identifiers(query: str, schema: Schema) -> FieldsByCondition:
    """The query as a whole identifier of every field that holds identifiers."""
    conditions: FieldsByCondition = defaultdict(list)
    for field in schema.identifier_fields:
        conditions[identity_condition(field, query, schema, hidden=True)].append(field.pk)
    return conditions


def parts_of_identifiers(query: str, schema: Schema, mask: Mask) -> FieldsByCondition:
    """The query as a part of identifiers, in the fields that the caller sees unmasked."""
    conditions: FieldsByCondition = defaultdict(list)
    for field in () if is_too_short(query) else schema.identifier_fields:
        if not mask.hides(field):
            for notation in notations(query, field):
                condition = identity_condition(field, notation, schema, hidden=False)
                conditions[condition].append(field.pk)
    return conditions


def by_part_of_identifier(query: str, schema: Schema, mask: Mask) -> Iterator[Hit]:
    conditions = parts_of_identifiers(query, schema, mask)
    for public_id, field_id, value, match_key in held_identities(conditions):
        rank = min(rank_of(query, text, whole=Rank.START) for text in (folded(value), match_key))
        yield Hit(public_id, rank, schema.by_id[field_id], value)


def by_value(query: str, schema: Schema, mask: Mask) -> Iterator[Hit]:
    """Customers with the query in one of the searchable fields."""
    condition = text_condition(query, schema, mask)
    rows = AttributeValue.objects.filter(condition).order_by("-customer")
    for public_id, field_id, text in rows.values_list("customer__public_id", "field_id", "text")[
        :MOST_HITS
    ]:
        field = schema.by_id[field_id]
        rank = rank_of(folded(query), folded(text), whole=Rank.WHOLE)
        yield Hit(public_id, rank, field, mask(field, text), mask.hides(field))


def text_condition(query: str, schema: Schema, mask: Mask) -> Q:
    """The condition that a value of a searchable field matches the query."""
    condition, whole_only = Q(pk__in=[]), is_too_short(query)
    for field in schema.fields:
        if field.is_searchable and field.key not in BUILT_IN and not field.is_channel_identifier:
            try:
                refuse_guessing(field, mask)
                hidden = whole_only or mask.hides(field)
                condition |= Q(field=field) & value_condition(field, query, hidden)
            except ValidationError:
                # The query is no value of this type, say no number, or may not be asked for.
                continue
    return condition


def identities_meeting(conditions: FieldsByCondition) -> QuerySet:
    """The identities that meet a condition in one of its fields."""
    anywhere = Q(pk__in=[])
    for condition, fields in conditions.items():
        anywhere |= Q(condition, field__in=fields)
    return ChannelIdentity.objects.filter(anywhere, is_retired=False)


def held_identities(conditions: FieldsByCondition) -> QuerySet:
    """The newest customers' identities of `identities_meeting`, as many as are shown."""
    rows = identities_meeting(conditions).order_by("-customer", "id")
    return rows.values_list("customer__public_id", "field_id", "value", "match_key")[:MOST_HITS]


def notations(query: str, field: FieldDefinition) -> list[str]:
    """The query, and without the zeros before a number whose country code nobody typed."""
    digits = "".join(c for c in query if c.isdecimal())
    bare = digits.lstrip("0")
    if field.field_type.matches_digits and FEWEST_DIGITS <= len(bare) < len(digits):
        return [query, bare]
    return [query]


def is_too_short(query: str) -> bool:
    """Whether no index finds it as a part, and nobody learns from what it would find.

    Names are looked through even so, and two characters of Chinese say much.
    """
    return len(query) < SHORTEST_PART and query.isascii()


def rank_of(query: str, text: str, *, whole: Rank) -> Rank:
    if text == query:
        return whole
    return Rank.START if f" {text}".find(f" {query}") >= 0 else Rank.PART


def in_order(
    customers: CustomerQuerySet, order: str, schema: Schema, mask: Mask
) -> CustomerQuerySet:
    """`customers` by name or last change, `-` for backwards; newest first for anything else.

    Raises PermissionDenied for the order of names that the caller sees masked.
    """
    if order in CHANGE_ORDERS:
        return customers.order_by(*CHANGE_ORDERS[order])
    return ordered(customers, NAME_ORDERS.get(order, ""), schema, mask)


def found_page(
    hits: list[Hit], *, order: str, offset: int, limit: int, schema: Schema, mask: Mask
) -> dict[str, Any]:
    """One page of what was found, in the envelope of `customers.listing.customer_page`."""
    ids = [hit.public_id for hit in hits]
    if order:
        customers = Customer.objects.filter(public_id__in=ids)
        exact = {hit.public_id for hit in hits if hit.is_exact}
        ids = list(in_order(customers, order, schema, mask).values_list("public_id", flat=True))
        ids.sort(key=lambda public_id: public_id not in exact)
    page = ids[offset : offset + limit]
    rows = Customer.objects.filter(public_id__in=page).documents()
    documents = {row[0]: document(row, schema, mask) for row in rows}
    return {
        "docs": [documents[public_id] for public_id in page if public_id in documents],
        "totalDocs": len(ids),
        "limit": limit,
        "offset": offset,
    }
