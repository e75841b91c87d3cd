"""A conversation linked to another customer: pick, look what would happen, confirm."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from agents.decorators import needs, tells_refusals
from agents.rows import party
from agents.undo_messages import landing, offer_undo
from customers.conversations.display import shown_identifier
from customers.conversations.relinking import RelinkRequest, find_conversation, relink_conversation
from customers.locking import UnknownCustomer, customer_to_write
from customers.masking import FieldAccess, visible_schema_and_mask
from customers.models import Conversation, Customer
from customers.permissions import RELINK, VIEW, VIEW_CONVERSATIONS
from customers.profiles.identifiers import Identifier, identifiers_for, is_ignored_on
from foundation.public_ids import is_public_id
from schema_builder.schema import Schema

from .customer_picker import clean_param, found_besides


@require_http_methods(["GET", "HEAD", "POST"])
@needs(VIEW, "see customers")
@needs(VIEW_CONVERSATIONS, "see conversations")
@needs(RELINK, "link conversations to other customers")
@tells_refusals
def conversation_link(request):
    given = request.POST if request.method == "POST" else request.GET
    conversation = find_conversation(clean_param(given, "conversation", 100))
    schema, mask = visible_schema_and_mask(request.user)
    source = party(conversation.customer, schema, mask)
    context = {
        "conversation": conversation,
        "identifier": shown_identifier(conversation, schema, mask),
        "source": source,
    }
    if not (target_id := given.get("target", "")):
        return choose(request, context, given)
    target = party(chosen_target(request, target_id), schema, mask)
    missing = missing_identity(conversation, target.customer, schema)
    wish = parse_relink_form(given, conversation, target.customer, missing)
    if request.method == "POST":
        done = relink_conversation(conversation.conversation_id, wish, caller=request.user)
        offer_undo(request, f"Linked to {target.name}.", done.operation, back=done.source)
        return redirect(landing(done.target))
    outcome = relink_conversation(
        conversation.conversation_id, wish, caller=request.user, dry_run=True
    )
    context |= {
        "target": target,
        "missing": missing and (missing.field.label, mask(missing.field, missing.value)),
        "past": past_conversations(conversation).count(),
        "wish": wish,
        "outcome": outcome,
        "added": lines(outcome.added_identities, mask),
        "dropped": lines([*outcome.dropped_identities, *outcome.dropped_values], mask),
    }
    return render(request, page_or_part(request, "link_confirm"), context)


def choose(request, context: dict[str, Any], given):
    """Whom to link to: those who have the identifier already, or whom the agent finds."""
    conversation = context["conversation"]
    query = clean_param(given, "q")
    context |= {
        "query": query,
        "base_address": relink_address(conversation) + "&target=",
        "rows": found_besides(
            request, query or conversation.identifier, conversation.customer.public_id
        ),
    }
    return render(request, page_or_part(request, "link_choose"), context)


def relink_address(conversation: Conversation) -> str:
    query = urlencode({"conversation": conversation.conversation_id})
    return f"{reverse('customers:conversation-link')}?{query}"


def page_or_part(request, name: str) -> str:
    return f"agents/_{name}.html" if request.htmx else f"agents/{name}.html"


def chosen_target(request: HttpRequest, public_id: str) -> Customer:
    """Return the customer to link to. Raises UnknownCustomer.

    An id from before a merge is shown as the survivor; linking by it raises CustomerMerged.
    """
    if not is_public_id(public_id):
        raise UnknownCustomer(public_id)
    if request.method == "POST":
        return customer_to_write(public_id)
    if found := Customer.objects.known_as(public_id).first():
        return found
    raise UnknownCustomer(public_id)


def past_conversations(conversation: Conversation) -> QuerySet[Conversation]:
    return conversation.customer.conversations.exclude(pk=conversation.pk)


def missing_identity(
    conversation: Conversation, target: Customer, schema: Schema
) -> Identifier | None:
    """The identity that the conversation came by, where the target does not have it."""
    value = conversation.identifier
    if not value or is_ignored_on(conversation.channel_type.name, value, schema):
        return None
    found = identifiers_for(conversation.channel_type.name, value, schema)[:1]
    held = set(target.identities.active().values_list("field_id", "match_key"))
    return next((one for one in found if (one.field.pk, one.match_key) not in held), None)


def parse_relink_form(given, conversation, target: Customer, missing) -> RelinkRequest:
    """What was ticked; at first what suits: an anonymous customer is taken over whole."""
    is_anonymous = conversation.customer.is_anonymous
    chosen = "chosen" in given
    return RelinkRequest(
        target=target.public_id,
        add_identity=bool(missing) and ("add" in given if chosen else is_anonymous),
        move_past_conversations="past" in given if chosen else is_anonymous,
        reason=clean_param(given, "reason"),
    )


def lines(entries: list[dict[str, Any]], mask: FieldAccess) -> list[dict[str, Any]]:
    return [
        {
            "label": entry["field"].label,
            "value": mask(entry["field"], entry.get("identifier") or entry["value"]),
            "reason": entry.get("reason", ""),
        }
        for entry in entries
        if mask.shows(entry["field"])
    ]
