"""Customers that have a label: locked, moved to their next version, and rid of the label."""

from collections import deque
from collections.abc import Collection

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from access.actors import Caller
from customers.models import Customer, CustomerLabel
from labels.models import Label


@transaction.atomic
def delete_labels(pks: Collection[int], *, caller: Caller) -> int:
    """Delete the labels and return how often customers had one of them.

    Each of these customers gets its next version. The statements are the same few for any number
    of customers.
    """
    # Before the labels, as every write that labels customers does.
    lock_customers_with(pks)
    labels = Label.objects.filter(pk__in=pks)
    list(labels.select_for_update().order_by("pk"))
    bump_customers_with(pks, caller)
    removed, _ = CustomerLabel.objects.filter(label__in=pks).delete()
    labels.delete()
    return removed


def lock_customers_with(labels: Collection[int]) -> None:
    """Lock the customers with one of the labels by key, holding none of them in memory."""
    rows = customers_with_labels(labels).select_for_update(no_key=True).order_by("pk")
    deque(rows.values_list("pk", flat=True).iterator(), maxlen=0)


def bump_customers_with(labels: Collection[int], caller: Caller) -> None:
    """Give the customers with one of the labels their next version, in one statement."""
    customers_with_labels(labels).update(
        version=F("version") + 1, updated_at=timezone.now(), updated_by=caller.get_username()
    )


def customers_with_labels(labels: Collection[int]) -> QuerySet[Customer]:
    rows = CustomerLabel.objects.filter(label__in=labels)
    return Customer.objects.filter(pk__in=rows.values("customer"))
