"""Made-up people as rows, with the values that production would write."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError

from customers.identification.first_contact import default_values
from customers.models import (
    AttributeValue,
    ChannelIdentity,
    Conversation,
    Customer,
    CustomerLabel,
)
from customers.models.identity import Trust, searched_value
from customers.profiles.anonymity import default_name
from customers.profiles.identifiers import Identifier, identifier_in
from foundation.spelling import search_key
from foundation.text import folded
from labels.models import Label
from schema_builder.schema import Schema
from schema_builder.types import StoredValue

from .people import Person, Talk
from .storage import COLUMNS, Row, RowsByModel, new_customer_keys

AUTHOR = "demo"
NEITHER_SHARED_NOR_RETIRED = (False, False)


class RowMaker:
    """Turns people into rows, by the functions that every other write uses."""

    def __init__(self, schema: Schema, labels: dict[str, Label], today: datetime):
        self.schema = schema
        self.labels = labels
        self.today = today
        self.defaults = default_values(schema)
        self.channels = {
            field.key: next((c for c, served in schema.serving.items() if field in served), None)
            for field in schema.identifier_fields
        }
        # Cities and choices repeat by the thousand.
        self.cleaned = lru_cache(maxsize=20_000)(self.clean)

    def rows(self, people: Sequence[Person]) -> RowsByModel:
        rows: RowsByModel = {model: [] for model in COLUMNS}
        for pk, person in zip(new_customer_keys(len(people)), people, strict=True):
            rows[Customer].append(self.customer_row(pk, person))
            rows[ChannelIdentity] += self.identity_rows(pk, person)
            rows[AttributeValue] += self.value_rows(pk, person)
            rows[CustomerLabel] += self.label_rows(pk, person)
            rows[Conversation] += self.conversation_rows(pk, person)
        return rows

    def customer_row(self, pk: int, person: Person) -> Row:
        name = default_name(self.schema) if person.is_anonymous else person.name
        return (
            pk,
            # As foundation.public_ids makes them, but of the time when the person joined.
            f"{int(person.created_at.timestamp()):08x}{secrets.token_hex(8)}",
            name,
            folded(name),
            search_key(name, folded(name)),
            person.is_anonymous,
            person.version,
            person.created_at,
            person.updated_at or person.created_at,
            AUTHOR,
            AUTHOR,
        )

    def identifiers(self, person: Person) -> list[Identifier]:
        """Those in fields of this schema, each once."""
        fields = self.schema.by_key
        found = [
            identifier_in(fields[key], value, self.schema)
            for key, value in person.identifiers
            if key in self.channels
        ]
        return list({(i.field.pk, i.match_key): i for i in found}.values())

    def identity_rows(self, pk: int, person: Person) -> list[Row]:
        return [
            (
                pk,
                identifier.field.pk,
                identifier.value,
                identifier.match_key,
                identifier.near_key,
                search_key(identifier.value, searched_value(identifier.value)),
                identifier.is_valid,
                person.is_anonymous,
                *NEITHER_SHARED_NOR_RETIRED,
                *trust(person, number),
                AUTHOR,
                person.created_at,
            )
            for number, identifier in enumerate(self.identifiers(person))
        ]

    def value_rows(self, pk: int, person: Person) -> list[Row]:
        """The defaults of required fields, as production gives them, and the person's values."""
        values = dict(self.defaults)
        for key, raw in person.values.items():
            if stored := self.cleaned(key, raw):
                values[self.schema.by_key[key].pk] = stored
        return [
            (
                pk,
                field_id,
                value.text,
                value.folded,
                None if value.folded is None else search_key(value.text, value.folded),
                value.number,
                value.timestamp,
                value.near_key,
            )
            for field_id, value in values.items()
        ]

    def clean(self, key: str, raw: Any) -> StoredValue | None:
        """None where the installation has another idea of the field."""
        field = self.schema.by_key.get(key)
        try:
            return field.field_type.clean(raw, field) if field else None
        except ValidationError:
            return None

    def label_rows(self, pk: int, person: Person) -> list[Row]:
        return [(pk, self.labels[name].pk, person.created_at, AUTHOR, "") for name in person.labels]

    def conversation_rows(self, pk: int, person: Person) -> list[Row]:
        rows: list[Row] = []
        for talk in person.talks:
            key, value = person.identifiers[talk.identifier]
            if channel := self.channels.get(key):
                closed_at = min(talk.opened_at + timedelta(minutes=talk.minutes), self.today)
                rows.append(
                    (
                        pk,
                        secrets.token_hex(12),
                        self.schema.channel_types[channel].pk,
                        value,
                        direction_of(talk),
                        talk.opened_at,
                        None if talk.is_open else closed_at,
                        closed_at,
                    )
                )
        return rows


def direction_of(talk: Talk) -> str:
    directions = Conversation.Direction
    return (directions.OUTBOUND if talk.is_outbound else directions.INBOUND).value


def trust(person: Person, number: int) -> tuple[str, datetime | None, str]:
    """(trust, verified at, verified by) of a person's identifier: who writes often is verified."""
    if person.is_anonymous:
        return Trust.SELF_ASSERTED.value, None, ""
    if number == 0 and person.version >= 3:
        return Trust.VERIFIED.value, person.updated_at, AUTHOR
    return Trust.IMPORTED.value, None, ""
