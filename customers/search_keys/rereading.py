"""Stored identifiers read again after the rules of reading changed, so that lookups reach them."""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from django.db import IntegrityError, transaction

from customers.models import ChannelIdentity, IdentifierReading
from customers.profiles.identifiers import storable
from schema_builder.schema import Schema, current_schema, schema_for_writing
from schema_builder.types import MatchKey

# Raise it when the types make other match keys of stored identifiers.
RULES = 2
STATE_ROW = 1
BATCH = 1000


class Keys(NamedTuple):
    """How an identity is compared."""

    match_key: str
    near_key: str | None
    is_valid: bool


def rules_of(schema: Schema) -> str:
    """Return a name for the rules by which identifiers are read: ours, and regions of channels."""
    numbering = sorted(
        (field.pk, *schema.numbering[field.pk]) for field in schema.identifier_fields
    )
    return f"{RULES}:{hashlib.sha256(repr(numbering).encode()).hexdigest()[:32]}"


def read_all_again() -> Iterator[int]:
    """Read all identities by today's rules, once for each set of rules.

    Yields how many were read in each step. It goes on where it was stopped.
    """
    state, _ = IdentifierReading.objects.get_or_create(pk=STATE_ROW)
    rules = rules_of(current_schema())
    if state.rules == rules:
        return
    if state.next_rules != rules:
        state.next_rules, state.read_up_to = rules, 0
    while batch := identities_after(state.read_up_to):
        # Each row in a transaction of its own: other writes and changes of the schema wait for one.
        reread_batch(batch, current_schema())
        state.read_up_to = batch[-1].pk
        state.save()
        yield len(batch)
    state.rules, state.next_rules, state.read_up_to = rules, "", 0
    state.save()


def identities_after(pk: int) -> list[ChannelIdentity]:
    rows = ChannelIdentity.objects.filter(pk__gt=pk).order_by("pk")
    return list(rows.only("field", "value", "match_key", "near_key", "is_valid")[:BATCH])


def reread_batch(identities: list[ChannelIdentity], schema: Schema) -> None:
    """Write the match keys of identities that are read otherwise today.

    Identities of fields that are deleted or inactive stay as they are.
    """
    for identity in identities:
        stored = Keys(identity.match_key, identity.near_key, identity.is_valid)
        if identity.field_id in schema.by_id and match_keys_of(identity, schema) != stored:
            save_keys(identity)


def match_keys_of(identity: ChannelIdentity, schema: Schema) -> Keys:
    field = schema.by_id[identity.field_id]
    stored = MatchKey(identity.match_key, identity.is_valid)
    found = field.field_type.read_again(identity.value, stored, schema.numbering[field.pk])
    match_key = storable(found.key)
    return Keys(match_key, field.field_type.near_key(match_key), found.is_valid)


def save_keys(identity: ChannelIdentity) -> None:
    """Save the keys by the schema of now, unless the identity was changed or deleted meanwhile.

    It stays under its former key where the customer or another anonymous one has the identifier
    already: that row is the one that lookups find.
    """
    rows = ChannelIdentity.objects.filter(
        pk=identity.pk, value=identity.value, match_key=identity.match_key
    )
    try:
        with transaction.atomic():
            schema = schema_for_writing()
            if identity.field_id in schema.by_id:
                keys = match_keys_of(identity, schema)
                rows.update(
                    match_key=keys.match_key, near_key=keys.near_key, is_valid=keys.is_valid
                )
    except IntegrityError:
        return
