"""A country made-up people come from: how they are called there, and their mobile numbers."""

import unicodedata
from dataclasses import dataclass
from functools import cached_property

# A prime that divides no count of lines: multiplying by it scatters consecutive serials.
_SCATTER = 982_451_653
# Letters that no decomposition turns into ASCII.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "\u0131": "i", "ß": "ss", "æ": "ae", "œ": "oe"}
)


@dataclass(frozen=True)
class LocalName:
    native: str
    # ASCII letters, for e-mail addresses and handles.
    latin: str


@dataclass(frozen=True)
class Locale:
    """Names are written "native" or "native:Latin", with a space between them."""

    region: str
    # A mobile number is one of the prefixes and so many digits.
    prefixes: str
    digits: int
    # Separated by a comma and a space.
    cities: str
    given: str
    family: str
    full_name: str = "{given} {family}"

    @cached_property
    def given_names(self) -> list[LocalName]:
        return [parsed_name(name) for name in self.given.split()]

    @cached_property
    def family_names(self) -> list[LocalName]:
        return [parsed_name(name) for name in self.family.split()]

    @cached_property
    def city_names(self) -> list[str]:
        return self.cities.split(", ")

    @cached_property
    def _prefixes(self) -> list[str]:
        return self.prefixes.split()

    def mobile(self, serial: int) -> str:
        """The E.164 number of a serial; below ten million no two of them have the same."""
        lines = 10**self.digits
        prefix, line = divmod(serial * _SCATTER % (len(self._prefixes) * lines), lines)
        return f"+{self._prefixes[prefix]}{line:0{self.digits}d}"


def parsed_name(text: str) -> LocalName:
    native, _, latin = text.partition(":")
    return LocalName(native, ascii_letters(latin or native))


def ascii_letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower().translate(_PLAIN))
    return "".join(c for c in decomposed if c.isascii() and c.isalpha())
