"""Labels on customers: whose they are, and every rule of putting them on and taking them off.

What a customer wears already is never judged again: rules may have become stricter since.
Who writes locks customers first, then labels, each in the order of their keys: merging or deleting
a label waits until it is on the customers, and takes them along.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import chain
from operator import attrgetter

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from access.actors import Caller, has_role
from access.denials import check_permissions
from customers.models import Customer, CustomerLabel
from customers.permissions import ADD_LABEL, REMOVE_LABEL
from customers.system_fields import LABELS_FIELD
from foundation.compiled import compiled
from labels.models import Label

from .terms import NO_TERMS, LabelAssignment, term_of

NEEDS_REASON = "needs a reason."
GONE = "A label was merged or deleted meanwhile: look again."


@dataclass(frozen=True, slots=True)
class Relabelling:
    """The labels that a locked customer is to wear, and what holds for the new ones."""

    customer: Customer
    labels: Iterable[Label]
    terms: LabelAssignment = NO_TERMS

    @property
    def wanted(self) -> dict[int, Label]:
        return {label.pk: label for label in self.labels}


def set_labels(relabellings: Sequence[Relabelling], caller: Caller) -> set[int]:
    """Give each customer its labels and no others; answers the keys of those whom it changed.

    Raises PermissionDenied where the caller may not label customers, and ValidationError keyed
    `labels` for every rule that stands against one of them.
    """
    worn = worn_rows([relabelling.customer.pk for relabelling in relabellings])
    changes = [
        (relabelling, worn[relabelling.customer.pk], relabelling.wanted)
        for relabelling in relabellings
        if worn[relabelling.customer.pk].keys() != relabelling.wanted.keys()
    ]
    touched = set(chain.from_iterable((*before, *wanted) for _, before, wanted in changes))
    rules = LabelRules(touched, caller, locking=True)
    author, now = caller.get_username(), timezone.now()
    new: list[CustomerLabel] = []
    gone: list[int] = []
    for relabelling, before, wanted in changes:
        rules.check(before, wanted, relabelling.terms)
        new += [
            new_label_row(relabelling.customer, label, relabelling.terms, author, now)
            for pk, label in wanted.items()
            if pk not in before
        ]
        gone += [row for pk, row in before.items() if pk not in wanted]
    CustomerLabel.objects.bulk_create(sorted(new, key=attrgetter("label_id", "customer_id")))
    CustomerLabel.objects.filter(pk__in=gone).delete()
    return {relabelling.customer.pk for relabelling, _, _ in changes}


def worn_rows(customers: Collection[int]) -> dict[int, dict[int, int]]:
    """By key of each customer, the rows of its labels by key of the label. One query."""
    found: dict[int, dict[int, int]] = {pk: {} for pk in customers}
    for pk, label, row in rows_of_labels(*customers):
        found[pk][label] = row
    return found


@compiled
def rows_of_labels(*customers: int) -> QuerySet[CustomerLabel, tuple[int, int, int]]:
    """Return (customer, label, row) of each label that one of the customers has."""
    rows = CustomerLabel.objects.filter(customer__id__in=customers)
    return rows.values_list("customer_id", "label_id", "pk")


def relabelled(worn: Iterable[Label], add: Iterable[Label], remove: Iterable[Label]) -> list[Label]:
    """The labels of somebody who gets some and loses others; whatever else is worn stays.

    A label of an exclusive group takes off the one of it that is worn.
    """
    kept = {label.pk: label for label in worn}
    added = {label.pk: label for label in add if label.pk not in kept}
    groups = {label.group_id for label in added.values() if label.is_exclusive}
    kept = {pk: label for pk, label in kept.items() if label.group_id not in groups} | added
    gone = {label.pk for label in remove}
    return [label for pk, label in kept.items() if pk not in gone]


def check_labels(
    worn: Collection[int],
    wanted: Collection[int],
    caller: Caller,
    terms: LabelAssignment = NO_TERMS,
) -> None:
    """As `LabelRules.check`, for one customer. Two queries."""
    LabelRules({*worn, *wanted}, caller).check(worn, wanted, terms)


class LabelRules:
    """What stands against a caller's labelling; the labels are read once, in two queries."""

    def __init__(self, pks: Collection[int], caller: Caller, *, locking: bool = False):
        self.pks = pks
        self.caller = caller
        self.locking = locking

    @cached_property
    def labels(self) -> list[Label]:
        """By name; locked, and all of them there still, where that was asked for."""
        rows = (
            lock_labels_by_id(self.pks) if self.locking else Label.objects.filter(pk__in=self.pks)
        )
        found = list(rows.select_related("group").prefetch_related("assignable_by"))
        if self.locking:
            check_still_there(self.pks, found)
        return sorted(found, key=attrgetter("name", "pk"))

    def check(
        self, worn: Collection[int], wanted: Collection[int], terms: LabelAssignment = NO_TERMS
    ) -> None:
        """Whether the caller may make the labels `worn` those `wanted`, given by key.

        Raises PermissionDenied, and ValidationError keyed `labels` with every problem.
        """
        added, removed = set(wanted) - set(worn), set(worn) - set(wanted)
        check_label_rights(self.caller, adds=bool(added), removes=bool(removed))
        if not added and not removed:
            return
        problems = [
            *forbidden(
                [label for label in self.labels if label.pk in added | removed], self.caller
            ),
            *label_problems([label for label in self.labels if label.pk in added], terms),
            *crowded([label for label in self.labels if label.pk in wanted], added),
        ]
        if problems:
            raise ValidationError({LABELS_FIELD: problems})


