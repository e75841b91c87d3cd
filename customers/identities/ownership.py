"""How far an identity is to be trusted, and whose it is: explicit, recorded, undoable."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from access.actors import Caller
from customers.error_messages import LOCKED
from customers.history.recording import EDITED, images, record
from customers.locking import lock_by_public_id
from customers.masking import FieldAccess, visible_schema_and_mask
from customers.models import ChannelIdentity, Customer, Operation
from customers.profiles.anonymity import anonymous_rivals, take_over_from_anonymous
from customers.profiles.identifiers import Identifier, identifier_in, readings_beside
from customers.profiles.rows import new_identity
from customers.profiles.validation import check_identifier, refuse_mask
from customers.undo.undo import bump_versions
from schema_builder.models import MOST_IDENTIFIERS, FieldDefinition
from schema_builder.schema import current_schema, held_schema, schema_for_writing

from .flags import IdentityFlags, flags_of, write_flags

MARKS = ("is_shared", "is_retired", "trust")


class TooManyIdentifiers(Exception):
    """The field holds as many identifiers as it can."""

    def __init__(self, definition: FieldDefinition):
        super().__init__(f'"{definition.label}" holds {MOST_IDENTIFIERS} values already.')


class IdentifierTaken(Exception):
    """Other identified customers are found by the identifier."""

    def __init__(self, identifier: Identifier, owners: set[int]):
        super().__init__(f"Somebody else has this {identifier.field.label} already.")
        self.identifier = identifier
        # Their keys.
        self.owners = owners


@dataclass
class Claimed:
    """Whom the identity was taken from."""

    operation: Operation | None = None
    former_owners: list[str] = field(default_factory=list)


@transaction.atomic
def claim_identity(
    customer_id: str, key: str, value: str, *, caller: Caller, reason: str = ""
) -> Claimed:
    """Make the customer the only holder of an identifier, whoever has it now.

    Raises UnknownCustomer, ValidationError and TooManyIdentifiers. Claiming what one alone holds
    writes nothing.
    """
    schema_for_writing()
    identifier = checked_identifier(key, value, caller)
    locked = lock_by_public_id(
        [customer_id], along=lambda locked: holders_besides(locked[customer_id], identifier)
    )
    customer = locked[customer_id]
    others = holders_besides(customer, identifier)
    pks = {customer.pk, *others}
    before = images(pks, EDITED)
    claimed = Claimed()
    for other in Customer.objects.filter(pk__in=others).order_by("pk"):
        claimed.former_owners.append(other.public_id)
        identities_found_by(identifier).filter(customer=other).delete()
    attach_identity(customer, identifier)
    claimed.operation = record_change(
        Operation.Kind.CLAIM, pks, before, caller=caller, reason=reason
    )
    return claimed


@transaction.atomic
def add_identity(customer_id: str, key: str, value: str, *, caller: Caller) -> Operation | None:
    """Let the customer have an identifier besides those that it has; None where it does already.

    An anonymous customer takes it over from another one. Raises IdentifierTaken, UnknownCustomer,
    ValidationError and TooManyIdentifiers.
    """
    schema = schema_for_writing()
    identifier = new_identifier(key, value, caller)
    locked = lock_by_public_id(
        [customer_id], along=lambda locked: anonymous_rivals(locked[customer_id], [identifier])
    )
    customer = locked[customer_id]
    if owners := owners_besides(customer, identifier):
        raise IdentifierTaken(identifier, owners)
    if identities_at(identifier).active().filter(customer=customer).exists():
        return None
    check_identifier(identifier, schema)
    pks = {customer.pk, *anonymous_rivals(customer, [identifier])}
    before = images(pks, EDITED)
    if customer.is_anonymous:
        take_over_from_anonymous(customer, [identifier])
    attach_identity(customer, identifier, source="")
    return record_change(Operation.Kind.EDIT, pks, before, caller=caller, reason="")


@transaction.atomic
def share_identity(customer_id: str, key: str, value: str, *, caller: Caller) -> Operation | None:
    """Let the customer have an identifier along with those who have it, marked as shared for all.

    Raises UnknownCustomer, ValidationError and TooManyIdentifiers.
    """
    schema_for_writing()
    identifier = checked_identifier(key, value, caller)
    locked = lock_by_public_id(
        [customer_id], along=lambda locked: owners_besides(locked[customer_id], identifier)
    )
    customer = locked[customer_id]
    if customer.is_anonymous:
        raise ValidationError({"is_shared": "Name the customer first: it is anonymous."})
    pks = {customer.pk, *owners_besides(customer, identifier)}
    before = images(pks, EDITED)
    attach_identity(customer, identifier)
    found = identities_found_by(identifier).active().filter(customer__in=pks)
    found.update(is_shared=True)
    return record_change(Operation.Kind.EDIT, pks, before, caller=caller, reason="")


@transaction.atomic
def release_identity(
    customer_id: str, key: str, value: str, *, caller: Caller, reason: str = ""
) -> Operation | None:
    """Take an identifier off the customer. Raises ValidationError where it has none such."""
    schema_for_writing()
    identifier = read_identifier(key, value, caller)
    customer = lock_by_public_id([customer_id])[customer_id]
    before = images([customer.pk], EDITED)
    find_identity(customer, identifier).delete()
    return record_change(
        Operation.Kind.RELEASE, {customer.pk}, before, caller=caller, reason=reason
    )


@transaction.atomic
def flag_identity(
    customer_id: str, key: str, value: str, marks: Mapping[str, Any], *, caller: Caller
) -> Operation | None:
    """Say of an identity that it is shared, retired, primary, or how far it is trusted.

    One primary identity a field: marking another takes the mark from the first. Raises
    UnknownCustomer and ValidationError.
    """
    schema_for_writing()
    identifier = read_identifier(key, value, caller)
    customer = lock_by_public_id([customer_id])[customer_id]
    before = images([customer.pk], EDITED)
    identity = find_identity(customer, identifier)
    known = {name: marks[name] for name in MARKS if name in marks}
    write_flags(identity, replace(flags_of(identity), **known), caller.get_username())
    if "is_primary" in marks:
        same_field = customer.identities.filter(field=identity.field)
        same_field.filter(is_primary=True).update(is_primary=False)
        same_field.filter(pk=identity.pk).update(is_primary=marks["is_primary"])
    return record_change(Operation.Kind.EDIT, {customer.pk}, before, caller=caller, reason="")


@transaction.atomic
def mark_identities(
    customer: Customer, marks: Mapping[int, IdentityFlags], *, caller: Caller
) -> Operation | None:
    """Mark identities of the customer, by their key; those that are gone are passed over.

    Raises ValidationError, also where a field is not the caller's to write.
    """
    schema_for_writing()
    mask = FieldAccess(caller)
    customer = lock_by_public_id([customer.public_id])[customer.public_id]
    before = images([customer.pk], EDITED)
    marked = customer.identities.filter(pk__in=marks).select_related("field")
    for identity in marked.order_by("id"):
        if mask.locks(identity.field):
            raise ValidationError({"field": LOCKED})
        write_flags(identity, marks[identity.pk], caller.get_username())
    return record_change(Operation.Kind.EDIT, {customer.pk}, before, caller=caller, reason="")


def record_change(
    kind: str, pks: set[int], before, *, caller: Caller, reason: str
) -> Operation | None:
    """Record what changed, as the customers' next version; None where nothing did."""
    after = images(pks, EDITED)
    if after == before:
        return None
    bump_versions(pks, caller.get_username(), before)
    return record(
        kind,
        before=before,
        after=images(pks, EDITED),
        actor=caller.get_username(),
        reason=reason,
    )


