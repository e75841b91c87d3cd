"""Customers created, updated and deleted: one transaction each, all rules of a write."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from access.actors import Caller
from foundation.text import folded
from labels.models import Label
from schema_builder.snapshot import Schema, schema_for_writing
from schema_builder.types import StoredValue

from .anonymity import (
    anonymous_rivals,
    stays_anonymous,
    take_over_from_anonymous,
)
from .identifiers import Identifier
from .label_terms import NO_TERMS, Terms
from .labelling import check_labels, put_on, relabelled, set_labels
from .locking import lock_known_as
from .masking import Mask
from .models import AttributeValue, ChannelIdentity, Customer, Operation
from .models.customer import FOLDED_NAME_LENGTH
from .recording import recorded
from .rows import new_identity, new_value
from .values import BodyCleaner, CleanedFields, Stored


class CustomerChanged(Exception):
    """The customer was written since the version the caller knows."""

    def __init__(self, version: int):
        super().__init__(f"The customer was changed meanwhile: it is at version {version}.")
        self.version = version


class AnonymousHolderExists(Exception):
    """A second anonymous customer with the same identifier was asked for."""

    def __init__(self):
        super().__init__(
            "An anonymous customer with one of these identifiers exists already; "
            "give the customer a name, or write to that one."
        )


def create_customer(body: Mapping[str, Any], *, caller: Caller) -> Customer:
    """A new customer from a body of the contract (contract 4).

    Raises ValidationError keyed by field, and AnonymousHolderExists.
    """
    try:
        with transaction.atomic():
            return insert_cleaned(schema_for_writing(), body, caller)
    except IntegrityError as error:
        raise AnonymousHolderExists from error


def insert_cleaned(schema: Schema, body: Mapping[str, Any], caller: Caller) -> Customer:
    cleaned = BodyCleaner(schema, Stored(), Mask(caller)).clean(body, is_new=True, partial=False)
    check_labels((), {label.pk for label in cleaned.labels or ()}, caller, cleaned.label_terms)
    name = cleaned.first_name or ""
    return insert_customer(
        first_name=name,
        is_anonymous=stays_anonymous(schema, name, cleaned.is_anonymous),
        identifiers=cleaned.wanted_identifiers,
        values={field: value for field, value in cleaned.values.items() if value},
        labels=cleaned.labels or [],
        label_terms=cleaned.label_terms,
        author=caller.get_username(),
    )


# Whoever calls it in a transaction gives the whole up where it fails.
@transaction.atomic(savepoint=False)
def insert_customer(
    *,
    first_name: str,
    is_anonymous: bool,
    identifiers: list[Identifier],
    values: dict[int, StoredValue],
    author: str,
    labels: list[Label] = [],  # noqa: B006 - never changed
    label_terms: Terms = NO_TERMS,
    source: str = "",
) -> Customer:
    """Write the rows of a new customer. Raises IntegrityError on a second anonymous holder."""
    now = timezone.now()
    customer = Customer.objects.create(
        first_name=first_name,
        folded_name=folded_name(first_name),
        is_anonymous=is_anonymous,
        created_at=now,
        updated_at=now,
        created_by=author,
        updated_by=author,
    )
    ChannelIdentity.objects.bulk_create(
        new_identity(customer, identifier, source=source) for identifier in identifiers
    )
    AttributeValue.objects.bulk_create(
        new_value(customer, field_id, value) for field_id, value in values.items()
    )
    put_on(customer, labels, author, label_terms)
    return customer


@transaction.atomic
def update_customer(
    customer: Customer,
    body: Mapping[str, Any],
    *,
    caller: Caller,
    known_version: int | None = None,
    partial: bool = False,
) -> Customer:
    """Write the fields of `body`, all of them unless `partial` (contract 6).

    What does not change is not written; the version moves once, and only if something did.
    Raises CustomerChanged where `known_version` is older than the stored one, and
    ValidationError keyed by field.
    """
    edit = Edit(schema_for_writing(), body, caller, known_version, partial)
    customer = lock_known_as([customer.public_id], along=edit.rivals)[customer.public_id]
    edit.write(customer)
    return customer


@dataclass(frozen=True)
class Edit:
    """One write of a customer's fields."""

    schema: Schema
    body: Mapping[str, Any]
    caller: Caller
    known_version: int | None
    partial: bool

    def cleaned_for(self, customer: Customer) -> tuple[Stored, CleanedFields]:
        if self.known_version is not None and self.known_version < customer.version:
            raise CustomerChanged(customer.version)
        stored = stored_fields(customer)
        cleaner = BodyCleaner(self.schema, stored, Mask(self.caller))
        return stored, cleaner.clean(self.body, is_new=False, partial=self.partial)

    def rivals(self, locked: Mapping[str, Customer]) -> set[int]:
        """Keys of the customers that lose an identifier to this one."""
        [customer] = locked.values()
        if not customer.is_anonymous:
            return set()
        _, cleaned = self.cleaned_for(customer)
        return anonymous_rivals(customer, cleaned.wanted_identifiers)

    def write(self, customer: Customer) -> None:
        stored, cleaned = self.cleaned_for(customer)
        touched = {customer.pk, *anonymous_rivals(customer, cleaned.wanted_identifiers)}
        recorded(
            Operation.Kind.EDIT,
            touched,
            lambda: apply_fields(customer, stored, cleaned, self.schema, self.caller),
            actor=self.caller.get_username(),
            reason=cleaned.label_terms.reason,
        )


