"""The first page of supervisors: how their customers are doing, and what is left to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from customers.labelling.channels import describe_channels
from customers.lists.criteria import AMBIGUOUS, CREATED, NEW_BY, SAME_AS, WITHOUT, FilterFields
from customers.masking import FieldAccess, visible_schema_and_mask
from customers.models import ChannelIdentity, Operation
from customers.permissions import IMPORT, MERGE, VIEW, VIEW_OPERATION
from customers.statistics.figures import (
    AMBIGUOUS_LOOKUPS,
    CUSTOMERS,
    DAYS,
    FAILED_DELIVERIES,
    FAILED_IMPORTS,
    FILLED,
    IDENTITIES,
    NEWCOMERS,
    OPERATIONS,
    Figures,
    read_figures,
)
from customers.system_fields import ANONYMOUS_FIELD
from schema_builder.schema import Schema
from supervisors.customers.list_state import filtered_url, presence_urls
from supervisors.operations import WATCHED, name_customers, operations_url, with_customer
from supervisors.webhooks.deliveries import VIEW_WEBHOOK

from .charts import Chart, series_of
from .setup_checklist import hide_checklist, steps_for
from .tiles import Tile, customer_tiles, duplicate_tile, import_tile, webhook_tile

VIEW_IDENTITY = "customers.view_channelidentity"
OPERATION_LIST = "admin:customers_operation_changelist"
# Whoever has one of these sees figures.
COUNTED = (VIEW, VIEW_OPERATION, MERGE, IMPORT, VIEW_WEBHOOK)
RECENT = 6
# How the chart of what was done names its series.
DONE = {
    Operation.Kind.RELINK: "Relinks",
    Operation.Kind.MERGE: "Merges",
    Operation.Kind.SPLIT: "Splits",
    Operation.Kind.UNDO: "Undos",
}


@dataclass(frozen=True, slots=True)
class FillRate:
    label: str
    percent: int
    filled: int
    empty: int
    filled_link: str
    empty_link: str


@dataclass(frozen=True, slots=True)
class SharedIdentity:
    field: str
    value: str
    holders: int
    is_shared: bool
    link: str


def home_context(request, context: dict[str, Any]) -> dict[str, Any]:
    """What the theme's index page is drawn from; nothing that `request.user` may not see."""
    user = request.user
    sees_customers = user.has_perm(VIEW)
    sees_operations = user.has_perm(VIEW_OPERATION)
    shown: dict[str, Any] = {"steps": steps_for(user)}
    if any(user.has_perm(right) for right in COUNTED):
        figures = read_figures()
        shown |= figures_context(figures, user) if figures.counted_at else {"is_uncounted": True}
    if sees_customers and sees_operations:
        shown["recent"] = recent_operations(user)
    shown["is_bare"] = not any(shown.values())
    return context | shown | {"title": "Home", "all_operations": reverse(OPERATION_LIST)}


def figures_context(figures: Figures, user) -> dict[str, Any]:
    """The parts of the page that are made of figures."""
    tiles: list[Tile] = []
    charts: list[Chart] = []
    shown: dict[str, Any] = {}
    schema, mask = visible_schema_and_mask(user)
    if user.has_perm(VIEW):
        tiles += customer_tiles(figures)
        charts.append(newcomer_chart(figures, schema))
        charts += lookup_charts(figures, schema)
        shown["fill_rates"] = fill_rates(figures, schema, mask)
        if user.has_perm(VIEW_IDENTITY):
            shown["most_shared"] = most_shared(figures, schema, mask)
    if user.has_perm(MERGE):
        tiles.append(duplicate_tile(figures))
    # Figures of an older version do not hold it until they are counted anew.
    if user.has_perm(IMPORT) and FAILED_IMPORTS in figures:
        tiles.append(import_tile(figures))
    if user.has_perm(VIEW_WEBHOOK) and FAILED_DELIVERIES in figures:
        tiles.append(webhook_tile(figures))
    if user.has_perm(VIEW_OPERATION):
        charts.append(operation_chart(figures))
    return shown | {
        "tiles": tiles,
        "charts": charts,
        "counted_at": figures.counted_at,
        "counted_ago": naturaltime(figures.counted_at) if figures.counted_at else "",
    }


