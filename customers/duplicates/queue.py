"""The queue of customers that may be the same person, with scores and reasons, and its upkeep."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from customers.models import Customer, DuplicatePair, DuplicateScan
from customers.profiles.anonymity import default_name
from schema_builder.schema import Schema, current_schema

from .decisions import not_duplicate_pairs
from .evidence import Pair, find_pairs
from .given_names import given_names_differ
from .rules import (
    AGAINST,
    CONTACTS,
    DIFFERENT_GIVEN_NAMES,
    UNNAMED,
    WORDS,
    active_weights,
    score_of,
)

BATCH = 1000
SCAN_ROW = 1
# A change may become visible only after later ones have been looked at.
OVERLAP = timedelta(minutes=2)


def pairs_by_score() -> QuerySet[DuplicatePair]:
    """The queue with its customers, the surest pairs first."""
    return DuplicatePair.objects.select_related("first", "second").order_by("-score", "id")


def pairs_of(customer: Customer) -> QuerySet[DuplicatePair]:
    return pairs_by_score().filter(Q(first=customer) | Q(second=customer))


@transaction.atomic
def refresh_pairs(pks: Iterable[int]) -> int:
    """Make the queue right for these customers; how many pairs they stand in now."""
    pks = set(pks)
    weights = active_weights(current_schema().revision)
    pairs = {
        pair: {rule: field_id for rule, field_id in rules.items() if rule in weights}
        for pair, rules in find_pairs(pks).items()
    }
    pairs = {pair: rules for pair, rules in pairs.items() if rules}
    apart = not_duplicate_pairs(pk for pair in pairs for pk in pair)
    DuplicatePair.objects.filter(Q(first__in=pks) | Q(second__in=pks)).delete()
    # A customer may have been merged away meanwhile: it has no name here.
    names = names_of({pk for pair in pairs for pk in pair})
    if DIFFERENT_GIVEN_NAMES in weights:
        weigh_names(pairs, names)
    rows = [
        DuplicatePair(
            first_id=pair[0],
            second_id=pair[1],
            score=score_of(rules, weights),
            reasons=[{"rule": rule, "field": field_id} for rule, field_id in rules.items()],
        )
        for pair, rules in pairs.items()
        if pair not in apart and names.keys() >= set(pair)
    ]
    DuplicatePair.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def names_of(pks: Iterable[int]) -> dict[int, str]:
    """The names of the customers that exist, empty for one without a name of its own; one query."""
    nameless = default_name(current_schema())
    rows = Customer.objects.filter(pk__in=pks).values_list("pk", "first_name", "is_anonymous")
    return {pk: "" if is_anonymous or name == nameless else name for pk, name, is_anonymous in rows}


def weigh_names(pairs: dict[Pair, dict[str, int | None]], names: dict[int, str]) -> None:
    """Add the reason against a pair that shares a contact and has different given names."""
    for (one, other), rules in pairs.items():
        if not CONTACTS.isdisjoint(rules) and given_names_differ(
            names.get(one, ""), names.get(other, "")
        ):
            rules[DIFFERENT_GIVEN_NAMES] = None


def search_duplicates(*, only_changed: bool) -> Iterator[tuple[int, int]]:
    """Bring the queue up to date; (customers looked at, their pairs) after every batch.

    `only_changed`: with those written since the last search that came to its end.
    """
    began_at = timezone.now()
    for batch in scan(last_scan() if only_changed else None):
        yield len(batch), refresh_pairs(batch)
    remember_scan(began_at)


def scan(since: datetime | None) -> Iterator[list[int]]:
    """Keys of the customers written since, or of all, in batches; the next is read when asked.

    Begins by scoring the pairs anew where rules were saved since the last scan.
    """
    begin_scan(since, active_weights(current_schema().revision))
    customers = Customer.objects.order_by("pk")
    if since:
        customers = customers.filter(updated_at__gte=since)
    last = 0
    while batch := list(customers.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        yield batch
        last = batch[-1]


@transaction.atomic
def begin_scan(since: datetime | None, weights: dict[str, int]) -> None:
    """Note by which rules it is looked; a scan of all that breaks off has to begin again."""
    row, _ = DuplicateScan.objects.get_or_create(pk=SCAN_ROW)
    if row.weights != weights:
        score_anew(weights)
    row.weights = weights
    if since is None:
        row.changed_at = None
    row.save(update_fields=["weights", "changed_at"])


def score_anew(weights: dict[str, int]) -> None:
    """Let the stored pairs have the scores of these rules; those without a reason left go."""
    last = 0
    pairs = DuplicatePair.objects.order_by("pk")
    while batch := list(pairs.filter(pk__gt=last)[:BATCH]):
        together: dict[tuple[int, str], list[DuplicatePair]] = defaultdict(list)
        for pair in batch:
            pair.reasons = [reason for reason in pair.reasons if reason["rule"] in weights]
            pair.score = score_of((reason["rule"] for reason in pair.reasons), weights)
            together[pair.score, str(pair.reasons)].append(pair)
        for same in together.values():
            rows = DuplicatePair.objects.filter(pk__in=[pair.pk for pair in same])
            if any(reason["rule"] not in AGAINST for reason in same[0].reasons):
                rows.update(score=same[0].score, reasons=same[0].reasons)
            else:
                rows.delete()
        last = batch[-1].pk


def last_scan() -> datetime | None:
    """From when on changes have still to be looked at; None where it is time to look at all.

    That is before the first scan, and after a rule was switched on that the last one left out.
    """
    row = DuplicateScan.objects.filter(pk=SCAN_ROW).first()
    if row is None or row.changed_at is None:
        return None
    is_complete = row.weights.keys() >= active_weights(current_schema().revision).keys()
    return row.changed_at - OVERLAP if is_complete else None


def remember_scan(began_at: datetime) -> None:
    DuplicateScan.objects.update_or_create(pk=SCAN_ROW, defaults={"changed_at": began_at})


def describe_reasons(reasons: list[dict[str, Any]], schema: Schema) -> list[dict[str, Any]]:
    """The reasons of a pair as sentences."""
    return [
        {
            "rule": reason["rule"],
            "reason": WORDS[reason["rule"]].of_pair.format(
                field=definition.label if definition else UNNAMED
            ),
        }
        for reason in reasons
        for definition in [schema.by_id.get(reason["field"])]
    ]