@transaction.atomic
def label_customer(
    customer: Customer,
    *,
    caller: Caller,
    add: Iterable[Label] = (),
    remove: Iterable[Label] = (),
    reason: str = "",
    until: datetime | None = None,
) -> Customer:
    """Put labels on the customer and take labels off, as `labelling.relabelled` says."""
    schema = schema_for_writing()
    customer = lock_known_as([customer.public_id])[customer.public_id]
    worn = customer.labels.select_related("group")
    cleaned = CleanedFields(labels=relabelled(worn, add, remove), label_terms=Terms(reason, until))
    recorded(
        Operation.Kind.EDIT,
        [customer.pk],
        lambda: apply_fields(customer, Stored(), cleaned, schema, caller),
        actor=caller.get_username(),
        reason=reason,
    )
    return customer


def apply_fields(
    customer: Customer, stored: Stored, cleaned: CleanedFields, schema: Schema, caller: Caller
) -> bool:
    """Write what `cleaned` holds to a locked customer; True where that changed something.

    The version moves once. Recording it is the caller's business. Raises PermissionDenied.
    """
    changes = [
        change_identities(customer, stored, cleaned),
        change_values(customer, stored, cleaned),
        cleaned.labels is not None
        and set_labels(customer, cleaned.labels, caller, terms=cleaned.label_terms),
        change_columns(customer, schema, cleaned),
    ]
    if any(changes):
        touch_customer(customer, caller.get_username())
    return any(changes)


@transaction.atomic
def delete_customer(customer: Customer) -> None:
    """Delete the customer with everything that belongs to it."""
    Customer.objects.select_for_update().get(pk=customer.pk).delete()


def folded_name(name: str) -> str:
    """What searching compares, cut to its column: one character may unfold to many."""
    return folded(name)[:FOLDED_NAME_LENGTH]


def stored_fields(customer: Customer) -> Stored:
    return stored_fields_of([customer])[customer.pk]


def stored_fields_of(customers: Iterable[Customer]) -> dict[int, Stored]:
    """What each of the customers has, by key. Two queries."""
    found = {customer.pk: Stored(customer.first_name) for customer in customers}
    for identity in ChannelIdentity.objects.filter(customer__in=found).order_by("id"):
        found[identity.customer_id].identities.append(identity)
    values = AttributeValue.objects.filter(customer__in=found)
    for pk, field_id, text in values.values_list("customer_id", "field_id", "text"):
        found[pk].values[field_id] = text
    return found


def change_columns(customer: Customer, schema: Schema, cleaned: CleanedFields) -> bool:
    """Name and anonymity; who is identified stays identified (contract 13.6)."""
    before = customer.first_name, customer.is_anonymous
    if cleaned.first_name is not None:
        customer.first_name = cleaned.first_name
        customer.folded_name = folded_name(cleaned.first_name)
    # The default may have changed since this name was given.
    renamed = customer.first_name if customer.first_name != before[0] else ""
    customer.is_anonymous = customer.is_anonymous and stays_anonymous(
        schema, renamed, cleaned.is_anonymous
    )
    if before[1] and not customer.is_anonymous:
        customer.identities.update(is_anonymous=False)
    return before != (customer.first_name, customer.is_anonymous)


def change_identities(customer: Customer, stored: Stored, cleaned: CleanedFields) -> bool:
    """Make the identities of the fields in `cleaned` those, and no others; retired ones stay."""
    rows = {(row.field_id, row.match_key): row for row in stored.identities}
    wanted = {
        (field_id, identifier.match_key): identifier
        for field_id, found in cleaned.identities.items()
        for identifier in found
    }
    gone = [
        row.pk
        for place, row in rows.items()
        if row.field_id in cleaned.identities and place not in wanted and not row.is_retired
    ]
    added = [identifier for place, identifier in wanted.items() if place not in rows]
    respelled = [
        row
        for place, row in rows.items()
        if place in wanted and (row.is_retired or row.value != wanted[place].value)
    ]
    ChannelIdentity.objects.filter(pk__in=gone).delete()
    for row in respelled:
        row.value, row.is_retired = wanted[row.field_id, row.match_key].value, False
        row.save(update_fields=["value", "is_retired"])
    if customer.is_anonymous:
        take_over_from_anonymous(customer, added)
    ChannelIdentity.objects.bulk_create(new_identity(customer, added_one) for added_one in added)
    return bool(gone or added or respelled)


def change_values(customer: Customer, stored: Stored, cleaned: CleanedFields) -> bool:
    written = {
        field_id: value
        for field_id, value in cleaned.values.items()
        if value and value.text != stored.values.get(field_id)
    }
    emptied = [
        field_id
        for field_id, value in cleaned.values.items()
        if value is None and field_id in stored.values
    ]
    if emptied:
        customer.values.filter(field__in=emptied).delete()
    AttributeValue.objects.bulk_create(
        [new_value(customer, field_id, value) for field_id, value in written.items()],
        update_conflicts=True,
        unique_fields=["customer", "field"],
        update_fields=["text", "folded", "number", "timestamp", "near_key"],
    )
    return bool(written or emptied)


def touch_customer(customer: Customer, author: str) -> None:
    """Save the columns of a customer that changed, as its next version."""
    customer.version += 1
    customer.updated_at = timezone.now()
    customer.updated_by = author
    customer.save(
        update_fields=[
            "first_name",
            "folded_name",
            "is_anonymous",
            "version",
            "updated_at",
            "updated_by",
        ]
    )
