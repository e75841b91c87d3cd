"""Phone numbers in any notation, and the variants in which one line is known."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

# Countries that added or dropped a digit: both spellings are in use for the same mobile line.
# Brazil: 9th digit after the area code. Mexico: 1 after +52. Argentina: 9 after +54; its 15 of
# numbers dialled at home is read by the library.
_LINES = (
    (re.compile(r"\+55(\d\d)9?([6-9]\d{7})"), r"+55\g<1>9\2"),
    (re.compile(r"\+521?(\d{10})"), r"+52\1"),
    (re.compile(r"\+549?(\d{10})"), r"+549\1"),
)


# The same people call and write again and again.
@lru_cache(maxsize=20_000)
def e164(text: str, region: str = "") -> str | None:
    """`text` as E.164 such as +923001234567, or None where it is no possible number.

    `region` is the two-letter country of a number written without country code. Extensions are
    dropped: they are reached through the same line.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    # A raw query string may carry pluses where its sender meant spaces.
    plain = re.sub(r"(?<=[\d)])\+", " ", plain)
    attempts = [plain]
    if plain.startswith("00"):
        attempts.append(f"+{plain[2:]}")
    possible = []
    for attempt in attempts:
        try:
            number = phonenumbers.parse(attempt, region or None)
        except NumberParseException:
            continue
        # A digit that was dropped long ago, such as Mexico's, is still sent by channels.
        if phonenumbers.is_possible_number(number) or line_of(formatted(number)):
            possible.append(number)
    if not possible:
        return None
    # Where 00 is not the way to dial abroad it may still be meant so: an existing number wins.
    number = next(filter(phonenumbers.is_valid_number, possible[1:]), possible[0])
    return formatted(number)


def formatted(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def line_of(number: str) -> str | None:
    """One spelling for all E.164 spellings of a line, or None where it has but one."""
    lines = (
        pattern.sub(spelling, number) for pattern, spelling in _LINES if pattern.fullmatch(number)
    )
    return next(lines, None)
