"""Types of days and moments; filtered and sorted as such."""

import re
from datetime import UTC, date, datetime, time

from django.core.exceptions import ValidationError

from foundation.moments import MOMENT, moment_in
from foundation.text import bare

from . import operators
from .base import FieldType, StoredValue
from .guessing import guess_date_order, is_ordered
from .notations import day_and_time_in
from .operators import days_around
from .reading import AS_EXPORTED, DATE_ORDERS, Reading
from .spans import SHAPE, SHORTEST, is_beginning, shape_of, span_of_beginning

EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
# A date with a year of two digits.
SHORT_YEAR = re.compile(r"[0-9]{1,2}([-/. ])\s*[0-9]{1,2}\1\s*[0-9]{2}(?![0-9])")


class Moment(FieldType):
    """What a date and a moment have in common: they are asked about by whole days or moments."""

    is_guessable = True
    sort_column = "timestamp"
    operators = operators.TIMES
    # How a value is written, a zero for each digit.
    shape = SHAPE

    reads_by = ("date_order",)
    remedy = "Choose another order for the column, or correct the cell."

    def guess_reading(self, cells, definition, hints):
        return Reading(date_order=guess_date_order(cells, hints.date_order))

    def is_doubtful(self, cells, reading):
        ordered = [cell for cell in cells if is_ordered(cell)]
        return bool(ordered) and all(
            day_and_time_in(cell, order) for cell in ordered for order in ("dmy", "mdy")
        )

    def moment_from(self, text: str, reading: Reading) -> tuple[date, time]:
        """The day and time in a cell. Raises ValidationError with the remedy."""
        found = day_and_time_in(text, reading.date_order)
        if found:
            return found
        if re.fullmatch("[0-9]{5}([.,][0-9]+)?", text):
            raise ValidationError("The number of a day, as spreadsheets count them, is no date.")
        if SHORT_YEAR.match(text):
            raise ValidationError("The year needs four digits.")
        order = DATE_ORDERS.get(reading.date_order, DATE_ORDERS["ymd"]).lower()
        raise ValidationError(f"Not a date in the order {order}.")

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

    def from_words(self, text, definition, reading=AS_EXPORTED):
        if re.fullmatch(self.regex, text):
            return text
        day, clock = self.moment_from(text, reading)
        if clock != time():
            raise ValidationError("Has a time of day, and the field holds a day only.")
        return day.isoformat()

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

    def in_cell(self, text, definition):
        return text.replace("T", " ").removesuffix("Z")

    def from_words(self, text, definition, reading=AS_EXPORTED):
        if re.fullmatch(self.regex, text):
            return text
        return datetime.combine(*self.moment_from(text, reading)).isoformat()


def moment_text(raw: str) -> str:
    """`raw` as moments are written: in UTC, with a T before the time."""
    return bare(raw).upper().replace(" ", "T", 1).removesuffix("Z")
