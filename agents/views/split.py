"""Part of a customer made a customer of its own."""

from typing import Any

from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.decorators import needs, tells_refusals
from agents.profile import FieldRow, Section, conversations_of, identity_section, sections_of
from agents.rows import party
from agents.undo_messages import landing, offer_undo
from customers.locking import customer_to_write
from customers.masking import visible_schema_and_mask
from customers.merging.split import SplitRequest, split_customer
from customers.models import Customer
from customers.permissions import MERGE, VIEW, VIEW_CONVERSATIONS
from schema_builder.schema import Schema

from .customer_picker import clean_param


@require_http_methods(["GET", "HEAD", "POST"])
@needs(VIEW, "see customers")
@needs(VIEW_CONVERSATIONS, "see conversations")
@needs(MERGE, "split customers")
@tells_refusals
def customer_split(request, public_id):
    """Choose, look, confirm; htmx asks for the preview alone."""
    customer = customer_to_write(public_id)
    wish = parse_split_form(request.POST, customer, visible_schema_and_mask(request.user)[0])
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
        return render(request, "agents/_split_outcome.html", context)
    status = 422 if "problem" in outcome else 200
    return render(
        request, "agents/split.html", context | split_parts(customer, request, wish), status=status
    )


def parse_split_form(given, customer: Customer, schema: Schema) -> SplitRequest:
    """What was ticked, as far as the customer has it and the caller may know of it."""
    ticked = set(given.getlist("identity")) if given else set()
    identities = customer.identities.filter(field__in=schema.by_id).select_related("field")
    fields = set(given.getlist("field")) if given else set()
    conversations = set(given.getlist("talk")) if given else set()
    held = customer.values.values_list("field__key", flat=True)
    spoken = customer.conversations.values_list("pk", "conversation_id")
    return SplitRequest(
        customer=customer.public_id,
        first_name=clean_param(given, "name", 300),
        identities=[
            (i.field.key, i.value) for i in identities.order_by("id") if str(i.pk) in ticked
        ],
        fields=[key for key in held if key in fields and key in schema.by_key],
        conversations=[public for pk, public in spoken if str(pk) in conversations],
        reason=clean_param(given, "reason"),
    )


def split_parts(customer: Customer, request, wish: SplitRequest) -> dict[str, Any]:
    schema, mask = visible_schema_and_mask(request.user)
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
