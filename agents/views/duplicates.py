"""Customers that may be one person: suggested on a profile, worked off in a queue."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from agents.decorators import needs, tells_refusals
from agents.rows import Party, party
from agents.undo_messages import QUEUE, landing, queue_at
from customers.duplicates.decisions import mark_not_duplicates
from customers.duplicates.queue import describe_reasons, pairs_by_score, pairs_of
from customers.duplicates.rules import LIKELY, SURE
from customers.masking import FieldAccess, visible_schema_and_mask
from customers.merging.merge import MergeRequest
from customers.models import Customer, DuplicatePair
from customers.permissions import MERGE, VIEW
from foundation.public_ids import is_public_id
from schema_builder.schema import Schema

from .customer_picker import clean_param
from .merge import merge_context

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
class ShownSuggestion:
    """Somebody who may be the customer of a profile."""

    pair: Pair
    other: Party


def shown_pair(row: DuplicatePair, schema: Schema, mask: FieldAccess) -> Pair:
    sides = [party(customer, schema, mask) for customer in (row.first, row.second)]
    reasons = [reason["reason"] for reason in describe_reasons(row.reasons, schema)]
    return Pair(row.pk, row.score, reasons, sides)


def suggestions_for(customer: Customer, schema: Schema, mask: FieldAccess) -> dict[str, Any]:
    """Who may be the same person, the surest first; one statement, two where there are more."""
    pairs = pairs_of(customer)
    rows = list(pairs[: SUGGESTED + 1])
    suggestions = []
    for row in rows[:SUGGESTED]:
        pair = shown_pair(row, schema, mask)
        other = next(side for side in pair.sides if side.customer.pk != customer.pk)
        suggestions.append(ShownSuggestion(pair, other))
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
    schema, mask = visible_schema_and_mask(request.user)
    rows = list(pairs_by_score()[:PAIRS_SHOWN])
    wanted = clean_param(request.GET, "pair", 12)
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
    return render(request, "agents/duplicates.html", context)


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
        mark_not_duplicates(one, other, caller=request.user)
    except ValidationError:
        # Merged meanwhile: there is nobody left to tell apart.
        return redirect(landing(one))
    if request.POST.get("back") != QUEUE:
        return redirect(landing(one))
    return redirect(queue_at(clean_param(request.POST, "next", 12)))