def newcomer_chart(figures: Figures, schema: Schema) -> Chart:
    counts = figures[NEWCOMERS]
    totals: dict[str, int] = {}
    for day in counts.values():
        for field, count in day.items():
            totals[field] = totals.get(field, 0) + count
    names, links = {}, {}
    for field in sorted(totals, key=lambda key: (-totals[key], not key, key)):
        definition = schema.by_id.get(int(field)) if field else None
        if field and definition is None:
            continue
        names[field] = definition.label if definition else "No channel"
        links[field] = filtered_url(NEW_BY, "is", definition.key if definition else WITHOUT)
    series = list(series_of(counts, names, links))
    return Chart("New customers by channel", series, lambda day: filtered_url(CREATED, "is", day))


def lookup_charts(figures: Figures, schema: Schema) -> Iterable[Chart]:
    """Nothing where no lookup was ambiguous."""
    # Figures of an older version do not hold it until they are counted anew.
    counts = figures.values.get(AMBIGUOUS_LOOKUPS, {})
    found = sorted({name for day in counts.values() for name in day})
    # A channel type that is gone keeps its name.
    names = {name: describe_channels([name], schema) or name for name in found}
    links = dict.fromkeys(names, filtered_url(AMBIGUOUS, "is", "true"))
    if names:
        series = list(series_of(counts, names, links))
        yield Chart("Ambiguous lookups by channel", series, None)


def operation_chart(figures: Figures) -> Chart:
    links = {str(kind): operations_url(kind=kind, when=f"{DAYS}d") for kind in DONE}
    names = {str(kind): name for kind, name in DONE.items()}
    series = list(series_of(figures[OPERATIONS], names, links))
    return Chart(
        "Relinks, merges, splits and undos",
        series,
        lambda day: operations_url(kind=WATCHED, when=day),
    )


def fill_rates(figures: Figures, schema: Schema, mask: FieldAccess) -> list[FillRate]:
    """In the order of the schema; those that the viewer may filter by lead to the customers."""
    subjects = FilterFields(schema, mask)
    everybody, filled = figures[CUSTOMERS]["all"], figures[FILLED]
    return [
        FillRate(
            label=field.label,
            percent=round(100 * count / everybody) if everybody else 0,
            filled=count,
            empty=max(0, everybody - count),
            filled_link=links[0],
            empty_link=links[1],
        )
        for field in schema.fields
        if field.key != ANONYMOUS_FIELD
        for count, links in [(filled.get(str(field.pk), 0), presence_urls(field.key, subjects))]
    ]


def most_shared(figures: Figures, schema: Schema, mask: FieldAccess) -> list[SharedIdentity]:
    """Identifiers that most customers hold, masked; one query."""
    entries = figures[IDENTITIES]["most_shared"]
    found = ChannelIdentity.objects.in_bulk([entry["identity"] for entry in entries])
    return [
        SharedIdentity(
            field=schema.by_id[identity.field_id].label,
            value=mask(schema.by_id[identity.field_id], identity.value),
            holders=entry["holders"],
            is_shared=identity.is_shared,
            link=filtered_url(SAME_AS, "same", str(identity.pk)),
        )
        for entry in entries
        if (identity := found.get(entry["identity"])) and identity.field_id in schema.by_id
    ]


def recent_operations(user) -> list[Operation]:
    newest = with_customer(Operation.objects.order_by("-id"))[:RECENT]
    return name_customers(newest, user)


@require_POST
def hide(request):
    """Put the checklist away, for who asks."""
    hide_checklist(request.user)
    return redirect("admin:index")
