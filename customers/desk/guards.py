"""Who may do what on a page, and refusals told as a page."""

from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render

from customers.lifecycle import AnonymousHolderExists, CustomerChanged
from customers.locking import CustomersContended, UnknownCustomer
from customers.merging import MergeRefused
from customers.operations import AlreadyUndone
from customers.relinking import UnknownConversation
from customers.trust import TooManyIdentifiers

MISSING = (UnknownCustomer, UnknownConversation)
CONFLICTS = (
    AlreadyUndone,
    AnonymousHolderExists,
    CustomerChanged,
    MergeRefused,
    TooManyIdentifiers,
)


def needs(permission: str, deed: str):
    """Refuse who lacks the right, and say which one it is."""

    def decorate(view):
        @wraps(view)
        def checked(request, *args, **kwargs):
            if not request.user.has_perm(permission):
                raise PermissionDenied(
                    f"You may not {deed}. Ask your supervisor for the right “{permission}”."
                )
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
        except (*CONFLICTS, CustomersContended) as error:
            status = 503 if isinstance(error, CustomersContended) else 409
            context = {"message": str(error), "status": status}
            return render(request, "error.html", context, status=status)

    return answered
