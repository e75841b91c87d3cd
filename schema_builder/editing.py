"""Changes of the customer schema; each one moves the revision that processes watch."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max

from foundation.colors import COLOR_PATTERN
from foundation.public_ids import new_public_id
from foundation.text import folded

from .models import ChannelType, FieldDefinition, IgnoredIdentifier, SchemaRevision
from .snapshot import REVISION_ROW
from .types import TYPES
from .visibility import visibility_problems

# What even a supervisor cannot change once a field exists, and of a system field at all.
FIXED = ("key", "type", "is_channel_identifier")
SYSTEM_FIXED = (*FIXED, "is_required", "is_active")
DEFAULT_LENGTH = 50
OPTION_PARTS = {"value", "label", "color"}


class FieldIsProtected(Exception):
    """A system field cannot be deleted."""

    def __init__(self, field: FieldDefinition):
        super().__init__(f'Field "{field.key}" is a system field.')


def touch_schema() -> None:
    """Tell every process that its copy of the schema is old."""
    SchemaRevision.objects.filter(pk=REVISION_ROW).update(token=new_public_id())


@transaction.atomic
def create_field(*, channel_types: Sequence[ChannelType] = (), **values: Any) -> FieldDefinition:
    """Add a field, at the end of the order unless `sort_order` says otherwise.

    Raises ValidationError keyed by model field.
    """
    field = new_field(channel_types=channel_types, **values)
    field.save(force_insert=True)
    field.channel_types.set(channel_types)
    touch_schema()
    return field


def new_field(*, channel_types: Sequence[ChannelType] = (), **values: Any) -> FieldDefinition:
    """The field that `create_field` would add, checked and not saved."""
    field = FieldDefinition(**values)
    if "sort_order" not in values:
        last = FieldDefinition.objects.aggregate(last=Max("sort_order"))["last"] or 0
        field.sort_order = last + 1
    fill_length(field)
    check_field(field, channel_types)
    return field


@transaction.atomic
def change_field(
    field: FieldDefinition,
    *,
    may_clear_pii: bool,
    channel_types: Sequence[ChannelType] | None = None,
    **values: Any,
) -> FieldDefinition:
    """Change a field in place.

    Raises ValidationError for a change that the field does not allow, keyed by model field, and
    PermissionDenied where `is_pii` would be taken away without the right to.
    """
    field = FieldDefinition.objects.select_for_update().get(pk=field.pk)
    alter_field(field, may_clear_pii=may_clear_pii, channel_types=channel_types, **values)
    field.version += 1
    field.save(update_fields=[*values, "length", "version"])
    if channel_types is not None:
        field.channel_types.set(channel_types)
    touch_schema()
    return field


def alter_field(
    field: FieldDefinition,
    *,
    may_clear_pii: bool,
    channel_types: Sequence[ChannelType] | None = None,
    **values: Any,
) -> None:
    """Put `values` on the field, checked and not saved; raises as `change_field` does."""
    refuse_fixed(field, values)
    if field.is_pii and values.get("is_pii") is False and not may_clear_pii:
        raise PermissionDenied("Only an administrator may take the PII mark from a field.")
    if field.is_searchable and values.get("is_searchable") is False and field.is_system:
        raise ValidationError({"is_searchable": "A system field stays searchable."})
    for name, value in values.items():
        setattr(field, name, value)
    fill_length(field)
    serving = list(field.channel_types.all()) if channel_types is None else channel_types
    check_field(field, serving)


@transaction.atomic
def reorder_fields(keys: Iterable[str]) -> None:
    """Number the fields in the order of `keys`; fields not named follow in their old order.

    Raises ValidationError for an unknown or repeated key.
    """
    keys = list(keys)
    fields = {
        field.key: field
        for field in FieldDefinition.objects.select_for_update().order_by("sort_order", "id")
    }
    for key in keys:
        if key not in fields:
            raise ValidationError({"key": f'There is no field "{key}".'})
    if len(set(keys)) != len(keys):
        raise ValidationError({"key": "A field is named twice."})
    rest = [key for key in fields if key not in set(keys)]
    for position, key in enumerate([*keys, *rest], start=1):
        fields[key].sort_order = position
    FieldDefinition.objects.bulk_update(fields.values(), ["sort_order"])
    touch_schema()


@transaction.atomic
def arrange_fields(ids: Sequence[int]) -> None:
    """Put these fields into the order of `ids`, in the places they hold; all others stay."""
    keys = dict(FieldDefinition.objects.order_by("sort_order", "id").values_list("id", "key"))
    moved = iter([keys[pk] for pk in dict.fromkeys(ids) if pk in keys])
    reorder_fields([next(moved) if pk in ids else key for pk, key in keys.items()])


@transaction.atomic
def delete_field(field: FieldDefinition) -> None:
    """Delete a field that nothing refers to.

    Raises FieldIsProtected, or django's ProtectedError while values of it are stored.
    """
    if field.is_system:
        raise FieldIsProtected(field)
    field.delete()
    touch_schema()


@transaction.atomic
def save_schema_row(row: ChannelType | IgnoredIdentifier) -> None:
    """Save what belongs to the schema besides the fields."""
    row.save()
    touch_schema()


@transaction.atomic
def delete_schema_row(row: ChannelType | IgnoredIdentifier) -> None:
    """Delete it; raises django's ProtectedError for a channel type with conversations."""
    row.delete()
    touch_schema()


