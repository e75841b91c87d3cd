"""What speaks for two customers being one person: by rule, with the field that shows it.

Nobody is compared with everybody. Each rule looks only at customers that share a key, such as an
identifier or a date of birth, and not at keys that half the world shares.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from itertools import combinations
from operator import or_
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Left

from customers.models import AttributeValue, ChannelIdentity
from customers.models.value import SORTED_LENGTH
from customers.profiles.identifiers import identifies
from schema_builder.schema import Schema, current_schema

from .name_matching import alike
from .rules import (
    OTHER_CHANNEL,
    SAME_EMAIL,
    SAME_IDENTIFIER,
    SIMILAR_NAME,
    SIMILAR_NAME_AND_VALUE,
    near_rule,
)

# A key that more customers share says nothing about any two of them.
MOST_SHARERS = 20
# Names are compared among so many that share a date, or another value.
MOST_OF_A_DATE = 200
MOST_OF_A_VALUE = 50

Pair = tuple[int, int]
# A field's id and a value of it.
Place = tuple[int, Any]
# A customer's key and name.
Named = tuple[int, str]


@dataclass
class Evidence:
    """What speaks for pairs of customers: by pair, the rules with the field that showed it."""

    found: dict[Pair, dict[str, int | None]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, rule: str, customers: Iterable[int], field_id: int | None) -> None:
        distinct = sorted(set(customers))
        if len(distinct) <= MOST_SHARERS:
            for pair in combinations(distinct, 2):
                self.found[pair].setdefault(rule, field_id)


def find_pairs(pks: Iterable[int]) -> dict[Pair, dict[str, int | None]]:
    """All pairs in which one of these customers stands. The queries do not grow with them."""
    pks, schema, evidence = set(pks), current_schema(), Evidence()
    collect_identifiers(pks, schema, evidence)
    collect_spellings(pks, schema, evidence)
    collect_emails(pks, schema, evidence)
    collect_names(pks, schema, evidence)
    return {pair: rules for pair, rules in evidence.found.items() if pks & set(pair)}


def matching_identities() -> QuerySet[ChannelIdentity]:
    return ChannelIdentity.objects.active().filter(is_shared=False).order_by("id")


def collect_identifiers(pks: set[int], schema: Schema, evidence: Evidence) -> None:
    """Who shares an identifier, on one channel or on two."""
    own = matching_identities().filter(customer__in=pks)
    rows = matching_identities().filter(match_key__in=set(own.values_list("match_key", flat=True)))
    holders: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for customer, field_id, key in rows.values_list("customer_id", "field_id", "match_key"):
        if identifies(field_id, key, schema):
            holders[key][field_id].add(customer)
    for by_field in holders.values():
        for field_id, customers in by_field.items():
            evidence.add(SAME_IDENTIFIER, customers, field_id)
        if len(by_field) > 1:
            everybody = {c for customers in by_field.values() for c in customers}
            evidence.add(OTHER_CHANNEL, everybody, next(iter(by_field)))


def collect_spellings(pks: set[int], schema: Schema, evidence: Evidence) -> None:
    """Who has the same line or mailbox as identifiers in several spellings."""
    own = matching_identities().filter(customer__in=pks, near_key__isnull=False)
    near_keys = set(own.values_list("near_key", flat=True))
    if not near_keys:
        return
    spellings: dict[str | None, list[ChannelIdentity]] = defaultdict(list)
    for identity in matching_identities().filter(near_key__in=near_keys):
        spellings[identity.near_key].append(identity)
    for held in spellings.values():
        definition = schema.by_id.get(held[0].field_id)
        if definition and len({identity.customer_id for identity in held}) <= MOST_SHARERS:
            for one, other in combinations(held, 2):
                if one.match_key != other.match_key:
                    both = one.customer_id, other.customer_id
                    evidence.add(near_rule(definition), both, definition.pk)


def collect_emails(pks: set[int], schema: Schema, evidence: Evidence) -> None:
    """Who has one e-mail address as a value and as a value or an identifier, in any spelling."""
    fields = [
        f.pk for f in schema.fields if f.field_type.points_to_person and not f.is_channel_identifier
    ]
    if not fields:
        return
    values = indexed_values(fields).annotate(mailbox=Coalesce("near_key", "folded"))
    identities = matching_identities().annotate(mailbox=Coalesce("near_key", "match_key"))
    mailboxes = {
        mailbox
        for rows in (values, identities)
        for mailbox in rows.filter(customer__in=pks).values_list("mailbox", flat=True)
        if mailbox and "@" in mailbox
    }
    sharers: dict[str, set[int]] = defaultdict(set)
    shown: dict[str, int] = {}
    starts = {mailbox[:SORTED_LENGTH] for mailbox in mailboxes}
    rows = values.filter(Q(near_key__in=mailboxes) | Q(start__in=starts))
    for mailbox, customer, field_id in rows.values_list("mailbox", "customer_id", "field_id"):
        if mailbox in mailboxes:
            sharers[mailbox].add(customer)
            shown[mailbox] = field_id
    held = identities.filter(Q(near_key__in=sharers) | Q(match_key__in=sharers))
    for mailbox, customer in held.values_list("mailbox", "customer_id"):
        if mailbox in sharers:
            sharers[mailbox].add(customer)
    for mailbox, customers in sharers.items():
        evidence.add(SAME_EMAIL, customers, shown[mailbox])


def collect_names(pks: set[int], schema: Schema, evidence: Evidence) -> None:
    """Whose names are alike, among those with the same date or another telling value."""
    dates = [f for f in schema.fields if f.field_type.supports_names]
    values = [
        f
        for f in schema.fields
        if f.is_searchable
        and f.field_type.supports_names_if_searchable
        and not f.is_channel_identifier
    ]
    for rule, fields, column, most in (
        (SIMILAR_NAME, dates, "timestamp", MOST_OF_A_DATE),
        (SIMILAR_NAME_AND_VALUE, values, "start", MOST_OF_A_VALUE),
    ):
        blocks = blocks_of(pks, [f.pk for f in fields], column, most)
        for (field_id, _), block in blocks.items():
            for pair in alike_pairs(block):
                evidence.add(rule, pair, field_id)


def with_starts() -> QuerySet[AttributeValue]:
    """All values, texts as far as their index has them."""
    return AttributeValue.objects.annotate(start=Left("folded", SORTED_LENGTH))


def indexed_values(fields: list[int]) -> QuerySet[AttributeValue]:
    return with_starts().filter(field__in=fields)


def blocks_of(pks: set[int], fields: list[int], column: str, most: int) -> dict[Place, list[Named]]:
    """The identified customers with the same value in one of the fields as one of `pks`.

    Values that one alone has, or more than `most`, are left out by the database; for each it
    looks at no more rows than that.
    """
    values = indexed_values(fields)
    own = values.filter(customer__in=pks).values("field", column).annotate(example=Min("pk"))
    sharers = with_starts().filter(Q(field=OuterRef("field")), **{column: OuterRef(column)})
    shared = values.filter(
        Exists(sharers[1:]), ~Exists(sharers[most:]), pk__in=own.values("example")
    )
    by_field: dict[int, set[Any]] = defaultdict(set)
    for field_id, value in shared.values_list("field_id", column):
        by_field[field_id].add(value)
    if not by_field:
        return {}
    places = reduce(
        or_, (Q(field=pk, **{f"{column}__in": found}) for pk, found in by_field.items())
    )
    blocks: dict[Place, list[Named]] = defaultdict(list)
    rows = values.filter(places, customer__is_anonymous=False)
    for field_id, value, customer, name in rows.values_list(
        "field_id", column, "customer_id", "customer__first_name"
    ):
        blocks[field_id, value].append((customer, name))
    return blocks


def alike_pairs(block: list[Named]) -> Iterator[Pair]:
    for (one, name), (other, other_name) in combinations(block, 2):
        if alike(name, other_name):
            yield one, other
