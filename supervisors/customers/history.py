"""What was done to a customer, with every difference, and taking it back."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from access.denials import check_permissions
from agents.views.history import ENTRIES, timeline_page
from customers.history.descriptions import operations_of
from customers.history.timeline import Timeline
from customers.locking import CustomersContended
from customers.masking import visible_schema_and_mask
from customers.models import Customer, Operation
from customers.permissions import VIEW_OPERATION, check_undo
from customers.system_fields import NAME_FIELD
from customers.undo.preview import plan
from customers.undo.undo import AlreadyUndone, UndoConflictError, undo
from foundation.text import hostile_characters


def check_history_permission(request) -> None:
    check_permissions(request.user, VIEW_OPERATION, action="see the history of customers")


def history_url(customer: Customer) -> str:
    return reverse("admin:customers_customer_history", args=[customer.pk])


def offer_undo_of_deletion(request, deletion: Operation) -> None:
    """Show the link to those who may see operations."""
    if request.user.has_perm(VIEW_OPERATION):
        page = reverse("customers:operation-undo", args=[deletion.public_id])
        link = format_html('<a class="cxc-link" href="{}">Undo the deletion</a>', page)
        messages.info(request, link)


def history_page(request, customer: Customer, context: dict):
    """The newest operations, or a page of older ones."""
    check_history_permission(request)
    page = timeline_page(request)
    found = list(operations_of(customer)[(page - 1) * ENTRIES : page * ENTRIES + 1])
    schema, mask = visible_schema_and_mask(request.user)
    stream = Timeline(schema, mask, request.user)
    context |= {
        "title": mask(schema.by_key[NAME_FIELD], customer.first_name) or "Unnamed customer",
        "subtitle": "History",
        "customer": customer,
        "original": customer,
        "entries": stream.entries(found[:ENTRIES], customer.public_id),
        "newer": page - 1,
        "older": page + 1 if len(found) > ENTRIES else 0,
    }
    return TemplateResponse(request, "admin/customers/customer/history.html", context)


def revert_page(request, customer: Customer, public_id: str, context: dict):
    """Ask first, naming what stands in the way; a POST takes the operation back."""
    check_history_permission(request)
    if not operations_of(customer).filter(public_id=public_id).exists():
        raise Http404
    # Whole: a bulk operation is taken back for everybody whom it changed.
    operation = operations_of().get(public_id=public_id)
    check_undo(request.user, operation)
    met = None
    try:
        if request.method == "POST":
            return reverted(request, customer, operation)
        if operation.undone_by_id:
            raise AlreadyUndone(operation)
    except UndoConflictError as error:
        met = error.collisions
    except (AlreadyUndone, CustomersContended) as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(history_url(customer))
    context |= plan(request, operation, met) | {
        "title": "Revert this?",
        "customer": customer,
        "operation": operation,
        "others": len(operation.customers.all()) - 1 if operation.is_bulk else 0,
        "cancel": history_url(customer),
    }
    template = "supervisors/customers/revert.html"
    return TemplateResponse(request, template, context, status=409 if met else 200)


def reverted(request, customer: Customer, operation: Operation):
    reason = request.POST.get("reason", "")[:200]
    undone = undo(
        operation,
        caller=request.user,
        reason="" if hostile_characters(reason) else reason,
        skip_collisions="rest" in request.POST,
    )
    text = "The rest is reverted; some was left as it is." if undone.left else "Reverted."
    messages.success(request, text)
    left = Customer.objects.filter(pk=customer.pk).exists()
    return HttpResponseRedirect(
        history_url(customer) if left else reverse("admin:customers_customer_changelist")
    )
