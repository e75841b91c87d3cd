"""Permissions that pages need, and refusals that are answered with a page."""

from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from access.denials import check_permissions
from customers.conversations.relinking import UnknownConversation
from customers.identities.ownership import TooManyIdentifiers
from customers.locking import CustomerMerged, CustomersContended, UnknownCustomer
from customers.merging.merge import MergeRefused
from customers.models import Customer
from customers.placeholders import PlaceholderIsProtected
from customers.profiles.lifecycle import AnonymousHolderExists, CustomerChanged
from customers.undo.undo import AlreadyUndone

MISSING = (Customer.DoesNotExist, UnknownCustomer, UnknownConversation)
CONFLICTS = (
    AlreadyUndone,
    AnonymousHolderExists,
    CustomerChanged,
    MergeRefused,
    PlaceholderIsProtected,
    TooManyIdentifiers,
)


def needs(permission: str, deed: str):
    """Refuse a user without the permission, and name it."""

    def decorate(view):
        @wraps(view)
        def checked(request, *args, **kwargs):
            check_permissions(request.user, permission, action=deed)
            return view(request, *args, **kwargs)

        return checked

    return decorate


def tells_refusals(view):
    """Let an operation that cannot be done now answer with a page that says why."""

    @wraps(view)
    def answered(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except MISSING as error:
            raise Http404 from error
        except CustomerMerged as error:
            return answer_with_survivor(request, error, kwargs)
        except (*CONFLICTS, CustomersContended) as error:
            status = 503 if isinstance(error, CustomersContended) else 409
            context = {"message": str(error), "status": status}
            return render(request, "error.html", context, status=status)

    return answered


def answer_with_survivor(request: HttpRequest, error: CustomerMerged, kwargs) -> HttpResponse:
    """Lead a reader of an id from before a merge to the same page of the survivor; refuse a write."""
    is_read = request.method in ("GET", "HEAD")
    if is_read and "public_id" in kwargs and request.resolver_match:
        here = kwargs | {"public_id": error.survivor}
        page = reverse(request.resolver_match.view_name, kwargs=here)
        query = request.META.get("QUERY_STRING", "")
        return redirect(f"{page}?{query}" if query else page)
    message = "This customer was merged into another one. Nothing was saved: do it there."
    context = {"message": message, "status": 409, "survivor": error.survivor}
    return render(request, "error.html", context, status=409)
