"""Types of text: names, addresses and whatever else is compared as it is written."""

import re
import unicodedata
from ipaddress import ip_address
from urllib.parse import quote

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from foundation.text import bare, folded, tidied
from schema_builder import phones
from schema_builder.mailboxes import compared_address
from schema_builder.phones import UNKNOWN_NUMBERING, holds_foreign_letters
from schema_builder.renumberings import renumbering_line
from schema_builder.telephony import read_telephone
from schema_builder.wrappers import unwrapped_email, unwrapped_telephone

from .base import FieldType, MatchKey, StoredValue
from .cutting import cut_where, is_number
from .guessing import guess_region
from .masks import mask_all_but
from .reading import AS_EXPORTED, Reading

LONGEST_NAME = 200
GOOGLE_DOMAINS = ("gmail.com", "googlemail.com")


class Writing(FieldType):
    """Common base of names and prose: joiners stay, which some scripts and emoji need."""

    def tidy(self, text):
        return tidied(text)


class String(Writing):
    key = "string"
    label = "Text"
    about = "Anything that is written, up to a length of your choice."
    example = "Prefers calls after 6 pm"
    handle = "amina.yusuf"
    converts_to = frozenset(
        {
            "alphanumeric",
            "boolean",
            "choice",
            "date",
            "datetime",
            "email",
            "ip",
            "name",
            "number",
            "url",
        }
    )
    may_identify = True
    supports_names_if_searchable = True
    has_length = True


class Alphanumeric(Writing):
    key = "alphanumeric"
    label = "Letters and digits"
    icon = "abc"
    about = "Numbers of contracts and accounts, without punctuation."
    example = "AC 204 991"
    converts_to = frozenset({"string", "number"})
    may_identify = True
    supports_names_if_searchable = True
    # Everything but ASCII punctuation: letters and digits of every script pass.
    regex = r"^[^!-\/:-@\[-`{-~]*$"

    def parse(self, text, definition):
        if not re.fullmatch(self.regex, text):
            raise ValidationError("Only letters, digits and spaces are allowed.")
        return super().parse(text, definition)


class Name(Writing):
    key = "name"
    label = "Name"
    icon = "badge"
    about = "The name of a person, in any script."
    example = "Amina Yusuf"
    converts_to = frozenset({"string"})
    longest = LONGEST_NAME
    regex = r"^[^\n\r\t]*$"

    def parse(self, text, definition):
        if not re.fullmatch(self.regex, text):
            raise ValidationError("Must be a single line.")
        return super().parse(text, definition)


class Email(FieldType):
    key = "email"
    label = "E-mail"
    icon = "mail"
    about = "An e-mail address, checked and clickable."
    example = "amina@example.com"
    converts_to = frozenset({"string"})
    may_identify = True
    points_to_person = True
    regex = r"^[^@\s]+@[^@\s]+$"
    input_type = "email"

    def parse(self, text, definition):
        match = self.match_key(text)
        if not match.is_valid:
            raise ValidationError("Enter a valid email address.")
        return StoredValue(text, folded=match.key, near_key=self.near_key(match.key))

    def compared(self, text):
        return self.match_key(text).key or folded(text)

    def text_of(self, raw):
        return self.unwrapped(super().text_of(raw))

    def unwrapped(self, text):
        return unwrapped_email(text)

    def mask(self, text):
        text = self.unwrapped(text)
        local, at, domain = text.rpartition("@")
        if not at or len(local) <= 4 or len(domain) <= 4:
            return "*" * len(text)
        return f"{mask_all_but(local, start=4)}@{mask_all_but(domain, end=4)}"

    def match_key(self, text, numbering=UNKNOWN_NUMBERING):
        text = self.unwrapped(bare(text))
        address = compared_address(text)
        return MatchKey(folded(text), is_valid=False) if address is None else MatchKey(address)

    def parts_of(self, cell):
        return cut_where(cell, lambda part: "@" in part)

    def link(self, text, key):
        return f"mailto:{quote(unwrapped_email(text), safe='@+')}"

    def near_key(self, key):
        """Google ignores dots and whatever follows a plus, and has two names for itself."""
        local, _, domain = key.rpartition("@")
        if domain not in GOOGLE_DOMAINS:
            return None
        return f"{local.split('+')[0].replace('.', '')}@{GOOGLE_DOMAINS[0]}"


