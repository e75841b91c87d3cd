"""What others are told of customers, noted with the change; it holds keys and nothing personal."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from customers.models import Customer, Operation
from webhooks.models import Event
from webhooks.outbox import publish_event


class CustomerEventType(StrEnum):
    """What became of a customer, as the name of an event."""

    CREATED = "customer.created"
    UPDATED = "customer.updated"
    DELETED = "customer.deleted"


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event, and what has happened when it is sent."""

    name: str
    title: str


DEEDS = {
    Operation.Kind.MERGE: EventType("customer.merged", "Customers were merged"),
    Operation.Kind.SPLIT: EventType("customer.split", "A customer was split in two"),
    Operation.Kind.RELINK: EventType(
        "conversation.relinked", "A conversation was relinked to another customer"
    ),
    Operation.Kind.UNDO: EventType("operation.undone", "An operation was taken back"),
}
EVENT_TYPES = [
    EventType(CustomerEventType.CREATED, "A customer came into being, known or anonymous"),
    EventType(CustomerEventType.UPDATED, "Fields, identifiers or labels of a customer changed"),
    EventType(CustomerEventType.DELETED, "A customer is gone: deleted, merged or absorbed"),
    *DEEDS.values(),
]


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """A customer, by key and id, and what became of it; the version is the last it had or has."""

    pk: int
    public_id: str
    version: int
    fate: CustomerEventType

    def event(self, **facts: int) -> Event:
        facts |= {"customer": self.pk, "version": self.version}
        return Event(type=self.fate, subject=self.public_id, facts=facts)


def publish_customer_event(customer: Customer, fate: CustomerEventType) -> None:
    """Note what became of a customer without an operation."""
    publish_event([CustomerChange(customer.pk, customer.public_id, customer.version, fate).event()])


def publish_operation(operation: Operation, became: Iterable[CustomerChange]) -> None:
    """Note an operation, and what became of each customer in it. One query, or three."""
    events = [one.event(operation=operation.pk) for one in became]
    if deed := DEEDS.get(Operation.Kind(operation.kind)):
        facts = {"operation": operation.pk}
        events.append(Event(type=deed.name, subject=operation.public_id, facts=facts))
    publish_event(events)
