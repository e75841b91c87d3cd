"""Recognise the identifier field of a pasted text, such as a number or an e-mail address."""

from collections.abc import Iterable

from customers.lists.text_conditions import FEWEST_DIGITS
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

# Input types with values that are unlike any other text.
SHAPED = frozenset({"email", "tel"})


def recognised(
    text: str, fields: Iterable[FieldDefinition], schema: Schema
) -> tuple[FieldDefinition, str] | None:
    """Return the first of `fields` that reads `text`, with the text to store; None if none does."""
    for field in fields:
        field_type = field.field_type
        if field_type.input_type in SHAPED:
            match = field_type.match_key(text, schema.numbering[field.pk])
            if match.is_valid:
                return field, match.key
            if field_type.matches_digits and is_number_like(text):
                return field, text
    return None


def is_number_like(text: str) -> bool:
    digits = sum(c.isdecimal() for c in text)
    return digits >= FEWEST_DIGITS and not any(c.isalpha() for c in text)
