"""The rules of a field of the schema, for whoever changes it or drafts a change."""

from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from foundation.text import folded

from .models import ChannelType, FieldDefinition
from .options import options_problems
from .permissions import CLEAR_PII_SENTENCE
from .types import TYPES
from .visibility import visibility_problems

# What even a supervisor cannot change once a field exists, and of a system field at all.
FIXED = ("key", "type", "is_channel_identifier")
SYSTEM_FIXED = (*FIXED, "is_required", "is_active")
DEFAULT_LENGTH = 50
KEEPS_MARK = (
    "You do not have permission to remove the personal data mark. Ask an administrator for the"
    f" permission “{CLEAR_PII_SENTENCE}”."
)
ONE_WAY = (
    "You cannot remove this mark later, not even by going back to an earlier version: that takes"
    f" the permission “{CLEAR_PII_SENTENCE}”."
)


def fill_length(field: FieldDefinition) -> None:
    """Give a field of text a length where nobody did: the client cannot read one without."""
    field_type = TYPES.get(field.type)
    if field_type and field_type.has_length and field.length is None:
        field.length = DEFAULT_LENGTH


def refuse_fixed(field: FieldDefinition, values: dict[str, Any], *, converts: bool = False) -> None:
    free = {"type"} if converts and may_convert(field, values.get("type", "")) else set()
    problems = {
        name: "cannot be changed."
        for name in (SYSTEM_FIXED if field.is_system else FIXED)
        if name in values and values[name] != getattr(field, name) and name not in free
    }
    if problems:
        raise ValidationError(problems)


def may_convert(field: FieldDefinition, type_key: str) -> bool:
    """Whether values of the field may become values of another type.

    Identifiers may not: channels would no longer find by what was matched before.
    """
    is_free = not (field.is_system or field.is_channel_identifier)
    return is_free and type_key in field.field_type.converts_to


def refuse_clearing_pii(
    field: FieldDefinition, values: dict[str, Any], may_clear_pii: bool
) -> None:
    """Raise PermissionDenied where `is_pii` would be removed without the permission to."""
    if field.is_pii and values.get("is_pii") is False and not may_clear_pii:
        raise PermissionDenied(KEEPS_MARK)


def refuse_unsearchable(field: FieldDefinition, values: dict[str, Any]) -> None:
    if field.is_searchable and values.get("is_searchable") is False and field.is_system:
        raise ValidationError({"is_searchable": "A system field stays searchable."})


def check_field(
    field: FieldDefinition,
    channel_types: Sequence[ChannelType],
    others: Collection[tuple[str, str]] | None = None,
) -> None:
    """Raise ValidationError with every problem of the definition, keyed by model field.

    `others` are keys and labels of the other fields; without them it asks the database.
    """
    problems: dict[str, list[str]] = {}
    try:
        # Not the constraints: the database would be asked for each of them, and has them anyway.
        field.clean_fields()
    except ValidationError as error:
        problems = error.message_dict
    if others is None:
        rows = FieldDefinition.objects.exclude(pk=field.pk)
        others = list(rows.values_list("key", "label"))
    for name, problem in duplicate_problems(field, others):
        problems.setdefault(name, [problem])
    if "type" not in problems:
        for name, problem in type_problems(field, channel_types):
            problems.setdefault(name, []).append(problem)
    if problems:
        raise ValidationError(problems)


def duplicate_problems(field: FieldDefinition, others: Collection[tuple[str, str]]):
    """(model field, problem) where another field has the key, or the label in any letter case.

    Databases know of letter case in few scripts.
    """
    if field.key in {key for key, _ in others}:
        yield "key", "is duplicate"
    if folded(field.label) in {folded(label) for _, label in others}:
        yield "label", "is duplicate"


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
