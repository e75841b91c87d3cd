"""Labels on customers: whose they are, and every rule of putting them on and taking them off.

What a customer wears already is never judged again: rules may have become stricter since.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from access.actors import Caller, has_role
from labels.models import Label

from .label_terms import NO_TERMS, Terms, term_of
from .models import Customer, CustomerLabel
from .values import LABELS_FIELD


def set_labels(
    customer: Customer,
    labels: Iterable[Label],
    caller: Caller,
    *,
    terms: Terms = NO_TERMS,
) -> bool:
    """Make these the labels of a locked customer; True where that changed something.

    Raises PermissionDenied where the caller may not label customers, and ValidationError keyed
    `labels` for every rule that stands against it.
    """
    wanted = {label.pk: label for label in labels}
    worn = set(customer.worn_labels.values_list("label_id", flat=True))
    if worn == set(wanted):
        return False
    check_labels(worn, wanted, caller, terms)
    # What is put on comes first: who deletes a label waits for it, and holds no row of ours.
    new = [label for pk, label in sorted(wanted.items()) if pk not in worn]
    put_on(customer, new, caller.get_username(), terms)
    customer.worn_labels.exclude(label__in=wanted).delete()
    return True


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


def put_on(
    customer: Customer, labels: Iterable[Label], author: str, terms: Terms = NO_TERMS
) -> None:
    """Write that the customer wears these labels from now on."""
    now = timezone.now()
    CustomerLabel.objects.bulk_create(
        CustomerLabel(
            customer=customer,
            label=label,
            assigned_at=now,
            assigned_by=author,
            expires_at=terms.end_of(label, now),
            reason=terms.reason,
        )
        for label in labels
    )


def check_labels(
    worn: Collection[int], wanted: Collection[int], caller: Caller, terms: Terms = NO_TERMS
) -> None:
    """Whether the caller may make the labels `worn` those `wanted`, given by key.

    Raises PermissionDenied, and ValidationError keyed `labels` with every problem.
    """
    added, removed = set(wanted) - set(worn), set(worn) - set(wanted)
    check_label_rights(caller, adds=bool(added), removes=bool(removed))
    if not added and not removed:
        return
    rows = Label.objects.filter(pk__in=added | removed | set(wanted)).order_by("name", "id")
    labels = list(rows.select_related("group").prefetch_related("assignable_by"))
    problems = [
        *forbidden([label for label in labels if label.pk in added | removed], caller),
        *refused([label for label in labels if label.pk in added], terms),
        *crowded([label for label in labels if label.pk in wanted], added),
    ]
    if problems:
        raise ValidationError({LABELS_FIELD: problems})


def check_label_rights(caller: Caller, *, adds: bool, removes: bool) -> None:
    if adds and not caller.has_perm("customers.add_customerlabel"):
        raise PermissionDenied("You may not label customers.")
    if removes and not caller.has_perm("customers.delete_customerlabel"):
        raise PermissionDenied("You may not take labels off customers.")


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


def refused(added: Iterable[Label], terms: Terms) -> Iterator[str]:
    now = timezone.now()
    for label in added:
        if label.is_archived:
            yield f'"{label}" is archived.'
        if label.requires_reason and not terms.reason:
            yield f'"{label}" needs a reason.'
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
    rows = list(survivor.worn_labels.select_related("label__group").order_by("id"))
    worn = {row.label_id: row for row in rows}
    leaders = {row.label.group_id: row.label for row in rows if row.label.is_exclusive}
    united = United()
    for duplicate in duplicates:
        for row in duplicate.worn_labels.select_related("label__group").order_by("id"):
            leader = leaders.get(row.label.group_id) if row.label.is_exclusive else None
            if row.label_id in worn:
                prolong(worn[row.label_id], row.expires_at)
                row.delete()
            elif leader:
                united.dropped.append(DroppedLabel(row.label, leader))
                row.delete()
            else:
                row.customer = survivor
                row.save(update_fields=["customer"])
                worn[row.label_id] = row
                if row.label.is_exclusive:
                    leaders[row.label.group_id] = row.label
                united.moved += 1
    return united


def prolong(row: CustomerLabel, other: datetime | None) -> None:
    """Let the label last until the later of two ends; none is later than any."""
    if row.expires_at and (other is None or other > row.expires_at):
        row.expires_at = other
        row.save(update_fields=["expires_at"])
