"""Fields of the schema as subjects of filters."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Left
from django.db.models.lookups import Exact, In

from customers.lists.list_query import identity_condition
from customers.lists.text_conditions import beginning_of_identifier, spelled
from customers.models import AttributeValue, ChannelIdentity
from customers.models.value import SORTED_LENGTH
from foundation.text import folded, tidied
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

from .base import Condition, FilterField, presence

# Shorter parts are in so many texts that no index helps; two characters of Chinese say much.
SHORTEST = {"contains": 3, "starts": 2}


@dataclass(frozen=True, slots=True)
class Field(FilterField):
    """A field of the schema."""

    definition: FieldDefinition = None  # type: ignore[assignment]
    schema: Schema = None  # type: ignore[assignment]

    def condition(self, operator, operands):
        if operator not in ("filled", "empty"):
            check_length(operator, operands)
        return self.meaning(operator, operands)

    def meaning(self, operator: str, operands: list[str]) -> Condition:
        raise NotImplementedError


class NameFilter(Field):
    __slots__ = ()

    def meaning(self, operator, operands):
        if operator in ("filled", "empty"):
            empty = indexed({"folded_name": ""}, "folded_name")
            return empty if operator == "empty" else ~empty
        lookups = self.definition.field_type.asked(operator, operands)
        return spelled_or_indexed(lookups, "folded_name")


class IdentifierFilter(Field):
    """A field whose values are channel identities; retired ones do not count."""

    __slots__ = ()

    def meaning(self, operator, operands):
        held = ChannelIdentity.objects.active().filter(
            customer=OuterRef("pk"), field=self.definition
        )
        if operator in ("filled", "empty"):
            return presence(held, operator)
        if operator == "starts":
            beginning = beginning_of_identifier(self.definition, tidied(operands[0]))
            return Exists(held.filter(beginning))
        exact = operator == "is"
        return Exists(
            held.filter(identity_condition(self.definition, operands[0], self.schema, exact))
        )


class Value(Field):
    """A field whose values are attribute value rows."""

    __slots__ = ()

    def meaning(self, operator, operands):
        field_type = self.definition.field_type
        rows = AttributeValue.objects.filter(customer=OuterRef("pk"), field=self.definition)
        if operator in ("filled", "empty"):
            # Names the column so that its partial index answers; a secret stands in no column.
            indexed_rows = rows.filter(**{f"{field_type.sort_column}__isnull": False})
            return presence(rows if field_type.is_secret else indexed_rows, operator)
        return Exists(
            rows.filter(spelled_or_indexed(field_type.asked(operator, operands), "folded"))
        )


def spelled_or_indexed(lookups: dict[str, Any], column: str) -> Q:
    """Return lookups for parts of a text in any spelling, others with the index they need."""
    if {"folded__contains", "folded__startswith"} & lookups.keys():
        return spelled(lookups, column)
    renamed = {name.replace("folded", column): value for name, value in lookups.items()}
    return indexed(renamed, column)


def indexed(lookups: dict[str, Any], column: str) -> Q:
    """The lookups, with what the index of the beginnings of whole texts needs beside them."""
    condition = Q(**lookups)
    beginning = Left(column, SORTED_LENGTH)
    if column in lookups:
        condition &= Q(Exact(beginning, lookups[column][:SORTED_LENGTH]))
    if f"{column}__in" in lookups:
        texts = [text[:SORTED_LENGTH] for text in lookups[f"{column}__in"]]
        condition &= Q(In(beginning, texts))
    return condition


def check_length(operator: str, operands: list[str]) -> None:
    """Raise ValidationError for a part of a text that is too short to be looked for."""
    least = SHORTEST.get(operator, 1)
    text = folded(operands[0])
    if len(text) < least and text.isascii():
        raise ValidationError(f"Type at least {least} characters.")
