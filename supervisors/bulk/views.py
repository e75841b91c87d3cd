"""The pages behind the buttons under the list: whom it is about, what it asks, the job it starts."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse

from access.denials import PermissionMissing, check_permissions
from customers.lists.pagination import COUNT_LIMIT
from customers.permissions import ADD_LABEL
from supervisors.customers.list_state import list_url
from supervisors.jobs import job_url

from .actions import DEEDS, BulkAction, deeds_for
from .selection import ConfirmedSelection, agreed, chosen_in, without_choice


def deed_named(key: str, caller) -> BulkAction:
    """Raises Http404, and PermissionDenied where the caller may not."""
    for deed in deeds_for(caller):
        if deed.key == key:
            return deed
    known = next((deed for deed in DEEDS if deed.key == key), None)
    if known is None:
        raise Http404
    check_permissions(caller, *known.rights, action="do this with many customers")
    # A user with permission to change many customers may lack the permission to label one.
    raise PermissionMissing(ADD_LABEL, "assign labels")


def deed_page(request, key: str, context: dict):
    """Ask what the deed needs; a POST starts the job and leads to it."""
    deed = deed_named(key, request.user)
    chosen = chosen_in(request)
    if chosen.state.problems:
        messages.error(request, " ".join(chosen.state.problems))
        return HttpResponseRedirect(list_url())
    back = list_url(without_choice(request.GET))
    data = request.POST if request.method == "POST" else None
    form = deed.form(data, chosen=chosen, asked=request.GET.get("field", ""))
    if data is None:
        try:
            if elsewhere := form.elsewhere():
                return HttpResponseRedirect(elsewhere)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(back)
    elif form.is_valid():
        try:
            return HttpResponseRedirect(
                job_url(form.enqueue(agreed(chosen, ConfirmedSelection.stated(request.POST))))
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
    seen = ConfirmedSelection.now(chosen)
    context |= {
        "title": deed.title,
        "deed": deed,
        "form": form,
        "chosen": chosen,
        "seen": seen,
        "is_capped": seen.count == COUNT_LIMIT,
        "hidden": [(k, v) for k, v in request.GET.items() if k != "field"],
        "cancel": back,
    }
    template = "supervisors/customers/bulk.html"
    return TemplateResponse(request, template, context, status=422 if form.errors else 200)
