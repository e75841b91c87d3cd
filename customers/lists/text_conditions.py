"""Conditions that texts meet in any spelling; exact comparisons stay as they are."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from foundation.spelling import query_consonants, query_spellings
from foundation.text import folded
from schema_builder.models import FieldDefinition

# Fewer digits than this would match every number.
FEWEST_DIGITS = 3


def spelled(lookups: dict[str, Any], column: str = "folded") -> Q:
    """Return a type's lookups, widened to other spellings where they ask for a part or beginning.

    Types name the column of texts `folded`; in the row it is called `column`.
    """
    condition = Q(**{name.replace("folded", column): value for name, value in lookups.items()})
    for asked, marked in (("contains", "{}"), ("startswith", "\n{}")):
        if text := lookups.get(f"folded__{asked}"):
            for spelling in query_spellings(text):
                condition |= Q(**{f"{column}__{asked}": spelling})
                condition |= Q(search_key__contains=marked.format(spelling))
            if letters := query_consonants(text):
                condition |= Q(search_key__contains=letters)
    return condition


def spelled_whole(lookups: dict[str, Any], column: str = "folded") -> Q:
    """Return a type's lookups for a whole value, widened to other spellings of it."""
    condition = Q(**{name.replace("folded", column): value for name, value in lookups.items()})
    if text := lookups.get("folded"):
        for spelling in query_spellings(text):
            condition |= Q(**{column: spelling}) | Q(search_key__contains=f"\n{spelling}\n")
    return condition


def part_of_identifier(field: FieldDefinition, value: str) -> Q:
    """Return the condition that an identity holds `value` as a part, in any spelling.

    Numbers are searched by their digits as well, without the zeros in front that stand for a
    country or that are dialled at home only.
    """
    condition = Q(value__icontains=value.strip())
    for spelling in query_spellings(value):
        condition |= Q(search_key__contains=spelling)
    if field.field_type.matches_digits:
        for digits in numbers_in_text(value):
            condition |= Q(match_key__contains=digits)
    return condition


def beginning_of_identifier(field: FieldDefinition, value: str) -> Q:
    """Return the condition that an identity begins with `value`, as sent or as compared."""
    condition = Q(value__istartswith=value) | Q(match_key__startswith=folded(value))
    for spelling in query_spellings(value):
        condition |= Q(search_key__contains=f"\n{spelling}")
    if field.field_type.matches_digits and value.startswith(("+", "00")):
        condition |= Q(match_key__startswith=f"+{digits_of(value).lstrip('0')}")
    return condition


def numbers_in_text(value: str) -> Iterable[str]:
    """Return the digits of `value`, and those without the zeros in front, if there are enough."""
    digits = digits_of(value.replace("(0)", ""))
    found = dict.fromkeys((digits, digits.lstrip("0")))
    return [one for one in found if len(one) >= FEWEST_DIGITS]


def digits_of(value: str) -> str:
    return "".join(str(int(c)) for c in value if c.isdecimal())
