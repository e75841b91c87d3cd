"""Identifiers as they are compared, whatever their notation."""

import hashlib
from dataclasses import dataclass

from customers.models.identity import KEY_LENGTH
from schema_builder.models import FieldDefinition
from schema_builder.phones import UNKNOWN_NUMBERING, Numbering, missing_from_local
from schema_builder.schema import Schema


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier in one field, in the form that is matched and stored."""

    field: FieldDefinition
    value: str
    match_key: str
    is_valid: bool
    # False where different people may have it, such as a number without area code.
    identifies: bool = True

    @property
    def near_key(self) -> str | None:
        """One spelling for all of the same line or mailbox; None where there is but one."""
        return self.field.field_type.near_key(self.match_key)


def identifier_in(
    field: FieldDefinition, value: str, schema: Schema, numbering: Numbering | None = None
) -> Identifier:
    """Return `value` as an identifier of `field`.

    Digits without country code are read by `numbering`, or as those of the field.
    """
    numbering = numbering or schema.numbering.get(field.pk, UNKNOWN_NUMBERING)
    match = field.field_type.match_key(value, numbering)
    return Identifier(
        field, value.strip(), storable(match.key), match.is_valid, identifies=match.identifies
    )


def identifies(field_id: int, match_key: str, schema: Schema) -> bool:
    """Return whether a match key that is stored in the field may point to one customer."""
    field = schema.by_id.get(field_id)
    return not field or field.field_type.match_key(match_key, schema.numbering[field_id]).identifies


def storable(key: str) -> str:
    """`key`, or its digest where unfolding its characters made it longer than the column."""
    if len(key) <= KEY_LENGTH:
        return key
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def identifiers_for(channel_type: str, value: str, schema: Schema) -> list[Identifier]:
    """Return `value` in every field that serves the channel type, in schema order.

    Fields where it identifies nobody are left out.
    """
    found = (
        identifier_in(field, value, schema, numbering_on(channel_type, field, schema))
        for field in schema.serving[channel_type]
    )
    return [identifier for identifier in found if identifier.identifies]


def missing_on(channel_type: str, schema: Schema) -> str:
    """Return what a number on the channel type lacks that identifies no customer."""
    numberings = [numbering_on(channel_type, one, schema) for one in schema.serving[channel_type]]
    return missing_from_local(next((one.region for one in numberings if one.region), ""))


def readings_beside(identifier: Identifier, schema: Schema) -> list[Identifier]:
    """Return the identifier, and as the other fields that serve its channel types read it."""
    texts = dict.fromkeys((identifier.value, identifier.match_key))
    others = [field for field in schema.serving_with(identifier.field) if field != identifier.field]
    readings = [identifier_in(field, text, schema) for field in others for text in texts]
    return [identifier, *(reading for reading in readings if reading.identifies)]


def numbering_on(channel_type: str, field: FieldDefinition, schema: Schema) -> Numbering:
    """Return how the channel type writes numbers; the field's region where it names none."""
    channel = schema.channel_types[channel_type]
    region = channel.default_region or schema.numbering[field.pk].region
    return Numbering(region, channel.has_international_digits)


def other_places(known: list[Identifier], schema: Schema) -> list[tuple[int, str]]:
    """Where else the same values may be stored, as (field id, match key)."""
    exact = {(identifier.field.pk, identifier.match_key) for identifier in known}
    readings = [
        (field, field.field_type.match_key(identifier.match_key))
        for field in schema.identifier_fields
        for identifier in known
    ]
    places = {
        (field.pk, storable(match.key)): None for field, match in readings if match.identifies
    }
    return [place for place in places if place not in exact]


def near_places(known: list[Identifier], schema: Schema) -> list[tuple[int, str]]:
    """Where other spellings of the same lines or mailboxes may be: (field id, near key)."""
    keys = dict.fromkeys(identifier.near_key for identifier in known if identifier.near_key)
    return [(field.pk, key) for field in schema.identifier_fields for key in keys]


def is_ignored_in(field: FieldDefinition, value: str, schema: Schema) -> bool:
    """Return whether channels send `value` for contacts without an identity."""
    return schema.is_ignored(value, schema.numbering.get(field.pk, UNKNOWN_NUMBERING).region)


def is_ignored_on(channel_type: str, value: str, schema: Schema) -> bool:
    """As `is_ignored_in`, with numbers read as those of the channel type."""
    region = schema.channel_types[channel_type].default_region
    if fields := () if region else schema.serving[channel_type]:
        region = schema.numbering[fields[0].pk].region
    return schema.is_ignored(value, region)
