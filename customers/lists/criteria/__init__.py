"""What a filter can ask about: fields of the schema, labels, dates, what needs attention.

Each subject knows its operators and turns one of them into a condition that an index answers at
any number of customers.
"""

from collections.abc import Iterator

from django.core.exceptions import ValidationError

from customers.masking import FieldAccess
from customers.statistics.figures import DAYS
from customers.system_fields import ANONYMOUS_FIELD, BUILT_IN, LABELS_FIELD, NAME_FIELD
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema
from schema_builder.types import Operator
from schema_builder.types.operators import BOOLEANS, IS, PRESENCE

from .attention import (
    AMBIGUOUS,
    INVALID,
    NEW_BY,
    SAME,
    SAME_AS,
    UNUSED,
    WITHOUT,
    Ambiguous,
    Invalid,
    NewBy,
    SameIdentity,
    Unused,
)
from .base import FilterField
from .fields import SHORTEST, IdentifierFilter, NameFilter, Value
from .record import (
    CREATED,
    DUPLICATES,
    LABELS,
    UPDATED,
    WITHOUT_PRESENCE,
    Anonymity,
    Duplicates,
    Labels,
    MomentFilter,
)
from .search import FINDS, SEARCH, Search

__all__ = [
    "AMBIGUOUS",
    "CREATED",
    "DUPLICATES",
    "FINDS",
    "INVALID",
    "NEW_BY",
    "RECORD_SECTION",
    "SAME_AS",
    "SEARCH",
    "SHORTEST",
    "UNUSED",
    "UPDATED",
    "WITHOUT",
    "FilterField",
    "FilterFields",
]

RECORD_SECTION = "Record"
YES_NO = [("true", "Yes"), ("false", "No")]
YES_NO_SUBJECTS = (
    (Duplicates, DUPLICATES, "Has likely duplicates"),
    (Ambiguous, AMBIGUOUS, "Has an ambiguous identifier"),
    (Invalid, INVALID, "Has an invalid identifier"),
    (Unused, UNUSED, "Is anonymous and unused"),
)


class FilterFields:
    """What one caller may filter by, in the order of the schema."""

    def __init__(self, schema: Schema, mask: FieldAccess):
        self.schema = schema
        self.mask = mask
        self.by_key: dict[str, FilterField] = {
            subject.key: subject for subject in self.found() if subject.operators
        }

    def found(self) -> Iterator[FilterField]:
        yield from map(self.of_field, self.schema.fields)
        for key, label in ((CREATED, "Created"), (UPDATED, "Updated")):
            yield MomentFilter(key, label, RECORD_SECTION, WITHOUT_PRESENCE, input_type="date")
        for kind, key, label in YES_NO_SUBJECTS:
            yield kind(key, label, RECORD_SECTION, BOOLEANS[:1], tuple(YES_NO))
        by = [(field.key, field.label) for field in self.schema.identifier_fields]
        yield NewBy(
            NEW_BY,
            f"New in {DAYS} days, by",
            RECORD_SECTION,
            (IS,),
            (*by, (WITHOUT, "no channel")),
        )
        yield SameIdentity(
            SAME_AS,
            "IdentifierFilter",
            RECORD_SECTION,
            (SAME,),
            fields=frozenset(self.schema.by_id),
        )
        yield Search(SEARCH, "Search", RECORD_SECTION, (FINDS,), schema=self.schema, mask=self.mask)

    def of_field(self, field: FieldDefinition) -> FilterField:
        place = field.key, field.label, field.section or "Details"
        if field.key == ANONYMOUS_FIELD:
            return Anonymity(*place, BOOLEANS[:1], tuple(YES_NO))
        if field.key == LABELS_FIELD:
            return Labels(*place, LABELS)
        kind = IdentifierFilter if field.is_channel_identifier else Value
        return (NameFilter if field.key == NAME_FIELD else kind)(
            *place,
            operators_for(field, self.mask),
            tuple(choices_of(field)),
            field.field_type.input_type,
            field,
            self.schema,
        )

    def get(self, key: str) -> FilterField:
        """Raises ValidationError for what is not there, or not for this caller."""
        if key in self.by_key:
            return self.by_key[key]
        if key in self.schema.by_key:
            raise ValidationError(f'You may not filter by "{key}".')
        raise ValidationError(f'There is no field "{key}".')


def is_findable(field: FieldDefinition) -> bool:
    return field.is_searchable or field.is_channel_identifier or field.key in BUILT_IN


def operators_for(field: FieldDefinition, mask: FieldAccess) -> tuple[Operator, ...]:
    """Of a value that the caller sees masked only the whole can be asked for.

    Whether there is a value gives nothing of it away. That alone is asked where all possible
    values are soon asked for, and of a field that is not searchable.
    """
    field_type = field.field_type
    if not is_findable(field) or field_type.is_secret:
        return PRESENCE
    if not mask.hides(field):
        return field_type.operators
    if field_type.is_guessable:
        return PRESENCE
    return tuple(operator for operator in field_type.operators if operator.is_whole)


def choices_of(field: FieldDefinition) -> list[tuple[str, str]]:
    if field.field_type.has_options:
        return [(o["value"], o.get("label") or o["value"]) for o in field.options]
    return field.field_type.operand_choices
