"""What text and numbers may be stored, and the form in which two texts are compared."""

import math
import re
import unicodedata
from collections.abc import Iterator

# Digits of an integer that every reader of JSON can hold.
MOST_DIGITS = 18
# Control characters but tab and newlines, zero-width and bidirectional format characters.
INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
SURROGATE = re.compile(r"[\ud800-\udfff]")


def folded(text: str) -> str:
    """`text` as it is searched: compatibility forms unified, letter case ignored."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def tidied(text: str) -> str:
    """`text` as it is stored: canonical composition (NFC), no space around it."""
    return unicodedata.normalize("NFC", text).strip()


def is_blank(text: str) -> bool:
    """True where a reader would see nothing: empty, white space, invisible characters."""
    return not INVISIBLE.sub("", text).strip()


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
