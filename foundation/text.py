"""What text and numbers may be stored, and the form in which two texts are compared."""

import math
import re
import unicodedata
from collections.abc import Iterator

from .invisible import shows_nothing, without_ignorable, without_meaningless

# Digits of an integer that every reader of JSON can hold.
MOST_DIGITS = 18
SURROGATE = re.compile(r"[\ud800-\udfff]")


def folded(text: str) -> str:
    """Return `text` as it is compared: Unicode's NFKC_Casefold, without space around it.

    Compatibility forms are unified, letter case and invisible characters are ignored.
    """
    visible = unicodedata.normalize("NFKC", without_ignorable(text))
    return unicodedata.normalize("NFKC", visible.casefold()).strip()


def tidied(text: str) -> str:
    """Return names and prose as they are stored: composed (NFC), without space around them.

    Invisible characters go unless they shape a word or an emoji.
    """
    composed = without_meaningless(unicodedata.normalize("NFC", text))
    return unicodedata.normalize("NFC", composed).strip()


def bare(text: str) -> str:
    """Return data such as addresses, numbers, dates and ids: as `tidied`, nothing invisible."""
    visible = without_ignorable(unicodedata.normalize("NFC", text))
    return unicodedata.normalize("NFC", visible).strip()


def is_blank(text: str) -> bool:
    """Return True where a reader would see nothing."""
    return shows_nothing(text)


def hostile_characters(text: str) -> str | None:
    """Why no database should meet `text`, or None: PostgreSQL refuses NUL and lone surrogates."""
    if "\x00" in text:
        return "Null characters are not allowed."
    if found := SURROGATE.search(text):
        return f"Surrogate characters are not allowed: U+{ord(found.group()):04X}."
    return None


def hostile_number(number: int | float) -> str | None:
    """Why not every reader of JSON reads `number`, or None.

    PostgreSQL answers a float without fraction as an integer, and few read those beyond 64 bits.
    """
    if not -math.inf < number < math.inf:
        return "A valid number is required."
    if abs(number) >= 10**MOST_DIGITS:
        return f"Ensure that there are no more than {MOST_DIGITS} digits in total."
    return None


def hostile_paths(document: object, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, reason) of every hostile key, string or number in a decoded JSON `document`."""
    if isinstance(document, str):
        if reason := hostile_characters(document):
            yield path, reason
    elif isinstance(document, int | float):
        if reason := hostile_number(document):
            yield path, reason
    elif isinstance(document, list):
        for index, item in enumerate(document):
            yield from hostile_paths(item, f"{path}[{index}]")
    elif isinstance(document, dict):
        for key, item in document.items():
            below = f"{path}.{key}" if path else key
            if reason := hostile_characters(key):
                yield ascii(below)[1:-1], reason
            else:
                yield from hostile_paths(item, below)
