"""Part of a customer made a customer of its own."""

from typing import Any

from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from customers.locking import customer_to_write
from customers.masking import seen_by
from customers.models import Customer
from customers.presentation import party
from customers.profile import FieldRow, Section, conversations_of, identity_section, sections_of
from customers.rights import MERGE, VIEW, VIEW_CONVERSATIONS
from customers.splitting import SplitRequest, split_customer
from schema_builder.snapshot import Schema

from .guards import needs, tells_refusals
from .picking import stated
from .toasts import landing, offer_undo


@require_http_methods(["GET", "HEAD", "POST"])
@needs(VIEW, "see customers")
@needs(VIEW_CONVERSATIONS, "see conversations")
@needs(MERGE, "split customers")
@tells_refusals
def customer_split(request, public_id):
    """Choose, look, confirm; htmx asks for the preview alone."""
    customer = customer_to_write(public_id)
    wish = wish_of(request.POST, customer, seen_by(request.user)[0])
    outcome: dict[str, Any] = {
        "is_empty": not (wish.identities or wish.fields or wish.conversations)
    }
    try:
        if request.method == "POST" and request.POST.get("do") == "split":
            done = split_customer(wish, caller=request.user)
            offer_undo(request, "Split off as this customer.", done.operation, back=done.source)
            return redirect(landing(done.customer or done.source))
        if not outcome["is_empty"]:
            outcome |= {"moved": split_customer(wish, caller=request.user, dry_run=True).moved}
    except ValidationError as error:
        outcome["problem"] = " ".join(error.messages)
    context = {"customer": customer, "wish": wish, "outcome": outcome}
    if request.htmx:
        return render(request, "desk/_split_outcome.html", context)
    status = 422 if "problem" in outcome else 200
    return render(
        request, "desk/split.html", context | parts_of(customer, request, wish), status=status
    )


def wish_of(given, customer: Customer, schema: Schema) -> SplitRequest:
    """What was ticked, as far as the customer has it and the caller may know of it."""
    ticked = set(given.getlist("identity")) if given else set()
    identities = customer.identities.filter(field__in=schema.by_id).select_related("field")
    fields = set(given.getlist("field")) if given else set()
    conversations = set(given.getlist("talk")) if given else set()
    held = customer.values.values_list("field__key", flat=True)
    spoken = customer.conversations.values_list("pk", "conversation_id")
    return SplitRequest(
        customer=customer.public_id,
        first_name=stated(given, "name", 300),
        identities=[
            (i.field.key, i.value) for i in identities.order_by("id") if str(i.pk) in ticked
        ],
        fields=[key for key in held if key in fields and key in schema.by_key],
        conversations=[public for pk, public in spoken if str(pk) in conversations],
        reason=stated(given, "reason"),
    )


def parts_of(customer: Customer, request, wish: SplitRequest) -> dict[str, Any]:
    schema, mask = seen_by(request.user)
    return {
        "source": party(customer, schema, mask),
        "identities": movable(identity_section(customer, schema, mask)),
        "fields": [
            row for section in sections_of(customer, schema, mask) for row in movable(section)
        ],
        "ticked": {
            "identities": [
                identity.pk
                for identity in customer.identities.select_related("field")
                if (identity.field.key, identity.value) in wish.identities
            ],
        },
    } | conversations_of(customer, schema, mask, request.user)


def movable(section: Section) -> list[FieldRow]:
    """What the caller may move; the rest is not offered."""
    return [row for row in section.filled if not row.is_locked]
