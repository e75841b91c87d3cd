"""What a supervisor wants to know about all customers, counted in the background.

Counting a million customers takes longer than a page may, so pages read what `refresh_figures`
wrote. No figure holds personal data: identities and customers are named by their keys.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.utils import timezone

from customers.models import (
    AmbiguousLookup,
    AttributeValue,
    ChannelIdentity,
    Customer,
    CustomerLabel,
    DuplicatePair,
    Figure,
    ImportReject,
    Operation,
)
from customers.models.imported import RUN
from customers.profiles.identifiers import identifies
from customers.profiles.unused import removed_since, unused_customers
from customers.system_fields import LABELS_FIELD, NAME_FIELD
from jobs.models import Job, Status
from schema_builder.models import FieldDefinition
from schema_builder.schema import current_schema
from webhooks.models import Delivery

# Days that the charts look back, today included.
DAYS = 30
MOST_SHARED = 5
# Customers with an ambiguous identifier that a list can show.
HOLDERS_KEPT = 1000
# So few customers are counted while somebody waits.
SMALL = 5_000
# What is worth a look when it happens often; edits happen all the time.
DEEDS = (Operation.Kind.RELINK, Operation.Kind.MERGE, Operation.Kind.SPLIT, Operation.Kind.UNDO)

CUSTOMERS = "customers"
NEWCOMERS = "newcomers"
OPERATIONS = "operations"
IDENTITIES = "identities"
AMBIGUOUS_HOLDERS = "ambiguous_holders"
AMBIGUOUS_LOOKUPS = "ambiguous_lookups"
DUPLICATES = "duplicates"
FILLED = "filled"
FAILED_IMPORTS = "failed_imports"
FAILED_DELIVERIES = "failed_deliveries"
UNUSED = "unused"

DAILY = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures as they were last counted; `counted_at` is the age of the oldest."""

    values: Mapping[str, Any]
    counted_at: datetime | None

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def __contains__(self, key: str) -> bool:
        return key in self.values


def first_day() -> datetime:
    """Midnight with which the days that are counted begin."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=DAYS - 1)


def count_customers() -> Iterable[tuple[str, Any]]:
    yield (
        CUSTOMERS,
        {
            "all": Customer.objects.count(),
            "anonymous": Customer.objects.filter(is_anonymous=True).count(),
        },
    )


def count_newcomers() -> Iterable[tuple[str, DAILY]]:
    """By day, by the field of the first identifier (empty: none): who came."""
    first = ChannelIdentity.objects.filter(customer=OuterRef("pk")).order_by("id")
    rows = (
        Customer.objects.filter(created_at__gte=first_day())
        .annotate(day=TruncDate("created_at"), by=Subquery(first.values("field_id")[:1]))
        .values_list("day", "by")
        .annotate(Count("pk"))
        .order_by()
    )
    yield NEWCOMERS, by_day((day, field or "", count) for day, field, count in rows)


def count_operations() -> Iterable[tuple[str, DAILY]]:
    """By day, by kind: what was done."""
    rows = (
        Operation.objects.filter(kind__in=DEEDS, at__gte=first_day())
        .values_list(TruncDate("at"), "kind")
        .annotate(Count("pk"))
        .order_by()
    )
    yield OPERATIONS, by_day(rows)


def by_day(rows: Iterable[tuple[Any, Any, int]]) -> DAILY:
    found: DAILY = defaultdict(dict)
    for day, name, count in rows:
        found[day.isoformat()][str(name)] = count
    return dict(found)


def count_identities() -> Iterable[tuple[str, Any]]:
    """Identifiers that several customers hold, all in one pass over the identities."""
    schema = current_schema()
    ambiguous = 0
    some: list[tuple[int, str]] = []
    most: list[tuple[int, int]] = []
    for field, key, holders, deciding, identity in shared_identifiers():
        entry = (holders, identity)
        (heapq.heappush if len(most) < MOST_SHARED else heapq.heappushpop)(most, entry)
        if deciding > 1 and identifies(field, key, schema):
            ambiguous += 1
            if len(some) < HOLDERS_KEPT // 2:
                some.append((field, key))
    kept = holders_of(some)
    yield (
        IDENTITIES,
        {
            "ambiguous": ambiguous,
            # Those that a list can show, and whether there are more.
            "holders": len(kept),
            "has_more_holders": ambiguous > len(some) or len(kept) == HOLDERS_KEPT,
            "invalid": ChannelIdentity.objects.filter(is_valid=False).count(),
            "most_shared": [
                {"identity": identity, "holders": holders}
                for holders, identity in sorted(most, reverse=True)
            ],
        },
    )
    yield AMBIGUOUS_HOLDERS, kept


def shared_identifiers() -> Iterable[tuple[int, str, int, int, int]]:
    """(field, key, holders, known holders that it decides for, one of the identities)."""
    deciding = Q(is_shared=False, is_anonymous=False)
    rows = (
        ChannelIdentity.objects.active()
        .values_list("field_id", "match_key")
        .annotate(holders=Count("pk"), deciding=Count("pk", filter=deciding), identity=Min("pk"))
        .filter(holders__gt=1)
        .order_by()
    )
    return rows.iterator()


def holders_of(places: Iterable[tuple[int, str]]) -> list[int]:
    """Keys of the known customers that hold one of the identifiers (field, key)."""
    wanted = set(places)
    rows = (
        ChannelIdentity.objects.identifying()
        .filter(match_key__in={key for _, key in wanted})
        .values_list("field_id", "match_key", "customer_id")
    )
    holders = {customer for field, key, customer in rows if (field, key) in wanted}
    return sorted(holders)[-HOLDERS_KEPT:]


def count_ambiguous_lookups() -> Iterable[tuple[str, DAILY]]:
    """By day, by channel type: what was counted while it happened."""
    rows = AmbiguousLookup.objects.filter(day__gte=first_day().date())
    yield AMBIGUOUS_LOOKUPS, by_day(rows.values_list("day", "channel_type", "lookups"))


def count_duplicates() -> Iterable[tuple[str, int]]:
    yield DUPLICATES, DuplicatePair.objects.count()


def count_imports() -> Iterable[tuple[str, Any]]:
    """Imports that failed or left rows alone, and those rows."""
    jobs = failed_imports(Job.objects.all())
    rejects = ImportReject.objects.filter(job__in=jobs)
    yield FAILED_IMPORTS, {"imports": jobs.count(), "rows": rejects.count()}


def failed_imports(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Those of the days that are counted that failed or left rows alone."""
    recent = jobs.filter(kind=RUN, created_at__gte=first_day())
    rejects = ImportReject.objects.filter(job=OuterRef("pk"))
    return recent.filter(Q(status=Status.FAILED) | Q(Exists(rejects)))


