"""Two labels made one: whoever wears the duplicate wears the survivor."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from access.actors import Caller
from customers.models import CustomerLabel
from labels.aliases import lead_to
from labels.models import ALL_CHANNELS, Label
from schema_builder.schema import current_schema

from .channels import describe_channels
from .holders import bump_customers_with, lock_customers_with
from .rules import forbidden, roles_for


class LabelMergeRefused(Exception):
    """These labels cannot be merged."""


@dataclass(frozen=True, slots=True)
class LabelMerge:
    """Customers whom merging two labels concerns.

    `moved` get the survivor; `united` wear both already; `dropped` wear another label of its
    exclusive group, which they keep.
    """

    moved: int
    united: int
    dropped: int

    @property
    def wearers(self) -> int:
        return self.moved + self.united + self.dropped


def preview_merge(survivor: Label, duplicate: Label) -> LabelMerge:
    """What `merge_labels` would do. Three counts by index; nothing is locked."""
    wearers, united = worn(duplicate).count(), worn_with(duplicate, survivor).count()
    dropped = crowded_out(survivor, duplicate).count()
    return LabelMerge(wearers - united - dropped, united, dropped)


def lost_rules(survivor: Label, duplicate: Label) -> Iterator[str]:
    """A sentence for each rule of the duplicate that its wearers, and who labels, are rid of."""
    open_channels = set(duplicate.do_not_contact) - set(survivor.do_not_contact)
    if open_channels and ALL_CHANNELS not in survivor.do_not_contact:
        named = describe_channels(open_channels, current_schema())
        if named:
            yield f"{survivor} does not forbid contact by {named}, as {duplicate} does."
    roles, others = roles_for(duplicate), roles_for(survivor)
    if roles and (not others or set(others) - set(roles)):
        anybody = " or ".join(others) or "everybody who may label"
        yield f"{survivor} is put on by {anybody}, {duplicate} by {' or '.join(roles)} only."
    if duplicate.requires_reason and not survivor.requires_reason:
        yield f"{survivor} asks for no reason."
    if duplicate.expires_after_days and not survivor.expires_after_days:
        yield f"{survivor} is put on for good, {duplicate} for {duplicate.expires_after_days} days."
    if duplicate.is_exclusive and duplicate.group_id != survivor.group_id:
        yield f"{survivor} is none of {duplicate.group}, of which a customer wears one only."
    if duplicate.priority > survivor.priority:
        yield f"The priority is {survivor.priority} instead of {duplicate.priority}."


@transaction.atomic
def merge_labels(survivor: Label, duplicate: Label, *, caller: Caller) -> LabelMerge:
    """Let everybody with the duplicate wear the survivor, and delete the duplicate.

    Its id leads to the survivor in bodies that were read before. Of both ends of one customer the later holds; each of the customers gets its next version. The
    statements are the same few for any number of customers. Raises LabelMergeRefused.
    """
    # Before the labels, as everybody does who labels customers.
    lock_customers_with([duplicate.pk])
    locked = locked_labels(survivor, duplicate)
    if len(locked) != 2:
        raise LabelMergeRefused("A label cannot be merged with itself, nor with one that is gone.")
    if problems := list(forbidden(locked.values(), caller)):
        raise LabelMergeRefused(" ".join(problems))
    survivor, duplicate = locked[survivor.pk], locked[duplicate.pk]
    bump_customers_with([duplicate.pk], caller)
    prolong_worn(survivor, duplicate)
    united, _ = worn_with(duplicate, survivor).delete()
    dropped, _ = crowded_out(survivor, duplicate).delete()
    moved = worn(duplicate).update(label=survivor)
    lead_to(survivor, duplicate)
    duplicate.delete()
    return LabelMerge(moved, united, dropped)


def locked_labels(*labels: Label) -> dict[int, Label]:
    rows = Label.objects.select_for_update().filter(pk__in=[label.pk for label in labels])
    return rows.prefetch_related("assignable_by").order_by("pk").in_bulk()


def worn(label: Label) -> QuerySet[CustomerLabel]:
    return CustomerLabel.objects.filter(label=label)


def worn_with(label: Label, other: Label) -> QuerySet[CustomerLabel]:
    """Rows of `label` on customers who wear `other` as well."""
    return worn(label).filter(Exists(worn(other).filter(customer=OuterRef("customer"))))


def crowded_out(survivor: Label, duplicate: Label) -> QuerySet[CustomerLabel]:
    """Rows of the duplicate on customers who wear a third label that excludes the survivor."""
    if not survivor.is_exclusive:
        return CustomerLabel.objects.none()
    rivals = CustomerLabel.objects.filter(
        customer=OuterRef("customer"), label__group=survivor.group_id
    ).exclude(label__in=[survivor, duplicate])
    both = worn(survivor).filter(customer=OuterRef("customer"))
    return worn(duplicate).filter(Exists(rivals), ~Exists(both))


def prolong_worn(survivor: Label, duplicate: Label) -> None:
    """Where both are worn, let the survivor last as long as the duplicate would."""
    twin = worn(duplicate).filter(customer=OuterRef("customer"))
    longer = twin.filter(Q(expires_at=None) | Q(expires_at__gt=OuterRef("expires_at")))
    shorter = worn(survivor).filter(Exists(longer), expires_at__isnull=False)
    shorter.update(expires_at=Subquery(twin.values("expires_at")[:1]))
