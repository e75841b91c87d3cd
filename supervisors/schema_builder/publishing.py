"""Pages of a draft: its changes, publishing and discarding it, and versions to go back to."""

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from customers.masking import visible_schema_and_mask
from jobs.models import Job
from schema_builder.documents import FieldDocument
from schema_builder.drafts import (
    DraftChanged,
    discard_draft,
    edit_draft,
    keep_ours,
    load_fields,
    map_options,
    read_draft,
)
from schema_builder.import_export import role_names
from schema_builder.models import SchemaVersion
from schema_builder.permissions import CHANGE, CLEAR_PII, CLEAR_PII_SENTENCE, VIEW
from schema_builder.plans import Plan, plan_from
from schema_builder.publishing import DraftConflicts, PlanRefused, revived
from schema_builder.versions import NOTE_LIMIT, version_number
from schema_changes.impact import Impact, ImpactFinding, Level
from schema_changes.preparation import ValuesBeingRewritten, open_rewrites
from schema_changes.publishing import SchemaChanged, obstacles, publish_draft, roll_back
from schema_changes.rollback import Rollback
from schema_changes.version_notes import return_findings, rewrites_in_words, rewrites_of
from supervisors.jobs import job_url

from .affected import link_of
from .decorators import builder
from .fields import sent
from .plans import (
    PlanLine,
    kept_marks,
    plan_back_to,
    plan_lines,
    plan_of_known_draft,
    version_numbered,
    visible_plan_of_version,
)
from .sections import KEPT
from .visible_schema import visible_schema_of

VERSIONS_SHOWN = 50
LINES_SHOWN = 12
LEFT_EMPTY = "-"
# Where a note waits that could not be published with.
TYPED_NOTE = "builder_note"
LATER = (
    "Values are being checked and rewritten. The change is published when that is done; until then"
    " everybody works with the schema as it was."
)


def plan_context(
    request: HttpRequest, plan: Plan, version: SchemaVersion | None = None
) -> dict[str, Any]:
    """A plan change by change, and what each of them means for the customers.

    `version` is the one to which the plan goes back.
    """
    number = version.number if version else None
    back = Rollback(plan, version) if version else None
    findings = Impact(plan, *visible_schema_and_mask(request.user), back).findings()
    findings += return_findings(plan, back) if back else ()
    stops = obstacles(plan, request.user) if plan else []
    return {
        "plan": plan,
        "lines": plan_lines(plan, role_names()),
        "findings": [
            {"finding": one, "link": link_of(one, number), "place": version_anchor(plan, one)}
            for one in findings
        ],
        "obstacles": stops,
        "rewrites": open_rewrites(),
        "is_blocked": bool(stops) or any(one.level == Level.BLOCKS for one in findings),
    }


def version_anchor(plan: Plan, finding: ImpactFinding) -> str | None:
    """What was said to take the place of the option of the finding; "" leaves it empty."""
    mappings = (change.mapping for change in plan.changes if change.id == finding.field_id)
    return next(mappings, {}).get(finding.option or "")


@builder(VIEW)
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """The draft against the schema of now."""
    plan, draft, conflicts = plan_of_known_draft(request.user)
    context = site.each_context(request) | {
        "title": "Unpublished changes",
        "draft": draft,
        "note": request.session.pop(TYPED_NOTE, ""),
        "conflicts": conflicts,
        "may_change": request.user.has_perm(CHANGE),
        "options": {document["id"]: document["options"] for document in draft.fields},
        "left_empty": LEFT_EMPTY,
    }
    return render(
        request, "supervisors/schema_builder/changes.html", context | plan_context(request, plan)
    )


@builder(CHANGE)
@require_POST
def publish_changes(request: HttpRequest) -> HttpResponse:
    note = sent(request, "note")[:NOTE_LIMIT]
    try:
        made = publish_draft(known=sent(request, "token"), caller=request.user, note=note)
    except (DraftChanged, DraftConflicts, PlanRefused, ValuesBeingRewritten):
        request.session[TYPED_NOTE] = note
        raise
    return published(request, made, "Published as version {number}. Agents see it now.")


def published(request: HttpRequest, made: SchemaVersion | Job, notice: str) -> HttpResponse:
    """Say which version there is, or show the job that publishes it."""
    if isinstance(made, Job):
        messages.success(request, LATER)
        return redirect(job_url(made))
    messages.success(request, notice.format(number=made.number))
    return redirect("builder:board")


