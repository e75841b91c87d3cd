"""Customers created, updated and deleted: one transaction each, all rules of a write."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from access.actors import Caller
from customers.history.events import CustomerEventType, publish_customer_event
from customers.history.recording import images, record, recorded
from customers.labelling.rules import check_labels, keep_labels, new_label_row, relabelled
from customers.labelling.terms import NO_TERMS, LabelAssignment
from customers.locking import lock_by_public_id
from customers.masking import FieldAccess
from customers.models import AttributeValue, ChannelIdentity, Customer, Operation
from customers.models.customer import folded_name
from foundation.compiled import compiled, insert
from jobs.models import Job
from labels.models import Label
from schema_builder.schema import Schema, schema_for_writing
from schema_builder.types import StoredValue

from .anonymity import anonymous_rivals, stays_anonymous
from .identifiers import Identifier
from .other_holders import OnConflict, hold_identifier_fields, refuse_conflicts
from .rows import new_identity, new_value
from .validation import BodyCleaner, CleanedFields, CustomerState
from .writing import PendingWrite, apply_all


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


def create_customer(
    body: Mapping[str, Any], *, caller: Caller, on_conflict: OnConflict = OnConflict.ACCEPT
) -> Customer:
    """A new customer from a body of the contract (contract 4).

    Raises ValidationError keyed by field, AnonymousHolderExists, and IdentifiersTaken where the
    caller refuses conflicts.
    """
    with transaction.atomic():
        schema = schema_for_writing()
        if on_conflict == OnConflict.REFUSE:
            hold_identifier_fields(schema, body)
        customer = insert_cleaned(schema, body, caller, on_conflict)
        publish_customer_event(customer, CustomerEventType.CREATED)
        return customer


def insert_cleaned(
    schema: Schema,
    body: Mapping[str, Any],
    caller: Caller,
    on_conflict: OnConflict = OnConflict.ACCEPT,
) -> Customer:
    """As `create_customer`, for who tells of it as part of an operation."""
    cleaned = BodyCleaner(schema, CustomerState(), FieldAccess(caller)).clean(
        body, is_new=True, partial=False
    )
    check_labels((), {label.pk for label in cleaned.labels or ()}, caller, cleaned.label_terms)
    if on_conflict == OnConflict.REFUSE:
        refuse_conflicts(cleaned.wanted_identifiers, schema)
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
    label_terms: LabelAssignment = NO_TERMS,
    source: str = "",
) -> Customer:
    """Write the rows of a new customer.

    Raises AnonymousHolderExists, and ValidationError keyed `labels` where one is gone.
    """
    now = timezone.now()
    customer = Customer(
        first_name=first_name,
        folded_name=folded_name(first_name),
        is_anonymous=is_anonymous,
        created_at=now,
        updated_at=now,
        created_by=author,
        updated_by=author,
    )
    insert([customer])
    try:
        insert([new_identity(customer, identifier, source=source) for identifier in identifiers])
    except IntegrityError as error:
        raise AnonymousHolderExists from error
    insert([new_value(customer, field_id, value) for field_id, value in values.items()])
    keep_labels([label.pk for label in labels])
    insert([new_label_row(customer, label, label_terms, author, now) for label in labels])
    return customer


@transaction.atomic
def update_customer(
    customer: Customer,
    body: Mapping[str, Any],
    *,
    caller: Caller,
    known_version: int | None = None,
    partial: bool = False,
    on_conflict: OnConflict = OnConflict.ACCEPT,
) -> Customer:
    """Write the fields of `body`, all of them unless `partial` (contract 6).

    What does not change is not written; the version moves once, and only if something did.
    Raises CustomerChanged where `known_version` is older than the stored one, ValidationError
    keyed by field, and IdentifiersTaken where the caller refuses conflicts.
    """
    schema = schema_for_writing()
    if on_conflict == OnConflict.REFUSE:
        hold_identifier_fields(schema, body)
    edit = Edit(schema, body, caller, known_version, partial, on_conflict)
    customer = lock_by_public_id([customer.public_id], along=edit.rivals)[customer.public_id]
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
    on_conflict: OnConflict

    def cleaned_for(self, customer: Customer) -> tuple[CustomerState, CleanedFields]:
        if self.known_version is not None and self.known_version < customer.version:
            raise CustomerChanged(customer.version)
        stored = stored_fields(customer)
        cleaner = BodyCleaner(self.schema, stored, FieldAccess(self.caller))
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
        if self.on_conflict == OnConflict.REFUSE:
            added = stored.without_held(cleaned.wanted_identifiers)
            refuse_conflicts(added, self.schema, customer)
        rivals = anonymous_rivals(customer, cleaned.wanted_identifiers)
        write_edit(PendingWrite(customer, stored, cleaned), self.schema, self.caller, rivals)


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
    customer = lock_by_public_id([customer.public_id])[customer.public_id]
    worn = customer.labels.select_related("group")
    cleaned = CleanedFields(
        labels=relabelled(worn, add, remove), label_terms=LabelAssignment(reason, until)
    )
    write_edit(PendingWrite(customer, CustomerState(), cleaned), schema, caller)
    return customer


def write_edit(
    planned: PendingWrite, schema: Schema, caller: Caller, rivals: Collection[int] = ()
) -> None:
    """Write to one customer as an operation; `rivals` lose identifiers by it."""
    recorded(
        Operation.Kind.EDIT,
        {planned.customer.pk, *rivals},
        lambda: bool(apply_all([planned], schema, caller)),
        actor=caller.get_username(),
        reason=planned.cleaned.label_terms.reason,
    )


@transaction.atomic
def delete_customer(customer: Customer, *, caller: Caller, reason: str = "") -> Operation:
    """Delete the customer with everything that belongs to it; an undo brings all of it back.

    Raises UnknownCustomer, CustomerMerged, PlaceholderIsProtected and CustomersContended.
    """
    schema_for_writing()
    locked = lock_by_public_id([customer.public_id])
    return delete_locked(list(locked.values()), caller=caller, reason=reason)


def delete_locked(
    customers: Collection[Customer],
    *,
    caller: Caller,
    kind: Operation.Kind = Operation.Kind.DELETE,
    reason: str = "",
    is_bulk: bool = False,
    job: Job | None = None,
) -> Operation:
    """Delete locked customers as one operation."""
    pks = [customer.pk for customer in customers]
    before = images(pks)
    Customer.objects.filter(pk__in=pks).delete()
    return record(
        kind,
        before=before,
        after={},
        actor=caller.get_username(),
        reason=reason,
        is_bulk=is_bulk,
        job=job,
    )


def stored_fields(customer: Customer) -> CustomerState:
    return stored_fields_of([customer])[customer.pk]


def stored_fields_of(customers: Iterable[Customer]) -> dict[int, CustomerState]:
    """What each of the customers has, by key. Two queries."""
    found = {customer.pk: CustomerState(customer.first_name) for customer in customers}
    for identity in identities_of(*found):
        found[identity.customer_id].identities.append(identity)
    for pk, field_id, text in texts_of(*found):
        found[pk].values[field_id] = text
    return found


@compiled
def identities_of(*pks: int) -> QuerySet[ChannelIdentity]:
    return ChannelIdentity.objects.filter(customer__id__in=pks).order_by("id")


@compiled
def texts_of(*pks: int) -> QuerySet[AttributeValue, tuple[int, int, str]]:
    """Return (customer, field, text) of each value."""
    rows = AttributeValue.objects.filter(customer__id__in=pks)
    return rows.values_list("customer_id", "field_id", "text")
