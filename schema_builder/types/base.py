"""What every field type is: a field of plain text, unless it says otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import re2
from django import forms
from django.core.exceptions import ValidationError

from foundation.cells import joined, quoted_items
from foundation.text import bare, folded, is_blank
from schema_builder.phones import UNKNOWN_NUMBERING, Numbering

from . import operators
from .masks import ANYTHING, WHOLE_MASK, accepting_masks, mask_all_but
from .operators import Operator
from .reading import AS_EXPORTED, Hints, Reading

LONGEST_TEXT = 1000


class Definition(Protocol):
    """What a type reads of a field definition."""

    length: int | None
    min_value: Decimal | None
    max_value: Decimal | None
    pattern: str
    options: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A cleaned value, in the columns of an attribute value row.

    `text` is the value as it is given out; the others exist to be filtered and sorted by.
    """

    text: str
    folded: str | None = None
    number: Decimal | None = None
    timestamp: datetime | None = None
    # As FieldType.near_key has it.
    near_key: str | None = None


@dataclass(frozen=True, slots=True)
class MatchKey:
    """The form in which an identifier is compared; `is_valid` is False where it did not parse."""

    key: str
    is_valid: bool = True
    # False where different people may have it, such as a number without area code.
    identifies: bool = True


class FieldType:
    """A field of plain text, and the base of all other types."""

    key = ""
    label = ""
    icon = "text_fields"
    # For who chooses a type: what it is for, and a value.
    about = ""
    example = ""
    # How somebody is called on a channel, where that differs.
    handle = ""
    # Types that values may become without losing anything, as far as every one of them parses.
    converts_to: frozenset[str] = frozenset()
    # What values look like, in JavaScript; `client_regex` is what the contract's client gets.
    regex = ANYTHING
    may_identify = False
    longest = LONGEST_TEXT
    has_length = False
    has_range = False
    has_options = False
    # Never shown to anybody, whatever their role.
    is_secret = False
    # The type has so few values that a part of one, or asking for each, gives a masked one away.
    is_guessable = False
    # What an empty value is on the wire.
    blank: Any = ""
    sort_column = "folded"
    # Whether a value of this type outside the identifiers points to one person as they do.
    points_to_person = False
    # Whether people with like names and the same value are likely one person: always, or where
    # customers are searched for by it.
    supports_names = False
    supports_names_if_searchable = False
    # Whether a part of an identifier is looked for by its digits alone.
    matches_digits = False
    widget: type[forms.Widget] = forms.TextInput
    input_type = "text"
    # What somebody who fills a form has to know.
    hint = ""
    # The ways to ask about a value; `asked` knows each of them but those about presence.
    operators: tuple[Operator, ...] = operators.TEXT

    def clean(self, raw: Any, definition: Definition) -> StoredValue | None:
        """`raw` as it is stored, or None for "no value"; raises ValidationError."""
        if raw is None or raw == "":
            return None
        text = self.text_of(raw)
        if is_blank(text):
            return None
        self.check_limits(text, definition)
        return self.parse(text, definition)

    def text_of(self, raw: Any) -> str:
        if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
            raise ValidationError("Not a valid string.")
        return self.tidy(str(raw))

    def tidy(self, text: str) -> str:
        """Return `text` as it is stored: data without invisible characters."""
        return bare(text)

    def check_limits(self, text: str, definition: Definition) -> None:
        limit = (self.has_length and definition.length) or self.longest
        if len(text) > limit:
            raise ValidationError(f"Ensure this field has no more than {limit} characters.")
        if definition.pattern and not re2.fullmatch(definition.pattern, text):
            raise ValidationError("Does not have the required format.")

    def parse(self, text: str, definition: Definition) -> StoredValue:
        return StoredValue(text, folded=self.compared(text))

    def compared(self, text: str) -> str:
        """Return the form in which two values of this type are equal."""
        return folded(text)

    def recleaned(self, text: str, definition: Definition) -> StoredValue:
        """The stored `text` by the rules of `definition`; raises ValidationError.

        Not a letter of it may change.
        """
        value = self.clean(self.raw_of(text), definition)
        if value is None or value.text != text:
            raise ValidationError("Would be changed.")
        return value

    def raw_of(self, text: str) -> Any:
        """What `clean` reads as the stored `text`."""
        return text

    def examples(self, definition: Definition) -> str:
        """A value that a field with this definition may have, as it is stored."""
        return self.example

    def replaced(self, text: str, mapping: Mapping[str, str]) -> str:
        """The stored `text` with options replaced by others, or left out for ""."""
        return text

    def first_options(self, default: Any) -> list[dict[str, str]]:
        """Return the options of a new field for which none were listed."""
        return []

    def chosen(self, text: str) -> list[str]:
        """The options in the stored `text`, for a type that has some."""
        return []

    def check_identifier(self, text: str, definition: Definition, numbering: Numbering) -> None:
        """Raise ValidationError where `text` is no identifier of this type."""
        self.clean(text, definition)

    def to_wire(self, text: str) -> Any:
        """The stored text as the API gives it out (contract 13.10)."""
        return text

    def unwrapped(self, text: str) -> str:
        """Return the value in `text` without the name or the protocol around it."""
        return text

    def mask(self, text: str) -> str:
        """What remains of `text` for a caller without permission to see personal data.

        Three letters would name an option, a decade or the size of an amount, and so would the
        length: a guessable value is masked as a whole.
        """
        return WHOLE_MASK if self.is_guessable else mask_all_but(text, start=3)

    @property
    def client_regex(self) -> str:
        """The expression of `GET /attributeTypes`: values, and masks that are sent back."""
        return accepting_masks(self.regex)

    def match_key(self, text: str, numbering: Numbering = UNKNOWN_NUMBERING) -> MatchKey:
        return MatchKey(bare(text))

    def read_again(self, text: str, stored: MatchKey, numbering: Numbering) -> MatchKey:
        """Return how `text`, which was stored as `stored`, is compared by the rules of today."""
        return self.match_key(text, numbering)

    def link(self, text: str, key: str) -> str:
        """The address that a click on the value opens; "" for none. `key` is its match key."""
        return ""

    def near_key(self, key: str) -> str | None:
        """One spelling for all match keys of the same thing; None where it has but one."""
        return None

    def spellings(self, raw: str, definition: Definition) -> list[str]:
        """Return the parts of stored texts that a user means who searches for `raw`."""
        return [raw]

    def condition(self, raw: str) -> dict[str, Any]:
        """Attribute value lookups for "the value matches `raw`" (contract 13.8)."""
        return {"folded__contains": self.compared(raw)}

    def exact_condition(self, raw: str) -> dict[str, Any]:
        """As `condition`, but for the whole value only."""
        return {"folded": self.compared(raw)}

    def asked(self, operator: str, operands: list[str]) -> dict[str, Any]:
        """Attribute value lookups for one of `operators` with its operands.

        Raises ValidationError where an operand is no value of this type.
        """
        text = self.compared(operands[0])
        if operator == "is":
            return {"folded": text}
        return {"folded__contains" if operator == "contains" else "folded__startswith": text}

    @property
    def operand_choices(self) -> list[tuple[str, str]]:
        """What an operand can be, (value, words), where the type itself knows all of it."""
        return []

    def in_words(self, text: str, definition: Definition) -> str:
        """The stored `text` as people read it in a list."""
        return text

    def in_cell(self, text: str, definition: Definition) -> str:
        """The stored `text` as an export writes it: `from_words` returns all of it."""
        return self.in_words(text, definition)

    # Parts of a Reading that this type uses.
    reads_by: tuple[str, ...] = ()
    # What a user can do about a cell of a spreadsheet that is no value of this type.
    remedy = ""

    def remedy_for(self, cell: str) -> str:
        return self.remedy

    def guess_reading(self, cells: Sequence[str], definition: Definition, hints: Hints) -> Reading:
        """The notation of a spreadsheet column with these cells."""
        return AS_EXPORTED

    def words_to_map(self, cells: Sequence[str], definition: Definition) -> list[str]:
        """The different words of the cells that mean no option."""
        return []

    def is_doubtful(self, cells: Sequence[str], reading: Reading) -> bool:
        """True where another notation reads these cells as other values."""
        return False

    def from_words(self, text: str, definition: Definition, reading: Reading = AS_EXPORTED) -> Any:
        """The text of a cell as `clean` takes it.

        Raises ValidationError where the cell does not fit the reading.
        """
        return text

    def parts_of(self, cell: str) -> list[str]:
        """The identifiers in one cell.

        Only types whose values cannot hold a separator cut a cell at it.
        """
        items = quoted_items(cell)
        return [cell] if items is None else items

    def joined(self, values: Sequence[str]) -> str:
        """Identifiers as one cell, from which `parts_of` returns them."""
        return joined(values, self.parts_of)
