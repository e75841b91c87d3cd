"""What an address of the customer list asks for: a filter, a saved one, columns."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse

from customers.lists.columns import Column, chosen_columns, list_columns, picked
from customers.lists.criteria import DUPLICATES, FINDS, SEARCH, SHORTEST, FilterField, FilterFields
from customers.lists.filter_language import (
    Filter,
    FilterRow,
    as_text,
    condition_of,
    describe_filter,
    parse_rows,
    read_filter,
    read_row,
    with_surviving_labels,
)
from customers.lists.saved_filters import SHARE, may_change
from customers.lists.search import cleaned_query
from customers.masking import visible_schema_and_mask
from customers.models import SavedFilter
from customers.system_fields import ANONYMOUS_FIELD, LABELS_FIELD
from foundation.text import is_blank
from labels.models import Label

QUERY = "q"
WHERE, SAVED, OWN_COLUMNS = "where", "saved", "own"
# Those of the list, in the address of a page that knows no saved filter.
COLUMNS = "columns"
PARAMETERS = (WHERE, SAVED, OWN_COLUMNS)
# What stays in an address when the filter changes.
KEPT = (SAVED, QUERY, "o")
GONE = "This saved filter is gone, or nobody shares it with you any more."
BUILT_IN: list[tuple[str, Filter]] = [
    ("All", ()),
    ("Anonymous", (FilterRow(ANONYMOUS_FIELD, "is", ("true",)),)),
    ("With duplicates", (FilterRow(DUPLICATES, "is", ("true",)),)),
]


@dataclass(frozen=True, slots=True)
class Tab:
    """A filter above the list."""

    name: str
    query: str
    is_active: bool
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class FilterChip:
    """One row of the filter, and the address without it."""

    words: str
    without: str


class ListState:
    """Reads the address once for everything that a page of the list shows."""

    def __init__(self, address: QueryDict, user):
        self.address = address
        self.user = user
        self.schema, self.mask = visible_schema_and_mask(user)
        self.subjects = FilterFields(self.schema, self.mask)
        self.known_columns = list_columns(self.schema, user)
        self.problems: list[str] = []
        self.rows: Filter = ()
        # The rows, and the search box as one more.
        self.asked: Filter = ()
        self.condition = Q(pk__in=[])
        try:
            self.rows = self.read_rows()
            self.asked = self.rows + self.read_search()
            self.condition = condition_of(self.asked, self.subjects)
        except ValidationError as error:
            self.problems = error.messages

    @cached_property
    def saved_filters(self) -> list[SavedFilter]:
        """Those the user sees, in the order of the tabs."""
        visible = SavedFilter.objects.visible_to(self.user).in_tab_order(self.user)
        return list(visible[:100])

    @cached_property
    def saved(self) -> SavedFilter | None:
        wanted = self.address.get(SAVED, "")
        return next((saved for saved in self.saved_filters if saved.public_id == wanted), None)

    def read_rows(self) -> Filter:
        if self.address.get(SAVED) and self.saved is None:
            raise ValidationError(GONE)
        if WHERE in self.address or self.saved is None:
            return with_surviving_labels(parse_rows(self.address.get(WHERE, "")))
        return self.saved_rows

    @cached_property
    def saved_rows(self) -> Filter:
        """The rows of the saved filter, none without one. Raises ValidationError."""
        return with_surviving_labels(read_filter(self.saved.conditions)) if self.saved else ()

    def read_search(self) -> Filter:
        query = cleaned_query(self.address.get(QUERY, ""))
        return () if is_blank(query) else (read_row([SEARCH, FINDS.key, query]),)

    @cached_property
    def columns(self) -> list[Column]:
        kept = self.kept_columns or self.address.get(COLUMNS, "").split(",")
        return picked(kept, self.known_columns) or chosen_columns(self.user, self.known_columns)

    @property
    def kept_columns(self) -> list[str]:
        """Those that the saved filter brings along."""
        return self.saved.columns if self.saved and OWN_COLUMNS not in self.address else []

    @property
    def is_modified(self) -> bool:
        """Whether the list shows something else than the saved filter it came from."""
        if self.saved is None:
            return False
        try:
            return self.asked != self.saved_rows or OWN_COLUMNS in self.address
        except ValidationError:
            return True

    @property
    def may_change(self) -> bool:
        return self.saved is not None and may_change(self.user, self.saved)

    @property
    def may_share(self) -> bool:
        return self.user.has_perm(SHARE)

    def tabs(self) -> list[Tab]:
        built_in = [
            Tab(name, encoded({WHERE: as_text(rows)} if rows else {}), self.is_at(rows))
            for name, rows in BUILT_IN
        ]
        return built_in + [
            Tab(
                saved.name,
                encoded({SAVED: saved.public_id}),
                saved == self.saved,
                saved.is_shared,
            )
            for saved in self.saved_filters
        ]

    def is_at(self, rows: Filter) -> bool:
        return self.saved is None and not self.problems and self.rows == rows

    @cached_property
    def labels(self) -> dict[str, str]:
        return dict(Label.objects.order_by("name", "id").values_list("public_id", "name"))

    def chips(self) -> list[FilterChip]:
        words = describe_filter(self.rows, self.subjects, self.labels)
        return [
            FilterChip(text, self.address_with(self.rows[:place] + self.rows[place + 1 :]))
            for place, text in enumerate(words)
        ]

    def address_with(self, rows: Filter) -> str:
        kept = {key: str(self.address[key]) for key in KEPT if self.address.get(key)}
        where = {WHERE: as_text(rows)} if rows or SAVED in kept else {}
        return encoded(kept | where)

    @property
    def own_address(self) -> str:
        """The address without what says which page of it."""
        kept = self.address.copy()
        kept.pop("p", None)
        kept.pop("e", None)
        return kept.urlencode()

    def builder(self) -> dict[str, Any]:
        """What the script of the filter builder has to know."""
        return {
            "subjects": [
                self.offered(subject)
                for subject in self.subjects.by_key.values()
                if subject.is_offered or any(row.subject == subject.key for row in self.rows)
            ],
            "rows": [row.as_json() for row in self.rows if row.subject in self.subjects.by_key],
        }

    def offered(self, subject: FilterField) -> dict[str, Any]:
        choices = list(self.labels.items()) if subject.key == LABELS_FIELD else subject.choices
        return {
            "key": subject.key,
            "label": subject.label,
            "section": subject.section,
            "type": subject.input_type,
            "choices": choices,
            "operators": [
                {
                    "key": o.key,
                    "label": o.label,
                    "operands": o.operands,
                    "unit": o.unit,
                    "least": SHORTEST.get(o.key, 1),
                }
                for o in subject.operators
            ],
        }

    def column_sections(self) -> list[tuple[str, list[tuple[Column, bool]]]]:
        """Every column by section, and whether it is shown; the shown ones come first in order."""
        shown = {column.key for column in self.columns}
        sections: dict[str, list[tuple[Column, bool]]] = {}
        for column in self.known_columns.values():
            sections.setdefault(column.section, []).append((column, column.key in shown))
        return list(sections.items())


def encoded(parameters: dict[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update(parameters)
    return query.urlencode()


def list_url(query: str = "") -> str:
    """The list with a query string; whatever else is in it, it stays on this page."""
    path = reverse("admin:customers_customer_changelist")
    cleaned = QueryDict(query).urlencode()
    return f"{path}?{cleaned}" if cleaned else path


def rows_url(rows: Filter) -> str:
    """The list filtered by these rows; all of it for none."""
    return list_url(encoded({WHERE: as_text(rows)}) if rows else "")


def filtered_url(subject: str, operator: str, *operands: str) -> str:
    """The list filtered by one row."""
    return rows_url((FilterRow(subject, operator, operands),))


def presence_urls(key: str, subjects: FilterFields) -> tuple[str, str]:
    """Who has a value of the field, and who has none; empty where one may not ask."""
    subject = subjects.by_key.get(key)
    asked = {operator.key for operator in subject.operators} if subject else set()
    if not asked >= {"filled", "empty"}:
        return "", ""
    return filtered_url(key, "filled"), filtered_url(key, "empty")


def state_of(request) -> ListState:
    """The state of the request, read once."""
    if not hasattr(request, "customer_list"):
        request.customer_list = ListState(request.GET, request.user)
    return request.customer_list
