"""Beginnings of dates and moments, such as 1986 or 2026-04, as the span of time that they mean."""

import re
from calendar import monthrange
from datetime import UTC, datetime

# How a moment is written, a zero for each digit.
SHAPE = "0000-00-00T00:00:00.000000"
# Digits, least and most of year, month, day, hour, minute, second and their fraction.
PARTS = ((4, 1, 9999), (2, 1, 12), (2, 1, 31), (2, 0, 23), (2, 0, 59), (2, 0, 59), (6, 0, 999_999))
SHORTEST = 4


def shape_of(text: str) -> str:
    return re.sub("[0-9]", "0", text)


def is_beginning(text: str) -> bool:
    """Whether `text` has the shape of a date or a moment that was not written to its end."""
    return len(text) >= SHORTEST and SHAPE.startswith(shape_of(text))


def span_of_beginning(text: str) -> tuple[datetime, datetime]:
    """Return the first and the last moment that begin with `text`, which `is_beginning`.

    Raises ValueError where there is none.
    """
    written = re.split("[-T:.]", text)
    missing = [""] * (len(PARTS) - len(written))
    lows: list[int] = []
    highs: list[int] = []
    for (width, least, most), part in zip(PARTS, written + missing, strict=True):
        unit = 10 ** (width - len(part))
        start = int(part or 0) * unit
        lows.append(max(start, least))
        highs.append(min(start + unit - 1, most))
    # A month out of range raises ValueError, as does the 30th of February.
    highs[2] = min(highs[2], monthrange(highs[0], highs[1])[1])
    if highs < lows:
        raise ValueError(text)
    return moment_of(lows), moment_of(highs)


def moment_of(parts: list[int]) -> datetime:
    year, month, day, hour, minute, second, fraction = parts
    return datetime(year, month, day, hour, minute, second, fraction, UTC)
