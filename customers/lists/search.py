"""The find box: who is meant by a number, an e-mail, a name or an id, in whatever notation."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from customers.documents import document
from customers.masking import FieldAccess
from customers.models import AttributeValue, ChannelIdentity, Customer, CustomerAlias
from customers.models.querysets import CustomerQuerySet
from customers.system_fields import BUILT_IN, NAME_FIELD
from foundation.public_ids import is_public_id
from foundation.spelling import query_spellings
from foundation.text import folded, tidied
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

from .list_query import (
    FILTER_LENGTH,
    identity_condition,
    matching_condition,
    refuse_guessing,
    value_condition,
)
from .ordering import ordered

# Of each kind of hit, so that a single letter costs no more than a whole name.
MOST_HITS = 500
SHORTEST_PART = 3
# Some people write a hyphen, an apostrophe or a space at the same place of a name.
BETWEEN_WORDS = r"[\s'\u2019.,\-\u2010-\u2015]+"
NAME_ORDERS = {"name": f"{NAME_FIELD}:asc", "-name": f"{NAME_FIELD}:desc"}
# Keys of the fields in which a condition holds.
FieldsByCondition = dict[Q, list[int]]
CHANGE_ORDERS = {"changed": ("updated_at", "id"), "-changed": ("-updated_at", "-id")}


class Rank(IntEnum):
    """How well a customer answers the question; the best come first."""

    EXACT = 0
    WHOLE = 1
    # As START and WHOLE, but for accents, apostrophes or script.
    WHOLE_ALIKE = 2
    START = 3
    START_ALIKE = 4
    PART = 5


ALIKE = {Rank.WHOLE: Rank.WHOLE_ALIKE, Rank.START: Rank.START_ALIKE}


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


def find(query: str, schema: Schema, mask: FieldAccess) -> list[Hit]:
    """The best hit for every customer that `query` may mean, best first, then newest.

    At most five statements. Of what the caller sees masked only the whole value is found.
    """
    best: dict[str, Hit] = {}
    for source in (search_by_id, by_identifier, by_name, by_part_of_identifier, by_value):
        for hit in source(query, schema, mask):
            known = best.get(hit.public_id)
            if known is None or hit.rank < known.rank:
                best[hit.public_id] = hit
    return sorted(best.values(), key=lambda hit: hit.rank)


def search_condition(query: str, schema: Schema, mask: FieldAccess) -> Q:
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


def search_by_id(query: str, schema: Schema, mask: FieldAccess) -> Iterator[Hit]:
    if is_public_id(query.lower()):
        for customer in Customer.objects.known_as(query.lower()):
            yield Hit(customer.public_id, Rank.EXACT, None, query.lower())


def by_identifier(query: str, schema: Schema, mask: FieldAccess) -> Iterator[Hit]:
    """Who holds the identifier: the same lookup as that of a message or call."""
    for public_id, field_id, value, _ in held_identities(whole_identifiers(query, schema)):
        field = schema.by_id[field_id]
        yield Hit(public_id, Rank.EXACT, field, mask(field, value), mask.hides(field))


def by_name(query: str, schema: Schema, mask: FieldAccess) -> Iterator[Hit]:
    """Customers whose name holds the query, or every word of it in any order; no placeholders."""
    field = schema.by_key[NAME_FIELD]
    condition = name_condition(query, schema, mask)
    rows = Customer.objects.filter(condition, placeholder_for=None).newest_first()
    found = rows.values_list("public_id", "first_name", "folded_name", "search_key")
    for public_id, name, stored, key in found[:MOST_HITS]:
        rank = rank_of_text(query, stored, key)
        yield Hit(public_id, rank, field, mask(field, name), mask.hides(field))


def name_condition(query: str, schema: Schema, mask: FieldAccess) -> Any:
    field = schema.by_key[NAME_FIELD]
    condition = matching_condition(field, query, schema, mask)
    words = [word for word in re.split(BETWEEN_WORDS, query) if word]
    if len(words) > 1:
        condition |= Q(*(matching_condition(field, word, schema, mask) for word in words))
    return condition


def whole_identifiers(query: str, schema: Schema) -> FieldsByCondition:
    """The query as a whole identifier of every field that holds identifiers."""
    conditions: FieldsByCondition = defaultdict(list)
    for field in schema.identifier_fields:
        conditions[identity_condition(field, query, schema, hidden=True)].append(field.pk)
    return conditions


def parts_of_identifiers(query: str, schema: Schema, mask: FieldAccess) -> FieldsByCondition:
    """The query as a part of identifiers, in the fields that the caller sees unmasked."""
    conditions: FieldsByCondition = defaultdict(list)
    for field in () if is_too_short(query) else schema.identifier_fields:
        if not mask.hides(field):
            condition = identity_condition(field, query, schema, hidden=False)
            conditions[condition].append(field.pk)
    return conditions


def by_part_of_identifier(query: str, schema: Schema, mask: FieldAccess) -> Iterator[Hit]:
    conditions = parts_of_identifiers(query, schema, mask)
    for public_id, field_id, value, match_key in held_identities(conditions):
        texts = folded(value), folded(match_key)
        rank = min(rank_of(folded(query), text, whole=Rank.START) for text in texts)
        yield Hit(public_id, rank, schema.by_id[field_id], value)


def by_value(query: str, schema: Schema, mask: FieldAccess) -> Iterator[Hit]:
    """Customers with the query in one of the searchable fields."""
    condition = text_condition(query, schema, mask)
    rows = AttributeValue.objects.filter(condition).order_by("-customer")
    found = rows.values_list("customer__public_id", "field_id", "text", "search_key")
    for public_id, field_id, text, key in found[:MOST_HITS]:
        field = schema.by_id[field_id]
        rank = rank_of_text(query, folded(text), key)
        yield Hit(public_id, rank, field, mask(field, text), mask.hides(field))


def text_condition(query: str, schema: Schema, mask: FieldAccess) -> Q:
    """The condition that a value of a searchable field matches the query."""
    conditions: FieldsByCondition = defaultdict(list)
    whole_only = is_too_short(query)
    for field in schema.fields:
        if field.is_searchable and field.key not in BUILT_IN and not field.is_channel_identifier:
            try:
                refuse_guessing(field, mask)
                hidden = whole_only or mask.hides(field)
                conditions[value_condition(field, query, hidden)].append(field.pk)
            except ValidationError:
                # The query is no value of this type, say no number, or may not be asked for.
                continue
    return in_fields(conditions)


def in_fields(conditions: FieldsByCondition) -> Q:
    """Rows that meet a condition in one of its fields."""
    anywhere = Q(pk__in=[])
    for condition, fields in conditions.items():
        anywhere |= Q(condition, field__in=fields)
    return anywhere


def identities_meeting(conditions: FieldsByCondition) -> QuerySet:
    """The identities that meet a condition in one of its fields."""
    return ChannelIdentity.objects.active().filter(in_fields(conditions))


def held_identities(conditions: FieldsByCondition) -> QuerySet:
    """The newest customers' identities of `identities_meeting`, as many as are shown."""
    rows = identities_meeting(conditions).order_by("-customer", "id")
    return rows.values_list("customer__public_id", "field_id", "value", "match_key")[:MOST_HITS]


