"""Who logged in, who failed to, who is locked out; and letting in or throwing out."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from axes.helpers import get_cool_off
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from axes.utils import reset
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Max, Q, QuerySet, Sum
from django.utils import timezone

from .user_agents import browser_in_words

SHOWN = 10


@dataclass(frozen=True, slots=True)
class LogIn:
    """One try, by the time and the place it came from."""

    at: datetime
    succeeded: bool
    ip_address: str | None
    user_agent: str

    @property
    def browser(self) -> str:
        return browser_in_words(self.user_agent)


@dataclass(frozen=True, slots=True)
class Lock:
    """From where the account cannot log in, and until when."""

    ip_address: str | None
    until: datetime


def log_ins_of(username: str) -> list[LogIn]:
    """The newest log-ins and failures, newest first; two queries."""
    found = [
        LogIn(row.attempt_time, succeeded, row.ip_address, row.user_agent)
        for model, succeeded in ((AccessLog, True), (AccessFailureLog, False))
        for row in model.objects.filter(username=username).order_by("-id")[:SHOWN]
    ]
    return sorted(found, key=lambda log_in: log_in.at, reverse=True)[:SHOWN]


def matching_log_ins(records: QuerySet[Any], text: str) -> QuerySet[Any]:
    """The records of one username or address, as a whole: parts have no index."""
    condition = Q(username=text)
    with suppress(ValueError):
        condition |= Q(ip_address=str(ip_address(text)))
    return records.filter(condition)


def locks_of(username: str) -> list[Lock]:
    """The addresses from which the account failed too often; one query."""
    wait = get_cool_off()
    rows: Iterable[Any] = (
        AccessAttempt.objects.filter(username=username, attempt_time__gt=timezone.now() - wait)
        .values_list("ip_address")
        .annotate(failures=Sum("failures_since_start"), last=Max("attempt_time"))
        .filter(failures__gte=settings.AXES_FAILURE_LIMIT)
        .order_by("ip_address")
    )
    return [Lock(address, last + wait) for address, _, last in rows]


def unlock(username: str) -> None:
    """Forget the failures of the account, wherever they came from."""
    reset(username=username)


def log_out_everywhere(user: User) -> int:
    """End the sessions of the account; how many. Reads every session that has not expired."""
    sessions = Session.objects.filter(expire_date__gt=timezone.now())
    theirs = [
        session.pk
        for session in sessions.iterator()
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    return Session.objects.filter(pk__in=theirs).delete()[0]
