"""A customer saved with an identifier that others have: warn, and let the user decide."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from access.actors import Caller
from customers.identifiers import Identifier
from customers.masking import seen_by
from customers.models import Customer
from customers.other_holders import IdentifierConflict, IdentifiersTaken, OnConflict, conflicts_of
from customers.presentation import Party, party
from customers.trust import share_identity

DECISION = "conflict"
KEEP, SHARE, COMPARE = "keep", "share", "compare-"
HOLDERS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ConflictNotice:
    """An identifier on the page, and its other holders as the user may see them."""

    identifier: Identifier
    holders: list[Party]
    more: int


def decision_in(request: HttpRequest) -> str:
    return request.POST.get(DECISION, "")


def write_as_decided(
    decision: str,
    write: Callable[[OnConflict], Customer],
    *,
    caller: Caller,
    before: Customer | None = None,
) -> Customer:
    """Let `write` save a customer, `before` as it was, as the user decided.

    Raises IdentifiersTaken where the user has not decided yet, and what `write` raises.
    """
    with transaction.atomic():
        known = conflicts_of(before) if before and decision == SHARE else []
        customer = write(OnConflict.ACCEPT if decision else OnConflict.REFUSE)
        if decision == SHARE:
            share_conflicts(customer, [conflict.identifier for conflict in known], caller)
    return customer


def share_conflicts(customer: Customer, known: Collection[Identifier], caller: Caller) -> None:
    """Mark identifiers that others have, but for the `known` ones, as shared by all of them.

    Raises ValidationError for an anonymous customer.
    """
    places = {(one.field.pk, one.match_key) for one in known}
    for conflict in conflicts_of(customer):
        identifier = conflict.identifier
        if (identifier.field.pk, identifier.match_key) in places:
            continue
        share_identity(customer.public_id, identifier.field.key, identifier.value, caller=caller)


def conflict_context(request: HttpRequest, taken: IdentifiersTaken) -> dict[str, Any]:
    return {"conflicts": notices_of(taken.conflicts, request.user)}


def notices_of(conflicts: Iterable[IdentifierConflict], caller: Caller) -> list[ConflictNotice]:
    """One query for each identifier."""
    schema, mask = seen_by(caller)
    notices = []
    for conflict in conflicts:
        pks = list(conflict.holders.values())
        rows = Customer.objects.filter(pk__in=pks[:HOLDERS_SHOWN]).order_by("pk")
        holders = [party(holder, schema, mask) for holder in rows]
        notices.append(
            ConflictNotice(conflict.identifier, holders, max(0, len(pks) - HOLDERS_SHOWN))
        )
    return notices


def page_after(request: HttpRequest, customer: Customer) -> str:
    """The address after saving: the customer, or the comparison that the user chose."""
    decision = decision_in(request)
    if not decision.startswith(COMPARE):
        return customer.get_absolute_url()
    pair = f"{customer.public_id},{decision.removeprefix(COMPARE)}"
    return f"{reverse('customers:merge')}?{urlencode({'customers': pair})}"
