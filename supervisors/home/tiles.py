"""The tiles of the home page: one number each, and the list behind it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from customers.lists.criteria import AMBIGUOUS, CREATED, INVALID, UNUSED
from customers.statistics.figures import (
    AMBIGUOUS_LOOKUPS,
    CUSTOMERS,
    DAYS,
    DUPLICATES,
    FAILED_DELIVERIES,
    FAILED_IMPORTS,
    IDENTITIES,
    NEWCOMERS,
    Figures,
)
from customers.statistics.figures import UNUSED as UNUSED_FIGURE
from customers.system_fields import ANONYMOUS_FIELD
from supervisors.customers.list_state import filtered_url, list_url
from supervisors.jobs import failed_imports_url
from supervisors.webhooks.subscriptions import failed_url


@dataclass(frozen=True, slots=True)
class Tile:
    """One number, and the list behind it."""

    title: str
    number: str
    note: str
    icon: str
    link: str
    needs_work: bool = False


def customer_tiles(figures: Figures) -> list[Tile]:
    customers, identities = figures[CUSTOMERS], figures[IDENTITIES]
    newcomers = sum(sum(day.values()) for day in figures[NEWCOMERS].values())
    anonymous, ambiguous = customers["anonymous"], identities["ambiguous"]
    invalid = identities["invalid"]
    return [
        Tile("Customers", f"{customers['all']:,}", "known and anonymous", "groups", list_url()),
        Tile(
            "New customers",
            f"{newcomers:,}",
            f"in {DAYS} days",
            "person_add",
            filtered_url(CREATED, "last", str(DAYS - 1)),
        ),
        Tile(
            "Anonymous",
            share(anonymous, customers["all"]),
            f"{anonymous:,} customers",
            "person_off",
            filtered_url(ANONYMOUS_FIELD, "is", "true"),
        ),
        *unused_tiles(figures),
        Tile(
            "Ambiguous identifiers",
            f"{ambiguous:,}",
            held_by(identities),
            "alt_route",
            filtered_url(AMBIGUOUS, "is", "true"),
            ambiguous > 0,
        ),
        *lookup_tiles(figures),
        Tile(
            "Invalid identifiers",
            f"{invalid:,}",
            "not well-formed for their field",
            "error",
            filtered_url(INVALID, "is", "true"),
            invalid > 0,
        ),
    ]


def held_by(identities: Mapping[str, Any]) -> str:
    """How many customers the list behind the ambiguous identifiers has."""
    # Figures of an older version do not hold it until they are counted anew.
    if "holders" not in identities:
        return "held by several known customers"
    holders = f"{identities['holders']:,} known customers"
    if identities["has_more_holders"]:
        return f"the list has {holders} of all who hold one"
    return f"held by {holders}"


def lookup_tiles(figures: Figures) -> Iterable[Tile]:
    if AMBIGUOUS_LOOKUPS in figures:
        days = figures[AMBIGUOUS_LOOKUPS]
        today = sum(days.get(timezone.localdate().isoformat(), {}).values())
        everyday = sum(sum(day.values()) for day in days.values())
        yield Tile(
            "Ambiguous lookups",
            f"{everyday:,}",
            f"in {DAYS} days, {today:,} of them today",
            "contact_support",
            filtered_url(AMBIGUOUS, "is", "true"),
        )


def unused_tiles(figures: Figures) -> Iterable[Tile]:
    """The customers that wait for their removal, and how many were removed."""
    # Figures of an older version do not hold it until they are counted anew.
    if UNUSED_FIGURE in figures:
        unused, days = figures[UNUSED_FIGURE], settings.UNUSED_CUSTOMER_DAYS
        removed = f"{unused['removed']:,} removed in {DAYS} days"
        yield Tile(
            "Unused anonymous",
            f"{unused['waiting']:,}",
            f"removed when {days} days old; {removed}" if days else removed,
            "auto_delete",
            filtered_url(UNUSED, "is", "true"),
        )


def duplicate_tile(figures: Figures) -> Tile:
    pairs = figures[DUPLICATES]
    return Tile(
        "Possible duplicates",
        f"{pairs:,}",
        "pairs to decide on",
        "join_inner",
        reverse("customers:duplicate-queue"),
        pairs > 0,
    )


def import_tile(figures: Figures) -> Tile:
    failed = figures[FAILED_IMPORTS]
    return Tile(
        "Failed imports",
        f"{failed['imports']:,}",
        f"{failed['rows']:,} rows refused in {DAYS} days",
        "upload_file",
        failed_imports_url(),
        failed["imports"] > 0,
    )


def webhook_tile(figures: Figures) -> Tile:
    failed = figures[FAILED_DELIVERIES]
    return Tile(
        "Failed webhooks",
        f"{failed:,}",
        f"deliveries given up in {DAYS} days",
        "webhook",
        failed_url(DAYS),
        failed > 0,
    )


def share(part: int, whole: int) -> str:
    percent = 100 * part / whole if whole else 0
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"
