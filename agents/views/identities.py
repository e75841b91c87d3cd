"""An identifier given to a customer: free, or somebody else's, and then shared or claimed."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from agents.decorators import needs, tells_refusals
from agents.rows import party
from agents.undo_messages import offer_undo
from customers.identities.ownership import (
    IdentifierTaken,
    TooManyIdentifiers,
    add_identity,
    checked_identifier,
    claim_identity,
    holders_besides,
    release_identity,
    share_identity,
)
from customers.identities.recognition import recognised
from customers.locking import customer_to_write
from customers.masking import FieldAccess, visible_schema_and_mask
from customers.models import Customer
from customers.models.identity import IDENTIFIER_LENGTH
from customers.permissions import CHANGE, MERGE, VIEW
from customers.profiles.identifiers import Identifier
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

from .customer_picker import clean_param

OWNERS_SHOWN = 5


@require_http_methods(["GET", "HEAD", "POST"])
@needs(VIEW, "see customers")
@needs(CHANGE, "change customers")
@tells_refusals
def identity_add(request, public_id):
    """Give a free identifier; one that others have only where they are to share it."""
    customer = customer_to_write(public_id)
    if request.method != "POST":
        return confirm_identity(request, customer)
    try:
        return attach_and_answer(request, customer, stated_identifier(request))
    except ValidationError as error:
        return confirm_identity(request, customer, " ".join(error.messages))
    except TooManyIdentifiers as error:
        return confirm_identity(request, customer, str(error))
    except IdentifierTaken as taken:
        return render_identity_page(
            request, "identity_taken", customer, taken.identifier, taken.owners
        )


@require_POST
@needs(VIEW, "see customers")
@needs(MERGE, "take identifiers from other customers")
@tells_refusals
def identity_claim(request, public_id):
    """Take the identifier from everybody else, once it was said why."""
    customer = customer_to_write(public_id)
    try:
        identifier = stated_identifier(request)
        if not (reason := clean_param(request.POST, "reason")):
            owners = holders_besides(customer, identifier)
            return render_identity_page(request, "identity_claim", customer, identifier, owners)
        claimed = claim_identity(
            public_id, identifier.field.key, identifier.value, caller=request.user, reason=reason
        )
    except ValidationError as error:
        return confirm_identity(request, customer, " ".join(error.messages))
    text = f"{identifier.field.label} is this customer's alone now."
    offer_undo(request, text, claimed.operation, back=public_id)
    return redirect(customer)


@require_POST
@needs(CHANGE, "change customers")
@tells_refusals
def identity_release(request, public_id, identity_id):
    """Take an identifier off the customer."""
    identities = customer_to_write(public_id).identities.select_related("field")
    identity = get_object_or_404(identities, pk=identity_id)
    if identity.is_anonymous:
        messages.error(request, "Name or delete the customer: it is anonymous.")
        return redirect(identity.customer)
    try:
        operation = release_identity(
            public_id, identity.field.key, identity.value, caller=request.user
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        offer_undo(request, f"{identity.field.label} removed.", operation, back=public_id)
    return redirect(identity.customer)


def stated_identifier(request: HttpRequest) -> Identifier:
    """What was typed, as the chosen field reads it. Raises ValidationError."""
    value = clean_param(request.POST, "identifier", IDENTIFIER_LENGTH)
    if not value:
        raise ValidationError({"identifier": "Type a number, an address or a name."})
    key = clean_param(request.POST, "field", 50)
    if not key:
        field = recognised_in(request, value)
        if field is None:
            raise ValidationError({"field": "Choose the channel: this could be of several."})
        key = field.key
    return checked_identifier(key, value, request.user)


def recognised_in(request: HttpRequest, value: str) -> FieldDefinition | None:
    """The field that a pasted number or address is of, among those the caller may write."""
    if not value:
        return None
    schema, mask = visible_schema_and_mask(request.user)
    found = recognised(value, writable_fields(schema, mask), schema)
    return found[0] if found else None


def writable_fields(schema: Schema, mask: FieldAccess) -> list[FieldDefinition]:
    return [field for field in schema.identifier_fields if not mask.locks(field)]


def confirm_identity(request, customer: Customer, problem: str = "") -> HttpResponse:
    """The form; again, with what was typed, where that was refused."""
    given = request.POST if request.method == "POST" else request.GET
    typed = clean_param(given, "identifier", IDENTIFIER_LENGTH)
    context = identity_context(request, customer) | {
        "fields": writable_fields(*visible_schema_and_mask(request.user)),
        "chosen": clean_param(given, "field", 50),
        "typed": typed,
        "recognised": recognised_in(request, typed),
        "problem": problem,
    }
    page = "agents/_identity_add.html" if request.htmx else "agents/identity_add.html"
    return render(request, page, context)


def attach_and_answer(
    request: HttpRequest, customer: Customer, identifier: Identifier
) -> HttpResponse:
    """Add it; where others have it, share it if that was asked for. Raises IdentifierTaken."""
    place = customer.public_id, identifier.field.key, identifier.value
    try:
        operation = add_identity(*place, caller=request.user)
        done = "added."
    except IdentifierTaken:
        if "share" not in request.POST:
            raise
        operation = share_identity(*place, caller=request.user)
        done = "is shared now: it suggests, and no longer decides."
    offer_undo(request, f"{identifier.field.label} {done}", operation, back=customer.public_id)
    return redirect(customer)


def render_identity_page(
    request: HttpRequest, page: str, customer: Customer, identifier: Identifier, owners: set[int]
) -> HttpResponse:
    """A page that names the owners; the identifier on it is what was typed, and no more."""
    schema, mask = visible_schema_and_mask(request.user)
    rows = Customer.objects.filter(pk__in=owners).order_by("is_anonymous", "pk")[:OWNERS_SHOWN]
    context = identity_context(request, customer) | {
        "identifier": identifier,
        "owners": [party(owner, schema, mask) for owner in rows],
        "more": max(0, len(owners) - OWNERS_SHOWN),
    }
    return render(request, f"agents/{page}.html", context)


def identity_context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    return {
        "customer": customer,
        "party": party(customer, *visible_schema_and_mask(request.user)),
    }