def lock_labels_by_id(pks: Collection[int] | QuerySet) -> QuerySet[Label]:
    """Those that are there still; nobody merges or deletes them before the transaction ends."""
    rows = Label.objects.filter(pk__in=pks).order_by("pk")
    return rows.select_for_update(of=("self",), no_key=True)


def keep_labels(pks: Collection[int]) -> None:
    """Lock the labels. Raises ValidationError keyed `labels` where one is gone."""
    if pks:
        check_still_there(pks, list(lock_labels_by_id(pks)))


def check_still_there(pks: Collection[int], found: Collection[Label]) -> None:
    if len(found) < len(set(pks)):
        raise ValidationError({LABELS_FIELD: GONE})


def check_label_rights(caller: Caller, *, adds: bool, removes: bool) -> None:
    if adds:
        check_permissions(caller, ADD_LABEL, action="assign labels")
    if removes:
        check_permissions(caller, REMOVE_LABEL, action="remove labels")


def handled_by(caller: Caller, labels: Iterable[Label]) -> list[Label]:
    """Those of the labels that the caller's roles may put on and take off."""
    return [
        label
        for label in labels
        if not (roles := label.assignable_by.all()) or has_role(caller, [role.pk for role in roles])
    ]


def roles_for(label: Label) -> list[str]:
    return sorted(role.name for role in label.assignable_by.all())


def forbidden(touched: Collection[Label], caller: Caller) -> Iterator[str]:
    allowed = handled_by(caller, touched)
    for label in touched:
        if label not in allowed:
            yield f'"{label}" is put on and taken off by {" or ".join(roles_for(label))} only.'


def label_problems(added: Iterable[Label], terms: LabelAssignment) -> Iterator[str]:
    now = timezone.now()
    for label in added:
        if label.is_archived:
            yield f'"{label}" is archived.'
        if label.requires_reason and not terms.reason:
            yield f'"{label}" {NEEDS_REASON}'
        latest = term_of(label, now)
        if latest and terms.until and terms.until > latest:
            yield f'"{label}" lasts {label.expires_after_days} days at most.'


def crowded(wanted: Iterable[Label], added: Collection[int]) -> Iterator[str]:
    """A problem for each exclusive group of which something is added beside something else."""
    groups: dict[int | None, list[Label]] = {}
    for label in wanted:
        if label.is_exclusive:
            groups.setdefault(label.group_id, []).append(label)
    for labels in groups.values():
        if len(labels) > 1 and any(label.pk in added for label in labels):
            names = " and ".join(f'"{label}"' for label in labels)
            yield f'{names} exclude each other: choose one of "{labels[0].group}".'


@dataclass(frozen=True, slots=True)
class DroppedLabel:
    """A label that merged customers could not keep, and the one that stands in its way."""

    label: Label
    kept: Label


@dataclass
class United:
    """What became of the labels of merged customers."""

    moved: int = 0
    dropped: list[DroppedLabel] = field(default_factory=list)


def unite_labels(survivor: Customer, duplicates: Iterable[Customer]) -> United:
    """Let the survivor wear what its duplicates wore.

    Of an exclusive group it keeps its own, else the first; worn by several, a label lasts as
    long as the longest.
    """
    order = [survivor.pk, *(duplicate.pk for duplicate in duplicates)]
    everything = CustomerLabel.objects.filter(customer__in=order)
    list(lock_labels_by_id(everything.values("label")))
    rows = everything.select_related("label__group").order_by("id")
    worn: dict[int, CustomerLabel] = {}
    leaders: dict[int | None, Label] = {}
    united, gone, prolonged = United(), [], set()
    for row in sorted(rows, key=lambda row: order.index(row.customer_id)):
        leader = leaders.get(row.label.group_id) if row.label.is_exclusive else None
        if row.label_id in worn:
            gone.append(row.pk)
            if prolong(worn[row.label_id], row.expires_at):
                prolonged.add(worn[row.label_id])
        elif leader and row.customer_id != survivor.pk:
            gone.append(row.pk)
            united.dropped.append(DroppedLabel(row.label, leader))
        else:
            worn[row.label_id] = row
            if row.label.is_exclusive:
                leaders[row.label.group_id] = row.label
    CustomerLabel.objects.filter(pk__in=gone).delete()
    CustomerLabel.objects.bulk_update(prolonged, ["expires_at"])
    united.moved = everything.exclude(customer=survivor).update(customer=survivor)
    return united


def prolong(row: CustomerLabel, other: datetime | None) -> bool:
    """Let the label last until the later of two ends; none is later than any. True if it is new."""
    if row.expires_at and (other is None or other > row.expires_at):
        row.expires_at = other
        return True
    return False


def new_label_row(
    customer: Customer, label: Label, terms: LabelAssignment, author: str, now: datetime
) -> CustomerLabel:
    return CustomerLabel(
        customer=customer,
        label=label,
        assigned_at=now,
        assigned_by=author,
        expires_at=terms.end_of(label, now),
        reason=terms.reason,
    )
