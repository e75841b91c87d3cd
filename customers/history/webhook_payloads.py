"""Events put into words when they are sent: what the subscription's role may see by then."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db.models import Q

from access.actors import Actor, Caller, role_where
from customers.documents import document
from customers.masking import VIEW_PII, visible_schema_and_mask
from customers.models import Customer, Operation, RowChange
from customers.permissions import VIEW, VIEW_OPERATION
from webhooks.models import Event, Subscription

from .descriptions import OperationDescriber, head_of, known_in, operations_in_brief
from .recording import customers_of

# Many receivers refuse large bodies.
MOST_CHANGES = 500


def payloads_for(subscription: Subscription, events: Sequence[Event]) -> dict[int, Any]:
    """What the events say to a subscription, by their keys. The queries do not grow."""
    return describe_event(events, reader_of(subscription))


def reader_of(subscription: Subscription) -> Actor:
    """Who reads what is sent: somebody of the subscription's role, who sees PII where it says so."""
    role = role_where(pk=subscription.role_id)
    permissions = (role.permissions if role else frozenset()) - {VIEW_PII}
    if subscription.may_view_pii:
        permissions |= {VIEW_PII}
    name = f"webhook:{subscription.public_id}"
    return Actor(name, name, permissions, frozenset({subscription.role_id or 0}))


def describe_event(events: Sequence[Event], reader: Caller) -> dict[int, Any]:
    """What the events say to a reader, who learns only ids if customers are none of theirs."""
    if not reader.has_perm(VIEW):
        return {event.pk: payload_ids(event) for event in events}
    teller = PayloadBuilder(events, reader)
    return {event.pk: teller.tell(event) for event in events}


def payload_ids(event: Event) -> dict[str, Any]:
    """What an event is about."""
    if "customer" not in event.facts:
        return {"operationId": event.subject}
    return {"customerId": event.subject, "version": event.facts["version"]}


class PayloadBuilder:
    """Reads what some events are about, at once."""

    def __init__(self, events: Sequence[Event], reader: Caller):
        self.schema, self.mask = visible_schema_and_mask(reader)
        self.sees_operations = reader.has_perm(VIEW_OPERATION)
        self.stories = OperationDescriber(self.schema, self.mask)
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
        said = payload_ids(event)
        if "customer" in event.facts:
            said["customer"] = self.documents.get(event.subject)
        if self.sees_operations:
            said |= self.operation_of(event)
        return said

    def operation_of(self, event: Event) -> dict[str, Any]:
        """The operation in which it happened, and what that changed of the customer, or at all."""
        operation = self.operations.get(event.facts.get("operation"))
        if operation is None:
            return {"operation": None, "changes": []}
        customer = event.facts.get("customer")
        rows: Iterable[RowChange] = operation.changes.all()
        if customer is not None:
            rows = self.own_rows(operation, customer)
        known = known_in(operation)
        changes = (said for row in rows for said in self.stories.tell(row, known))
        told: dict[str, Any] = {"operation": head_of(operation)}
        told["changes"] = list(islice(changes, MOST_CHANGES))
        if left_out := sum(1 for _ in changes):
            told["changesLeftOut"] = left_out
        return told if customer is not None else told | {"customers": sorted(known.values())}

    def own_rows(self, operation: Operation, customer: int) -> list[RowChange]:
        """What the operation changed of this customer; conversations are none of it."""
        rows = self.bulk_changes.get((operation.pk, customer), operation.changes.all())
        return [
            row for row in rows if row.table != "conversation" and customer in customers_of([row])
        ]


def bulk_changes(
    operations: Iterable[int], customers: Iterable[int]
) -> Mapping[tuple[int, int], list[RowChange]]:
    """Rows of bulk operations by operation and customer."""
    found: dict[tuple[int, int], list[RowChange]] = {}
    wanted = Q(operation__in=operations, customer_pk__in=customers)
    for row in RowChange.objects.filter(wanted).order_by("id"):
        found.setdefault((row.operation_id, row.customer_pk or 0), []).append(row)
    return found
