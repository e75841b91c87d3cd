"""The list of customers in the admin: what its rows show."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db.models.functions import Left
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from agents.rows import icon_of
from agents.templatetags.agent import icon
from customers.labelling.channels import describe_channels
from customers.lists.columns import (
    CREATED,
    IDENTIFIERS,
    LAST_CONVERSATION,
    UPDATED,
    Column,
    CustomerTable,
    TableRow,
)
from customers.masking import UNNAMED, FieldAccess
from customers.models import Customer
from customers.models.value import SORTED_LENGTH
from customers.system_fields import ANONYMOUS_FIELD, LABELS_FIELD, NAME_FIELD
from foundation.admin import CappedPaginator, ChangeList, chip, chips, colored_chip
from labels.contact_limits import ContactLimit, limits_of
from labels.models import Label
from schema_builder.schema import held_schema
from supervisors.bulk.actions import deeds_for

from .list_state import PARAMETERS, ListState, state_of

IDENTIFIERS_SHOWN = 2
TOTAL = "Do not contact"
LONGEST_CELL = 80
# A date or a number is at most so long, and nobody reads half of one.
WHOLE_CELL = 24
# Other columns have no index that could sort a million rows.
ORDERS: dict[str, Any] = {
    NAME_FIELD: Left("folded_name", SORTED_LENGTH),
    CREATED: "created_at",
    UPDATED: "updated_at",
}


# Of a filter even less far: a plan that stops early need not gather all who meet it.
FILTERED_COUNT_LIMIT = 10_000


class CustomerPaginator(CappedPaginator):
    """Gathers the few who meet a filter before it puts them in order.

    A plan that begins with the order might look at everybody for them.
    """

    def page(self, number):
        if self.count_limit == FILTERED_COUNT_LIMIT and not self.is_capped:
            found = self.object_list.order_by().values("pk")[: self.count_limit]
            ordering = self.object_list.query.order_by
            self.object_list = Customer.objects.filter(pk__in=found).order_by(*ordering)
        return super().page(number)


class CustomerChangeList(ChangeList):
    result_list: Any

    def __init__(self, request, *args, **kwargs):
        self.state: ListState = state_of(request)
        self.deeds = deeds_for(request.user)
        super().__init__(request, *args, **kwargs)

    def get_filters_params(self, params=None):
        # What the list itself understands is no lookup of a column.
        found = super().get_filters_params(params)
        return {key: value for key, value in found.items() if key not in PARAMETERS}

    def get_queryset(self, request, exclude_parameters=None):
        return super().get_queryset(request, exclude_parameters).filter(self.state.condition)

    def get_results(self, request):
        super().get_results(request)
        # The theme says how many of all were found; the others are not counted.
        self.full_result_count = self.result_count
        state, customers = self.state, list(self.result_list)
        sheet = CustomerTable(state.columns, state.schema, state.mask, state.user)
        for line in sheet.lines(customers):
            line.customer.cells = {  # type: ignore[attr-defined]
                column.key: changelist_cell(sheet, line, column) for column in state.columns
            }
        self.result_list = customers


def display_of(column: Column, mask: FieldAccess) -> Callable:
    """A column of the list as the admin takes it."""

    def cell(customer):
        return customer.cells[column.key]

    cell.__name__ = column.key.lstrip(".")
    cell.short_description = column.label  # type: ignore[attr-defined]
    # The order of hidden values would give them away.
    if column.key in ORDERS and not (column.definition and mask.hides(column.definition)):
        cell.admin_order_field = ORDERS[column.key]  # type: ignore[attr-defined]
    return cell


def changelist_cell(sheet: CustomerTable, line: TableRow, column: Column) -> SafeString | str:
    draw = DRAWN.get(column.key)
    return draw(line, sheet.text(line, column)) if draw else shortened(sheet.text(line, column))


def shortened(text: str) -> SafeString | str:
    if len(text) <= WHOLE_CELL:
        return format_html('<span class="cxc-nowrap">{}</span>', text) if text else ""
    if len(text) <= LONGEST_CELL:
        return text
    return format_html('<span title="{}">{}…</span>', text, text[:LONGEST_CELL])


def draw_identifiers(line: TableRow, text: str) -> SafeString:
    shown = format_html_join(
        "",
        '<span><span role="img" aria-label="{}" title="{}">{}</span> {}</span>',
        (
            (held.label, held.label, icon(icon_of(held)), value)
            for held, value in line.identities[:IDENTIFIERS_SHOWN]
        ),
    )
    left = len(line.identities) - IDENTIFIERS_SHOWN
    return format_html('<span class="cxc-stack">{}{}</span>', shown, f"+{left}" if left > 0 else "")


def draw_labels(labels: Sequence[Label]) -> SafeString:
    limits = limits_of((label.name, label.do_not_contact) for label in labels)
    stop = {limit.label: limit_chip(limit) for limit in limits}
    # A label that is called as what it forbids is not shown beside that.
    shown = [label for label in labels if not is_said(label.name, label.name in stop)]
    return chips([*stop.values(), *(colored_chip(label.name, label.color) for label in shown)])


def is_said(name: str, forbids: bool) -> bool:
    return forbids and name.casefold() == TOTAL.casefold()


def limit_chip(limit: ContactLimit) -> SafeString:
    where = describe_channels(limit.channels, held_schema())
    text = TOTAL if limit.is_total else f"{TOTAL}: {where}"
    return chip(text, "danger", title=f"Because of the label {limit.label}")


def draw_moment(line: TableRow, text: str) -> SafeString | str:
    if not text:
        return ""
    moment = date_format(datetime.fromisoformat(text), "DATETIME_FORMAT")
    return format_html('<span class="cxc-nowrap" title="UTC">{}</span>', moment)


DRAWN: dict[str, Callable[[TableRow, str], SafeString | str]] = {
    NAME_FIELD: lambda line, text: text or UNNAMED,
    IDENTIFIERS: draw_identifiers,
    LABELS_FIELD: lambda line, text: draw_labels(line.labels),
    ANONYMOUS_FIELD: lambda line, text: chip("Anonymous") if line.customer.is_anonymous else "",
    CREATED: draw_moment,
    UPDATED: draw_moment,
    LAST_CONVERSATION: draw_moment,
}
