"""Limits of failed log-ins: for an account from one address, and for an address as a whole."""

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from .client_address import client_address


class LockoutHandler(AxesDatabaseHandler):
    """django-axes, which knows one limit, with a second one for addresses.

    A client that tries many accounts stays below the limit of each account.
    """

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        return super().is_locked(request, credentials) or is_address_locked(request)

    def user_login_failed(
        self,
        sender: Any,
        credentials: dict[str, Any],
        request: HttpRequest | None = None,
        **signal: Any,
    ) -> None:
        super().user_login_failed(sender, credentials, request, **signal)
        if request is not None and is_address_locked(request):
            request.axes_locked_out = True  # type: ignore[attr-defined]


def is_address_locked(request: HttpRequest) -> bool:
    """Whether the address failed too often, with whatever accounts; one query.

    A successful log-in resets the failures of its own account only.
    """
    limit, address = settings.LOG_IN_FAILURES_PER_ADDRESS, client_address(request)
    if not limit or address is None:
        return False
    recent = AccessAttempt.objects.filter(
        ip_address=address, attempt_time__gt=timezone.now() - get_cool_off(request)
    )
    return (recent.aggregate(failures=Sum("failures_since_start"))["failures"] or 0) >= limit
