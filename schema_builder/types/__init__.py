"""The field types: one small class each, and the registry that everybody asks.

A type knows how a value is checked, stored, shown, masked, filtered and, for identifiers,
matched. The API, the admin and the pages all validate here.
"""

from .base import LONGEST_TEXT, FieldType, MatchKey, StoredValue
from .choices import Choice, MultiChoice
from .masks import looks_masked, masked_but
from .moments import Date, DateTime
from .numbers import Boolean, Number, plain_number
from .operators import Operator
from .reading import AS_EXPORTED, DATE_ORDERS, DECIMAL_SIGNS, Hints, Reading, reading_from
from .text import LONGEST_NAME, Alphanumeric, Email, Ip, Name, Password, PhoneNumber, String, Url

__all__ = [
    "AS_EXPORTED",
    "DATE_ORDERS",
    "DECIMAL_SIGNS",
    "LONGEST_NAME",
    "LONGEST_TEXT",
    "TYPES",
    "DateTime",
    "FieldType",
    "Hints",
    "MatchKey",
    "Operator",
    "Reading",
    "StoredValue",
    "looks_masked",
    "masked_but",
    "plain_number",
    "reading_from",
    "type_choices",
]

TYPES: dict[str, FieldType] = {
    field_type.key: field_type
    for field_type in (
        String(),
        Alphanumeric(),
        Name(),
        Number(),
        Boolean(),
        Email(),
        PhoneNumber(),
        Ip(),
        Password(),
        Url(),
        Date(),
        DateTime(),
        Choice(),
        MultiChoice(),
    )
}


def type_choices() -> list[tuple[str, str]]:
    """Choices of `FieldDefinition.type`; migrations name this function, so it cannot move."""
    return [(key, field_type.label) for key, field_type in TYPES.items()]
