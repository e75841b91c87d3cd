"""Dates and numbers in the notations of spreadsheets."""

import re
import unicodedata
from datetime import date, time

ISO_DATE = re.compile(r"(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})")
COMPACT_DATE = re.compile(r"(?P<y>[12][0-9]{3})(?P<m>[0-9]{2})(?P<d>[0-9]{2})")
NUMERIC_DATE = re.compile(r"([0-9]{1,2})([-/. ])\s*([0-9]{1,2})\2\s*([0-9]{4})")
NAMED_DATES = (
    re.compile(
        r"(?P<d>[0-9]{1,2})(?:st|nd|rd|th|\.)?[- ,]*(?P<m>[^\W\d_]+)\.?[- ,]*(?P<y>[0-9]{4})"
    ),
    re.compile(r"(?P<m>[^\W\d_]+)\.?[- ,]*(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?[- ,]+(?P<y>[0-9]{4})"),
)
# Month names of the calendar module follow the locale of the process.
MONTHS = "january february march april may june july august september october november december"
CLOCK = re.compile(
    r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2}))?(?:\.0+)?\s*(?P<half>[ap]\.?m\.?)?",
    re.IGNORECASE,
)
# What may stand between thousands, whatever the decimal sign.
SPACES = re.compile(r"(?<=[0-9])['\u2019\u00a0\u202f\u2009 ](?=[0-9])")
CURRENCY = re.compile(r"^(?:[A-Z]{3}\s+)?(.*?)(?:\s+[A-Z]{3})?$", re.DOTALL)
# Indian groups hold two digits.
GROUPED = {
    ",": re.compile(r"([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)?(?:,([0-9]+))?"),
    ".": re.compile(r"([0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}|[0-9]+)?(?:\.([0-9]+))?"),
}


def day_in(text: str, order: str) -> date | None:
    """The day that `text` names; None where it names none in this order.

    A year of four digits that comes first, and a month in letters, need no order.
    """
    found = numbers_in(text.strip(), order)
    try:
        return date(*found) if found else None
    except ValueError:
        return None


def numbers_in(text: str, order: str) -> tuple[int, int, int] | None:
    """Year, month and day."""
    for pattern in (ISO_DATE, COMPACT_DATE):
        if match := pattern.fullmatch(text):
            return int(match["y"]), int(match["m"]), int(match["d"])
    if match := NUMERIC_DATE.fullmatch(text):
        first, second, year = (int(match[group]) for group in (1, 3, 4))
        return {"dmy": (year, second, first), "mdy": (year, first, second)}.get(order)
    for pattern in NAMED_DATES:
        if (match := pattern.fullmatch(text)) and (month := month_in(match["m"])):
            return int(match["y"]), month, int(match["d"])
    return None


def month_in(word: str) -> int | None:
    """The number of an English month, in full or by at least three letters."""
    word = word.lower()
    found = [
        n for n, month in enumerate(MONTHS.split(), 1) if len(word) > 2 and month.startswith(word)
    ]
    return found[0] if found else 9 if word == "sept" else None


def time_in(text: str) -> time | None:
    """The time of day that `text` names."""
    match = CLOCK.fullmatch(text.strip())
    if not match:
        return None
    hour = int(match["h"])
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"][0] in "pP" else 0)
    try:
        return time(hour, int(match["m"]), int(match["s"] or 0))
    except ValueError:
        return None


def day_and_time_in(text: str, order: str) -> tuple[date, time] | None:
    """The day and the time that `text` names; midnight where it names a day alone."""
    text = text.strip()
    if day := day_in(text, order):
        return day, time()
    # The time is what follows the first blank, comma or T after which both can be read.
    for match in re.finditer(r"[T ,]\s*", text):
        day, clock = day_in(text[: match.start()], order), time_in(text[match.end() :])
        if day and clock is not None:
            return day, clock
    return None


def number_in_cell(text: str, decimal: str) -> str | None:
    """The number with a decimal point and nothing else; None where `text` is none.

    Signs of currency, groups of thousands, and minus signs before or after it may be there.
    """
    plain, minus = without_signs(text)
    match = GROUPED[decimal].fullmatch(SPACES.sub("", plain))
    if not match or match[1] is match[2] is None:
        return None
    whole = re.sub("[.,]", "", match[1] or "0")
    fraction = f".{match[2]}" if match[2] else ""
    return f"{minus}{whole}{fraction}"


def without_signs(text: str) -> tuple[str, str]:
    """(the number without currency and sign, "-" or "")."""
    kept = "".join(c for c in text if unicodedata.category(c) != "Sc").replace("\u2212", "-")
    plain = CURRENCY.sub(r"\1", kept.strip()).strip()
    if match := re.fullmatch(r"\((.+)\)|-\s*(.+)|([^-]+)-", plain, re.DOTALL):
        return next(filter(None, match.groups())).strip(), "-"
    return plain.removeprefix("+"), ""