def fill_length(field: FieldDefinition) -> None:
    """Give a field of text a length where nobody did: the client cannot read one without."""
    field_type = TYPES.get(field.type)
    if field_type and field_type.has_length and field.length is None:
        field.length = DEFAULT_LENGTH


def refuse_fixed(field: FieldDefinition, values: dict[str, Any]) -> None:
    fixed = SYSTEM_FIXED if field.is_system else FIXED
    problems = {
        name: "cannot be changed."
        for name in fixed
        if name in values and values[name] != getattr(field, name)
    }
    if problems:
        raise ValidationError(problems)


def check_field(field: FieldDefinition, channel_types: Sequence[ChannelType]) -> None:
    """Raise ValidationError with every problem of the definition, keyed by model field."""
    problems: dict[str, list[str]] = {}
    try:
        field.full_clean()
    except ValidationError as error:
        # A constraint over the label reports it under no field.
        problems = {
            "label" if name == "__all__" else name: messages
            for name, messages in error.message_dict.items()
        }
    if "label" not in problems and is_label_taken(field):
        problems["label"] = ["is duplicate"]
    if "type" not in problems:
        for name, problem in type_problems(field, channel_types):
            problems.setdefault(name, []).append(problem)
    if problems:
        raise ValidationError(problems)


def is_label_taken(field: FieldDefinition) -> bool:
    """Whether another field has this label in any letter case; databases know that of few scripts."""
    others = FieldDefinition.objects.exclude(pk=field.pk).values_list("label", flat=True)
    return folded(field.label) in map(folded, others)


def type_problems(field: FieldDefinition, channel_types: Sequence[ChannelType]):
    """(model field, problem) of what does not fit the field's type."""
    field_type = field.field_type
    if field.is_channel_identifier and not field_type.may_identify:
        yield "is_channel_identifier", f"A field of type {field.type} cannot identify anybody."
    if channel_types and not field.is_channel_identifier:
        yield "channel_types", "Only a channel identifier serves channel types."
    if field_type.has_options:
        yield from options_problems(field.options)
    elif field.options:
        yield "options", f"A field of type {field.type} has no options."
    for problem in visibility_problems(field):
        yield "role_visibility", problem
    low, high = field.min_value, field.max_value
    if low is not None and high is not None and low > high:
        yield "max_value", "Must not be less than the smallest value."
    if field.default_value not in ("", [], None):
        try:
            field_type.clean(field.default_value, field)
        except ValidationError as error:
            yield "default_value", error.messages[0]


def options_problems(options: object):
    if not isinstance(options, list) or not options:
        yield "options", "A choice needs at least one option."
        return
    if not all(isinstance(option, dict) for option in options):
        yield "options", "Every option is an object with a value."
        return
    values = [option.get("value") for option in options]
    if not all(isinstance(value, str) and value.strip() == value != "" for value in values):
        yield "options", "Every option needs a value."
    elif len(set(values)) != len(values):
        yield "options", "An option is there twice."
    elif any({",", "\n"} & set(value) for value in values if value):
        yield "options", "An option may not hold a comma or a new line."
    elif problem := next(filter(None, map(option_problem, options)), None):
        yield "options", problem


def option_problem(option: dict[str, Any]) -> str | None:
    """What is wrong with an option besides its value."""
    if unknown := option.keys() - OPTION_PARTS:
        return f'Unknown part of an option "{min(unknown)}".'
    if not isinstance(option.get("label", ""), str):
        return "The label of an option is a text."
    color = option.get("color", "#000000")
    if not isinstance(color, str) or not re.match(COLOR_PATTERN, color):
        return "The color of an option is a colour such as #a9a9a9."
    return None
