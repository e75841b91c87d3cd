"""Everybody whom a finding is about: a page at a time, or as a file."""

import re
from typing import Any

from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from access.denials import check_permissions
from customers.masking import visible_schema_and_mask
from customers.permissions import EXPORT
from foundation.responses import csv_download
from schema_builder.permissions import VIEW
from schema_builder.plans import Plan
from schema_changes.affected import AffectedCustomers, Reason, VisiblePlan
from schema_changes.impact import ImpactFinding
from schema_changes.rollback import Rollback
from supervisors.customers.list_state import rows_url

from .decorators import builder
from .plans import plan_back_to, plan_of_known_draft, version_numbered

HEADINGS = {
    Reason.EMPTY: "Customers without a value",
    Reason.FILLED: "Customers with a value",
    Reason.REFUSED: "Values that do not meet the new rules",
}
UNCONVERTED = "Values that cannot be converted"


def link_of(finding: ImpactFinding, number: int | None = None) -> str:
    """The address of all whom the finding is about; empty for nobody, or who may not know."""
    listing = finding.listing
    if listing is None or not (finding.count or finding.is_partial):
        return ""
    if listing.rows is not None:
        return rows_url(listing.rows)
    place = part_position(finding.field_id, listing.concern, number)
    url = reverse("builder:concerned", kwargs=place)
    return f"{url}?{urlencode({'option': listing.option})}" if listing.option else url


def part_position(public_id: str, concern: Reason, number: int | None) -> dict[str, Any]:
    place = {"public_id": public_id, "concern": str(concern)}
    return place if number is None else {**place, "number": number}


@builder(VIEW)
@require_safe
def concerned(
    request: HttpRequest, public_id: str, concern: str, number: int | None = None
) -> HttpResponse:
    """Some of them, and where the next ones are."""
    found = concerned_by(request, public_id, concern, number)
    after = position_in(request)
    context = site.each_context(request) | {
        "title": f"{found.before.label}: {heading_of(found)}",
        "heading": heading_of(found),
        "label": found.before.label,
        "shows_values": found.concern != Reason.EMPTY,
        "shows_problems": found.concern == Reason.REFUSED,
        "things": "customers" if found.concern == Reason.EMPTY else "values",
        "part": found.part(after),
        "is_begin": not after,
        "number": number,
        "file": file_url(request, part_position(public_id, found.concern, number)),
    }
    return render(request, "supervisors/schema_builder/affected.html", context)


@builder(VIEW)
@require_safe
def concerned_file(
    request: HttpRequest, public_id: str, concern: str, number: int | None = None
) -> StreamingHttpResponse:
    """All of them, as CSV."""
    check_permissions(request.user, EXPORT, action="export customers")
    found = concerned_by(request, public_id, concern, number)
    return csv_download(found.lines(), f"{slugify(found.before.key)}-{found.concern}.csv")


def concerned_by(
    request: HttpRequest, public_id: str, concern: str, number: int | None
) -> AffectedCustomers:
    """Raises Http404 for what does not change, and PermissionDenied for who may not know."""
    plan, back = plan_for(request, number)
    seen = VisiblePlan(plan, *visible_schema_and_mask(request.user), back)
    option = request.GET.get("option", "")
    change = next((change for change in seen.plan.changes if change.id == public_id), None)
    if change is None or concern not in list(Reason):
        raise Http404
    if concern == Reason.OPTION and option not in change.removed_options:
        raise Http404
    if not seen.names(change, Reason(concern)):
        raise PermissionDenied("Your role may not see which customers these are.")
    return AffectedCustomers(seen, change, Reason(concern), option)


def plan_for(request: HttpRequest, number: int | None) -> tuple[Plan, Rollback | None]:
    """The plan, and what comes back with it."""
    if number is None:
        return plan_of_known_draft(request.user)[0], None
    version = version_numbered(number)
    plan = plan_back_to(version, request.user)
    return plan, Rollback(plan, version)


def heading_of(found: AffectedCustomers) -> str:
    field = found.before
    if found.concern == Reason.OPTION:
        return f"Customers with the option “{field.field_type.in_words(found.option, field)}”"
    is_conversion = found.concern == Reason.REFUSED and found.change.converts
    return UNCONVERTED if is_conversion else HEADINGS[found.concern]


def file_url(request: HttpRequest, place: dict[str, Any]) -> str:
    may_export = request.user.has_perm(EXPORT)
    return reverse("builder:concerned-file", kwargs=place) if may_export else ""


def position_in(request: HttpRequest) -> int:
    """The row after which the page begins; anything else begins at the start."""
    text = request.GET.get("after", "")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0
