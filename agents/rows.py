"""What people see of customers: rows, chips, marked hits. Nothing here decides anything."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from customers.conversations.display import last_contacts
from customers.lists.search import Hit
from customers.masking import FieldAccess, shown_name
from customers.models import Customer, CustomerLabel
from customers.system_fields import NAME_FIELD
from foundation.colors import text_color
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

AVATAR_TONES = 10
CHIPS_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Chip:
    """A label as it is drawn: its colour, and whether dark or light text can be read on it."""

    public_id: str
    name: str
    fill: str
    text_color: str
    # Until when and why, where that is known.
    title: str = ""


@dataclass(frozen=True, slots=True)
class Avatar:
    initials: str
    tone: int


@dataclass(frozen=True, slots=True)
class Party:
    """A customer beside others, as on one side of a link."""

    customer: Customer
    name: str
    avatar: Avatar


@dataclass(frozen=True, slots=True)
class ShownIdentity:
    """An identifier with what it is one of; `text` may have its hit part marked."""

    label: str
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer in a list."""

    public_id: str
    name: str
    avatar: Avatar
    is_anonymous: bool
    is_exact: bool
    identity: ShownIdentity | None
    reason: ShownIdentity | None
    chips: list[Chip]
    more_chips: list[Chip]
    last_contact: datetime | None
    changed_at: datetime
    changed_by: str


def customer_rows(
    documents: list[dict[str, Any]], *, schema: Schema, hits: Iterable[Hit], query: str, viewer
) -> list[CustomerRow]:
    """The documents as rows; two statements, however many there are."""
    hit_of = {hit.public_id: hit for hit in hits}
    labels = {
        label.public_id: label
        for label in Label.objects.filter(
            public_id__in={public_id for shown in documents for public_id in shown["labels"]}
        )
    }
    contacts = last_contacts([shown["_id"] for shown in documents], viewer)
    return [
        customer_row(shown, schema, hit_of.get(shown["_id"]), query, labels, contacts)
        for shown in documents
    ]


def customer_row(shown, schema, hit, query, labels, contacts) -> CustomerRow:
    chips = chips_of(labels[public_id] for public_id in shown["labels"] if public_id in labels)
    identity = main_identity(shown, schema)
    by_name = hit is not None and hit.field is not None and hit.field.key == NAME_FIELD
    return CustomerRow(
        public_id=shown["_id"],
        name=marked(shown["firstName"], query) if by_name else shown["firstName"],
        avatar=avatar_of(shown["firstName"], shown["_id"]),
        is_anonymous=shown["isAnonymous"],
        is_exact=hit is not None and hit.is_exact,
        identity=identity,
        reason=None if hit is None or by_name else reason_of(hit, query, schema),
        chips=chips[:CHIPS_IN_A_ROW],
        more_chips=chips[CHIPS_IN_A_ROW:],
        last_contact=contacts.get(shown["_id"]),
        changed_at=datetime.fromisoformat(shown["updatedAt"]),
        changed_by=shown["updatedBy"],
    )


def main_identity(shown: dict[str, Any], schema: Schema) -> ShownIdentity | None:
    """The first identifier in schema order."""
    for field in schema.identifier_fields:
        if shown[field.key]:
            return ShownIdentity(field.label, icon_of(field), shown[field.key][0])
    return None


def reason_of(hit: Hit, query: str, schema: Schema) -> ShownIdentity:
    if hit.field is None:
        return ShownIdentity("Id", "badge", marked(hit.text, query))
    if hit.is_hidden:
        return ShownIdentity(hit.field.label, icon_of(hit.field), hit.text)
    text = format_html("<mark>{}</mark>", hit.text) if hit.is_exact else marked(hit.text, query)
    return ShownIdentity(hit.field.label, icon_of(hit.field), text)


def icon_of(field: FieldDefinition) -> str:
    """That of the channel a field serves, else that of its type."""
    channels = field.channel_types.all() if field.is_channel_identifier else ()
    return next((channel.icon for channel in channels if channel.icon), field.field_type.icon)


def chips_of(labels: Iterable[Label]) -> list[Chip]:
    """The labels in order of their weight."""
    return [
        # The last two digits of a long colour are transparency, which would blur the text.
        Chip(label.public_id, label.name, label.color[:7], text_color(label.color))
        for label in sorted(labels, key=lambda label: (-label.priority, label.name))
    ]


def worn_chips(worn: Iterable[CustomerLabel]) -> list[Chip]:
    """The chips of labels as one customer wears them."""
    rows = {row.label.public_id: row for row in worn}
    return [
        replace(chip, title=terms_in_words(rows[chip.public_id]))
        for chip in chips_of(row.label for row in rows.values())
    ]


def terms_in_words(worn: CustomerLabel) -> str:
    until = f"until {date_format(worn.expires_at, 'j M Y')}" if worn.expires_at else ""
    return " · ".join(part for part in (until, worn.reason) if part)


def party(customer: Customer, schema: Schema, mask: FieldAccess) -> Party:
    name = shown_name(customer.first_name, schema, mask)
    return Party(customer, name, avatar_of(name, customer.public_id))


def avatar_of(name: str, public_id: str) -> Avatar:
    """Initials, none where the name shows no letters, and a colour that stays with the id."""
    words = [word for word in name.split() if word[0].isalnum()]
    ends = [words[0], words[-1]] if len(words) > 1 else words
    initials = "".join(unicodedata.normalize("NFC", word)[0] for word in ends).upper()
    return Avatar(initials, int(public_id[-4:], 16) % AVATAR_TONES)


def marked(text: str, query: str) -> SafeString | str:
    """`text` with the part that answers `query` marked; the digits of a number count alone."""
    text = unicodedata.normalize("NFC", text)
    patterns = [re.escape(query)]
    digits = "".join(c for c in query if c.isdecimal()).lstrip("0")
    if digits and not any(c.isalpha() for c in query):
        patterns.append(r"\D{0,3}".join(digits))
    patterns += [re.escape(word) for word in query.split()]
    for pattern in patterns:
        if query and (found := re.search(pattern, text, re.IGNORECASE)):
            start, end = found.span()
            return format_html("{}<mark>{}</mark>{}", text[:start], text[start:end], text[end:])
    return text