def read_identifier(key: str, value: str, caller: Caller) -> Identifier:
    """Read a value of an identifier field; what a customer has may be removed, whatever it is."""
    schema, mask = visible_schema_and_mask(caller)
    definition = schema.by_key.get(key)
    if definition is None or not definition.is_channel_identifier:
        raise ValidationError({"field": f'There is no identifier field "{key}".'})
    if mask.locks(definition):
        raise ValidationError({"field": LOCKED})
    return identifier_in(definition, value, schema)


def new_identifier(key: str, value: str, caller: Caller) -> Identifier:
    """Read an identifier that a customer is to have. Raises ValidationError for a mask."""
    identifier = read_identifier(key, value, caller)
    try:
        refuse_mask(identifier.field, value, FieldAccess(caller))
    except ValidationError as error:
        raise ValidationError({"identifier": error.messages}) from None
    return identifier


def checked_identifier(key: str, value: str, caller: Caller) -> Identifier:
    """Return the identifier that a customer is to have from now on."""
    identifier = new_identifier(key, value, caller)
    try:
        check_identifier(identifier, current_schema())
    except ValidationError as error:
        raise ValidationError({"identifier": error.messages}) from None
    return identifier


def identities_at(identifier: Identifier):
    return ChannelIdentity.objects.filter(field=identifier.field, match_key=identifier.match_key)


def identities_found_by(identifier: Identifier):
    """Identities at which a lookup may find the identifier, by the schema of this write."""
    readings = readings_beside(identifier, held_schema())
    places = [Q(field=reading.field, match_key=reading.match_key) for reading in readings]
    return ChannelIdentity.objects.filter(reduce(or_, places))


def holders_besides(customer: Customer, identifier: Identifier) -> set[int]:
    held = identities_found_by(identifier).exclude(customer=customer)
    return set(held.values_list("customer", flat=True))


def owners_besides(customer: Customer, identifier: Identifier) -> set[int]:
    """Identified customers that are found by the identifier, but for those who share it."""
    if not identifier.identifies:
        return set()
    held = identities_found_by(identifier).exclude(customer=customer)
    live = held.identifying()
    return set(live.values_list("customer", flat=True))


def find_identity(customer: Customer, identifier: Identifier) -> ChannelIdentity:
    identity = identities_at(identifier).filter(customer=customer).first()
    if identity is None:
        raise ValidationError({"identifier": "The customer does not have this identifier."})
    return identity


def attach_identity(customer: Customer, identifier: Identifier, source: str = "claim") -> None:
    """Let the customer hold the identifier, live. Raises TooManyIdentifiers."""
    active = customer.identities.active().filter(field=identifier.field)
    others = active.exclude(match_key=identifier.match_key)
    if others.count() >= MOST_IDENTIFIERS:
        raise TooManyIdentifiers(identifier.field)
    held = identities_at(identifier).filter(customer=customer)
    if not held.update(is_retired=False, is_shared=False):
        ChannelIdentity.objects.bulk_create([new_identity(customer, identifier, source=source)])