def count_deliveries() -> Iterable[tuple[str, int]]:
    """What webhooks were to be told of and never was."""
    failed = Delivery.objects.filter(status=Delivery.Status.FAILED)
    yield FAILED_DELIVERIES, failed.filter(event__occurred_at__gte=first_day()).count()


def count_unused() -> Iterable[tuple[str, dict[str, int]]]:
    """Unused anonymous customers, and how many of them were removed in the counted days."""
    yield (
        UNUSED,
        {"waiting": unused_customers().count(), "removed": removed_since(first_day())},
    )


def count_filled() -> Iterable[tuple[str, dict[str, int]]]:
    """By field: how many customers have a value in it."""
    counts = dict(AttributeValue.objects.values_list("field_id").annotate(Count("pk")).order_by())
    counts |= dict(
        ChannelIdentity.objects.active()
        .values_list("field_id")
        .annotate(Count("customer", distinct=True))
        .order_by()
    )
    built_in = {
        NAME_FIELD: Customer.objects.exclude(first_name="").count(),
        LABELS_FIELD: CustomerLabel.objects.values("customer").distinct().count(),
    }
    keys = FieldDefinition.objects.filter(key__in=built_in).values_list("pk", "key")
    counts |= {pk: built_in[key] for pk, key in keys}
    yield FILLED, {str(field): count for field, count in counts.items()}


COUNTS: tuple[Callable[[], Iterable[tuple[str, Any]]], ...] = (
    count_customers,
    count_newcomers,
    count_operations,
    count_identities,
    count_ambiguous_lookups,
    count_duplicates,
    count_imports,
    count_deliveries,
    count_unused,
    count_filled,
)


def refresh_figures() -> None:
    for _ in refresh_in_steps():
        pass


def refresh_in_steps() -> Iterator[None]:
    """Count everything again, a step for each count, and write it all down at the end.

    Reads each table a few times, locks nothing.
    """
    rows = []
    for count in COUNTS:
        began_at = timezone.now()
        rows += [Figure(key=key, value=value, computed_at=began_at) for key, value in count()]
        yield
    Figure.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["value", "computed_at"],
    )


def read_figures() -> Figures:
    """The figures as they were last counted, in one query.

    Where nobody counted yet and there is little to count, that is done first.
    """
    found = stored_figures()
    if found.counted_at is None and Customer.objects.order_by()[: SMALL + 1].count() <= SMALL:
        refresh_figures()
        found = stored_figures()
    return found


def stored_figures() -> Figures:
    rows = list(Figure.objects.exclude(key=AMBIGUOUS_HOLDERS))
    return Figures(
        {row.key: row.value for row in rows}, min((row.computed_at for row in rows), default=None)
    )


def ambiguous_holders() -> list[int]:
    """Keys of customers that held an ambiguous identifier when it was last counted."""
    return next(
        iter(Figure.objects.filter(key=AMBIGUOUS_HOLDERS).values_list("value", flat=True)), []
    )
