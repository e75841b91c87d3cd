"""Many customers changed alike, or deleted: one transaction, one operation, one undo."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from access.actors import Caller
from access.denials import check_permissions
from customers.error_messages import LOCKED
from customers.history.recording import recorded
from customers.labelling.rules import LabelRules, check_label_rights, check_labels, relabelled
from customers.labelling.terms import LabelAssignment, clean_until
from customers.locking import CustomerMerged, lock_by_public_id, own_keys, survivors_of
from customers.masking import FieldAccess, visible_to
from customers.models import Customer, CustomerLabel, Operation
from customers.permissions import BULK, CHANGE, DELETE
from customers.placeholders import PROTECTED
from customers.profiles.lifecycle import delete_locked, stored_fields_of
from customers.profiles.validation import BodyCleaner, CleanedFields, CustomerState, clean_labels
from customers.profiles.writing import PendingWrite, apply_all
from customers.system_fields import LABELS_FIELD
from jobs.models import Job
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import schema_for_writing

MOST_CUSTOMERS = 200
UNKNOWN = "There is no customer with this id."
NOTHING = "Name a label or a field to change."
BOTH = "The same label is added and removed."
USE_LABELS = "Labels are added and removed, not replaced."
ONE_BY_ONE = "An identifier belongs to one customer: it can be emptied here, not set."
HIDDEN = "You may not see this field, so you may not change it for many at once."

Problems = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class BulkChange:
    """What becomes of each customer; plain JSON, so that a job can keep it.

    `add` and `remove` are ids of labels; what is added stays until `until`, a day or moment, else
    as long as the label lasts by itself. `fields` are values by key as the API takes them, of
    which "" and [] empty the field.
    """

    add: Sequence[str] = ()
    remove: Sequence[str] = ()
    until: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class BulkOutcome:
    """What was done: ids of those it changed, and of those who were like that already.

    `refused` holds problems by field, by id of the customers that were left alone; `merged` holds
    the survivors of those among them that were merged before.
    """

    operation: Operation | None = None
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, Problems] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)


def bulk_change(
    public_ids: Sequence[str],
    change: BulkChange,
    *,
    caller: Caller,
    reason: str = "",
    dry_run: bool = False,
) -> BulkOutcome:
    """Change all of these customers or, where one cannot be changed, none.

    A `dry_run` takes it back. Raises PermissionDenied, CustomerMerged for an id from before a
    merge, and ValidationError keyed by "<customer id>.<field key>", or by the part of the change
    that makes no sense.
    """
    if not 1 <= len(public_ids) <= MOST_CUSTOMERS:
        raise ValidationError({"customers": f"Name 1 to {MOST_CUSTOMERS} customers."})
    with transaction.atomic():
        outcome = change_customers(public_ids, change, caller=caller, reason=reason)
        for former, survivor in outcome.merged.items():
            raise CustomerMerged(former, survivor)
        if outcome.refused:
            raise ValidationError(problems_by_customer(outcome.refused))
        if dry_run:
            transaction.set_rollback(True)
            outcome.operation = None
    return outcome


def problems_by_customer(refused: Mapping[str, Problems]) -> Problems:
    return {
        f"{public_id}.{key}": messages
        for public_id, problems in refused.items()
        for key, messages in problems.items()
    }


@transaction.atomic
def change_customers(
    public_ids: Iterable[str],
    change: BulkChange,
    *,
    caller: Caller,
    reason: str = "",
    job: Job | None = None,
) -> BulkOutcome:
    """Change those of the customers that can be changed; the outcome names the others.

    Ids from before a merge are refused. Raises PermissionDenied, ValidationError for a change that
    makes no sense, and CustomersContended.
    """
    checked = CheckedChange(change, caller, reason)
    customers, outcome = lock_customers_once(public_ids)
    planned = checked.plan(customers, outcome)

    def write() -> bool:
        written = apply_all(planned, checked.schema, caller)
        outcome.changed = [customer.public_id for customer in written]
        return bool(written)

    outcome.operation = recorded(
        Operation.Kind.BULK,
        [plan.customer.pk for plan in planned],
        write,
        actor=caller.get_username(),
        reason=reason,
        is_bulk=True,
        job=job,
    )
    everybody = [plan.customer.public_id for plan in planned]
    outcome.unchanged = [who for who in everybody if who not in set(outcome.changed)]
    return outcome


@transaction.atomic
def delete_customers(
    public_ids: Iterable[str], *, caller: Caller, reason: str = "", job: Job | None = None
) -> BulkOutcome:
    """Delete the customers so that an undo brings back every row of them.

    Ids from before a merge are refused. Raises PermissionDenied and CustomersContended.
    """
    check_delete_rights(caller)
    customers, outcome = lock_customers_once(public_ids)
    outcome.changed = [customer.public_id for customer in customers]
    if customers:
        outcome.operation = delete_locked(
            customers, caller=caller, reason=reason, is_bulk=True, job=job
        )
    return outcome


def lock_customers_once(public_ids: Iterable[str]) -> tuple[list[Customer], BulkOutcome]:
    """Lock the customers, each once; the outcome refuses unknown and former ids and placeholders."""
    public_ids = list(dict.fromkeys(public_ids))
    found = lock_by_public_id(public_ids, keys=own_keys)
    missing = [public_id for public_id in public_ids if public_id not in found]
    merged = survivors_of(missing) if missing else {}
    outcome = BulkOutcome(merged=merged)
    for public_id in missing:
        survivor = merged.get(public_id)
        problem = str(CustomerMerged(public_id, survivor)) if survivor else UNKNOWN
        outcome.refused[public_id] = {"_id": [problem]}
    for public_id in [known for known, one in found.items() if one.placeholder_for_id]:
        outcome.refused[public_id] = {"_id": [PROTECTED]}
        del found[public_id]
    return [found[public_id] for public_id in public_ids if public_id in found], outcome


def check_delete_rights(caller: Caller) -> None:
    check_permissions(caller, BULK, DELETE, action="delete many customers at once")


class CheckedChange:
    """A change that the caller may make and that makes sense, whoever it is made to."""

    def __init__(self, change: BulkChange, caller: Caller, reason: str):
        self.caller = caller
        self.schema = schema_for_writing()
        self.mask = FieldAccess(caller)
        self.known = visible_to(caller, self.schema)
        self.fields = change.fields
        self.problems: Problems = {}
        check_bulk_permissions(change, caller)
        self.add = self.labels_in("add", change.add)
        self.remove = self.labels_in("remove", change.remove)
        self.terms = LabelAssignment(reason, self.until_in(change.until))
        self.check_labels()
        self.check_fields()
        if set(self.add) & set(self.remove):
            self.problems["labels.remove"] = [BOTH]
        if not (change.add or change.remove or change.fields):
            self.problems["fields"] = [NOTHING]
        if self.problems:
            raise ValidationError(self.problems)

    def labels_in(self, part: str, public_ids: Sequence[str]) -> list[Label]:
        try:
            return clean_labels(list(public_ids), must_exist=True) or []
        except ValidationError as error:
            self.problems[f"labels.{part}"] = error.messages
            return []

    def until_in(self, text: str | None) -> datetime | None:
        try:
            return clean_until(text)
        except ValidationError as error:
            self.problems["labels.until"] = error.messages
            return None

    def check_labels(self) -> None:
        """As of somebody who wears what is taken off, and nothing else."""
        worn, wanted = ({label.pk for label in labels} for labels in (self.remove, self.add))
        try:
            check_labels(worn, wanted, self.caller, self.terms)
        except ValidationError as error:
            self.problems |= error.message_dict

    def check_fields(self) -> None:
        for key, raw in self.fields.items():
            if problem := row_problem(self.known.by_key.get(key), raw, self.mask):
                self.problems[f"fields.{key}"] = [problem]
        try:
            # As of somebody who has nothing yet: what is wrong now is wrong for everybody.
            self.cleaned_for(CustomerState())
        except ValidationError as error:
            for key, messages in error.message_dict.items():
                self.problems.setdefault(f"fields.{key}", messages)

    def cleaned_for(self, stored: CustomerState) -> CleanedFields:
        cleaner = BodyCleaner(self.schema, stored, self.mask)
        return cleaner.clean(self.fields, is_new=False, partial=True)

    def plan(self, customers: Sequence[Customer], outcome: BulkOutcome) -> list[PendingWrite]:
        """What to write to each customer; who refuses is noted. The queries do not grow."""
        planned = []
        stored, worn = stored_fields_of(customers), worn_by(customers)
        rules = self.label_rules(worn.values())
        for customer in customers:
            try:
                cleaned = self.cleaned_for(stored[customer.pk])
                self.relabel(cleaned, worn.get(customer.pk, []), rules)
            except ValidationError as error:
                outcome.refused[customer.public_id] = error.message_dict
                continue
            planned.append(PendingWrite(customer, stored[customer.pk], cleaned))
        return planned

    def label_rules(self, worn: Iterable[Sequence[Label]]) -> LabelRules:
        touched = chain(self.add, *worn)
        return LabelRules({label.pk for label in touched}, self.caller)

    def relabel(self, cleaned: CleanedFields, worn: Sequence[Label], rules: LabelRules) -> None:
        """Raises ValidationError where a rule of a label stands against it."""
        wanted = relabelled(worn, self.add, self.remove)
        before, after = ({label.pk for label in labels} for labels in (worn, wanted))
        if before != after:
            rules.check(before, after, self.terms)
            cleaned.labels, cleaned.label_terms = wanted, self.terms


def check_bulk_permissions(change: BulkChange, caller: Caller) -> None:
    check_permissions(caller, BULK, action="change many customers at once")
    if change.fields:
        check_permissions(caller, CHANGE, action="change customers")
    check_label_rights(caller, adds=bool(change.add), removes=bool(change.remove))


def row_problem(definition: FieldDefinition | None, raw: Any, mask: FieldAccess) -> str | None:
    """Why a field cannot be written to many customers, whatever they have in it."""
    if definition is None:
        # Among them keys that a customer's own body may hold, to be ignored.
        return "Unknown field."
    if definition.key == LABELS_FIELD:
        return USE_LABELS
    if mask.locks(definition):
        return LOCKED
    if mask.hides(definition):
        # Who was changed and who was not would tell what they have.
        return HIDDEN
    if definition.is_channel_identifier and raw not in (None, "", []):
        return ONE_BY_ONE
    return None


def worn_by(customers: Iterable[Customer]) -> dict[int, list[Label]]:
    """The labels of each customer, by its key. One query."""
    found: dict[int, list[Label]] = {}
    rows = CustomerLabel.objects.filter(customer__in=[c.pk for c in customers])
    for row in rows.select_related("label__group"):
        found.setdefault(row.customer_id, []).append(row.label)
    return found
