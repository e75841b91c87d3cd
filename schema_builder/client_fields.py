"""Fields as the contract's client creates them: it makes the key itself, and sends no options."""

from typing import Any

from django.db import transaction

from .editing import create_field
from .keys import derived_key, is_free, is_made_of
from .models import FieldDefinition
from .types import TYPES
from .versions import lock_schema


@transaction.atomic
def create_client_field(
    *, author: str, key: str, label: str, type: str, **values: Any
) -> FieldDefinition:
    """Create a field as `create_field` does, with what a client could not know.

    A key that is but the label without spaces was typed by no user, so that one that is invalid or
    taken is replaced. A type with options starts with one where none were sent.
    """
    lock_schema()
    taken = set(FieldDefinition.objects.values_list("key", flat=True))
    if is_made_of(key, label) and not is_free(key, taken):
        key = derived_key(label, taken)
    if "options" not in values and type in TYPES:
        values["options"] = TYPES[type].first_options(values.get("default_value"))
    return create_field(author=author, key=key, label=label, type=type, **values)
