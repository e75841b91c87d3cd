"""Publish the schema, and convert the values of customers.

Few values are converted at once, in the transaction of the new version. Many are converted by a job
before it (`schema_changes.preparation`), so that no writer waits for them.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from access.actors import Caller
from access.denials import check_permissions
from customers.enqueue import ask_for
from customers.models import AttributeValue
from jobs.models import Job
from jobs.registry import JobRefused
from schema_builder.drafts import Draft, forget_draft, locked_draft, read_draft
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
from schema_builder.versions import Kind, lock_schema, version_number

from .preparation import (
    PUBLISH,
    Preparation,
    documents_of,
    fields_rewritten,
    preparation_steps,
    refuse_while_rewriting,
)
from .rewriting import Rewriting
from .rollback import Rollback

# Values that are rewritten in the transaction of the new version.
MOST_AT_ONCE = 500
CHANGED = (
    "The schema was changed while its values were prepared. Look at it as it is now, then repeat."
)
RIGHT = "schema_builder.{}_fielddefinition"


@transaction.atomic
def publish_draft(*, known: str, caller: Caller, note: str = "") -> SchemaVersion | Job:
    """Make the draft the schema, if it is as the caller knows it; return the version.

    Where many values have to be rewritten, return the job that publishes it later. The draft stays
    until then. Raises DraftChanged, DraftConflicts, NothingToPublish, PlanRefused,
    ValuesBeingRewritten and PermissionDenied; nothing is changed then.
    """
    lock_schema()
    draft = locked_draft(known)
    if not draft.is_begun:
        raise NothingToPublish
    plan = plan_of_draft(draft)
    kind = Kind.IMPORT if draft.source else Kind.PUBLISH
    note = note or draft.source
    if takes_long(plan):
        wanted = {"base": draft.base, "fields": draft.fields, "mappings": draft.mappings}
        source = {"draft": {"token": draft.token, **wanted}}
        return publish_later(plan, source, caller=caller, kind=kind, note=note)
    version = publish_plan(plan, caller=caller, kind=kind, note=note)
    forget_draft()
    return version


class SchemaChanged(Exception):
    """The schema is another one than the caller looked at."""

    def __init__(self, number: int):
        super().__init__(
            f"The schema was changed meanwhile, and is version {number} now. Nothing was rolled "
            "back: check below what going back changes."
        )


@transaction.atomic
def roll_back(
    version: SchemaVersion, *, caller: Caller, known: int | None = None
) -> SchemaVersion | Job:
    """Have the schema of that version again, fields that were deleted since included.

    `known` is the number of the latest version when the caller saw what this changes; raises
    SchemaChanged where there is a later one.

    Values that later versions rewrote are restored, unless they have been changed since. Fields
    that became personal data stay so, unless the caller may remove the mark. Returns and raises as
    `publish_draft` does. A draft stays, and is published on top of it.
    """
    lock_schema()
    if known is not None and known != version_number():
        raise SchemaChanged(version_number())
    plan = plan_of_version(version, may_clear_pii=caller.has_perm(CLEAR_PII))
    note = f"Back to version {version.number}."
    back = Rollback(plan, version)
    if not back.fields and takes_long(plan):
        source = {"version": version.number}
        return publish_later(plan, source, caller=caller, kind=Kind.ROLLBACK, note=note)
    return publish_plan(plan, caller=caller, kind=Kind.ROLLBACK, note=note, back=back)


def takes_long(plan: Plan) -> bool:
    """Whether the plan looks at more values than one transaction should."""
    values = AttributeValue.objects.filter(field__in=fields_rewritten(plan))
    return plan.rewrites and values.order_by()[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE


def publish_later(
    plan: Plan, source: Mapping[str, Any], *, caller: Caller, kind: str, note: str
) -> Job:
    """Queue the job that converts values and then publishes the plan of `source`."""
    check_publish_permissions(plan, caller)
    if problems := obstacles(plan, caller):
        raise PlanRefused(problems)
    fields = fields_rewritten(plan)
    refuse_while_rewriting(fields)
    changes = documents_of(plan.changes)
    return ask_for(
        PUBLISH,
        preparation_steps(plan.changes),
        caller=caller,
        title="Publish the schema",
        parameters={**source, "kind": kind, "note": note, "fields": fields, "changes": changes},
        chunk_size=1,
    )


def publish_prepared(job: Job, *, caller: Caller) -> SchemaVersion:
    """Publish what the job has prepared; only what was written just now is still rewritten.

    Raises JobRefused where the schema has changed meanwhile, and as `publish_draft` does.
    """
    lock_schema()
    preparation = Preparation(job)
    plan = plan_again(job.parameters, caller)
    if not preparation.is_of(plan):
        raise JobRefused(CHANGED)
    check_publish_permissions(plan, caller)
    # Wait for writers by the old rules, and keep new ones waiting.
    lock_schema(exclusive=True)
    preparation.catch_up(mark=-1)
    version = carry_out_rewriting(
        plan, caller=caller, kind=job.parameters["kind"], note=job.parameters["note"]
    )
    preparation.attribute_to(version)
    draft = job.parameters.get("draft")
    # A draft that was edited since stays, on top of this version.
    if draft and draft["token"] == read_draft().token:
        forget_draft()
    return version


def plan_again(source: Mapping[str, Any], caller: Caller) -> Plan:
    """Return the plan of a job against the schema of now; raises as `publish_draft`."""
    if "draft" in source:
        return plan_of_draft(Draft(**source["draft"]))
    version = SchemaVersion.objects.get(number=source["version"])
    return plan_of_version(version, may_clear_pii=caller.has_perm(CLEAR_PII))


def publish_plan(
    plan: Plan, *, caller: Caller, kind: str, note: str, back: Rollback | None = None
) -> SchemaVersion:
    """Carry the plan out and bring the values along. Call it after `lock_schema`."""
    check_publish_permissions(plan, caller)
    if plan.rewrites or (back and back.fields):
        refuse_while_rewriting({*fields_rewritten(plan), *(back.fields if back else ())})
        # Wait for writers by the old rules, and keep new ones waiting.
        lock_schema(exclusive=True)
    version = carry_out_rewriting(plan, caller=caller, kind=kind, note=note)
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


def carry_out_rewriting(plan: Plan, *, caller: Caller, kind: str, note: str = "") -> SchemaVersion:
    """As `schema_builder.publishing.carry_out`; the caller of this brings the values along."""
    return carry_out(
        plan,
        author=caller.get_username(),
        may_clear_pii=caller.has_perm(CLEAR_PII),
        kind=kind,
        note=note,
        rewrites_values=True,
    )


@transaction.atomic
def obstacles(plan: Plan, caller: Caller) -> list[str]:
    """Return why the schema refuses the plan, by a trial that is rolled back."""
    lock_schema()
    try:
        check_publish_permissions(plan, caller)
        carry_out_rewriting(plan, caller=caller, kind=Kind.PUBLISH)
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
