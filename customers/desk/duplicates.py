"""Customers that may be one person: suggested on a profile, worked off in a queue."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from customers.decisions import tell_apart
from customers.duplicates import pairs_by_score, pairs_of, told
from customers.masking import Mask, seen_by
from customers.merging import MergeRequest
from customers.models import Customer, DuplicatePair
from customers.presentation import Party, party
from customers.rights import MERGE, VIEW
from customers.rules import LIKELY, SURE
from foundation.public_ids import is_public_id
from schema_builder.snapshot import Schema

from .guards import needs, tells_refusals
from .merging import merge_context
from .picking import stated
from .toasts import QUEUE, landing, queue_at

SUGGESTED = 3
PAIRS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Pair:
    """Two customers that may be one, the older first, and what speaks for it."""

    pk: int
    score: int
    reasons: list[str]
    sides: list[Party]

    @property
    def strength(self) -> str:
        return "sure" if self.score >= SURE else "likely" if self.score >= LIKELY else "possible"

    @property
    def ids(self) -> str:
        return ",".join(side.customer.public_id for side in self.sides)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody who may be the customer of a profile."""

    pair: Pair
    other: Party


def shown_pair(row: DuplicatePair, schema: Schema, mask: Mask) -> Pair:
    sides = [party(customer, schema, mask) for customer in (row.first, row.second)]
    reasons = [reason["reason"] for reason in told(row.reasons, schema)]
    return Pair(row.pk, row.score, reasons, sides)


def suggestions_for(customer: Customer, schema: Schema, mask: Mask) -> dict[str, Any]:
    """Who may be the same person, the surest first; one statement, two where there are more."""
    pairs = pairs_of(customer)
    rows = list(pairs[: SUGGESTED + 1])
    suggestions = []
    for row in rows[:SUGGESTED]:
        pair = shown_pair(row, schema, mask)
        other = next(side for side in pair.sides if side.customer.pk != customer.pk)
        suggestions.append(Suggestion(pair, other))
    return {
        "suggestions": suggestions,
        "suggestion_count": pairs.count() if len(rows) > SUGGESTED else len(rows),
    }


@require_safe
@needs(VIEW, "see customers")
@needs(MERGE, "merge customers")
@tells_refusals
def duplicate_queue(request):
    """The pairs by score, and the chosen one side by side."""
    schema, mask = seen_by(request.user)
    rows = list(pairs_by_score()[:PAIRS_SHOWN])
    wanted = stated(request.GET, "pair", 12)
    here = next((n for n, row in enumerate(rows) if str(row.pk) == wanted), 0)
    context: dict[str, Any] = {
        "pairs": [shown_pair(row, schema, mask) for row in rows],
        "count": len(rows) if len(rows) < PAIRS_SHOWN else DuplicatePair.objects.count(),
    }
    if rows:
        customers = [rows[here].first, rows[here].second]
        kept = request.GET.get("kept", "")
        ids = [customer.public_id for customer in customers]
        survivor = kept if kept in ids else ids[0]
        others = [public_id for public_id in ids if public_id != survivor]
        context |= merge_context(request, customers, MergeRequest(survivor, others)) | {
            "current": context["pairs"][here],
            "back": QUEUE,
            "next_pair": rows[(here + 1) % len(rows)].pk,
            "previous_pair": rows[here - 1].pk,
        }
    return render(request, "desk/duplicates.html", context)


@require_POST
@needs(VIEW, "see customers")
@needs(MERGE, "tell customers apart")
@tells_refusals
def duplicate_apart(request):
    """Remember that two customers are two people."""
    one, other = request.POST.get("one", ""), request.POST.get("other", "")
    if not (is_public_id(one) and is_public_id(other)) or one == other:
        return redirect(landing(QUEUE))
    try:
        tell_apart(one, other, caller=request.user)
    except ValidationError:
        # Merged meanwhile: there is nobody left to tell apart.
        return redirect(landing(one))
    if request.POST.get("back") != QUEUE:
        return redirect(landing(one))
    return redirect(queue_at(stated(request.POST, "next", 12)))
