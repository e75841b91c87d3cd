"""The plans that pages of the builder look at, of what their reader may know."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from schema_builder.descriptions import Roles, change_in_words
from schema_builder.documents import current_fields
from schema_builder.drafts import Draft, read_draft
from schema_builder.models import SchemaVersion
from schema_builder.permissions import CLEAR_PII
from schema_builder.plans import FieldChange, Plan, full_plan, plan_from, rebased
from schema_builder.publishing import marked_since, revived

from .visible_schema import visible_schema_of


@dataclass(frozen=True)
class PlanLine:
    """A line of what changes; `kind` is "added", "removed" or "changed"."""

    kind: str
    text: str


def plan_lines(plan: Plan, roles: Roles) -> list[PlanLine]:
    """The plan, line by line."""
    lines = [
        PlanLine(kind_of(change), text)
        for change in plan.changes
        for text in change_in_words(change, roles)
    ]
    order = (
        [PlanLine("changed", "The order of the fields is another.")] if plan.is_reordered else []
    )
    return lines + order


def kind_of(change: FieldChange) -> str:
    if change.is_added or change.is_restored:
        return "added"
    return "removed" if change.is_removed else "changed"


def plan_of_known_draft(user: Any) -> tuple[Plan, Draft, list[str]]:
    """(what the draft would change of the schema of now, the draft, conflicts)."""
    knowledge = visible_schema_of(user)
    draft, now = knowledge.of_draft(read_draft()), knowledge.of_fields(current_fields())
    found = rebased(draft.base, draft.fields, now)
    return full_plan(now, found.fields, draft.mappings), draft, found.conflicts


def plan_back_to(version: SchemaVersion, user: Any) -> Plan:
    """What going back to the version would change."""
    known = visible_schema_of(user).of_fields
    wanted = revived(version.fields, may_clear_pii=user.has_perm(CLEAR_PII))
    return full_plan(known(current_fields()), known(wanted))


def kept_marks(version: SchemaVersion, user: Any) -> list[str]:
    """Labels of the fields that stay personal data though they were not in that version.

    None for a user who may remove the mark, so that it goes.
    """
    if user.has_perm(CLEAR_PII):
        return []
    fields = visible_schema_of(user).of_fields(version.fields)
    marked = marked_since(fields)
    return [document["label"] for document in fields if document["id"] in marked]


def visible_plan_of_version(version: SchemaVersion, user: Any) -> Plan | None:
    """What the version changed of the one before it; None for the first."""
    before = SchemaVersion.objects.filter(number__lt=version.number).order_by("number").last()
    known = visible_schema_of(user).of_fields
    return plan_from(known(before.fields), known(version.fields)) if before else None


def version_numbered(number: int) -> SchemaVersion:
    if number >= 2**31:
        raise Http404
    return get_object_or_404(SchemaVersion, number=number)
