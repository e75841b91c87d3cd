"""What was done to a customer, and taking it back."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from agents.decorators import needs, tells_refusals
from agents.undo_messages import landing, offer_undo
from customers.history.descriptions import operations_of
from customers.history.timeline import Timeline
from customers.masking import visible_schema_and_mask
from customers.models import Customer, Operation
from customers.permissions import VIEW, VIEW_OPERATION, check_undo
from customers.undo.conflicts import UndoConflict
from customers.undo.preview import plan
from customers.undo.undo import AlreadyUndone, UndoConflictError, undo

ENTRIES = 20
DEEPEST_PAGE = 1000


@require_safe
@needs(VIEW, "see customers")
@needs(VIEW_OPERATION, "see what was done")
def customer_activity(request, public_id):
    """The newest operations, or older ones; a part of the page for htmx."""
    customer = get_object_or_404(Customer.objects.known_as(public_id))
    page = timeline_page(request)
    found = list(operations_of(customer)[(page - 1) * ENTRIES : page * ENTRIES + 1])
    schema, mask = visible_schema_and_mask(request.user)
    stream = Timeline(schema, mask, request.user)
    context = {
        "customer": customer,
        "name": mask(stream.name_field, customer.first_name),
        "entries": stream.entries(found[:ENTRIES], customer.public_id),
        "page": page,
        "next_page": page + 1 if len(found) > ENTRIES else 0,
    }
    template = "agents/_entries.html" if request.htmx else "agents/activity.html"
    return render(request, template, context)


def timeline_page(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return min(max(page, 1), DEEPEST_PAGE)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(VIEW_OPERATION, "see what was done")
@tells_refusals
def operation_undo(request, public_id):
    """Ask first, naming what stands in the way; a POST takes the operation back."""
    operation = get_object_or_404(operations_of(), public_id=public_id)
    check_undo(request.user, operation)
    if request.method != "POST":
        return ask(request, operation)
    try:
        undone = undo(
            operation,
            caller=request.user,
            reason=request.POST.get("reason", "")[:200],
            skip_collisions="rest" in request.POST,
        )
    except UndoConflictError as error:
        return ask(request, operation, error.collisions)
    back = request.POST.get("back", "")
    offer_undo(
        request, "Undone." if not undone.left else "The rest is undone.", undone.operation, back
    )
    return redirect(landing(back, operation))


def ask(request, operation: Operation, met: list[UndoConflict] | None = None):
    """The page that says what will be written."""
    if operation.undone_by_id:
        raise AlreadyUndone(operation)
    back = request.POST.get("back") or request.GET.get("back", "")
    context = plan(request, operation, met) | {
        "operation": operation,
        "back": back,
        "cancel": landing(back, operation),
    }
    return render(request, "agents/undo.html", context, status=409 if met else 200)
