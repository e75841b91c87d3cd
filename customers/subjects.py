"""What a filter can ask about: fields of the schema, labels, anonymity, dates, duplicates.

Each subject knows its operators and turns one of them into a condition that an index answers at
any number of customers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import NegatedExpression
from django.db.models.functions import Left
from django.db.models.lookups import Exact, In

from foundation.public_ids import is_public_id
from foundation.text import folded, tidied
from schema_builder.models import FieldDefinition
from schema_builder.snapshot import Schema
from schema_builder.types import TYPES, Operator
from schema_builder.types.operators import BOOLEANS, PRESENCE, TIMES

from .filters import identity_condition
from .masking import Mask
from .models import AttributeValue, ChannelIdentity, CustomerLabel, DuplicatePair
from .models.value import SORTED_LENGTH
from .values import ANONYMOUS_FIELD, BUILT_IN, LABELS_FIELD, NAME_FIELD

CREATED, UPDATED = "createdAt", "updatedAt"
# No key of the schema starts with a dot.
DUPLICATES = ".duplicates"
RECORD_SECTION = "Record"
YES_NO = [("true", "Yes"), ("false", "No")]
LABELS = (
    Operator("any", "any of", operands=None),
    Operator("none", "none of", operands=None),
    *PRESENCE,
)
WITHOUT_PRESENCE = tuple(operator for operator in TIMES if operator not in PRESENCE)
# Shorter parts are in so many texts that no index helps; two characters of Chinese say much.
SHORTEST = {"contains": 3, "starts": 2}

Condition = Q | Exists | NegatedExpression


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that customers are filtered by."""

    key: str
    label: str
    section: str
    operators: tuple[Operator, ...]
    # (value, words) of what an operand can be; empty where it is typed.
    choices: tuple[tuple[str, str], ...] = ()
    input_type: str = "text"

    def operator(self, key: str) -> Operator:
        """Raises ValidationError for one that the subject does not have, or not for everybody."""
        for operator in self.operators:
            if operator.key == key:
                return operator
        raise ValidationError(f'{self.label} cannot be asked "{key}".')

    def condition(self, operator: str, operands: list[str]) -> Condition:
        """Raises ValidationError where an operand makes no sense."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class YesNo(Subject):
    """Something that is so or is not."""

    def condition(self, operator, operands):
        is_wanted = TYPES["boolean"].asked(operator, operands)["number"]
        return self.holds() if is_wanted else ~self.holds()

    def holds(self) -> Condition:
        raise NotImplementedError


class Anonymity(YesNo):
    __slots__ = ()

    def holds(self):
        return Q(is_anonymous=True)


class Duplicates(YesNo):
    """Whether somebody else may be the same person."""

    __slots__ = ()

    def holds(self):
        # One set of keys, which is small: either end by itself would walk all customers.
        pairs = DuplicatePair.objects
        return Q(pk__in=pairs.values("first").union(pairs.values("second")))


@dataclass(frozen=True, slots=True)
class Moment(Subject):
    """A column that holds when something happened."""

    column: ClassVar[dict[str, str]] = {CREATED: "created_at", UPDATED: "updated_at"}

    def condition(self, operator, operands):
        lookups = TYPES["datetime"].asked(operator, operands)
        column = self.column[self.key]
        return Q(**{name.replace("timestamp", column): value for name, value in lookups.items()})


class Labels(Subject):
    __slots__ = ()

    def condition(self, operator, operands):
        worn = CustomerLabel.objects.filter(customer=OuterRef("pk"))
        if operator in ("filled", "empty"):
            return presence(worn, operator)
        if not all(is_public_id(operand) for operand in operands):
            raise ValidationError("That is not the id of a label.")
        wears = Exists(worn.filter(label__public_id__in=operands))
        return wears if operator == "any" else ~wears


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
            # Names the column so that its partial index answers.
            return presence(rows.filter(**{f"{field_type.sort_column}__isnull": False}), operator)
        return Exists(rows.filter(indexed(field_type.asked(operator, operands), "folded")))


def presence(rows: Any, operator: str) -> Condition:
    return Exists(rows) if operator == "filled" else ~Exists(rows)


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


class Subjects:
    """What one caller may filter by, in the order of the schema."""

    def __init__(self, schema: Schema, mask: Mask):
        self.schema = schema
        self.mask = mask
        self.by_key: dict[str, Subject] = {
            subject.key: subject for subject in self.found() if subject.operators
        }

    def found(self) -> Iterator[Subject]:
        for field in self.schema.fields:
            if is_findable(field):
                yield self.of_field(field)
        for key, label in ((CREATED, "Created"), (UPDATED, "Updated")):
            yield Moment(key, label, RECORD_SECTION, WITHOUT_PRESENCE, input_type="date")
        yield Duplicates(
            DUPLICATES, "Has likely duplicates", RECORD_SECTION, BOOLEANS[:1], tuple(YES_NO)
        )

    def of_field(self, field: FieldDefinition) -> Subject:
        place = field.key, field.label, field.section or "Details"
        if field.key == ANONYMOUS_FIELD:
            return Anonymity(*place, BOOLEANS[:1], tuple(YES_NO))
        if field.key == LABELS_FIELD:
            return Labels(*place, LABELS)
        kind = Identifier if field.is_channel_identifier else Value
        return (Name if field.key == NAME_FIELD else kind)(
            *place,
            operators_for(field, self.mask),
            tuple(choices_of(field)),
            field.field_type.input_type,
            field,
            self.schema,
        )

    def get(self, key: str) -> Subject:
        """Raises ValidationError for what is not there, or not for this caller."""
        if key in self.by_key:
            return self.by_key[key]
        if key in self.schema.by_key:
            raise ValidationError(f'You may not filter by "{key}".')
        raise ValidationError(f'There is no field "{key}".')


def is_findable(field: FieldDefinition) -> bool:
    return field.is_searchable or field.is_channel_identifier or field.key in BUILT_IN


def operators_for(field: FieldDefinition, mask: Mask) -> tuple[Operator, ...]:
    """Of a value that the caller sees masked only the whole can be asked for.

    Nothing at all where all possible values are soon asked for.
    """
    field_type = field.field_type
    if not mask.hides(field):
        return field_type.operators
    if field_type.is_guessable:
        return ()
    return tuple(operator for operator in field_type.operators if operator.is_whole)


def choices_of(field: FieldDefinition) -> list[tuple[str, str]]:
    if field.field_type.has_options:
        return [(o["value"], o.get("label") or o["value"]) for o in field.options]
    return field.field_type.operand_choices
