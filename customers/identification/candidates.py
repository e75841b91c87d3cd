"""Priority and do-not-contact of all customers that an identifier may stand for (contract 14.4)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from customers.documents import contact_limits, leading_label
from labels.contact_limits import ContactLimit
from labels.models import DEFAULT_PRIORITY

from .crowds import Row
from .lookup import MOST_HOLDERS, Holder
from .matching import MatchResult


@dataclass(frozen=True, slots=True)
class Priority:
    """The priority that counts, its label, and the ids of the candidates that have the label."""

    value: int = DEFAULT_PRIORITY
    label: str | None = None
    customers: list[str] = field(default_factory=list)


def candidates(found: MatchResult, holder: Holder | None) -> list[Row]:
    """Rows of the customer that is answered and of the candidates, each customer once."""
    rows = {one.public_id: one.row for one in [holder, *found.candidates] if one}
    return [*rows.values(), *(row for row in found.more_candidates if row[0] not in rows)]


def highest_priority(rows: Iterable[Row]) -> Priority:
    """The highest priority among the labels of all candidates."""
    leading = [(leading_label(row), row[0]) for row in rows]
    best = max((found for found, _ in leading), key=lambda one: one[0], default=None)
    if best is None or best[1] is None:
        return Priority()
    named = [public_id for found, public_id in leading if found == best]
    return Priority(*best, named[:MOST_HOLDERS])


def strictest_limits(rows: Iterable[Row]) -> list[ContactLimit]:
    """Every label of a candidate that forbids contact, with the ids of those that have it.

    Of many it names MOST_HOLDERS.
    """
    found: dict[str, ContactLimit] = {}
    for row in rows:
        for limit in contact_limits(row):
            customers = found.setdefault(limit.label, limit).customers
            if len(customers) < MOST_HOLDERS:
                customers.append(row[0])
    return list(found.values())
