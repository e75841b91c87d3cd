"""Fields of the schema as subjects of filters."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Left
from django.db.models.lookups import Exact, In

from customers.filters import identity_condition
from customers.models import AttributeValue, ChannelIdentity
from customers.models.value import SORTED_LENGTH
from foundation.text import folded, tidied
from schema_builder.models import FieldDefinition
from schema_builder.snapshot import Schema

from .base import Condition, Subject, presence

# Shorter parts are in so many texts that no index helps; two characters of Chinese say much.
SHORTEST = {"contains": 3, "starts": 2}


@dataclass(frozen=True, slots=True)
class Field(Subject):
    """A field of the schema."""

    definition: FieldDefinition = None  # type: ignore[assignment]
    schema: Schema = None  # type: ignore[assignment]

    def condition(self, operator, operands):
        if operator not in ("filled", "empty"):
            check_length(operator, operands)
        return self.meaning(operator, operands)

    def meaning(self, operator: str, operands: list[str]) -> Condition:
        raise NotImplementedError


class Name(Field):
    __slots__ = ()

    def meaning(self, operator, operands):
        if operator in ("filled", "empty"):
            empty = indexed({"folded_name": ""}, "folded_name")
            return empty if operator == "empty" else ~empty
        lookups = self.definition.field_type.asked(operator, operands)
        renamed = {name.replace("folded", "folded_name"): value for name, value in lookups.items()}
        return indexed(renamed, "folded_name")


class Identifier(Field):
    """A field whose values are channel identities; retired ones do not count."""

    __slots__ = ()

    def meaning(self, operator, operands):
        held = ChannelIdentity.objects.filter(
            customer=OuterRef("pk"), field=self.definition, is_retired=False
        )
        if operator in ("filled", "empty"):
            return presence(held, operator)
        if operator == "starts":
            return Exists(held.filter(self.beginning(tidied(operands[0]))))
        exact = operator == "is"
        return Exists(
            held.filter(identity_condition(self.definition, operands[0], self.schema, exact))
        )

    def beginning(self, text: str) -> Q:
        """As it was sent, or as it is compared: a number with its country code."""
        key = folded(text)
        if self.definition.field_type.matches_digits and text.startswith(("+", "00")):
            key = "+" + "".join(str(int(c)) for c in text if c.isdecimal()).lstrip("0")
        return Q(value__istartswith=text) | Q(match_key__startswith=key)


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
        return Exists(rows.filter(indexed(field_type.asked(operator, operands), "folded")))


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
