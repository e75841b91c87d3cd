"""Identifiers as they are compared, whatever their notation."""

import hashlib
from dataclasses import dataclass

from schema_builder.models import FieldDefinition
from schema_builder.snapshot import Schema

# Width of the column that holds match keys.
KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier in one field, in the form that is matched and stored."""

    field: FieldDefinition
    value: str
    match_key: str
    is_valid: bool


def identifier_in(
    field: FieldDefinition, value: str, schema: Schema, region: str = ""
) -> Identifier:
    """`value` read as an identifier of `field`; a number without country code is of `region`."""
    match = field.field_type.match_key(value, region or schema.regions.get(field.pk, ""))
    return Identifier(field, value.strip(), storable(match.key), match.is_valid)


def storable(key: str) -> str:
    """`key`, or its digest where unfolding its characters made it longer than the column."""
    if len(key) <= KEY_LENGTH:
        return key
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def identifiers_for(channel_type: str, value: str, schema: Schema) -> list[Identifier]:
    """`value` in every field that serves the channel type, in schema order."""
    region = schema.channel_types[channel_type].default_region
    return [identifier_in(field, value, schema, region) for field in schema.serving[channel_type]]


def near_keys(known: list[Identifier], schema: Schema) -> dict[tuple[int, str], str]:
    """Where else the same value may be stored: (field id, match key) -> rule.

    The rules are `same_identifier_other_channel` and `phone_variant`.
    """
    exact = {(identifier.field.pk, identifier.match_key) for identifier in known}
    near: dict[tuple[int, str], str] = {}
    for field in schema.identifier_fields:
        for identifier in known:
            match = field.field_type.match_key(identifier.match_key)
            near[field.pk, match.key] = "same_identifier_other_channel"
            for key in identifier.field.field_type.near_keys(identifier.match_key):
                near.setdefault((field.pk, key), "phone_variant")
    return {place: rule for place, rule in near.items() if place not in exact}
