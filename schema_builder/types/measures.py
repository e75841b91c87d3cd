"""Types of what is counted, dated or answered by yes and no; filtered and sorted as such."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation

from django import forms
from django.core.exceptions import ValidationError

from foundation.text import tidied

from .base import FieldType, StoredValue

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
        return {"number": self.number_of(tidied(raw))}

    exact_condition = condition


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
    widget = forms.Select
    _words = {"true": True, "false": False}

    def text_of(self, raw):
        text = str(raw).lower() if isinstance(raw, bool | str) else ""
        if text not in self._words:
            raise ValidationError("Must be true or false.")
        return text

    def parse(self, text, definition):
        return StoredValue(text, number=Decimal(self._words[text]))

    def to_wire(self, text):
        return text == "true"

    def mask(self, text):
        return "***"

    def condition(self, raw):
        return {"number": int(self._words[self.text_of(raw)])}

    exact_condition = condition


class Date(FieldType):
    key = "date"
    label = "Date"
    icon = "calendar_today"
    about = "A day, such as a birthday or the end of a contract."
    example = "2027-03-31"
    converts_to = frozenset({"string"})
    is_guessable = True
    supports_names = True
    regex = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
    sort_column = "timestamp"
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

    def condition(self, raw):
        return {"timestamp": datetime.combine(self.date_of(tidied(raw)), time(), UTC)}

    exact_condition = condition


class DateTime(FieldType):
    key = "datetime"
    label = "Date and time"
    icon = "schedule"
    about = "A moment, in UTC."
    example = "2027-03-31T09:30:00Z"
    converts_to = frozenset({"string"})
    is_guessable = True
    regex = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[-+][0-9]{2}:?[0-9]{2})?$"
    sort_column = "timestamp"
    input_type = "datetime-local"
    hint = "UTC."

    def parse(self, text, definition):
        moment = self.moment_of(text)
        shown = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
        return StoredValue(shown.replace("+00:00", "Z"), timestamp=moment)

    def moment_of(self, text):
        try:
            if not re.fullmatch(self.regex, text):
                raise ValueError
            moment = datetime.fromisoformat(text)
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except OverflowError:
            raise ValidationError("Datetime value out of range.") from None
        except ValueError:
            raise ValidationError(
                "Datetime has wrong format. Use YYYY-MM-DDThh:mm[:ss][Z or +hh:mm]."
            ) from None

    def condition(self, raw):
        text = tidied(raw)
        if re.fullmatch(Date.regex, text):
            day = Date().date_of(text)
            return {
                "timestamp__gte": datetime.combine(day, time.min, UTC),
                "timestamp__lte": datetime.combine(day, time.max, UTC),
            }
        return {"timestamp": self.moment_of(text)}

    exact_condition = condition


def plain(number: Decimal | int) -> str:
    """A number without the zeros that its column fills up."""
    return f"{Decimal(number).normalize():f}"
