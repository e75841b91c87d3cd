"""The field types: one small class each, and the registry that everybody asks.

A type knows how a value is checked, stored, shown, masked, filtered and, for identifiers,
matched. The API, the admin and the pages all validate here.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from typing import Any, Protocol

import email_validator
import re2
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator

from foundation.text import folded, is_blank, tidied

from . import phones

LONGEST_TEXT = 1000
LONGEST_NAME = 200
LONGEST_NUMBER = 28
NUMBER_LIMIT = 2_147_483_647


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


@dataclass(frozen=True, slots=True)
class MatchKey:
    """The form in which an identifier is compared; `is_valid` is False where it did not parse."""

    key: str
    is_valid: bool = True


class FieldType:
    """A field of plain text, and the base of all other types."""

    key = ""
    label = ""
    icon = "text_fields"
    # JavaScript syntax, for the contract's client (contract 1); empty values skip it there.
    regex = "^[^]*$"
    may_identify = False
    longest = LONGEST_TEXT
    has_length = False
    has_range = False
    has_options = False
    # Never shown to anybody, whatever their role.
    is_secret = False
    # So few values that asking for each of them finds out one that is masked.
    is_guessable = False
    # What an empty value is on the wire.
    blank: Any = ""
    sort_column = "folded"
    # Whether a value of this type outside the identifiers points to one person as they do.
    points_to_person = False
    # Whether people with like names and the same value are likely one person.
    supports_names = False
    # Whether a part of an identifier is looked for by its digits alone.
    matches_digits = False
    widget: type[forms.Widget] = forms.TextInput
    input_type = "text"
    # What somebody who fills a form has to know.
    hint = ""

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
        return tidied(str(raw))

    def check_limits(self, text: str, definition: Definition) -> None:
        limit = (self.has_length and definition.length) or self.longest
        if len(text) > limit:
            raise ValidationError(f"Ensure this field has no more than {limit} characters.")
        if definition.pattern and not re2.fullmatch(definition.pattern, text):
            raise ValidationError("Does not have the required format.")

    def parse(self, text: str, definition: Definition) -> StoredValue:
        return StoredValue(text, folded=folded(text))

    def check_identifier(self, text: str, definition: Definition, region: str) -> None:
        """Raise ValidationError where `text` is no identifier of this type."""
        self.clean(text, definition)

    def to_wire(self, text: str) -> Any:
        """The stored text as the API gives it out (contract 13.10)."""
        return text

    def mask(self, text: str) -> str:
        """What remains of `text` for somebody who may not see personal data."""
        return mask_all_but(text, start=3)

    def match_key(self, text: str, region: str = "") -> MatchKey:
        return MatchKey(tidied(text))

    def near_keys(self, key: str) -> list[str]:
        """Match keys under which the same thing may be known elsewhere."""
        return []

    def condition(self, raw: str) -> dict[str, Any]:
        """Attribute value lookups for "the value matches `raw`" (contract 13.8)."""
        return {"folded__contains": folded(raw)}

    def exact_condition(self, raw: str) -> dict[str, Any]:
        """As `condition`, but for the whole value only."""
        return {"folded": folded(raw)}


class String(FieldType):
    key = "string"
    label = "Text"
    may_identify = True
    has_length = True


class Alphanumeric(FieldType):
    key = "alphanumeric"
    label = "Letters and digits"
    icon = "abc"
    may_identify = True
    # Everything but ASCII punctuation: letters and digits of every script pass.
    regex = r"^[^!-\/:-@\[-`{-~]*$"

    def parse(self, text, definition):
        if not re.fullmatch(self.regex, text):
            raise ValidationError("Only letters, digits and spaces are allowed.")
        return super().parse(text, definition)


class Name(FieldType):
    key = "name"
    label = "Name"
    icon = "badge"
    longest = LONGEST_NAME
    regex = r"^[^\n\r\t]*$"

    def parse(self, text, definition):
        if not re.fullmatch(self.regex, text):
            raise ValidationError("Must be a single line.")
        return super().parse(text, definition)


class Number(FieldType):
    key = "number"
    label = "Number"
    icon = "numbers"
    is_guessable = True
    has_range = True
    regex = r"^[-+]?[0-9]*\.?[0-9]+$"
    sort_column = "number"
    input_type = "number"

    def check_limits(self, text, definition):
        if len(text) > LONGEST_NUMBER:
            raise ValidationError(
                f"Ensure that there are no more than {LONGEST_NUMBER} digits in total."
            )
        super().check_limits(text, definition)

    def parse(self, text, definition):
        number = self.number_of(text)
        low = -NUMBER_LIMIT if definition.min_value is None else definition.min_value
        high = NUMBER_LIMIT if definition.max_value is None else definition.max_value
        if number < low:
            raise ValidationError(f"Ensure this value is greater than or equal to {plain(low)}.")
        if number > high:
            raise ValidationError(f"Ensure this value is less than or equal to {plain(high)}.")
        return StoredValue(text, number=number)

    def number_of(self, text):
        try:
            number = Decimal(text) if re.fullmatch(self.regex, text) else None
        except InvalidOperation:
            number = None
        # Fractions beyond what the column keeps would come back changed.
        if number is None or abs(number.adjusted()) > 18 or number.as_tuple().exponent < -10:  # type: ignore[operator]
            raise ValidationError("A valid number is required.")
        return number

    def condition(self, raw):
        return {"number": self.number_of(tidied(raw))}

    exact_condition = condition


class Boolean(FieldType):
    key = "boolean"
    label = "Yes or no"
    icon = "toggle_on"
    is_guessable = True
    regex = "^(true|false)$"
    sort_column = "number"
    widget = forms.Select
    _words = {"true": True, "false": False}

    def text_of(self, raw):
        text = str(raw).lower() if isinstance(raw, bool | str) else ""
        if text not in self._words:
            raise ValidationError("Must be true or false.")
        return text

    def parse(self, text, definition):
        return StoredValue(text, number=Decimal(self._words[text]))

    def to_wire(self, text):
        return text == "true"

    def mask(self, text):
        return "***"

    def condition(self, raw):
        return {"number": int(self._words[self.text_of(raw)])}

    exact_condition = condition


class Email(FieldType):
    key = "email"
    label = "E-mail"
    icon = "mail"
    may_identify = True
    points_to_person = True
    regex = r"^[^@\s]+@[^@\s]+$"
    input_type = "email"
    _check = EmailValidator("Enter a valid email address.")

    def parse(self, text, definition):
        self._check(text)
        return super().parse(text, definition)

    def mask(self, text):
        local, at, domain = text.rpartition("@")
        if not at or len(local) <= 4 or len(domain) <= 4:
            return "*" * len(text)
        return f"{mask_all_but(local, start=4)}@{mask_all_but(domain, end=4)}"

    def match_key(self, text, region=""):
        text = tidied(text)
        try:
            found = email_validator.validate_email(
                text, check_deliverability=False, test_environment=True
            )
        except email_validator.EmailNotValidError:
            return MatchKey(folded(text), is_valid=False)
        return MatchKey(f"{found.local_part.casefold()}@{found.domain.lower()}")


class PhoneNumber(FieldType):
    key = "phonenumber"
    label = "Phone number"
    icon = "call"
    may_identify = True
    matches_digits = True
    input_type = "tel"

    def parse(self, text, definition, region=""):
        if not self.match_key(text, region).is_valid:
            raise ValidationError("Not a phone number.")
        return super().parse(text, definition)

    def check_identifier(self, text, definition, region):
        self.check_limits(text, definition)
        self.parse(text, definition, region)

    def mask(self, text):
        return mask_all_but(text, end=2)

    def match_key(self, text, region=""):
        number = phones.e164(text, region)
        return MatchKey(tidied(text), is_valid=False) if number is None else MatchKey(number)

    def near_keys(self, key):
        return phones.variants(key)


class Ip(FieldType):
    key = "ip"
    label = "IP address"
    icon = "lan"
    may_identify = True
    regex = r"^[0-9a-fA-F:.]+$"

    def parse(self, text, definition):
        try:
            ip_address(text)
        except ValueError:
            raise ValidationError("Enter a valid IPv4 or IPv6 address.") from None
        return super().parse(text, definition)


class Password(FieldType):
    key = "password"
    label = "Password"
    icon = "password"
    is_secret = True
    widget = forms.PasswordInput
    input_type = "password"

    def parse(self, text, definition):
        return StoredValue(text)

    def mask(self, text):
        return "********"

    def condition(self, raw):
        raise ValidationError("Passwords cannot be searched.")

    exact_condition = condition


class Url(FieldType):
    key = "url"
    label = "Web address"
    icon = "link"
    regex = r"^[hH][tT][tT][pP][sS]?:\/\/\S+$"
    input_type = "url"
    _check = URLValidator(schemes=["http", "https"], message="Enter a valid URL.")

    def parse(self, text, definition):
        self._check(text)
        return super().parse(text, definition)


class Date(FieldType):
    key = "date"
    label = "Date"
    icon = "calendar_today"
    is_guessable = True
    supports_names = True
    regex = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
    sort_column = "timestamp"
    input_type = "date"

    def parse(self, text, definition):
        day = self.date_of(text)
        return StoredValue(text, timestamp=datetime.combine(day, time(), UTC))

    def date_of(self, text):
        try:
            if re.fullmatch(self.regex, text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise ValidationError("Date has wrong format. Use YYYY-MM-DD.")

    def condition(self, raw):
        return {"timestamp": datetime.combine(self.date_of(tidied(raw)), time(), UTC)}

    exact_condition = condition


class DateTime(FieldType):
    key = "datetime"
    label = "Date and time"
    icon = "schedule"
    is_guessable = True
    regex = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[-+][0-9]{2}:?[0-9]{2})?$"
    sort_column = "timestamp"
    input_type = "datetime-local"
    hint = "UTC."

    def parse(self, text, definition):
        moment = self.moment_of(text)
        shown = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
        return StoredValue(shown.replace("+00:00", "Z"), timestamp=moment)

    def moment_of(self, text):
        try:
            if not re.fullmatch(self.regex, text):
                raise ValueError
            moment = datetime.fromisoformat(text)
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except OverflowError:
            raise ValidationError("Datetime value out of range.") from None
        except ValueError:
            raise ValidationError(
                "Datetime has wrong format. Use YYYY-MM-DDThh:mm[:ss][Z or +hh:mm]."
            ) from None

    def condition(self, raw):
        text = tidied(raw)
        if re.fullmatch(Date.regex, text):
            day = Date().date_of(text)
            return {
                "timestamp__gte": datetime.combine(day, time.min, UTC),
                "timestamp__lte": datetime.combine(day, time.max, UTC),
            }
        return {"timestamp": self.moment_of(text)}

    exact_condition = condition


class Choice(FieldType):
    key = "choice"
    label = "Choice"
    icon = "radio_button_checked"
    is_guessable = True
    has_options = True
    widget = forms.Select

    def parse(self, text, definition):
        if text not in {option["value"] for option in definition.options}:
            raise ValidationError(f'"{text}" is not one of the options.')
        return super().parse(text, definition)


class MultiChoice(FieldType):
    """Several options, stored as their values one a line: no option may hold a newline."""

    key = "multichoice"
    label = "Several choices"
    icon = "checklist"
    is_guessable = True
    has_options = True
    widget = forms.SelectMultiple
    blank: Any = ()

    def text_of(self, raw):
        chosen = raw.split(",") if isinstance(raw, str) else raw
        if not isinstance(chosen, list | tuple) or not all(isinstance(c, str) for c in chosen):
            raise ValidationError("Must be a list of options.")
        return "\n".join(dict.fromkeys(tidied(c) for c in chosen if not is_blank(c)))

    def parse(self, text, definition):
        known = {option["value"] for option in definition.options}
        for chosen in text.split("\n"):
            if chosen not in known:
                raise ValidationError(f'"{chosen}" is not one of the options.')
        return super().parse(text, definition)

    def to_wire(self, text):
        return text.split("\n")


def plain(number: Decimal | int) -> str:
    """A number without the zeros that its column fills up."""
    return f"{Decimal(number).normalize():f}"


def mask_all_but(text: str, *, start: int = 0, end: int = 0) -> str:
    """Stars for all but the first or last characters; all stars where little would be hidden."""
    if len(text) <= start + end:
        return "*" * len(text)
    return text[:start] + "*" * (len(text) - start - end) + text[len(text) - end :]


TYPES: dict[str, FieldType] = {
    field_type.key: field_type
    for field_type in (
        String(),
        Alphanumeric(),
        Name(),
        Number(),
        Boolean(),
        Email(),
        PhoneNumber(),
        Ip(),
        Password(),
        Url(),
        Date(),
        DateTime(),
        Choice(),
        MultiChoice(),
    )
}


def type_choices() -> list[tuple[str, str]]:
    """Choices of `FieldDefinition.type`; migrations name this function, so it cannot move."""
    return [(key, field_type.label) for key, field_type in TYPES.items()]
