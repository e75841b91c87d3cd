"""Customers that may be the same person: found by rules, with a score and reasons.

Nobody is compared with everybody. Each rule looks only at customers that share a key, such as an
identifier or a date of birth, and not at keys that half the world shares.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from rapidfuzz import fuzz

from schema_builder.snapshot import Schema, current_schema

from .decisions import told_apart
from .models import (
    AttributeValue,
    ChannelIdentity,
    Customer,
    DuplicatePair,
    DuplicateRule,
    DuplicateScan,
)

# A key that more customers share says nothing about any two of them.
MOST_SHARERS = 20
# Names at least this much alike, of 100.
ALIKE = 88
BATCH = 1000
SCAN_ROW = 1
# A change may become visible only after later ones have been looked at.
OVERLAP = timedelta(minutes=2)

SAME_IDENTIFIER = "same_identifier"
OTHER_CHANNEL = "same_identifier_other_channel"
PHONE_VARIANT = "phone_variant"
SAME_EMAIL = "same_email"
SIMILAR_NAME = "similar_name"

TITLES = {
    SAME_IDENTIFIER: "The same identifier on one channel",
    OTHER_CHANNEL: "The same identifier on two channels",
    PHONE_VARIANT: "Two spellings of one phone line",
    SAME_EMAIL: "The same e-mail address in a field",
    SIMILAR_NAME: "Names that are alike, and the same date",
}
REASONS = {
    SAME_IDENTIFIER: "Both have the same {field}.",
    OTHER_CHANNEL: "One has as {field} what the other has on another channel.",
    PHONE_VARIANT: "The numbers in {field} are two spellings of one line.",
    SAME_EMAIL: "Both have the same e-mail address in {field}.",
    SIMILAR_NAME: "The names are alike, and {field} is the same.",
}

Pair = tuple[int, int]


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
    collect_emails(pks, schema, evidence)
    collect_names(pks, schema, evidence)
    return {pair: rules for pair, rules in evidence.found.items() if pks & set(pair)}


def matching_identities() -> Any:
    return ChannelIdentity.objects.filter(is_retired=False, is_shared=False).order_by("id")


def collect_identifiers(pks: set[int], schema: Schema, evidence: Evidence) -> None:
    """Who shares an identifier, on one channel, on two, or in another spelling."""
    own = matching_identities().filter(customer__in=pks).values_list("field_id", "match_key")
    spellings: dict[str, set[str]] = defaultdict(set)
    for field_id, key in own:
        spellings[key].add(key)
        if definition := schema.by_id.get(field_id):
            for variant in definition.field_type.near_keys(key):
                spellings[key].add(variant)
    holders: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    wanted = {variant for variants in spellings.values() for variant in variants}
    rows = matching_identities().filter(match_key__in=wanted)
    for customer, field_id, key in rows.values_list("customer_id", "field_id", "match_key"):
        holders[key][field_id].add(customer)
    for key, variants in spellings.items():
        for field_id, customers in holders[key].items():
            evidence.add(SAME_IDENTIFIER, customers, field_id)
        on_channels = {c for customers in holders[key].values() for c in customers}
        if len(holders[key]) > 1:
            evidence.add(OTHER_CHANNEL, on_channels, next(iter(holders[key])))
        for variant in variants - {key}:
            if variant in holders:
                others = {c for customers in holders[variant].values() for c in customers}
                evidence.add(PHONE_VARIANT, on_channels | others, next(iter(holders[variant])))


def collect_emails(pks: set[int], schema: Schema, evidence: Evidence) -> None:
    """Who has one e-mail address as a value or an identifier."""
    fields = [
        f.pk for f in schema.fields if f.field_type.points_to_person and not f.is_channel_identifier
    ]
    if not fields:
        return
    values = AttributeValue.objects.filter(field__in=fields)
    addresses = set(values.filter(customer__in=pks).values_list("folded", flat=True))
    own = matching_identities().filter(customer__in=pks)
    addresses |= set(own.values_list("match_key", flat=True))
    sharers: dict[str, set[int]] = defaultdict(set)
    shown: dict[str, int] = {}
    rows = values.filter(folded__in=addresses).values_list("folded", "customer_id", "field_id")
    for address, customer, field_id in rows:
        if address:
            sharers[address].add(customer)
            shown[address] = field_id
    held = matching_identities().filter(match_key__in=sharers)
    for address, customer in held.values_list("match_key", "customer_id"):
        sharers[address].add(customer)
    for address, customers in sharers.items():
        evidence.add(SAME_EMAIL, customers, shown[address])


def collect_names(pks: set[int], schema: Schema, evidence: Evidence) -> None:
    """Whose names are alike, among those with the same date in some field."""
    fields = [f.pk for f in schema.fields if f.field_type.supports_names]
    own = AttributeValue.objects.filter(customer__in=pks, field__in=fields)
    places = set(own.values_list("field_id", "timestamp"))
    if not places:
        return
    condition = Q(pk__in=[])
    by_field: dict[int, set[datetime]] = defaultdict(set)
    for field_id, moment in places:
        if moment:
            by_field[field_id].add(moment)
    for field_id, moments in by_field.items():
        condition |= Q(field=field_id, timestamp__in=moments)
    blocks: dict[tuple[int, datetime], list[tuple[int, str]]] = defaultdict(list)
    rows = AttributeValue.objects.filter(condition, customer__is_anonymous=False)
    for field_id, moment, customer, name in rows.values_list(
        "field_id", "timestamp", "customer_id", "customer__folded_name"
    ):
        if moment and name:
            blocks[field_id, moment].append((customer, name))
    for (field_id, _), block in blocks.items():
        for pair in alike(block):
            evidence.add(SIMILAR_NAME, pair, field_id)


def alike(block: list[tuple[int, str]]) -> Iterator[Pair]:
    """Pairs of a block whose names are alike, whatever the order of their words."""
    if len(block) > MOST_SHARERS * 10:
        return
    for (one, name), (other, other_name) in combinations(block, 2):
        if one != other and fuzz.token_sort_ratio(name, other_name) >= ALIKE:
            yield one, other


def score_of(rules: Iterable[str], weights: dict[str, int]) -> int:
    """Reasons together make surer than each alone, and never quite sure: 0 to 99."""
    doubt = 1.0
    for rule in rules:
        doubt *= 1 - weights.get(rule, 0) / 100
    return min(99, round(100 * (1 - doubt)))


@transaction.atomic
def refresh_pairs(pks: Iterable[int]) -> int:
    """Make the queue right for these customers; how many pairs they stand in now."""
    pks = set(pks)
    weights = dict(DuplicateRule.objects.filter(is_active=True).values_list("key", "weight"))
    pairs = {
        pair: {rule: field_id for rule, field_id in rules.items() if rule in weights}
        for pair, rules in find_pairs(pks).items()
    }
    apart = told_apart(pk for pair in pairs for pk in pair)
    DuplicatePair.objects.filter(Q(first__in=pks) | Q(second__in=pks)).delete()
    # Somebody may have been merged away while we looked.
    alive = set(
        Customer.objects.filter(pk__in={pk for pair in pairs for pk in pair}).values_list(
            "pk", flat=True
        )
    )
    rows = [
        DuplicatePair(
            first_id=pair[0],
            second_id=pair[1],
            score=score_of(rules, weights),
            reasons=[{"rule": rule, "field": field_id} for rule, field_id in rules.items()],
        )
        for pair, rules in pairs.items()
        if rules and pair not in apart and alive.issuperset(pair)
    ]
    DuplicatePair.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def search(*, only_changed: bool) -> Iterator[tuple[int, int]]:
    """Bring the queue up to date; (customers looked at, their pairs) after every batch.

    `only_changed`: with those written since the last search that came to its end.
    """
    began_at = timezone.now()
    for batch in scan(last_scan() if only_changed else None):
        yield len(batch), refresh_pairs(batch)
    remember_scan(began_at)


def scan(since: datetime | None) -> Iterator[list[int]]:
    """Keys of the customers written since, or of all, in batches; the next is read when asked."""
    customers = Customer.objects.order_by("pk")
    if since:
        customers = customers.filter(updated_at__gte=since)
    last = 0
    while batch := list(customers.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        yield batch
        last = batch[-1]


def last_scan() -> datetime | None:
    """From when on changes have still to be looked at; None before the first scan."""
    row = DuplicateScan.objects.filter(pk=SCAN_ROW).first()
    return row.changed_at - OVERLAP if row and row.changed_at else None


def remember_scan(began_at: datetime) -> None:
    DuplicateScan.objects.update_or_create(pk=SCAN_ROW, defaults={"changed_at": began_at})


def told(reasons: list[dict[str, Any]], schema: Schema) -> list[dict[str, Any]]:
    """The reasons of a pair as sentences."""
    return [
        {
            "rule": reason["rule"],
            "reason": REASONS[reason["rule"]].format(
                field=definition.label if definition else "a field that is gone"
            ),
        }
        for reason in reasons
        for definition in [schema.by_id.get(reason["field"])]
    ]
