"""The ways to ask about a value, each with the words for it."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

# A hundred years: further than any date that somebody looks for, and no overflow.
MOST_DAYS = 36_600


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to ask. `operands` is how many it compares with; None is one or more."""

    key: str
    label: str
    operands: int | None = 1
    # What stands in the input of an operand, where it is no value of the field.
    unit: str = ""
    # Asks for the whole value, so that it may be asked of one that is masked.
    is_whole: bool = False


IS = Operator("is", "is", is_whole=True)
CONTAINS = Operator("contains", "contains")
STARTS = Operator("starts", "starts with")
FILLED = Operator("filled", "is filled", operands=0, is_whole=True)
EMPTY = Operator("empty", "is empty", operands=0, is_whole=True)
PRESENCE = (FILLED, EMPTY)

TEXT = (IS, CONTAINS, STARTS, *PRESENCE)
NUMBERS = (
    IS,
    Operator("above", "is more than"),
    Operator("below", "is less than"),
    Operator("between", "is between", operands=2),
    *PRESENCE,
)
WITHIN = (
    Operator("last", "in the last", unit="days"),
    Operator("next", "in the next", unit="days"),
)
TIMES = (
    Operator("is", "is on", is_whole=True),
    Operator("before", "is before"),
    Operator("after", "is after"),
    Operator("between", "is between", operands=2),
    *WITHIN,
    *PRESENCE,
)
CHOICES = (Operator("any", "is any of", operands=None), *PRESENCE)
BOOLEANS = (IS, *PRESENCE)


def days_around(operator: str, operand: str) -> tuple[datetime, datetime]:
    """First and last moment of "in the last/next N days", today included; in UTC."""
    if not (operand.isascii() and operand.isdecimal() and len(operand) < 6):
        raise ValidationError("Give a number of days.")
    days = int(operand)
    if not 0 < days <= MOST_DAYS:
        raise ValidationError(f"Give 1 to {MOST_DAYS} days.")
    today = timezone.now().astimezone(UTC).date()
    ends = sorted([today, today + timedelta(days=-days if operator == "last" else days)])
    return datetime.combine(ends[0], time.min, UTC), datetime.combine(ends[1], time.max, UTC)
