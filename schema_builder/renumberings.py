"""Numbering plans that added or dropped digits: two spellings of one line are in use."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Renumbering:
    """E.164 numbers of a country before and after a change, and the spelling they share."""

    country: str
    pattern: re.Pattern[str]
    spelling: str


RENUMBERINGS = (
    # 9 after the area code of mobile numbers.
    Renumbering("BR", re.compile(r"\+55(\d\d)9?([6-9]\d{7})"), r"+55\g<1>9\2"),
    # 1 after the country code, dropped in 2019.
    Renumbering("MX", re.compile(r"\+521?(\d{10})"), r"+52\1"),
    # 9 after the country code of mobile numbers; the library reads the 15 that is dialled at home.
    Renumbering("AR", re.compile(r"\+549?(\d{10})"), r"+549\1"),
    # 01 before all numbers, since November 2024.
    Renumbering("BJ", re.compile(r"\+229(?:01)?(\d{8})"), r"+22901\1"),
    # The digits of the operator before all numbers, since January 2021. Which ones cannot be
    # derived for every old number, so the spelling they share is the old one.
    Renumbering("CI", re.compile(r"\+225(?:01|05|07|21|25|27)?(\d{8})"), r"+225\1"),
)

_COUNTRY_CODES = ("+55", "+52", "+54", "+229", "+225")


def renumbering_line(number: str) -> str | None:
    """Return one spelling for all E.164 spellings of a line, or None where it has but one."""
    if not number.startswith(_COUNTRY_CODES):
        return None
    lines = (
        one.pattern.sub(one.spelling, number)
        for one in RENUMBERINGS
        if one.pattern.fullmatch(number)
    )
    return next(lines, None)