def is_too_short(query: str) -> bool:
    """Whether no index finds it as a part, and nobody learns from what it would find.

    Names are looked through even so, and two characters of Chinese say much.
    """
    return len(query) < SHORTEST_PART and query.isascii()


def rank_of(query: str, text: str, *, whole: Rank) -> Rank:
    if text == query:
        return whole
    return Rank.START if f" {text}".find(f" {query}") >= 0 else Rank.PART


def rank_of_text(query: str, stored: str, key: str | None) -> Rank:
    """How well a text matches: in its own spelling first, then in another one."""
    rank = rank_of(folded(query), stored, whole=Rank.WHOLE)
    if rank < Rank.PART:
        return rank
    lines = [stored, *(key or "").split("\n")]
    ranks = (
        rank_of(spelling, line, whole=Rank.WHOLE)
        for spelling in query_spellings(query)
        for line in lines
    )
    return ALIKE.get(min(ranks, default=Rank.PART), Rank.PART)


def ordered_hits(
    customers: CustomerQuerySet, order: str, schema: Schema, mask: FieldAccess
) -> CustomerQuerySet:
    """`customers` by name or last change, `-` for backwards; newest first for anything else.

    Raises PermissionDenied for the order of names that the caller sees masked.
    """
    if order in CHANGE_ORDERS:
        return customers.order_by(*CHANGE_ORDERS[order])
    return ordered(customers, NAME_ORDERS.get(order, ""), schema, mask)


def found_page(
    hits: list[Hit], *, order: str, offset: int, limit: int, schema: Schema, mask: FieldAccess
) -> dict[str, Any]:
    """One page of what was found, in the envelope of `customers.lists.pagination.customer_page`."""
    ids = [hit.public_id for hit in hits]
    if order:
        customers = Customer.objects.filter(public_id__in=ids)
        exact = {hit.public_id for hit in hits if hit.is_exact}
        ids = list(ordered_hits(customers, order, schema, mask).values_list("public_id", flat=True))
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
