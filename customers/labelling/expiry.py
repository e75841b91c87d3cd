"""Labels whose time is over come off by themselves; each time a change that can be undone."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from customers.history.recording import Images, images, record
from customers.history.versions import touch_customers
from customers.locking import lock_customers
from customers.models import Customer, CustomerLabel, Operation

AUTHOR = "label expiry"
REASON = "Its time was over."
# Customers that are locked at a time.
BATCH = 100


def expire_labels(now: datetime | None = None) -> int:
    """Take off what has ended by `now`; how many labels that were."""
    return sum(expire_in_batches(now or timezone.now()))


def expire_in_batches(now: datetime) -> Iterator[int]:
    """As `expire_labels`, a batch of customers at each step.

    Each customer's is one operation in its history, and a batch of customers one transaction.
    """
    while customers := next_customers(now):
        yield expire_batch(customers, now)


def next_customers(now: datetime) -> list[int]:
    """Keys of customers with something that is over, those first who have waited longest."""
    over = CustomerLabel.objects.filter(expires_at__lte=now).order_by("expires_at", "customer")
    return sorted(set(over.values_list("customer_id", flat=True)[:BATCH]))


@transaction.atomic
def expire_batch(customers: Iterable[int], now: datetime) -> int:
    locked = lock_customers(customers)
    over = CustomerLabel.objects.filter(customer__in=locked, expires_at__lte=now)
    labels = dict(over.values_list("pk", "customer_id"))
    before = images(locked, ("customer", "label"))
    CustomerLabel.objects.filter(pk__in=labels).delete()
    touched = {pk: locked[pk] for pk in sorted(set(labels.values()))}
    touch_customers(touched.values(), AUTHOR)
    after = images(locked, ("customer", "label"))
    for customer in touched.values():
        record_expiry(customer, before, after)
    return len(labels)


def record_expiry(customer: Customer, before: Images, after: Images) -> None:
    record(
        Operation.Kind.EDIT,
        before=images_of(customer, before),
        after=images_of(customer, after),
        actor=AUTHOR,
        reason=REASON,
    )


def images_of(customer: Customer, found: Images) -> Images:
    return {
        (table, row): image
        for (table, row), image in found.items()
        if image["id" if table == "customer" else "customer_id"] == customer.pk
    }
