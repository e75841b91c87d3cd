"""Part of a customer made a customer of its own, where two people had become one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from access.actors import Caller
from customers.error_messages import LOCKED
from customers.history.recording import images, record
from customers.locking import lock_by_public_id
from customers.masking import FieldAccess, visible_schema_and_mask
from customers.models import Customer, Operation
from customers.models.customer import folded_name
from customers.profiles.anonymity import default_name
from customers.profiles.lifecycle import AnonymousHolderExists
from customers.undo.undo import bump_versions
from schema_builder.schema import Schema, current_schema, schema_for_writing
from schema_builder.types import LONGEST_NAME


@dataclass(frozen=True, slots=True)
class SplitRequest:
    """What the new customer gets: identities as (field key, value), field keys, conversations."""

    customer: str
    first_name: str = ""
    identities: Sequence[tuple[str, str]] = ()
    fields: Sequence[str] = ()
    conversations: Sequence[str] = ()
    reason: str = ""


@dataclass
class Split:
    """What a split did, or would do."""

    source: str
    # None where it was only tried.
    customer: str | None
    operation: Operation | None = None
    moved: dict[str, int] = field(default_factory=dict)


def split_customer(request: SplitRequest, *, caller: Caller, dry_run: bool = False) -> Split:
    """Move the named parts of a customer to a new one; a `dry_run` takes it back.

    Raises UnknownCustomer, ValidationError where a part is not the customer's or of a field that
    the caller may not write, and AnonymousHolderExists where the new customer would be the second.
    """
    with transaction.atomic():
        schema_for_writing()
        source = lock_by_public_id([request.customer])[request.customer]
        parts = chosen_parts(source, request, *visible_schema_and_mask(caller))
        before = images([source.pk])
        author = caller.get_username()
        customer = new_customer(request, author)
        for rows in parts.values():
            rows.update(customer=customer)
        try:
            customer.identities.update(is_anonymous=customer.is_anonymous)
        except IntegrityError as error:
            raise AnonymousHolderExists from error
        bump_versions([source.pk], author, before)
        split = Split(source.public_id, customer.public_id)
        split.moved = {relation: getattr(customer, relation).count() for relation in parts}
        split.operation = record(
            Operation.Kind.SPLIT,
            before=before,
            after=images([source.pk, customer.pk]),
            actor=author,
            reason=request.reason,
        )
        if dry_run:
            transaction.set_rollback(True)
            split.customer = split.operation = None
    return split


def chosen_parts(
    source: Customer, request: SplitRequest, schema: Schema, mask: FieldAccess
) -> dict:
    """Querysets of the rows to move, by relation. A hidden field is like one that is not there."""
    held = {(row.field.key, row.value): row.pk for row in source.identities.select_related("field")}
    valued = dict(source.values.values_list("field__key", "pk"))
    spoken = dict(source.conversations.values_list("conversation_id", "pk"))
    problems = locked_parts(request, schema, mask)
    known_fields = schema.by_key.keys()
    for name, wanted, known in (
        ("identities", request.identities, {i for i in held if i[0] in known_fields}),
        ("attributes", request.fields, valued.keys() & known_fields),
        ("conversations", request.conversations, spoken.keys()),
    ):
        missing = [part for part in wanted if part not in known]
        if missing and name not in problems:
            part = missing[0] if isinstance(missing[0], str) else ": ".join(missing[0])
            problems[name] = f'The customer does not have "{part}".'
    if not (request.identities or request.fields or request.conversations):
        problems["identities"] = "Choose something to move."
    if problems:
        raise ValidationError(problems)
    return {
        "identities": source.identities.filter(pk__in=[held[i] for i in request.identities]),
        "values": source.values.filter(pk__in=[valued[key] for key in request.fields]),
        "conversations": source.conversations.filter(
            pk__in=[spoken[c] for c in request.conversations]
        ),
    }


def locked_parts(request: SplitRequest, schema: Schema, mask: FieldAccess) -> dict[str, str]:
    """Problems of fields that the caller may not write, whether or not the customer has them."""
    chosen = {
        "identities": {key for key, _ in request.identities},
        "attributes": set(request.fields),
    }
    return {
        name: LOCKED
        for name, keys in chosen.items()
        if any(mask.locks(schema.by_key[key]) for key in keys & schema.by_key.keys())
    }


def new_customer(request: SplitRequest, author: str) -> Customer:
    """An anonymous customer, unless it gets a name."""
    default = default_name(current_schema())
    name = request.first_name.strip() or default
    if len(name) > LONGEST_NAME:
        raise ValidationError(
            {"firstName": f"Ensure this field has no more than {LONGEST_NAME} characters."}
        )
    return Customer.objects.create(
        first_name=name,
        folded_name=folded_name(name),
        is_anonymous=name == default,
        created_by=author,
        updated_by=author,
    )
