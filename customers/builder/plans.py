"""The plans that pages of the builder look at, of what their reader may know."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from schema_builder.documents import current_fields
from schema_builder.drafts import Draft, read_draft
from schema_builder.models import SchemaVersion
from schema_builder.plans import Plan, full_plan, rebased
from schema_builder.publishing import revived

from .knowledge import knowledge_of


def plan_of_known_draft(user: Any) -> tuple[Plan, Draft, list[str]]:
    """(what the draft would change of the schema of now, the draft, conflicts)."""
    knowledge = knowledge_of(user)
    draft, now = knowledge.of_draft(read_draft()), knowledge.of_fields(current_fields())
    found = rebased(draft.base, draft.fields, now)
    return full_plan(now, found.fields, draft.mappings), draft, found.conflicts


def plan_back_to(version: SchemaVersion, user: Any) -> Plan:
    """What going back to the version would change."""
    known = knowledge_of(user).of_fields
    return full_plan(known(current_fields()), known(revived(version.fields)))


def version_numbered(number: int) -> SchemaVersion:
    if number >= 2**31:
        raise Http404
    return get_object_or_404(SchemaVersion, number=number)
