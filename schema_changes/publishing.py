"""The schema published: checked against the customers, whose values come along."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from access.actors import Caller
from access.denials import check_permissions
from schema_builder.drafts import forget_draft, locked_draft
from schema_builder.models import SchemaVersion
from schema_builder.permissions import CLEAR_PII
from schema_builder.plans import Plan
from schema_builder.publishing import (
    NothingToPublish,
    PlanRefused,
    carry_out,
    plan_of_draft,
    plan_of_version,
)
from schema_builder.versions import Kind, lock_schema

from .rewriting import Rewriting
from .rollback import Rollback

RIGHT = "schema_builder.{}_fielddefinition"


@transaction.atomic
def publish_draft(*, known: str, caller: Caller, note: str = "") -> SchemaVersion:
    """Make the draft the schema, if it is as the caller knows it.

    Raises DraftChanged, DraftConflicts, NothingToPublish, PlanRefused and PermissionDenied;
    nothing is changed then.
    """
    lock_schema()
    draft = locked_draft(known)
    if not draft.is_begun:
        raise NothingToPublish
    kind = Kind.IMPORT if draft.source else Kind.PUBLISH
    version = publish_plan(
        plan_of_draft(draft), caller=caller, kind=kind, note=note or draft.source
    )
    forget_draft()
    return version


@transaction.atomic
def roll_back(version: SchemaVersion, *, caller: Caller) -> SchemaVersion:
    """Have the schema of that version again, fields that were deleted since included.

    Values that later versions rewrote are put back, unless they have been changed since. Fields
    that became personal data stay so, unless the caller may remove the mark. Raises as
    `publish_draft` does. A draft stays, and is published on top of it.
    """
    lock_schema()
    plan = plan_of_version(version, may_clear_pii=caller.has_perm(CLEAR_PII))
    note = f"Back to version {version.number}."
    back = Rollback(plan, version)
    return publish_plan(plan, caller=caller, kind=Kind.ROLLBACK, note=note, back=back)


def publish_plan(
    plan: Plan, *, caller: Caller, kind: str, note: str, back: Rollback | None = None
) -> SchemaVersion:
    """Carry the plan out and bring the values along. Call it after `lock_schema`."""
    check_publish_permissions(plan, caller)
    if plan.rewrites or (back and back.fields):
        # Who writes values by the old rules is waited for; who begins to waits for us.
        lock_schema(exclusive=True)
    version = carry_out(
        plan,
        author=caller.get_username(),
        may_clear_pii=caller.has_perm(CLEAR_PII),
        kind=kind,
        note=note,
        rewrites_values=True,
    )
    if back:
        # Before options are looked for that go: customers may have them for want of the old ones.
        back.put_back(version, caller.get_username())
    problems = [
        problem
        for change in plan.changes
        if change.rewrites
        for problem in Rewriting(change, version, caller.get_username()).run()
    ]
    if problems:
        raise PlanRefused(problems)
    return version


@transaction.atomic
def obstacles(plan: Plan, caller: Caller) -> list[str]:
    """Why the schema cannot be as planned, whatever customers have; tried, and taken back."""
    lock_schema()
    try:
        check_publish_permissions(plan, caller)
        carry_out(
            plan,
            author="",
            may_clear_pii=caller.has_perm(CLEAR_PII),
            kind=Kind.PUBLISH,
            rewrites_values=True,
        )
    except PlanRefused as error:
        return error.problems
    except PermissionDenied as error:
        return [str(error)]
    finally:
        transaction.set_rollback(True)
    return []


def check_publish_permissions(plan: Plan, caller: Caller) -> None:
    """Raises PermissionDenied for a plan with changes that the caller may not make."""
    needed = {"change"}
    for change in plan.changes:
        needed.add("delete" if change.is_removed else "add" if change.is_added else "change")
    for action in sorted(needed):
        check_permissions(caller, RIGHT.format(action), action=f"{action} fields")