class PhoneNumber(FieldType):
    key = "phonenumber"
    label = "Phone number"
    icon = "call"
    about = "A telephone number in any notation."
    example = "+49 30 1234567"
    converts_to = frozenset({"string"})
    may_identify = True
    matches_digits = True
    input_type = "tel"

    def parse(self, text, definition, numbering=UNKNOWN_NUMBERING):
        if problem := read_telephone(text, numbering).problem:
            raise ValidationError(problem)
        return super().parse(text, definition)

    def check_identifier(self, text, definition, numbering):
        self.check_limits(text, definition)
        self.parse(text, definition, numbering)

    def unwrapped(self, text):
        return unwrapped_telephone(text)

    def mask(self, text):
        return mask_all_but(self.unwrapped(text), end=2)

    def match_key(self, text, numbering=UNKNOWN_NUMBERING):
        reading = read_telephone(text, numbering)
        return MatchKey(reading.key, not reading.problem, identifies=not reading.is_local)

    def read_again(self, text, stored, numbering):
        """A well-formed E.164 number stays, but for letters, missing area codes and bare digits.

        Others may have been read by a default region that has changed since.
        """
        found = self.match_key(text, numbering)
        is_bare = found.key == f"+{text.strip()}"
        is_number = stored.is_valid and stored.key.startswith("+")
        if not is_number or not found.identifies or is_bare or holds_foreign_letters(text):
            return found
        return stored

    def link(self, text, key):
        # What a channel delivers instead of a number cannot be dialled.
        return f"tel:{key}" if re.fullmatch(r"\+[0-9]+", key) else ""

    def near_key(self, key):
        return renumbering_line(key)

    reads_by = ("region",)
    remedy = "Choose the country of the column, or correct the cell."

    def remedy_for(self, cell):
        digits = sum(map(str.isdecimal, cell))
        return self.remedy if digits > 4 and not cell.startswith("+") else ""

    def guess_reading(self, cells, definition, hints):
        numbers = [part for cell in cells for part in self.parts_of(cell)]
        return Reading(region=guess_region(numbers, hints.regions))

    def from_words(self, text, definition, reading=AS_EXPORTED):
        """A number that needs a country is read with the country of its column."""
        text = phones.without_fraction(text)
        if not reading.region or text.startswith("+"):
            return text
        return phones.e164(text, reading.region) or text

    def parts_of(self, cell):
        return cut_where(cell, is_number)


class Ip(FieldType):
    key = "ip"
    label = "IP address"
    icon = "lan"
    about = "An address in a network, IPv4 or IPv6."
    example = "192.0.2.17"
    converts_to = frozenset({"string"})
    may_identify = True
    regex = r"^[0-9a-fA-F:.]+$"

    def parts_of(self, cell):
        return cut_where(cell, lambda part: re.fullmatch(self.regex, part) is not None)

    def parse(self, text, definition):
        if not self.match_key(text).is_valid:
            raise ValidationError("Enter a valid IPv4 or IPv6 address.")
        return super().parse(text, definition)

    def compared(self, text):
        return self.match_key(text).key

    def match_key(self, text, numbering=UNKNOWN_NUMBERING):
        """Compare in canonical form (RFC 5952); an IPv4 address inside IPv6 is that address."""
        text = bare(text)
        try:
            address = ip_address(text)
        except ValueError:
            return MatchKey(folded(text), is_valid=False)
        # A zone, the name of an interface, means something on one machine only.
        is_valid = not getattr(address, "scope_id", None)
        return MatchKey(str(getattr(address, "ipv4_mapped", None) or address), is_valid)


class Password(FieldType):
    key = "password"
    label = "Password"
    icon = "password"
    about = "Kept for others to check; shown to nobody."
    example = "secret"
    is_secret = True
    operators = ()
    widget = forms.PasswordInput
    input_type = "password"

    def tidy(self, text):
        # Another character is another password.
        return unicodedata.normalize("NFC", text).strip()

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
    supports_names_if_searchable = True
    about = "The address of a page, clickable."
    example = "https://example.com"
    converts_to = frozenset({"string"})
    regex = r"^[hH][tT][tT][pP][sS]?:\/\/\S+$"
    input_type = "url"
    _check = URLValidator(schemes=["http", "https"], message="Enter a valid URL.")

    def parse(self, text, definition):
        self._check(text)
        return super().parse(text, definition)

    def link(self, text, key):
        return text
