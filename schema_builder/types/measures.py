"""Types of what is counted, dated or answered by yes and no; filtered and sorted as such."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from foundation.moments import MOMENT, moment_in
from foundation.text import bare, folded

from . import operators
from .base import FieldType, StoredValue
from .operators import days_around
from .spans import SHAPE, SHORTEST, is_beginning, shape_of, span_of_beginning

LONGEST_NUMBER = 28
NUMBER_LIMIT = 2_147_483_647
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


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
            raise ValidationError(f"Ensure this value is greater than or equal to {plain(low)}.")
        if number > high:
            raise ValidationError(f"Ensure this value is less than or equal to {plain(high)}.")
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

    def asked(self, operator, operands):
        numbers = [self.number_of(bare(operand)) for operand in operands]
        return compared("number", operator, numbers)


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

    def from_words(self, text, definition):
        return self._spoken.get(text.lower(), text)


class Moment(FieldType):
    """What a date and a moment have in common: they are asked about by whole days or moments."""

    is_guessable = True
    sort_column = "timestamp"
    operators = operators.TIMES
    # How a value is written, a zero for each digit.
    shape = SHAPE

    def span_of(self, text: str) -> tuple[datetime, datetime]:
        """First and last moment that `text` means."""
        raise NotImplementedError

    def span_sought(self, raw: str) -> tuple[datetime, datetime]:
        """Return the first and last moment of a search: a beginning, `<from>..<to>`, a value.

        Raises ValidationError for anything else.
        """
        first, dots, last = moment_text(raw).partition("..")
        if not dots:
            return self.span_of_part(first)
        return (
            self.span_of_part(first)[0] if first else EARLIEST,
            self.span_of_part(last)[1] if last else LATEST,
        )

    def span_of_part(self, text: str) -> tuple[datetime, datetime]:
        if not (is_beginning(text) and self.shape.startswith(shape_of(text))):
            return self.span_of(text)
        try:
            return span_of_beginning(text)
        except ValueError:
            raise ValidationError("There is no such date.") from None

    def condition(self, raw):
        """Values within a span, which an index finds, or else those with a part such as 03-18."""
        try:
            first, last = self.span_sought(raw)
        except ValidationError:
            part = moment_text(raw)
            if len(part) < SHORTEST or shape_of(part) not in self.shape or is_beginning(part):
                raise
            return {"text__contains": part}
        return {"timestamp__gte": first, "timestamp__lte": last}

    def exact_condition(self, raw):
        first, last = self.span_of(bare(raw))
        return {"timestamp__gte": first, "timestamp__lte": last}

    def asked(self, operator, operands):
        if operator in ("last", "next"):
            first, last = days_around(operator, bare(operands[0]))
            return {"timestamp__gte": first, "timestamp__lte": last}
        spans = sorted(self.span_of(bare(operand)) for operand in operands)
        first, last = spans[0][0], spans[-1][1]
        if operator == "before":
            return {"timestamp__lt": first}
        if operator == "after":
            return {"timestamp__gt": last}
        return {"timestamp__gte": first, "timestamp__lte": last}


class Date(Moment):
    key = "date"
    label = "Date"
    icon = "calendar_today"
    about = "A day, such as a birthday or the end of a contract."
    example = "2027-03-31"
    converts_to = frozenset({"string"})
    supports_names = True
    shape = SHAPE[:10]
    regex = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
    input_type = "date"

    def parse(self, text, definition):
        day = self.date_of(text)
        return StoredValue(text, timestamp=datetime.combine(day, time(), UTC))

    def date_of(self, text):
        try:
            if re.fullmatch(self.regex, text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise ValidationError("Date has wrong format. Use YYYY-MM-DD.")

    def span_of(self, text):
        midnight = datetime.combine(self.date_of(text), time(), UTC)
        return midnight, midnight


class DateTime(Moment):
    key = "datetime"
    label = "Date and time"
    icon = "schedule"
    about = "A moment, in UTC."
    example = "2027-03-31T09:30:00Z"
    converts_to = frozenset({"string"})
    regex = MOMENT
    input_type = "datetime-local"
    hint = "UTC."

    def parse(self, text, definition):
        moment = self.moment_of(text)
        shown = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
        return StoredValue(shown.replace("+00:00", "Z"), timestamp=moment)

    def moment_of(self, text):
        try:
            return moment_in(text).astimezone(UTC)
        except OverflowError:
            raise ValidationError("Datetime value out of range.") from None
        except ValueError:
            raise ValidationError(
                "Datetime has wrong format. Use YYYY-MM-DDThh:mm[:ss][Z or +hh:mm]."
            ) from None

    def span_of(self, text):
        if re.fullmatch(Date.regex, text):
            day = Date().date_of(text)
            return datetime.combine(day, time.min, UTC), datetime.combine(day, time.max, UTC)
        moment = self.moment_of(text)
        return moment, moment

    def in_words(self, text, definition):
        return text[:16].replace("T", " ")


def moment_text(raw: str) -> str:
    """`raw` as moments are written: in UTC, with a T before the time."""
    return bare(raw).upper().replace(" ", "T", 1).removesuffix("Z")


def plain(number: Decimal | int) -> str:
    """A number without the zeros that its column fills up."""
    return f"{Decimal(number).normalize():f}"


def compared(column: str, operator: str, numbers: list[Decimal]) -> dict[str, Any]:
    """Lookups of one of `operators.NUMBERS`."""
    lookup = {"is": "", "above": "__gt", "below": "__lt"}.get(operator)
    if lookup is None:
        return {f"{column}__gte": min(numbers), f"{column}__lte": max(numbers)}
    return {f"{column}{lookup}": numbers[0]}
