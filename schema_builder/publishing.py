"""Plans carried out: the schema as a draft or an older version wants it, in one transaction."""

from collections.abc import Mapping

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from .documents import FieldDocument, current_fields, values_of
from .drafts import Draft
from .editing import (
    FieldIsProtected,
    add_field,
    alter_field,
    discard_field,
    number_fields,
    save_field,
)
from .models import ChannelType, FieldDefinition, SchemaVersion
from .plans import FieldChange, Plan, attribute_name, full_plan
from .versions import record_version

Channels = Mapping[str, ChannelType]


class NothingToPublish(Exception):
    """The schema is as it is wanted already."""

    def __init__(self):
        super().__init__("There is nothing to publish.")


class DraftConflicts(Exception):
    """Somebody else changed the same since the draft was begun; nothing was published."""

    def __init__(self, conflicts: list[str]):
        super().__init__(" ".join(conflicts))
        self.conflicts = conflicts


class PlanRefused(Exception):
    """The schema cannot be so; nothing was changed."""

    def __init__(self, problems: list[str]):
        super().__init__(" ".join(problems))
        self.problems = problems


class ValuesNeedRewriting(Exception):
    """The plan needs work on values, which is the business of who keeps them."""

    def __init__(self, change: FieldChange):
        super().__init__(f"Values of “{change.label}” have to be rewritten.")


def plan_of_draft(draft: Draft) -> Plan:
    """What publishing the draft does to the schema of now.

    Raises DraftConflicts, and NothingToPublish.
    """
    found = draft.rebased()
    if found.conflicts:
        raise DraftConflicts(found.conflicts)
    plan = full_plan(current_fields(), found.fields, draft.mappings)
    if not plan:
        raise NothingToPublish
    return plan


def plan_of_version(version: SchemaVersion, *, may_clear_pii: bool = True) -> Plan:
    """What it takes to have the schema of that version again; raises NothingToPublish."""
    plan = full_plan(current_fields(), revived(version.fields, may_clear_pii=may_clear_pii))
    if not plan:
        raise NothingToPublish
    return plan


def revived(fields: list[FieldDocument], *, may_clear_pii: bool = True) -> list[FieldDocument]:
    """Fields of an older version without the roles and channel types that are gone since.

    Without `may_clear_pii` they keep the personal data marks that they have by now.
    """
    if not may_clear_pii:
        marked = marked_since(fields)
        fields = [
            document | {"is_pii": True} if document["id"] in marked else document
            for document in fields
        ]
    channels = set(ChannelType.objects.values_list("name", flat=True))
    roles = {str(pk) for pk in Group.objects.values_list("pk", flat=True)}
    return [
        document
        | {
            "channel_types": [name for name in document["channel_types"] if name in channels],
            "role_visibility": {
                role: level for role, level in document["role_visibility"].items() if role in roles
            },
        }
        for document in fields
    ]


def marked_since(fields: list[FieldDocument]) -> set[str]:
    """Ids of the fields that are not personal data here, and are by now, deleted ones included."""
    ids = [document["id"] for document in fields if not document["is_pii"]]
    rows = FieldDefinition.everything.filter(public_id__in=ids, is_pii=True)
    return set(rows.values_list("public_id", flat=True))


@transaction.atomic
def carry_out(
    plan: Plan,
    *,
    author: str,
    may_clear_pii: bool,
    kind: str,
    note: str = "",
    rewrites_values: bool = False,
) -> SchemaVersion:
    """Do all of `plan` or nothing; the schema is then a new version.

    `rewrites_values`: the caller brings the values along, in the same transaction. Raises
    ValuesNeedRewriting where it does not and has to, PlanRefused with every problem, and
    PermissionDenied where PII marks go without the right to. Call it after `lock_schema`.
    """
    for change in plan.changes:
        if change.rewrites and not rewrites_values:
            raise ValuesNeedRewriting(change)
    channels = {channel.name: channel for channel in ChannelType.objects.order_by("id")}
    free_labels(plan)
    problems: list[str] = []
    # What goes makes room for what takes its key or its label.
    for change in sorted(plan.changes, key=lambda change: not change.is_removed):
        problems += make_change(change, channels, may_clear_pii)
    if problems:
        raise PlanRefused(problems)
    keys = dict(FieldDefinition.objects.values_list("public_id", "key"))
    number_fields(keys[public_id] for public_id in plan.order)
    return record_version(author=author, kind=kind, note=note)


def free_labels(plan: Plan) -> None:
    """Let fields exchange their labels: none of them has its old one any more."""
    renamed = [change.id for change in plan.changes if "label" in change.attributes]
    FieldDefinition.objects.filter(public_id__in=renamed).update(label=F("public_id"))


def make_change(change: FieldChange, channels: Channels, may_clear_pii: bool) -> list[str]:
    """Change one field; answers what is wrong with it."""
    try:
        if change.after is None:
            discard_field(FieldDefinition.objects.get(public_id=change.id))
        elif change.before is None:
            add_field(
                public_id=change.id,
                channel_types=served_by(change.after, channels),
                **values_of(change.after),
            )
        else:
            alter(change, change.after, channels, may_clear_pii)
    except FieldIsProtected as error:
        return [str(error)]
    except ValidationError as error:
        return [
            f"“{change.label}”: {attribute_name(name)}: {message}"
            for name, messages in error.message_dict.items()
            for message in messages
        ]
    return []


def alter(
    change: FieldChange, after: FieldDocument, channels: Channels, may_clear_pii: bool
) -> None:
    field = FieldDefinition.everything.select_for_update(no_key=True).get(public_id=change.id)
    wanted = values_of(after)
    values = {name: wanted[name] for name in change.attributes if name in wanted}
    serving = served_by(after, channels) if "channel_types" in change.attributes else None
    field.deleted_at = None
    alter_field(
        field,
        may_clear_pii=may_clear_pii,
        converts=True,
        options_may_go=True,
        channel_types=serving,
        **values,
    )
    save_field(field, channel_types=serving, names=[*values, "deleted_at"])


def served_by(document: FieldDocument, channels: Channels) -> list[ChannelType]:
    """Raises ValidationError for a channel type that is not there."""
    for name in document["channel_types"]:
        if name not in channels:
            raise ValidationError({"channel_types": f"There is no channel type {name}."})
    return [channels[name] for name in document["channel_types"]]
