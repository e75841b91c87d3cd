"""The field types: one small class each, and the registry that everybody asks.

A type knows how a value is checked, stored, shown, masked, filtered and, for identifiers,
matched. The API, the admin and the pages all validate here.
"""

from .base import LONGEST_TEXT, FieldType, MatchKey, StoredValue
from .choices import Choice, MultiChoice
from .masks import looks_masked, masked_but
from .measures import Boolean, Date, DateTime, Number, plain
from .operators import Operator
from .words import (
    LONGEST_NAME,
    Alphanumeric,
    Email,
    Ip,
    Name,
    Password,
    PhoneNumber,
    String,
    Url,
)

__all__ = [
    "LONGEST_NAME",
    "LONGEST_TEXT",
    "TYPES",
    "DateTime",
    "FieldType",
    "MatchKey",
    "Operator",
    "StoredValue",
    "looks_masked",
    "masked_but",
    "plain",
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
