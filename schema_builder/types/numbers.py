"""Types of numbers and of yes or no; filtered and sorted as such."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from foundation.text import bare, folded

from . import operators
from .base import FieldType, StoredValue
from .guessing import fits_both_signs, guess_decimal, guess_yes_and_no
from .notations import number_in_cell
from .reading import AS_EXPORTED, Reading

LONGEST_NUMBER = 28
NUMBER_LIMIT = 2_147_483_647


class Number(FieldType):
    key = "number"
    label = "Number"
    icon = "numbers"
    about = "Amounts and counts, with a smallest and a largest."
    example = "1250.50"
    converts_to = frozenset({"string"})
    is_guessable = True
    has_range = True
    regex = r"^[-+]?[0-9]*\.?[0-9]+$"
    sort_column = "number"
    input_type = "number"
    operators = operators.NUMBERS

    def check_limits(self, text, definition):
        if len(text) > LONGEST_NUMBER:
            raise ValidationError(
                f"Ensure that there are no more than {LONGEST_NUMBER} digits in total."
            )
        super().check_limits(text, definition)

    def parse(self, text, definition):
        number = self.number_of(text)
        low = -NUMBER_LIMIT if definition.min_value is None else definition.min_value
        high = NUMBER_LIMIT if definition.max_value is None else definition.max_value
        if number < low:
            raise ValidationError(
                f"Ensure this value is greater than or equal to {plain_number(low)}."
            )
        if number > high:
            raise ValidationError(
                f"Ensure this value is less than or equal to {plain_number(high)}."
            )
        return StoredValue(text, number=number)

    def number_of(self, text):
        try:
            number = Decimal(text) if re.fullmatch(self.regex, text) else None
        except InvalidOperation:
            number = None
        # Fractions beyond what the column keeps would come back changed.
        if number is None or abs(number.adjusted()) > 18 or number.as_tuple().exponent < -10:  # type: ignore[operator]
            raise ValidationError("A valid number is required.")
        return number

    def condition(self, raw):
        return {"number": self.number_of(bare(raw))}

    exact_condition = condition

    reads_by = ("decimal",)
    remedy = "Choose another decimal sign for the column, or correct the cell."

    def guess_reading(self, cells, definition, hints):
        return Reading(decimal=guess_decimal(cells, hints.decimal))

    def is_doubtful(self, cells, reading):
        return all(map(fits_both_signs, cells)) and any("," in c or "." in c for c in cells)

    def from_words(self, text, definition, reading=AS_EXPORTED):
        if not reading.decimal:
            return text
        number = number_in_cell(text, reading.decimal)
        if number is None:
            sign = "comma" if reading.decimal == "," else "point"
            raise ValidationError(f"Not a number with a decimal {sign}.")
        return number

    def asked(self, operator, operands):
        numbers = [self.number_of(bare(operand)) for operand in operands]
        return number_lookups("number", operator, numbers)


class Boolean(FieldType):
    key = "boolean"
    label = "Yes or no"
    icon = "toggle_on"
    about = "Answered by yes or no."
    example = "true"
    converts_to = frozenset({"string"})
    is_guessable = True
    regex = "^(true|false)$"
    sort_column = "number"
    operators = operators.BOOLEANS
    widget = forms.Select
    _words = {"true": True, "false": False}
    _spoken = {"yes": "true", "y": "true", "1": "true", "no": "false", "n": "false", "0": "false"}

    def text_of(self, raw):
        text = bare(str(raw)).lower() if isinstance(raw, bool | str) else ""
        if text not in self._words:
            raise ValidationError("Must be true or false.")
        return text

    def parse(self, text, definition):
        return StoredValue(text, number=Decimal(self._words[text]))

    def to_wire(self, text):
        return text == "true"

    def condition(self, raw):
        return self.exact_condition(self._spoken.get(folded(raw), folded(raw)))

    def exact_condition(self, raw):
        return {"number": int(self._words[self.text_of(raw)])}

    def asked(self, operator, operands):
        return self.exact_condition(operands[0])

    @property
    def operand_choices(self):
        return [("true", "Yes"), ("false", "No")]

    def in_words(self, text, definition):
        return dict(self.operand_choices).get(text, text)

    reads_by = ("yes", "no")
    remedy = "Add it to the words for yes or for no of the column, or correct the cell."

    def guess_reading(self, cells, definition, hints):
        yes, no = guess_yes_and_no(cells)
        return Reading(yes=yes, no=no)

    def from_words(self, text, definition, reading=AS_EXPORTED):
        word = folded(text)
        if word in reading.yes or word in reading.no:
            return "true" if word in reading.yes else "false"
        if word in self._words:
            return word
        if word in self._spoken:
            return self._spoken[word]
        raise ValidationError("Neither a word for yes nor one for no.")


def plain_number(number: Decimal | int) -> str:
    """A number without the zeros that its column fills up."""
    return f"{Decimal(number).normalize():f}"


def number_lookups(column: str, operator: str, numbers: list[Decimal]) -> dict[str, Any]:
    """Lookups of one of `operators.NUMBERS`."""
    lookup = {"is": "", "above": "__gt", "below": "__lt"}.get(operator)
    if lookup is None:
        return {f"{column}__gte": min(numbers), f"{column}__lte": max(numbers)}
    return {f"{column}{lookup}": numbers[0]}
