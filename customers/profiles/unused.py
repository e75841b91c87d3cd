"""Anonymous customers that were never used again, and their removal after a set number of days."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from customers.history.recording import images, record
from customers.locking import lock_customers
from customers.models import (
    AttributeValue,
    Conversation,
    Customer,
    CustomerAlias,
    CustomerLabel,
    Operation,
    OperationCustomer,
)
from schema_builder.schema import schema_for_writing

AUTHOR = "removal of unused customers"
REASON = "Anonymous, without conversations and edits for {} days."
# Customers that are locked at a time.
BATCH = 100


def unused_customers() -> QuerySet[Customer]:
    """Anonymous customers without conversations, labels, entered values, edits and operations.

    Placeholders are not among them. Reads the index of anonymous customers, and a few rows for each.
    """
    own = OuterRef("pk")
    # Defaults fill required fields; any other value was entered.
    entered = AttributeValue.objects.filter(customer=own, field__is_required=False)
    return Customer.objects.filter(
        ~Exists(Conversation.objects.filter(customer=own)),
        ~Exists(CustomerLabel.objects.filter(customer=own)),
        ~Exists(CustomerAlias.objects.filter(customer=own)),
        ~Exists(entered),
        ~Exists(OperationCustomer.objects.filter(public_id=OuterRef("public_id"))),
        is_anonymous=True,
        version=0,
        placeholder_for=None,
    )


def due_customers(now: datetime) -> QuerySet[Customer]:
    """Unused customers that are older than the set number of days; none if it is 0."""
    days = settings.UNUSED_CUSTOMER_DAYS
    due = unused_customers() if days else unused_customers().none()
    return due.filter(created_at__lt=now - timedelta(days=days))


def remove_in_batches(now: datetime) -> Iterator[int]:
    """Delete the customers that are due, one batch and one transaction at each step.

    Yields the number of deleted customers. A batch is one operation, so that it can be undone.
    """
    last = 0
    due = due_customers(now).order_by("pk").values_list("pk", flat=True)
    while batch := list(due.filter(pk__gt=last)[:BATCH]):
        yield remove_batch(batch, now)
        last = batch[-1]


@transaction.atomic
def remove_batch(pks: Iterable[int], now: datetime) -> int:
    """Delete those of the customers that are still due, as one operation."""
    schema_for_writing()
    locked = lock_customers(pks)
    due = list(due_customers(now).filter(pk__in=locked).values_list("pk", flat=True))
    if due:
        before = images(due)
        Customer.objects.filter(pk__in=due).delete()
        reason = REASON.format(settings.UNUSED_CUSTOMER_DAYS)
        record(
            Operation.Kind.DELETE,
            before=before,
            after={},
            actor=AUTHOR,
            reason=reason,
            is_bulk=True,
        )
    return len(due)


def removed_since(moment: datetime) -> int:
    """Count the customers that were removed since the moment."""
    operations = Operation.objects.filter(kind=Operation.Kind.DELETE, at__gte=moment, actor=AUTHOR)
    return OperationCustomer.objects.filter(operation__in=operations).count()
