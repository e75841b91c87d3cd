"""Whom the buttons under the list mean, and what somebody knew of them who said yes."""

import re
from dataclasses import dataclass, replace

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

from access.denials import check_permissions
from customers.lists.filter_language import as_text
from customers.lists.pagination import COUNT_LIMIT
from customers.models import Customer
from supervisors.customers.list_state import COLUMNS, SAVED, WHERE, ListState, state_of
from supervisors.customers.saved_filters import VIEW

KEYS, ALL = "keys", "all"
MOST_KEYS = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """The customers that a deed is about, and the address that says so."""

    customers: QuerySet
    address: str
    is_all: bool
    state: ListState

    def count(self) -> int:
        return self.customers.order_by()[:COUNT_LIMIT].count()

    def as_seen(self, seen: "ConfirmedSelection") -> "Selection":
        """Without those who came after the page was drawn."""
        return replace(self, customers=self.customers.filter(pk__lte=seen.newest))


@dataclass(frozen=True, slots=True)
class ConfirmedSelection:
    """What somebody was told before saying yes: how many, and how far back the newest was."""

    count: int
    newest: int

    @classmethod
    def now(cls, chosen: Selection) -> "ConfirmedSelection":
        newest = Customer.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        return cls(chosen.as_seen(cls(0, newest)).count(), newest)

    @classmethod
    def stated(cls, given: QueryDict) -> "ConfirmedSelection | None":
        texts = [given.get(name, "") for name in ("count", "newest")]
        if not all(re.fullmatch(r"[0-9]{1,18}", text) for text in texts):
            return None
        return cls(*map(int, texts))


def selection_address(request) -> str:
    """What the buttons of the list mean: the rows that were ticked, or all that match."""
    state = state_of(request)
    columns = {COLUMNS: ",".join(state.kept_columns)} if state.kept_columns else {}
    if request.POST.get("select_across") == "1":
        kept = request.GET.copy()
        for name in ("p", SAVED):
            kept.pop(name, None)
        # A saved filter may mean others by the time that somebody says yes.
        kept[WHERE] = as_text(state.rows)
        kept[ALL] = "1"
        kept.update(columns)
        return kept.urlencode()
    keys = request.POST.getlist(ACTION_CHECKBOX_NAME)[:MOST_KEYS]
    return urlencode({KEYS: ",".join(keys)} | columns)


def chosen_in(request) -> Selection:
    """Whom the address names. Raises PermissionDenied, and Http404 for nobody."""
    check_permissions(request.user, VIEW, action="see customers")
    state = ListState(request.GET, request.user)
    if ALL in request.GET:
        customers = Customer.objects.filter(state.condition)
    else:
        customers = Customer.objects.filter(pk__in=keys_in(request.GET))
    return Selection(customers, request.GET.urlencode(), ALL in request.GET, state)


def keys_in(address: QueryDict) -> list[int]:
    texts = address.get(KEYS, "").split(",")[:MOST_KEYS]
    return [int(text) for text in texts if re.fullmatch(r"[0-9]{1,18}", text)]


def agreed(chosen: Selection, seen: ConfirmedSelection | None) -> QuerySet:
    """The customers that somebody said yes to. Raises ValidationError where they are others."""
    if not chosen.is_all:
        return chosen.customers
    if seen is None or (now := chosen.as_seen(seen)).count() != seen.count:
        raise ValidationError("Other customers match by now: look at their number again.")
    return now.customers


def without_choice(address: QueryDict) -> str:
    kept = address.copy()
    for key in (KEYS, ALL, COLUMNS, "field"):
        kept.pop(key, None)
    return kept.urlencode()
