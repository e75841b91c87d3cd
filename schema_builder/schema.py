"""The customer schema in memory: read once, kept until its revision changes."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from foundation.compiled import compiled

from .models import ChannelType, FieldDefinition, IgnoredIdentifier, SchemaRevision
from .phones import Numbering
from .withheld import comparables, is_withheld

REVISION_ROW = 1


# Compared by identity: one is as good as another only where it is the same.
@dataclass(frozen=True, eq=False)
class Schema:
    """The active fields in order, and the ways to find one of them. Treat it as read-only."""

    revision: str
    fields: tuple[FieldDefinition, ...]
    by_key: dict[str, FieldDefinition]
    by_id: dict[int, FieldDefinition]
    channel_types: dict[str, ChannelType]
    # Identifier fields that serve a channel type, by its name, in schema order.
    serving: dict[str, tuple[FieldDefinition, ...]]
    # How numbers in a field that came without a channel are read, by field id.
    numbering: dict[int, Numbering]
    # Comparable values of the list of ignored identifiers.
    ignored: frozenset[str]

    @cached_property
    def blank_values(self) -> dict[str, Any]:
        """What a customer without any values looks like (contract 13.9); copy it."""
        return {field.key: field.blank for field in self.fields}

    @cached_property
    def identifier_fields(self) -> tuple[FieldDefinition, ...]:
        return tuple(field for field in self.fields if field.is_channel_identifier)

    def serving_with(self, field: FieldDefinition) -> list[FieldDefinition]:
        """Return the field and the others that serve one of its channel types.

        A lookup on that channel type reads all of them.
        """
        served = [fields for fields in self.serving.values() if field in fields]
        return list(dict.fromkeys([field, *(each for fields in served for each in fields)]))

    @cached_property
    def limits_roles(self) -> bool:
        """Whether some field is not everybody's to see and to write."""
        return any(field.role_visibility for field in self.fields)

    def only(self, fields: Iterable[FieldDefinition]) -> "Schema":
        """The schema as if it had no other fields than these, for who may not know of them.

        What serves a channel stays: an identifier that arrived there has to be masked.
        """
        kept = tuple(fields)
        return replace(
            self,
            fields=kept,
            by_key={field.key: field for field in kept},
            by_id={field.pk: field for field in kept},
        )

    def is_ignored(self, identifier: str, region: str = "") -> bool:
        """Whether channels send the value for contacts without an identity, whatever its notation.

        `region` is the country of numbers without country code.
        """
        return is_withheld(identifier, self.ignored, region)


_held: Schema | None = None


def held_schema() -> Schema:
    """The schema this process holds, without asking whether it is current.

    For readers that fetch the revision with their own statement and call `load_schema` when
    it differs.
    """
    return _held or load_schema()


@compiled
def stored_revision() -> QuerySet[SchemaRevision, tuple[str]]:
    return SchemaRevision.objects.filter(pk=REVISION_ROW).values_list("token")


def current_schema() -> Schema:
    """The schema as the database has it now; one short query while it does not change."""
    [(revision,)] = stored_revision()
    return _held if _held and _held.revision == revision else load_schema()


# Waits for a publish that rewrites values, and lets none begin; SQLite has one writer anyway.
WRITERS_SQL = {
    "postgresql": "SELECT token FROM schema_builder_schemarevision WHERE id = 1 FOR KEY SHARE",
    "sqlite": "SELECT token FROM schema_builder_schemarevision WHERE id = 1",
}


def schema_for_writing() -> Schema:
    """The schema by which values of customers may be written until the transaction ends.

    Call it before any customer is locked: a publish that rewrites values
    (`schema_builder.versions.lock_schema`) locks in this order, too.
    """
    with connection.cursor() as cursor:
        cursor.execute(WRITERS_SQL[connection.vendor])
        revision = cursor.fetchone()[0]
    return _held if _held and _held.revision == revision else load_schema()


# Besides, lets no other change of the schema begin.
HOLDERS_SQL = WRITERS_SQL | {"postgresql": WRITERS_SQL["postgresql"].replace("KEY SHARE", "SHARE")}


@contextmanager
def schema_held() -> Iterator[None]:
    """Keep the schema as it is for the length of a transaction.

    For a write that found the schema changed each time it began: it waits here for the change
    that goes on, and the next one waits for it.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(HOLDERS_SQL[connection.vendor])
        yield


# Reads see one moment of the database, wait for no writer, and no writer waits for them.
SNAPSHOT_SQL = {
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "sqlite": "BEGIN DEFERRED",
}


@contextmanager
def one_moment() -> Iterator[None]:
    """Let several reads see the same moment of the database; nothing may be written.

    Within a transaction they see what that shows: on PostgreSQL each statement its own moment.
    """
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT_SQL[connection.vendor])
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def load_schema() -> Schema:
    """Read the whole schema and hold it."""
    global _held
    # The revision first: a change between the two reads is then noticed by the next reader.
    revision = SchemaRevision.objects.values_list("token", flat=True).get(pk=REVISION_ROW)
    fields = tuple(
        FieldDefinition.objects.filter(is_active=True)
        .order_by("sort_order", "id")
        .prefetch_related("channel_types")
    )
    served_by = {field.pk: list(field.channel_types.all()) for field in fields}
    _held = assembled(revision, fields, served_by)
    return _held


def assembled(
    revision: str,
    fields: tuple[FieldDefinition, ...],
    served_by: dict[int, list[ChannelType]],
) -> Schema:
    """The schema of these fields, which serve channel types by field id."""
    channel_types = {channel.name: channel for channel in ChannelType.objects.order_by("id")}
    return Schema(
        revision=revision,
        fields=fields,
        by_key={field.key: field for field in fields},
        by_id={field.pk: field for field in fields},
        channel_types=channel_types,
        serving={name: serving(name, fields, served_by) for name in channel_types},
        numbering={pk: numbering_of(channels) for pk, channels in served_by.items()},
        ignored=frozenset(
            key
            for value in IgnoredIdentifier.objects.values_list("value", flat=True)
            for key in comparables(value)
        ),
    )


def serving(
    channel_type: str,
    fields: Iterable[FieldDefinition],
    served_by: dict[int, list[ChannelType]],
) -> tuple[FieldDefinition, ...]:
    """The identifier fields that serve the channel type."""
    return tuple(
        field
        for field in fields
        if field.is_channel_identifier
        and any(channel.name == channel_type for channel in served_by[field.pk])
    )


def numbering_of(channels: Sequence[ChannelType]) -> Numbering:
    """Return how numbers that came without a channel are read.

    The region is the first that a channel type names.
    """
    regions = (channel.default_region for channel in channels if channel.default_region)
    return Numbering(
        next(regions, settings.DEFAULT_PHONE_REGION),
        any(channel.has_international_digits for channel in channels),
    )
