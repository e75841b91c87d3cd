"""Values that channels send for a contact without an identity, whatever their notation."""

import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException

from foundation.spelling import plain_spelling, with_digraphs
from foundation.text import folded

from .wrappers import has_no_user, sip_address, unwrapped_email, unwrapped_telephone

_NUMBER = re.compile(r"\+?[0-9]+")
# Such as -1, which programs send for "none".
_NEGATIVE = re.compile(r"[-\u2212]([1-9][0-9]{0,2})(?:\.0+)?")
# Longer texts are refused elsewhere; reading them would take time.
_LONGEST = 1000
_ASCII_SIGNS = re.compile(r"[\W_]+", re.ASCII)
# Only such texts are worth the time of unwrapping.
_WRAPPED = re.compile(r"""[:<"'(]|\A\s*\+?[0-9].*@""", re.DOTALL)
# A variable that the sender did not fill in: `${caller}`, `{{contact.phone}}`, `%ANI%`.
_UNFILLED = re.compile(r"\s*(?:\$?\{[^{}]*\}|\{\{[^{}]*\}\}|%[A-Za-z_.]+%)\s*")
_ZEROS = "0000000"
_PUNCTUATION = frozenset("PZC")
_SIGNS = frozenset({"Mn", "Sc", "Sk", "Sm"})


def comparable(text: str) -> str:
    """Return `text` without letter case, accents, punctuation and spaces.

    A number keeps its "+", a small one its "-". Letters of Arabic, Persian and Urdu keyboards that stand for the same letter are one.
    """
    plain = folded(text)
    if _NUMBER.fullmatch(plain):
        return plain
    if negative := _NEGATIVE.fullmatch(plain):
        return f"-{negative[1]}"
    if plain.isascii():
        letters = _ASCII_SIGNS.sub("", plain)
    else:
        letters = "".join(
            c for c in unicodedata.normalize("NFKD", plain_spelling(plain)) if is_letter(c)
        )
    is_number = plain.startswith("+") and _NUMBER.fullmatch(letters)
    return f"+{letters}" if is_number else letters


def comparables(text: str) -> set[str]:
    """Return `text` as it is compared, and as it is written where letters with dots are missing."""
    return {comparable(text), comparable(with_digraphs(text))}


def is_letter(character: str) -> bool:
    """True for letters, digits and pictures; False for punctuation, signs, accents and spaces."""
    category = unicodedata.category(character)
    return category[0] not in _PUNCTUATION and category not in _SIGNS


def is_withheld(text: str, listed: frozenset[str], region: str = "") -> bool:
    """True if `text` is one of the `listed` values, names no user, or is nothing but zeros.

    `listed` holds comparable values. `region` is the country of numbers without country code:
    a keypad word such as 266696687 is a subscriber's number in some.
    """
    if _NUMBER.fullmatch(text):
        return is_listed(text, listed, region)
    if len(text) > _LONGEST:
        return False
    if _UNFILLED.fullmatch(text):
        return True
    readings, address = {text}, text
    if _WRAPPED.search(text):
        # A raw query string may carry a plus where its sender meant a space.
        text = text.replace("+<", " <")
        if has_no_user(text):
            return True
        readings |= {unwrapped_telephone(text), unwrapped_email(text)}
        address = sip_address(text) or unwrapped_email(text)
    keys = map(comparable, readings)
    return cannot_exist(address) or any(is_listed(key, listed, region) for key in keys)


def cannot_exist(address: str) -> bool:
    """True for an address at .invalid (RFC 2606), such as RFC 3323's anonymous@anonymous.invalid.

    A user part without letters is a number, which decides.
    """
    user, _, host = address.rpartition("@")
    if not user:
        return False
    domain = folded(host).rstrip(".").rpartition(".")[2]
    return domain == "invalid" and any(character.isalpha() for character in user)


def is_listed(key: str, listed: frozenset[str], region: str) -> bool:
    if key in listed or not key.strip("+0"):
        return True
    if not _NUMBER.fullmatch(key):
        return False
    if key.endswith(_ZEROS) and is_zero(key):
        return True
    digits = key.removeprefix("00") if key.startswith("00") else key
    return f"+{digits}" in listed and not is_subscriber(digits, region)


def is_zero(key: str) -> bool:
    """True if nothing but zeros follows the country code of an international number."""
    try:
        return not phonenumbers.parse(key).national_number
    except NumberParseException:
        return False


def is_subscriber(digits: str, region: str) -> bool:
    """True if the digits are a valid number in the region."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, region or None))
    except NumberParseException:
        return False
