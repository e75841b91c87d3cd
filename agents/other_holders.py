"""A customer saved with an identifier that others have: warn, and let the user decide."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from access.actors import Caller
from customers.identities.ownership import share_identity
from customers.masking import visible_schema_and_mask
from customers.models import Customer
from customers.profiles.identifiers import Identifier
from customers.profiles.other_holders import IdentifierConflict, IdentifiersTaken, OnConflict

from .rows import Party, party

DECISION, SEEN = "conflict", "conflict-seen"
KEEP, SHARE, COMPARE = "keep", "share", "compare-"
HOLDERS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ConflictNotice:
    """An identifier on the page, and its other holders as the user may see them."""

    identifier: Identifier
    holders: list[Party]
    more: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What the user chose, and the digest of the conflicts that the page showed."""

    choice: str
    seen: str

    def covers(self, conflicts: Iterable[IdentifierConflict]) -> bool:
        return bool(self.choice) and self.seen == warning_digest(conflicts)


def decision_in(data: Mapping[str, Any]) -> Decision:
    return Decision(data.get(DECISION, ""), data.get(SEEN, ""))


def warning_digest(conflicts: Iterable[IdentifierConflict]) -> str:
    """The same text for the same identifiers with the same holders."""
    lines = sorted(
        f"{one.identifier.field.key} {one.identifier.match_key} {' '.join(sorted(one.holders))}"
        for one in conflicts
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def write_as_decided(
    decision: Decision, write: Callable[[OnConflict], Customer], *, caller: Caller
) -> Customer:
    """Let `write` save a customer as the user decided.

    Raises IdentifiersTaken where the user has not seen these conflicts yet, and what `write`
    raises.
    """
    with transaction.atomic():
        try:
            with transaction.atomic():
                return write(OnConflict.REFUSE)
        except IdentifiersTaken as taken:
            if not decision.covers(taken.conflicts):
                raise
            conflicts = taken.conflicts
        customer = write(OnConflict.ACCEPT)
        if decision.choice == SHARE:
            share_conflicts(customer, conflicts, caller)
    return customer


def share_conflicts(
    customer: Customer, conflicts: Iterable[IdentifierConflict], caller: Caller
) -> None:
    """Mark the identifiers as shared by all that have them.

    Raises ValidationError for an anonymous customer.
    """
    for conflict in conflicts:
        identifier = conflict.identifier
        share_identity(customer.public_id, identifier.field.key, identifier.value, caller=caller)


def conflict_context(request: HttpRequest, taken: IdentifiersTaken) -> dict[str, Any]:
    return {
        "conflicts": notices_of(taken.conflicts, request.user),
        "conflicts_seen": warning_digest(taken.conflicts),
    }


def notices_of(conflicts: Iterable[IdentifierConflict], caller: Caller) -> list[ConflictNotice]:
    """One query for each identifier."""
    schema, mask = visible_schema_and_mask(caller)
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
    choice = decision_in(request.POST).choice
    if not choice.startswith(COMPARE):
        return customer.get_absolute_url()
    pair = f"{customer.public_id},{choice.removeprefix(COMPARE)}"
    return f"{reverse('customers:merge')}?{urlencode({'customers': pair})}"
