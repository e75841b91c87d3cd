"""Phone numbers in any notation, as E.164."""

import re
import unicodedata
from typing import NamedTuple

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

from .renumberings import renumbering_line
from .vanity import foreign_letters, has_letters, without_extension
from .wrappers import unwrapped_telephone

SHORT_CODE = re.compile(r"[0-9]{3,6}")
# A number that needs no unwrapping and has no fraction.
PLAIN = re.compile(r"(?!\+?[0-9]{5,}\.0{1,2}$)\+?[0-9]+(?:[ .-]+[0-9]+)*")
# Digits and what people write between them.
_BARE = re.compile(r"[\d\s().-]+")
# A number that a spreadsheet or a program took for one with a fraction.
_WHOLE_FLOAT = re.compile(r"^(\+?[0-9]{5,})[.,]0{1,2}$")
FEWEST_DIGITS, MOST_DIGITS = 8, 15
ORDINARY = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
# The shortest E.164 numbers there are, such as those of Niue.
FEWEST_INTERNATIONAL_DIGITS = 7
# Digits and punctuation of a number that may lack its area code.
_UNPREFIXED = re.compile(r"[\d\s()./\u2010-\u2015\u2212-]+")
# No country has longer numbers that are dialled without area code.
MOST_LOCAL_DIGITS = 8
FEWEST_LOCAL_DIGITS = 3

INTERNATIONAL = "Write the number in international form, such as +92 300 1234567."
NOT_A_NUMBER = "Not a phone number."
NO_COUNTRY_CODE = f"The country code is missing. {INTERNATIONAL}"
AREA_CODE_IS_MISSING = "The area code is missing"
AREA_CODE_OR_REGION_IS_MISSING = "The area code is missing, or no default region is set"


class Numbering(NamedTuple):
    """How digits without "+" are read.

    `region` is the two-letter country of numbers without country code. Where digits are
    international, as WhatsApp's are, a reading with country code goes before the region.
    """

    region: str = ""
    is_international: bool = False


UNKNOWN_NUMBERING = Numbering()


def e164(text: str, region: str = "", *, is_international: bool = False) -> str | None:
    """Return `text` as E.164 such as +923001234567, or None where it is no possible number.

    Extensions are dropped: they are reached through the same line. A number that is possible
    only without area code is none.
    """
    return number_in_text(bare_number(text), Numbering(region, is_international))


def number_in_text(plain: str, numbering: Numbering) -> str | None:
    """Return the number that `bare_number` left as E.164, or None."""
    if not has_letters(plain):
        number = chosen_reading(without_extension(plain), numbering)
        return formatted(number) if number else None
    if foreign_letters(plain):
        return None
    number = chosen_reading(without_extension(plain), numbering)
    return formatted(number) if number and phonenumbers.is_valid_number(number) else None


def holds_foreign_letters(text: str) -> bool:
    return bool(foreign_letters(bare_number(text)))


def bare_number(text: str) -> str:
    """Return `text` without wrapper, in ASCII digits."""
    if PLAIN.fullmatch(text):
        return without_fraction(text)
    plain = unicodedata.normalize("NFKC", unwrapped_telephone(text)).strip()
    plain = without_fraction("".join(str(int(c)) if c.isdecimal() else c for c in plain))
    # A raw query string may carry pluses where its sender meant spaces.
    return re.sub(r"(?<=[\d)])\+", " ", plain)


def without_fraction(text: str) -> str:
    """Return a number such as +4915112340101.0 without what a spreadsheet added to it."""
    return _WHOLE_FLOAT.sub(r"\1", text)


def chosen_reading(plain: str, numbering: Numbering) -> phonenumbers.PhoneNumber | None:
    """Return the likeliest of the possible readings of `plain`."""
    national = parse_number(plain, numbering.region)
    if plain.startswith("00"):
        # Where 00 is not the way to dial abroad it may still be meant so.
        abroad = parse_number(f"+{plain[2:]}")
        return abroad if is_valid(abroad) else first_possible(national, abroad)
    if plain.startswith("+"):
        return first_possible(national)
    if SHORT_CODE.fullmatch(plain):
        is_dialled = is_valid(national) and not lacks_prefix(plain, national, numbering.region)
        return national if is_dialled else None
    return reading_of_digits(plain, national, numbering)


def reading_of_digits(
    plain: str, national: phonenumbers.PhoneNumber | None, numbering: Numbering
) -> phonenumbers.PhoneNumber | None:
    """Return a number without "+" as one of the region, or with its country code."""
    international = international_reading(plain, numbering)
    if is_valid(international):
        if numbering.is_international and plain.isdecimal():
            return international
        if is_own_without_prefix(plain, international, national, numbering.region):
            return international
    if is_local(national):
        return None
    if not is_valid(international) or is_valid(national):
        return None if is_short(national) else first_possible(national)
    return international


