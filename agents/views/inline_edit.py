"""One field of a customer, edited where it is shown."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from agents.decorators import needs, tells_refusals
from agents.forms import form_of
from agents.profile import FieldRow, field_row
from agents.undo_messages import edit_since, last_operation, offer_undo
from customers.forms import VERSION, CustomerForm
from customers.locking import customer_to_write
from customers.masking import visible_schema_and_mask
from customers.models import Customer, Operation
from customers.permissions import CHANGE
from customers.profiles.lifecycle import CustomerChanged, update_customer
from customers.profiles.other_holders import IdentifiersTaken, OnConflict
from customers.system_fields import NAME_FIELD

CHANGED = "customer-changed"
TAKEN = "Another customer has this already. Use “Edit all” to see who, and to decide."


@require_http_methods(["GET", "HEAD", "POST"])
@needs(CHANGE, "change customers")
@tells_refusals
def customer_field(request, public_id, key):
    """The field as it is shown; with `edit` its form. A POST saves this field alone."""
    customer = customer_to_write(public_id)
    if not request.htmx:
        return redirect("customers:customer-edit", customer.public_id)
    if request.method != "POST":
        form = form_with(key, customer, request) if "edit" in request.GET else None
        return render_field(request, customer, key, form)
    form = form_with(key, customer, request)
    try:
        operation = save_inline_field(form, customer, key, request)
    except CustomerChanged:
        customer.refresh_from_db()
        fresh = form_with(key, customer, request, bound=False)
        return render_field(request, customer, key, form.carried_over(fresh), is_stale=True)
    if form.errors:
        return render_field(request, customer, key, form)
    return field_response(request, customer, key, operation)


def form_with(
    key: str, customer: Customer, request: HttpRequest, *, bound: bool = True
) -> CustomerForm:
    """The customer's form with this field only; 404 where it has none such."""
    form = form_of(customer, request, bound=bound)
    if key not in form.fields or key == VERSION or form.fields[key].disabled:
        raise Http404
    for other in [name for name in form.fields if name not in (key, VERSION)]:
        del form.fields[other]
    return form


def save_inline_field(
    form: CustomerForm, customer: Customer, key: str, request
) -> Operation | None:
    """Write the field; the operation, or None where nothing changed or it was refused.

    Raises CustomerChanged where somebody changed this field since: other fields do not matter.
    """
    if form.is_older_than(customer.version) and is_other_now(form, key):
        raise CustomerChanged(customer.version)
    if not form.is_valid() or not form.changes():
        return None
    last = last_operation(customer)
    try:
        update_customer(
            customer,
            form.changes(),
            caller=request.user,
            known_version=customer.version,
            partial=True,
            on_conflict=OnConflict.REFUSE,
        )
    except ValidationError as error:
        form.add_problems(error)
        return None
    except IdentifiersTaken:
        form.add_error(key, TAKEN)
        return None
    return edit_since(last, customer, request.user)


def is_other_now(form: CustomerForm, key: str) -> bool:
    """Whether the field shows something else now than when its form was drawn."""
    field = form.fields[key]
    name = f"initial-{key}"
    sent = cast(QueryDict, form.data)
    shown = sent.getlist(name) if isinstance(field.initial, list) else sent.get(name)
    return field.has_changed(shown, field.initial)


def field_response(
    request, customer: Customer, key: str, operation: Operation | None
) -> HttpResponse:
    """The row again, and the offer to undo; a new name changes the whole page."""
    if operation:
        offer_undo(request, "Saved.", operation, back=customer.public_id)
    if key == NAME_FIELD:
        return HttpResponseClientRefresh()
    if not operation:
        return render_field(request, customer, key, None)
    customer.refresh_from_db()
    notices = messages.get_messages(request)
    response = render_field(request, customer, key, None, is_saved=True, notices=notices)
    return trigger_client_event(response, CHANGED)


def render_field(
    request,
    customer: Customer,
    key: str,
    form: CustomerForm | None,
    *,
    is_stale=False,
    is_saved=False,
    notices=(),
) -> HttpResponse:
    context = {
        "customer": customer,
        "key": key,
        "form": form,
        "bound": form[key] if form else None,
        "row": shown_field_row(customer, key, request),
        "is_stale": is_stale,
        "is_saved": is_saved,
        "notices": notices,
    }
    return render(request, "agents/_inline.html", context)


def shown_field_row(customer: Customer, key: str, request) -> FieldRow:
    schema, mask = visible_schema_and_mask(request.user)
    definition = schema.by_key.get(key)
    if definition is None:
        raise Http404
    text = customer.values.filter(field=definition).values_list("text", flat=True).first() or ""
    if key == NAME_FIELD:
        text = customer.first_name
    return field_row(definition, text, mask)
