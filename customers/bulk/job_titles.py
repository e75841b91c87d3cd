"""What a job on many customers is called: what it does, and to how many.

Whoever watches jobs reads titles, so values stand in them only where everybody sees the field.
"""

from collections.abc import Iterable

from customers.system_fields import BUILT_IN
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.visibility import Visibility

from .change import CheckedChange

LONGEST_VALUE = 60
LONGEST_TITLE = 200
ANY_CHANGE = "Change"


def job_title(deed: str, customers: int) -> str:
    ending = f": {customers:,} customer{'' if customers == 1 else 's'}"
    return f"{deed[: LONGEST_TITLE - len(ending)]}{ending}"


def deed_of(change: CheckedChange) -> str:
    parts = [
        *with_label_names("Label", change.add),
        *with_label_names("Take off label", change.remove),
        *(field_deed(change.schema.by_key[key], raw) for key, raw in change.fields.items()),
    ]
    told = list(dict.fromkeys(parts))
    # A field that somebody may not know of stays unnamed beside others, too.
    return ANY_CHANGE if ANY_CHANGE in told else ", ".join(told)


def with_label_names(deed: str, labels: Iterable[Label]) -> Iterable[str]:
    names = ", ".join(label.name for label in labels)
    if names:
        yield f"{deed} {names}"


def field_deed(field: FieldDefinition, raw: object) -> str:
    levels = set(field.role_visibility.values())
    if Visibility.HIDDEN in levels:
        return ANY_CHANGE
    if (
        field.key in BUILT_IN
        or field.is_pii
        or field.field_type.is_secret
        or Visibility.MASKED in levels
    ):
        return f"Set {field.label}"
    value = value_in_words(field, raw)
    return f"{field.label} → {value}" if value else f"Empty {field.label}"


def value_in_words(field: FieldDefinition, raw: object) -> str:
    """Nothing for an identifier, which can only be emptied for many."""
    if field.is_channel_identifier:
        return ""
    stored = field.field_type.clean(raw, field)
    words = field.field_type.in_words(stored.text, field).replace("\n", ", ") if stored else ""
    return words if len(words) <= LONGEST_VALUE else f"{words[:LONGEST_VALUE]}…"