@builder(CHANGE)
@require_POST
def discard_changes(request: HttpRequest) -> HttpResponse:
    discard_draft(sent(request, "token"))
    request.session.pop(KEPT, None)
    messages.success(request, "The changes were discarded.")
    return redirect("builder:board")


@builder(CHANGE)
@require_POST
def keep_own_changes(request: HttpRequest) -> HttpResponse:
    """Where both changed the same, ours counts."""
    edit_draft(sent(request, "token"), request.user.get_username(), keep_ours())
    return redirect("builder:changes")


@builder(CHANGE)
@require_POST
def map_option(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say what takes the place of an option that goes."""
    chosen = sent(request, "place")
    mapping = {sent(request, "option"): "" if chosen == LEFT_EMPTY else chosen}
    edit_draft(None, request.user.get_username(), map_options(public_id, mapping))
    return redirect("builder:changes")


@builder(VIEW)
@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """Every change of the schema, the last one first."""
    rows = list(SchemaVersion.objects.order_by("-number")[: VERSIONS_SHOWN + 1])
    known, roles, rewrites = (
        visible_schema_of(request.user).of_fields,
        role_names(),
        rewrites_of(rows),
    )
    shown = []
    for row, before in zip_longest(rows[:VERSIONS_SHOWN], rows[1:]):
        old, new = known(before.fields) if before else [], known(row.fields)
        lines = rewritten_lines(rewrites.get(row.pk, ()), old, new)
        lines += plan_lines(plan_from(old, new), roles) if before else []
        shown.append({"version": row, "lines": lines, "more": max(0, len(lines) - LINES_SHOWN)})
    context = site.each_context(request) | {
        "title": "Versions of the schema",
        "rows": shown,
        "lines_shown": f":{LINES_SHOWN}",
        "more": len(rows) > VERSIONS_SHOWN,
    }
    return render(request, "supervisors/schema_builder/versions.html", context)


@builder(VIEW)
@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    """What a version changed, and what going back to it would change."""
    row = version_numbered(number)
    # Read first: a change meanwhile then makes the confirmation stale, never the page.
    latest = version_number()
    own, plan = visible_plan_of_version(row, request.user), plan_back_to(row, request.user)
    context = site.each_context(request) | {
        "title": f"Version {number} of the schema",
        "version": row,
        "own_lines": rewritten_by(row, request.user)
        + (plan_lines(own, role_names()) if own else []),
        "latest": latest,
        "is_latest": number == latest,
        "kept_marks": kept_marks(row, request.user),
        "clear_pii": CLEAR_PII_SENTENCE,
        "draft": read_draft(),
        "may_change": request.user.has_perm(CHANGE),
    }
    return render(
        request,
        "supervisors/schema_builder/version.html",
        context | plan_context(request, plan, row),
    )


def rewritten_by(version: SchemaVersion, user: Any) -> list[PlanLine]:
    """What the version made of values."""
    rewrites = rewrites_of([version]).get(version.pk, [])
    before = SchemaVersion.objects.filter(number=version.number - 1).first() if rewrites else None
    known = visible_schema_of(user).of_fields
    return rewritten_lines(rewrites, known(before.fields if before else []), known(version.fields))


def rewritten_lines(rewrites: Iterable[Any], *schemas: Sequence[FieldDocument]) -> list[PlanLine]:
    return [PlanLine("changed", text) for text in rewrites_in_words(rewrites, *schemas)]


@builder(CHANGE)
@require_POST
def version_restore(request: HttpRequest, number: int) -> HttpResponse:
    """Roll back to that version, if the schema is still the one that the page compared it with."""
    known = sent(request, "known")
    try:
        made = roll_back(
            version_numbered(number),
            caller=request.user,
            known=int(known) if re.fullmatch(r"[0-9]{1,9}", known) else 0,
        )
    except SchemaChanged as error:
        messages.error(request, str(error))
        return redirect("builder:version", number)
    return published(request, made, f"Back to version {number}, as version {{number}}.")


@builder(CHANGE)
@require_POST
def version_load(request: HttpRequest, number: int) -> HttpResponse:
    """Take that version into the draft, to change more before it is published."""
    source, may_clear_pii = f"Version {number}", request.user.has_perm(CLEAR_PII)
    fields = revived(version_numbered(number).fields, may_clear_pii=may_clear_pii)
    change = load_fields(fields, source, may_clear_pii=may_clear_pii)
    edit_draft(sent(request, "token"), request.user.get_username(), change)
    return redirect("builder:changes")
