"""Keys of fields: names in JSON, in addresses, in forms and files, in any script."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError

# Colons separate filters.
KEY = r"[^\W\d_][\w-]{0,63}"


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
