"""The problem at an identifier that other customers have, with a way to save it all the same."""

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from access.actors import Caller
from agents.other_holders import (
    DECISION,
    KEEP,
    SEEN,
    SHARE,
    ConflictNotice,
    notices_of,
    warning_digest,
)
from agents.rows import Party
from customers.models import Customer
from customers.permissions import MERGE
from customers.profiles.other_holders import IdentifierConflict

CHOICES = ((SHARE, "Save as shared: it suggests all who have it"), (KEEP, "Save anyway"))


def conflict_problems(
    conflicts: Sequence[IdentifierConflict], customer: Customer, caller: Caller
) -> Iterator[tuple[str, SafeString]]:
    """(field key, problem) of each conflict; the last one holds the choice for all."""
    notices = notices_of(conflicts, caller)
    for notice in notices:
        problem = other_holders_problem(notice, customer, caller)
        if notice is notices[-1]:
            problem = format_html(
                "<span>{}<br>{}</span>", problem, choices(warning_digest(conflicts))
            )
        yield notice.identifier.field.key, problem


def other_holders_problem(notice: ConflictNotice, customer: Customer, caller: Caller) -> SafeString:
    holders = format_html_join(
        ", ", "{}", ((links_to(holder, customer, caller),) for holder in notice.holders)
    )
    more = f" and {notice.more} more" if notice.more else ""
    return format_html("{} also belongs to {}{}.", notice.identifier.value, holders, more)


def links_to(holder: Party, customer: Customer, caller: Caller) -> SafeString:
    name = format_html(
        '<a class="cxc-link" href="{}"><bdi>{}</bdi></a>',
        holder.customer.get_absolute_url(),
        holder.name,
    )
    if customer.pk is None or not caller.has_perm(MERGE):
        return name
    pair = urlencode({"customers": f"{customer.public_id},{holder.customer.public_id}"})
    page = f"{reverse('customers:merge')}?{pair}"
    return format_html('{} (<a class="cxc-link" href="{}">compare</a>)', name, page)


def choices(seen: str) -> SafeString:
    radios = format_html_join(
        mark_safe("<br>"),
        '<label><input type="radio" name="{}" value="{}"> {}</label>',
        ((DECISION, value, words) for value, words in CHOICES),
    )
    return format_html('{}<input type="hidden" name="{}" value="{}">', radios, SEEN, seen)
