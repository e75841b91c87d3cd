"""Customers made one: side by side, with a preview, and never on old knowledge."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from agents.comparison import Comparer, Comparison, choosable, result_rows
from agents.decorators import needs, tells_refusals
from agents.profile import FieldRow
from agents.rows import Chip
from agents.undo_messages import QUEUE, landing, offer_undo, queue_at
from customers.labelling.rules import DroppedLabel
from customers.locking import CustomerMerged, customer_to_write, keys_of, survivors_of
from customers.masking import shown_name, visible_schema_and_mask
from customers.merging.merge import MOST_CUSTOMERS, MergeRefused, MergeRequest, merge_customers
from customers.models import Customer
from customers.permissions import MERGE, VIEW
from customers.profiles.lifecycle import CustomerChanged
from foundation.public_ids import is_public_id
from schema_builder.schema import Schema

from .customer_picker import clean_param, found_besides

CHOICE, VERSION = "choice-", "version-"


@dataclass(frozen=True, slots=True)
class Result:
    """What a merge would leave, or why it cannot be."""

    name: str = ""
    is_anonymous: bool = False
    rows: list[FieldRow] = field(default_factory=list)
    moved: dict[str, int] = field(default_factory=dict)
    chips: list[Chip] = field(default_factory=list)
    dropped_labels: list[DroppedLabel] = field(default_factory=list)
    hidden_differ: bool = False
    problem: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@needs(VIEW, "see customers")
@needs(MERGE, "merge customers")
@tells_refusals
def customer_merge(request):
    given = request.POST if request.method == "POST" else request.GET
    customers = customers_in(given.get("customers", ""))
    if len(customers) < 2:
        messages.info(request, "There is nobody left to merge.")
        return redirect(
            landing(QUEUE if given.get("back") == QUEUE else given.get("customers", ""))
        )
    wish = parse_merge_form(given, customers, visible_schema_and_mask(request.user)[0])
    status = 200
    if request.method == "POST" and given.get("do") == "merge":
        try:
            refuse_merged(ids_in(given.get("customers", "")), customers)
            return merged(request, customers, wish)
        except (CustomerChanged, CustomerMerged):
            status = 409
        except (ValidationError, MergeRefused):
            # The preview says why.
            status = 422
    context = merge_context(request, customers, wish) | {"is_stale": status == 409}
    template = "agents/_merge_result.html" if request.htmx else "agents/merge.html"
    return render(request, template, context, status=status)


def customers_in(text: str) -> list[Customer]:
    """The customers of "id,id", each once; who was merged away is the survivor. 404 for nobody."""
    ids = ids_in(text)
    known = keys_of(ids)
    pks = list(dict.fromkeys(known[public_id] for public_id in ids))
    found = Customer.objects.in_bulk(pks)
    return [found[pk] for pk in pks if pk in found]


def ids_in(text: str) -> list[str]:
    ids = [public_id for public_id in text.split(",") if is_public_id(public_id)]
    return ids[:MOST_CUSTOMERS]


def refuse_merged(ids: list[str], customers: list[Customer]) -> None:
    """Raise CustomerMerged where the page showed a customer that has been merged since."""
    present = {customer.public_id for customer in customers}
    for former, survivor in survivors_of(set(ids) - present).items():
        raise CustomerMerged(former, survivor)


def parse_merge_form(given, customers: list[Customer], schema: Schema) -> MergeRequest:
    """What the form says; versions only where it says them."""
    ids = [customer.public_id for customer in customers]
    kept = given.get("kept", "")
    survivor = kept if kept in ids else ids[0]
    choices = {
        key: {"customer": chosen}
        for key in choosable(schema)
        if (chosen := given.get(f"{CHOICE}{key}", "")) in ids
    }
    versions = {
        public_id: int(text)
        for public_id in ids
        if (text := given.get(f"{VERSION}{public_id}", "")).isdecimal() and len(text) < 10
    }
    return MergeRequest(
        survivor=survivor,
        duplicates=[public_id for public_id in ids if public_id != survivor],
        choices=choices,
        versions=versions,
        reason=clean_param(given, "reason"),
    )


def merged(request: HttpRequest, customers: list[Customer], wish: MergeRequest):
    outcome = merge_customers(wish, caller=request.user)
    schema, mask = visible_schema_and_mask(request.user)
    names = {c.public_id: shown_name(c.first_name, schema, mask) for c in customers}
    gone = " and ".join(names[public_id] for public_id in outcome.merged)
    text = f"{gone} merged into {names[outcome.survivor]}."
    if request.POST.get("back") == QUEUE:
        offer_undo(request, text, outcome.operation, back=QUEUE)
        return redirect(queue_at(clean_param(request.POST, "next", 12)))
    offer_undo(request, text, outcome.operation, back=outcome.survivor)
    return redirect(landing(outcome.survivor))


def merge_context(request, customers: list[Customer], wish: MergeRequest) -> dict[str, Any]:
    schema, mask = visible_schema_and_mask(request.user)
    kept = next(customer for customer in customers if customer.public_id == wish.survivor)
    comparer = Comparer(customers, kept, schema, mask)
    comparison = comparer.compare({key: choice["customer"] for key, choice in wish.choices.items()})
    return {
        "comparison": comparison,
        "ids": ",".join(customer.public_id for customer in customers),
        "result": result_of(request, comparison, wish),
        "reason": wish.reason,
        "back": QUEUE if request.POST.get("back") == QUEUE else "",
    }


def result_of(request, comparison: Comparison, wish: MergeRequest) -> Result:
    """A dry run; what a stale form says of versions does not matter to it."""
    request_now = MergeRequest(wish.survivor, wish.duplicates, wish.choices)
    try:
        outcome = merge_customers(request_now, caller=request.user, dry_run=True)
    except MergeRefused as error:
        return Result(problem=str(error))
    except ValidationError as error:
        return Result(problem=" ".join(error.messages))
    document = outcome.customer or {}
    labels = set(document["labels"])
    schema, mask = visible_schema_and_mask(request.user)
    return Result(
        name=document["firstName"],
        is_anonymous=document["isAnonymous"],
        rows=result_rows(document, schema, mask),
        moved=outcome.moved,
        chips=[chip for chip in comparison.chips if chip.public_id in labels],
        dropped_labels=outcome.dropped_labels,
        hidden_differ=outcome.hidden_differ,
    )


@require_safe
@needs(VIEW, "see customers")
@needs(MERGE, "merge customers")
@tells_refusals
def customer_merge_with(request, public_id):
    """Whom to merge the customer with."""
    customer = customer_to_write(public_id)
    query = clean_param(request.GET, "q")
    context = {
        "customer": customer,
        "name": shown_name(customer.first_name, *visible_schema_and_mask(request.user)),
        "query": query,
        "rows": found_besides(request, query, public_id),
    }
    return render(request, f"agents/{'_' if request.htmx else ''}merge_with.html", context)
