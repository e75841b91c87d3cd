"""Two labels made one: whoever wears the duplicate wears the survivor."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from labels.models import Label

from .models import CustomerLabel


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


@transaction.atomic
def merge_labels(survivor: Label, duplicate: Label) -> LabelMerge:
    """Let everybody with the duplicate wear the survivor, and delete the duplicate.

    Of both ends of one customer the later holds. The statements are the same few for any number
    of customers. Raises LabelMergeRefused.
    """
    pks = {survivor.pk, duplicate.pk}
    locked = Label.objects.select_for_update().filter(pk__in=pks).order_by("pk").in_bulk()
    if len(locked) != 2:
        raise LabelMergeRefused("A label cannot be merged with itself, nor with one that is gone.")
    survivor, duplicate = locked[survivor.pk], locked[duplicate.pk]
    prolong_worn(survivor, duplicate)
    united, _ = worn_with(duplicate, survivor).delete()
    dropped, _ = crowded_out(survivor, duplicate).delete()
    moved = worn(duplicate).update(label=survivor)
    duplicate.delete()
    return LabelMerge(moved, united, dropped)


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
