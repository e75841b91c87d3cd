"""Made-up people as rows: the values of production, written in bulk."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction

from customers.identification import default_values
from customers.identifiers import Identifier, identifier_in
from customers.lifecycle import default_name
from customers.models import (
    AttributeValue,
    ChannelIdentity,
    Conversation,
    Customer,
    CustomerLabel,
)
from customers.models.identity import Trust
from foundation.text import folded
from labels.models import Label
from schema_builder.snapshot import Schema
from schema_builder.types import StoredValue

from .people import Person, Talk

AUTHOR = "demo"

Rows = list[tuple[Any, ...]]
COLUMNS: dict[type[models.Model], tuple[str, ...]] = {
    ChannelIdentity: (
        "customer_id",
        "field_id",
        "value",
        "match_key",
        "is_valid",
        "is_anonymous",
        "is_shared",
        "is_retired",
        "trust",
        "verified_at",
        "verified_by",
        "source",
        "created_at",
    ),
    AttributeValue: ("customer_id", "field_id", "text", "folded", "number", "timestamp"),
    CustomerLabel: ("customer_id", "label_id", "assigned_at", "assigned_by"),
    Conversation: (
        "customer_id",
        "conversation_id",
        "channel_type_id",
        "identifier",
        "direction",
        "opened_at",
        "closed_at",
        "last_activity_at",
    ),
}


def write_rows(model: type[models.Model], rows: Rows) -> None:
    """Insert `rows` of COLUMNS[model]; by COPY where the database has it."""
    columns = COLUMNS[model]
    if connection.vendor == "postgresql":
        names = ", ".join(columns)
        statement = f"COPY {model._meta.db_table} ({names}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        return
    model._default_manager.bulk_create(
        (model(**dict(zip(columns, row, strict=True))) for row in rows), batch_size=500
    )


class Writer:
    """Turns people into rows by the functions that every other write uses."""

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

    @transaction.atomic
    def write(self, people: Sequence[Person]) -> None:
        customers = Customer.objects.bulk_create([self.customer(person) for person in people])
        rows: dict[type[models.Model], Rows] = {model: [] for model in COLUMNS}
        for customer, person in zip(customers, people, strict=True):
            found = self.identifiers(person)
            rows[ChannelIdentity] += self.identity_rows(customer, person, found)
            rows[AttributeValue] += self.value_rows(customer, person)
            rows[CustomerLabel] += self.label_rows(customer, person)
            rows[Conversation] += self.conversation_rows(customer, person)
        for model, of_model in rows.items():
            write_rows(model, of_model)

    def customer(self, person: Person) -> Customer:
        name = default_name(self.schema) if person.is_anonymous else person.name
        return Customer(
            # As foundation.public_ids makes them, but of the time when the person joined.
            public_id=f"{int(person.created_at.timestamp()):08x}{secrets.token_hex(8)}",
            first_name=name,
            folded_name=folded(name),
            is_anonymous=person.is_anonymous,
            version=person.version,
            created_at=person.created_at,
            updated_at=person.updated_at or person.created_at,
            created_by=AUTHOR,
            updated_by=AUTHOR,
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

    def identity_rows(
        self, customer: Customer, person: Person, identifiers: Iterable[Identifier]
    ) -> Rows:
        joined = person.created_at
        return [
            (
                customer.pk,
                identifier.field.pk,
                identifier.value,
                identifier.match_key,
                identifier.is_valid,
                customer.is_anonymous,
                False,
                False,
                *trust(person, number),
                AUTHOR,
                joined,
            )
            for number, identifier in enumerate(identifiers)
        ]

    def value_rows(self, customer: Customer, person: Person) -> Rows:
        """The defaults of required fields, as production gives them, and the person's values."""
        values = dict(self.defaults)
        for key, raw in person.values.items():
            if stored := self.cleaned(key, raw):
                values[self.schema.by_key[key].pk] = stored
        return [
            (customer.pk, field_id, value.text, value.folded, value.number, value.timestamp)
            for field_id, value in values.items()
        ]

    def clean(self, key: str, raw: Any) -> StoredValue | None:
        """None where the installation has another idea of the field."""
        field = self.schema.by_key.get(key)
        try:
            return field and field.field_type.clean(raw, field)
        except ValidationError:
            return None

    def label_rows(self, customer: Customer, person: Person) -> Rows:
        return [
            (customer.pk, self.labels[name].pk, person.created_at, AUTHOR) for name in person.labels
        ]

    def conversation_rows(self, customer: Customer, person: Person) -> Rows:
        rows: Rows = []
        for talk in person.talks:
            key, value = person.identifiers[talk.identifier]
            if channel := self.channels.get(key):
                closed_at = min(talk.opened_at + timedelta(minutes=talk.minutes), self.today)
                rows.append(
                    (
                        customer.pk,
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
