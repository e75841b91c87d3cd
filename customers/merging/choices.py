"""Which value wins where merged customers differ, as the caller chose it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from customers.error_messages import LOCKED, UNKNOWN
from customers.masking import FieldAccess
from customers.system_fields import ANONYMOUS_FIELD, LABELS_FIELD
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema
from schema_builder.types import StoredValue

SURVIVOR, NEWEST = "survivor", "newest"


def check_choices(
    choices: Mapping[str, Any], known: Sequence[str], schema: Schema, mask: FieldAccess
) -> None:
    """Raise ValidationError for a choice that names no field or makes no sense for it."""
    problems = {}
    for key, choice in choices.items():
        definition = schema.by_key.get(key)
        if definition is None or not mask.shows(definition):
            problems[key] = UNKNOWN
        elif mask.locks(definition):
            problems[key] = LOCKED
        elif definition.is_channel_identifier or key in (LABELS_FIELD, ANONYMOUS_FIELD):
            problems[key] = "Everything of this field is kept, so there is nothing to choose."
        elif not is_choice(choice, known):
            problems[key] = (
                'Must be "survivor", "newest", {"customer": one of the ids} or {"value": …}.'
            )
    if problems:
        raise ValidationError(problems)


def is_choice(choice: Any, known: Sequence[str]) -> bool:
    if isinstance(choice, dict):
        return choice.keys() == {"value"} or (
            choice.keys() == {"customer"} and choice["customer"] in known
        )
    return choice in (SURVIVOR, NEWEST)


def clean_value(definition: FieldDefinition, raw: Any) -> StoredValue | None:
    """The stated value as it is stored. Raises ValidationError keyed by field."""
    try:
        return definition.field_type.clean(raw, definition)
    except ValidationError as error:
        raise ValidationError({definition.key: error.messages}) from None
