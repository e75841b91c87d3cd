"""Keys of fields: names in JSON, in addresses, in forms and files, in any script."""

import re
from collections.abc import Collection
from itertools import chain, count

from django.conf import settings
from django.core.exceptions import ValidationError

# Colons separate filters.
KEY = r"[^\W\d_][\w-]{0,63}"
# Characters of a derived key, so that a number fits behind it.
LONGEST_DERIVED = 56
# For a label without a letter.
NAMELESS = "field"


def check_key(key: str) -> None:
    """Refuse what cannot be a property name of a customer."""
    if key in settings.RESERVED_FIELD_KEYS:
        raise ValidationError(f'"{key}" is reserved.')
    if not re.fullmatch(KEY, key):
        raise ValidationError(
            "Must start with a letter and hold only letters, digits, _ and -, 64 at most."
        )


class FieldKeyConverter:
    """A key in an address: whatever may be one finds its way there."""

    regex = KEY

    def to_python(self, value: str) -> str:
        return value

    to_url = to_python


def is_made_of(key: str, label: str) -> bool:
    """Whether `key` is but the label without its spaces, as the contract's client makes it."""
    return re.sub(r"\s", "", label).casefold() == key.casefold()


def derived_key(label: str, taken: Collection[str]) -> str:
    """Return a valid key for the label: its words in camel case, numbered where it is `taken`."""
    words = re.findall(r"[^\W_]+", label)
    joined = "".join(word[0].upper() + word[1:] for word in words)
    key = re.sub(r"^\d+", "", joined)[:LONGEST_DERIVED]
    key = key[:1].lower() + key[1:] if re.fullmatch(KEY, key) else NAMELESS
    numbered = (f"{key}{number}" for number in count(2))
    return next(one for one in chain([key], numbered) if is_free(one, taken))


def is_free(key: str, taken: Collection[str]) -> bool:
    """Whether a new field may have this key."""
    is_valid = re.fullmatch(KEY, key) is not None
    return is_valid and key not in taken and key not in settings.RESERVED_FIELD_KEYS