def international_reading(plain: str, numbering: Numbering) -> phonenumbers.PhoneNumber | None:
    """Return bare digits read as if "+" stood before them."""
    digits = "".join(c for c in plain if c.isdecimal())
    fewest = FEWEST_INTERNATIONAL_DIGITS if numbering.is_international else FEWEST_DIGITS
    # No country code begins with 0.
    is_bare = not plain.startswith("0") and _BARE.fullmatch(plain)
    if not is_bare or not fewest <= len(digits) <= MOST_DIGITS:
        return None
    return parse_number(f"+{digits}")


def parse_number(text: str, region: str = "") -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region or None)
    except NumberParseException:
        return None


def first_possible(*numbers: phonenumbers.PhoneNumber | None) -> phonenumbers.PhoneNumber | None:
    return next(filter(is_possible, numbers), None)


def is_possible(number: phonenumbers.PhoneNumber | None) -> bool:
    """Return whether the country has such numbers, or others as long, local ones included.

    The client of the contract writes such numbers with country code: `+15550001`.
    """
    return number is not None and (phonenumbers.is_possible_number(number) or is_valid(number))


def is_valid(number: phonenumbers.PhoneNumber | None) -> bool:
    """Return whether the country has such numbers, or had them before a renumbering."""
    return number is not None and (
        renumbering_line(formatted(number)) is not None or phonenumbers.is_valid_number(number)
    )


def is_local(number: phonenumbers.PhoneNumber | None) -> bool:
    """Return whether the number lacks an area code, so that every area has one."""
    if number is None:
        return False
    reason = phonenumbers.is_possible_number_with_reason(number)
    return reason == ValidationResult.IS_POSSIBLE_LOCAL_ONLY and not is_valid(number)


def is_short(number: phonenumbers.PhoneNumber | None) -> bool:
    """Return whether the country has no such numbers, and ordinary ones have more digits.

    The library takes many local numbers for possible ones, because others are as short.
    """
    if number is None or is_valid(number):
        return False
    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    usual = filter(None, (phonenumbers.example_number_for_type(region, kind) for kind in ORDINARY))
    lengths = [len(phonenumbers.national_significant_number(example)) for example in usual]
    digits = len(phonenumbers.national_significant_number(number))
    return bool(lengths) and digits < min(lengths)


def is_own_without_prefix(
    plain: str,
    international: phonenumbers.PhoneNumber | None,
    national: phonenumbers.PhoneNumber | None,
    region: str,
) -> bool:
    """Return whether the digits begin with the region's country code in place of its prefix."""
    code = phonenumbers.country_code_for_region(region)
    if international is None or international.country_code != code:
        return False
    return any(lacks_prefix(plain, number, region) for number in (international, national))


def lacks_prefix(plain: str, number: phonenumbers.PhoneNumber | None, region: str) -> bool:
    """Return whether `number` is dialled at home by a prefix that `plain` does not have."""
    if number is None:
        return False
    prefix = phonenumbers.ndd_prefix_for_region(region, True)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return prefix is not None and national.startswith(prefix) and not plain.startswith(prefix)


def formatted(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def is_local_only(plain: str, numbering: Numbering) -> bool:
    """Return whether the area code of a number is missing, or may be."""
    plain = without_extension(plain)
    if has_letters(plain) or plain.startswith(("+", "00")) or SHORT_CODE.fullmatch(plain):
        return False
    if not numbering.region:
        return may_be_local(plain)
    number = parse_number(plain, numbering.region)
    return is_local(number) or is_short(number)


def may_be_local(plain: str) -> bool:
    """Return whether some country dials such a number without area code.

    A number of 8 digits that begins with 0 has one: 0 is dialled before it.
    """
    digits = "".join(c for c in plain if c.isdecimal())
    if not _UNPREFIXED.fullmatch(plain) or len(digits) < FEWEST_LOCAL_DIGITS:
        return False
    most = MOST_LOCAL_DIGITS - digits.startswith("0")
    return len(digits) <= most


def missing_from_local(region: str) -> str:
    """Return what a number that identifies no customer lacks."""
    return AREA_CODE_IS_MISSING if region else AREA_CODE_OR_REGION_IS_MISSING


def number_problem(plain: str, numbering: Numbering) -> str:
    """Return why `plain` is no phone number."""
    if letters := foreign_letters(plain):
        return f"{NOT_A_NUMBER[:-1]}: it holds the letters {letters}. {INTERNATIONAL}"
    if is_local_only(plain, numbering):
        return f"{missing_from_local(numbering.region)}. {INTERNATIONAL}"
    digits = sum(c.isdecimal() for c in plain)
    is_bare = bool(_BARE.fullmatch(without_extension(plain)))
    if is_bare and not numbering.region and FEWEST_INTERNATIONAL_DIGITS <= digits <= MOST_DIGITS:
        return NO_COUNTRY_CODE
    return NOT_A_NUMBER


def country_of(text: str) -> str | None:
    """Return the country of a number with country code."""
    number = parse_number(text)
    return phonenumbers.region_code_for_number(number) if number else None


def exists(text: str, region: str) -> bool:
    """Return whether `text` is a number that exists in the country."""
    number = parse_number(text, region)
    return number is not None and phonenumbers.is_valid_number_for_region(number, region)
