"""Several customers made one: nothing is lost, and every old id leads to the survivor."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from access.actors import Caller
from customers.documents import document
from customers.history.recording import images, record
from customers.labelling.rules import DroppedLabel, unite_labels
from customers.locking import lock_by_public_id
from customers.masking import FieldAccess, visible_schema_and_mask
from customers.models import (
    AttributeValue,
    ChannelIdentity,
    Conversation,
    Customer,
    CustomerAlias,
    Operation,
)
from customers.profiles.anonymity import default_name
from customers.profiles.lifecycle import CustomerChanged
from customers.profiles.rows import new_value
from customers.profiles.writing import name_columns
from customers.system_fields import NAME_FIELD
from customers.undo.undo import bump_versions
from jobs.models import Job
from schema_builder.models import MOST_IDENTIFIERS, FieldDefinition
from schema_builder.schema import Schema, schema_for_writing
from schema_builder.types import LONGEST_NAME

from .choices import NEWEST, SURVIVOR, check_choices, clean_value

MOST_CUSTOMERS = 25


class MergeRefused(Exception):
    """These customers cannot be merged as they are now."""


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """Who stays, who goes, and which value wins where they differ.

    `choices`: by field key "survivor" (also the default; gaps are filled in order), "newest",
    {"customer": id} or {"value": …}. `versions`: by id, the versions the caller looked at.
    """

    survivor: str
    duplicates: Sequence[str]
    choices: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""


@dataclass
class Merged:
    """What a merge did, or would do."""

    survivor: str
    merged: list[str] = field(default_factory=list)
    operation: Operation | None = None
    moved: dict[str, int] = field(default_factory=dict)
    # Labels of the duplicates that the survivor's exclude.
    dropped_labels: list[DroppedLabel] = field(default_factory=list)
    # Whether values differ of which the caller may not know: the survivor's stay.
    hidden_differ: bool = False
    # The survivor as the contract shows it.
    customer: dict[str, Any] | None = None


def merge_customers(
    request: MergeRequest, *, caller: Caller, dry_run: bool = False, job: Job | None = None
) -> Merged:
    """Merge the duplicates into the survivor, in one transaction; a `dry_run` takes it back.

    `job`: the one that this is a chunk of. Merging again what is merged already writes nothing.
    Raises ValidationError for a request that makes no sense, UnknownCustomer, MergeRefused and
    CustomerChanged.
    """
    check_request(request)
    with transaction.atomic():
        schema = schema_for_writing()
        survivor, duplicates = lock_merge(request)
        merged = Merged(survivor.public_id, [duplicate.public_id for duplicate in duplicates])
        if duplicates:
            Merge(survivor, duplicates, request, schema, merged).run(caller, job)
        row = Customer.objects.filter(pk=survivor.pk).documents().get()
        merged.customer = document(row, *visible_schema_and_mask(caller))
        if dry_run:
            transaction.set_rollback(True)
            merged.operation = None
    return merged


def check_request(request: MergeRequest) -> None:
    named = [request.survivor, *request.duplicates]
    if not 2 <= len(named) <= MOST_CUSTOMERS:
        raise ValidationError({"duplicates": f"Merge 2 to {MOST_CUSTOMERS} customers at a time."})
    if len(set(named)) != len(named):
        raise ValidationError({"duplicates": "A customer cannot be merged with itself."})
    if not request.versions.keys() <= set(named):
        raise ValidationError({"versions": "Name only customers that take part."})


def lock_merge(request: MergeRequest) -> tuple[Customer, list[Customer]]:
    """The survivor and the duplicates still to be merged, locked."""
    locked = lock_by_public_id([request.survivor, *request.duplicates], follows_merges=True)
    survivor = locked[request.survivor]
    if survivor.public_id != request.survivor:
        raise MergeRefused(
            f"Customer {request.survivor} was merged into {survivor.public_id} meanwhile."
        )
    duplicates = []
    for public_id in request.duplicates:
        found = locked[public_id]
        if found.pk == survivor.pk:
            continue
        if found.public_id != public_id:
            raise MergeRefused(f"Customer {public_id} was merged into {found.public_id} meanwhile.")
        duplicates.append(found)
    for customer in (survivor, *duplicates) if duplicates else ():
        if request.versions.get(customer.public_id, customer.version) < customer.version:
            raise CustomerChanged(customer.version)
    return survivor, duplicates


@dataclass
class Merge:
    """The steps of one merge between locked customers, one relation each."""

    survivor: Customer
    duplicates: list[Customer]
    request: MergeRequest
    schema: Schema
    outcome: Merged

    def run(self, caller: Caller, job: Job | None) -> None:
        pks = [self.survivor.pk, *self.duplicate_pks]
        before = images(pks)
        author = caller.get_username()
        known = [customer.public_id for customer in (self.survivor, *self.duplicates)]
        check_choices(self.request.choices, known, self.schema, FieldAccess(caller))
        self.merge_columns()
        self.merge_values(FieldAccess(caller))
        self.merge_identities()
        self.merge_labels()
        self.move_conversations()
        self.leave_aliases()
        self.remove_duplicates()
        bump_versions([self.survivor.pk], author, before)
        self.outcome.operation = record(
            Operation.Kind.MERGE,
            before=before,
            after=images(pks),
            actor=author,
            reason=self.request.reason,
            job=job,
        )

    @property
    def duplicate_pks(self) -> list[int]:
        return [duplicate.pk for duplicate in self.duplicates]

    def merge_columns(self) -> None:
        """Name, anonymity and age: identified if anybody is, as old as the oldest."""
        definition = self.schema.by_key[NAME_FIELD]
        parties = self.by_preference(NAME_FIELD)
        choice = self.request.choices.get(NAME_FIELD)
        if isinstance(choice, dict) and "value" in choice:
            cleaned = clean_value(definition, choice["value"])
            name = cleaned.text if cleaned else ""
            if not name or len(name) > LONGEST_NAME:
                raise ValidationError({NAME_FIELD: f"Needs 1 to {LONGEST_NAME} characters."})
        else:
            given = [party.first_name for party in parties]
            real = [name for name in given if name not in ("", default_name(self.schema))]
            name = given[0] if choice else (real or given)[0]
        columns = name_columns(name)
        for column, value in columns.items():
            setattr(self.survivor, column, value)
        self.survivor.is_anonymous = all(party.is_anonymous for party in parties)
        self.survivor.created_at = min(party.created_at for party in parties)
        self.survivor.save(update_fields=[*columns, "is_anonymous", "created_at"])
        if not self.survivor.is_anonymous:
            self.survivor.identities.filter(is_anonymous=True).update(is_anonymous=False)

    def by_preference(self, key: str) -> list[Customer]:
        """All parties, the one whose value the choice prefers first."""
        parties = [self.survivor, *self.duplicates]
        choice = self.request.choices.get(key, SURVIVOR)
        if choice == NEWEST:
            return sorted(parties, key=lambda party: (party.updated_at, party.pk), reverse=True)
        if isinstance(choice, dict) and "customer" in choice:
            return sorted(parties, key=lambda party: party.public_id != choice["customer"])
        return parties

    def merge_values(self, mask: FieldAccess) -> None:
        """Per field the preferred value that is there; the others go with their customers."""
        rows: dict[int, dict[int, AttributeValue]] = {}
        parties = [self.survivor.pk, *self.duplicate_pks]
        for row in AttributeValue.objects.filter(customer__in=parties).select_related("field"):
            rows.setdefault(row.field_id, {})[row.customer_id] = row
        winners = set()
        for held in rows.values():
            definition = next(iter(held.values())).field
            order = self.by_preference(definition.key)
            winners.add(next(held[party.pk].pk for party in order if party.pk in held))
            if not mask.shows(definition) and len({row.text for row in held.values()}) > 1:
                self.outcome.hidden_differ = True
        losers = {row.pk for held in rows.values() for row in held.values()} - winners
        AttributeValue.objects.filter(pk__in=losers).delete()
        theirs = AttributeValue.objects.filter(customer__in=self.duplicate_pks)
        self.outcome.moved["values"] = theirs.update(customer=self.survivor)
        self.write_explicit_values()

    def write_explicit_values(self) -> None:
        for key, choice in self.request.choices.items():
            if key != NAME_FIELD and isinstance(choice, dict) and "value" in choice:
                self.write_value(self.schema.by_key[key], choice["value"])

    def write_value(self, definition: FieldDefinition, raw: Any) -> None:
        value = clean_value(definition, raw)
        self.survivor.values.filter(field=definition).delete()
        if value:
            new_value(self.survivor, definition.pk, value).save(force_insert=True)
        elif definition.is_required:
            raise ValidationError({definition.key: "This field is required."})

    def merge_identities(self) -> None:
        """Each identifier once; raises MergeRefused where a field would hold too many."""
        held = {(row.field_id, row.match_key): row for row in self.survivor.identities.all()}
        primary = {row.field_id for row in held.values() if row.is_primary}
        united, revived, demoted = [], [], []
        for row in self.identities_of_duplicates():
            kept = held.setdefault((row.field_id, row.match_key), row)
            if kept is not row:
                united.append(row.pk)
                if kept.is_retired and not row.is_retired:
                    kept.is_retired = False
                    revived.append(kept.pk)
            elif row.is_primary and row.field_id in primary:
                demoted.append(row.pk)
            elif row.is_primary:
                primary.add(row.field_id)
        ChannelIdentity.objects.filter(pk__in=united).delete()
        ChannelIdentity.objects.filter(pk__in=revived).update(is_retired=False)
        ChannelIdentity.objects.filter(pk__in=demoted).update(is_primary=False)
        theirs = ChannelIdentity.objects.filter(customer__in=self.duplicate_pks)
        self.outcome.moved["identities"] = theirs.update(
            customer=self.survivor, is_anonymous=self.survivor.is_anonymous
        )
        self.check_room(held.values())

    def identities_of_duplicates(self) -> list[ChannelIdentity]:
        """In the order of the duplicates: of several primary ones, the first stays so."""
        rows = ChannelIdentity.objects.filter(customer__in=self.duplicate_pks).order_by("id")
        return sorted(rows, key=lambda row: self.duplicate_pks.index(row.customer_id))

    def check_room(self, held: Iterable[ChannelIdentity]) -> None:
        for definition in self.schema.identifier_fields:
            active = [r for r in held if r.field_id == definition.pk and not r.is_retired]
            if len(active) > MOST_IDENTIFIERS:
                raise MergeRefused(
                    f'"{definition.label}" would hold {len(active)} values; '
                    f"{MOST_IDENTIFIERS} are possible."
                )

    def merge_labels(self) -> None:
        united = unite_labels(self.survivor, self.duplicates)
        self.outcome.moved["labels"] = united.moved
        self.outcome.dropped_labels = united.dropped

    def move_conversations(self) -> None:
        theirs = Conversation.objects.filter(customer__in=self.duplicate_pks)
        self.outcome.moved["conversations"] = theirs.update(customer=self.survivor)

    def leave_aliases(self) -> None:
        """The duplicates' ids, and those that led to them, lead to the survivor."""
        CustomerAlias.objects.filter(customer__in=self.duplicate_pks).update(customer=self.survivor)
        CustomerAlias.objects.bulk_create(
            CustomerAlias(public_id=duplicate.public_id, customer=self.survivor)
            for duplicate in self.duplicates
        )

    def remove_duplicates(self) -> None:
        Customer.objects.filter(pk__in=self.duplicate_pks).delete()
