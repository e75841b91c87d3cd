"""Events noted in the transaction in which they happen, for everybody who asked for them."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from foundation.compiled import compiled

from .models import TEST, Delivery, Event, Subscription

# Deliveries that are begun anew in one request.
AT_ONCE = 10_000


def publish_event(events: Sequence[Event]) -> None:
    """Note the events for those who subscribe to their types; call it in the transaction.

    One query where nobody does, three where somebody does.
    """
    subscribers = active_subscriptions()
    deliveries = [
        Delivery(event=event, subscription_id=pk)
        for event in events
        for pk, types in subscribers
        if event.type in types
    ]
    if deliveries:
        wanted = {id(delivery.event): delivery.event for delivery in deliveries}
        Event.objects.bulk_create(wanted.values())
        Delivery.objects.bulk_create(deliveries)


@compiled
def active_subscriptions() -> QuerySet[Subscription, tuple[int, list[str]]]:
    """Return key and event types of each."""
    return Subscription.objects.active().values_list("pk", "event_types")


@transaction.atomic
def publish_test(subscription: Subscription, *, asked_by: str) -> Delivery:
    """An event that means nothing, for this subscription alone."""
    event = Event.objects.create(type=TEST, facts={"askedBy": asked_by})
    return Delivery.objects.create(event=event, subscription=subscription)


def send_again(deliveries: QuerySet[Delivery]) -> int:
    """Begin anew with what was delivered or given up, the oldest first and so many at once.

    Answers how many these are; what belongs to a webhook that is switched off is left.
    """
    over = deliveries.exclude(status=Delivery.Status.WAITING).order_by("id")
    wanted = over.filter(subscription__in=Subscription.objects.active())
    keys = list(wanted.values_list("pk", flat=True)[:AT_ONCE])
    return Delivery.objects.filter(pk__in=keys).update(
        status=Delivery.Status.WAITING, due_at=timezone.now(), attempts=0
    )
