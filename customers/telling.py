"""Events put into words when they are sent: what the subscription's role may see by then."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q

from access.actors import Actor, Caller, role_where
from webhooks.models import Event, Subscription

from .documents import document
from .history import Storyteller, operations_in_brief
from .masking import VIEW_PII, seen_by
from .models import Customer, Operation, RowChange
from .recording import customers_of

VIEW = "customers.view_customer"
# What every event says of the operation that it is about.
HEAD = ("_id", "kind", "actor", "reason", "at", "job")


def told_to(subscription: Subscription, events: Sequence[Event]) -> dict[int, Any]:
    """What the events say to a subscription, by their keys. The queries do not grow."""
    return told(events, reader_of(subscription))


def reader_of(subscription: Subscription) -> Actor:
    """Who reads what is sent: somebody of the subscription's role."""
    role = role_where(pk=subscription.role_id)
    permissions = role.permissions if role else frozenset()
    if subscription.may_view_pii:
        permissions |= {VIEW_PII}
    name = f"webhook:{subscription.public_id}"
    return Actor(name, name, permissions, frozenset({subscription.role_id}))


def told(events: Sequence[Event], reader: Caller) -> dict[int, Any]:
    """What the events say to a reader, who learns only ids if customers are none of theirs."""
    if not reader.has_perm(VIEW):
        return {event.pk: {"customerId": event.subject} for event in events}
    teller = Teller(events, reader)
    return {event.pk: teller.tell(event) for event in events}


class Teller:
    """Reads what some events are about, at once."""

    def __init__(self, events: Sequence[Event], reader: Caller):
        self.schema, self.mask = seen_by(reader)
        self.stories = Storyteller(self.schema, self.mask)
        operations = {event.facts["operation"] for event in events if "operation" in event.facts}
        customers = {event.facts["customer"] for event in events if "customer" in event.facts}
        self.operations = operations_in_brief().in_bulk(operations)
        self.bulk_changes = bulk_changes(operations, customers)
        self.documents = self.read_documents(customers)

    def read_documents(self, customers: Iterable[int]) -> dict[str, dict[str, Any]]:
        """The customers as they are now, by id."""
        rows = Customer.objects.filter(pk__in=customers).documents()
        return {row[0]: document(row, self.schema, self.mask) for row in rows}

    def tell(self, event: Event) -> dict[str, Any]:
        operation = self.operations.get(event.facts.get("operation"))
        if "customer" not in event.facts:
            return {"operation": self.stories.describe_one(operation) if operation else None}
        return {
            "customerId": event.subject,
            "customer": self.documents.get(event.subject),
            "operation": self.head(operation) if operation else None,
            "changes": self.changes(operation, event.facts["customer"]) if operation else [],
        }

    def head(self, operation: Operation) -> dict[str, Any]:
        said = self.stories.describe_one(operation)
        return {name: said[name] for name in HEAD}

    def changes(self, operation: Operation, customer: int) -> list[dict[str, Any]]:
        """What the operation changed of this customer, and of no other."""
        rows = self.bulk_changes.get((operation.pk, customer), operation.changes.all())
        known = {row.customer_pk: row.public_id for row in operation.customers.all()}
        own = [row for row in rows if customer in customers_of([row])]
        return [said for row in own for said in self.stories.tell(row, known)]


def bulk_changes(
    operations: Iterable[int], customers: Iterable[int]
) -> Mapping[tuple[int, int], list[RowChange]]:
    """Rows of bulk operations by operation and customer."""
    found: dict[tuple[int, int], list[RowChange]] = {}
    wanted = Q(operation__in=operations, customer_pk__in=customers)
    for row in RowChange.objects.filter(wanted).order_by("id"):
        found.setdefault((row.operation_id, row.customer_pk or 0), []).append(row)
    return found
