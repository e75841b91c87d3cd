"""Who tries what next: every subscription in its turn, and nothing twice at once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery

from .models import Delivery, Subscription

# Requests under way at once, and of these to one subscription.
AT_ONCE = 16
AT_ONCE_EACH = 4
# A worker that has not said what came of an attempt for so long has died.
LEASE = timedelta(minutes=5)


def claim(under_way: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Deliveries that are due and that nobody else tries meanwhile.

    Whoever has fewest requests under way comes first, so that slow receivers share what is left.
    """
    room = AT_ONCE - len(under_way)
    # Looked for outside the transaction: it would lock an embedded database.
    waiting = subscriptions_with_work(now) if room > 0 else []
    shares = shared_out(waiting, Counter(one.subscription_id for one in under_way), room)
    if not shares:
        return []
    known = {subscription.pk: subscription for subscription in waiting}
    with transaction.atomic():
        return [
            delivery
            for pk, count in shares.items()
            for delivery in claim_deliveries(known[pk], count, under_way, now)
        ]


def subscriptions_with_work(now: datetime) -> list[Subscription]:
    """Active subscriptions whose next delivery is due; each is asked for the first in its queue."""
    queue = Delivery.objects.filter(
        subscription=OuterRef("pk"), status=Delivery.Status.WAITING
    ).order_by("due_at", "id")
    active = Subscription.objects.active().annotate(next_due=Subquery(queue.values("due_at")[:1]))
    return list(active.filter(next_due__lte=now).order_by("id"))


def shared_out(waiting: Sequence[Subscription], busy: Counter[int], room: int) -> Counter[int]:
    """How many of `room` each subscription gets, one by one. Who fails is only looked in on."""
    shares: Counter[int] = Counter()
    for _ in range(room):
        wanting = [one for one in waiting if busy[one.pk] + shares[one.pk] < most_for(one)]
        if not wanting:
            break
        next_one = min(wanting, key=lambda one: (busy[one.pk] + shares[one.pk], one.pk))
        shares[next_one.pk] += 1
    return shares


def most_for(subscription: Subscription) -> int:
    return 1 if subscription.failing_since else AT_ONCE_EACH


def claim_deliveries(
    subscription: Subscription, count: int, under_way: Sequence[Delivery], now: datetime
) -> Iterator[Delivery]:
    """The first `count` in the queue that nobody else has. In a transaction."""
    keys = [delivery.pk for delivery in under_way]
    queue = Delivery.objects.filter(
        subscription=subscription, status=Delivery.Status.WAITING, due_at__lte=now
    ).exclude(pk__in=keys)
    found = list(locked_queue(queue.order_by("due_at", "id"))[:count])
    until = now + LEASE
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in found]).update(
        due_at=until, attempts=F("attempts") + 1
    )
    for delivery in found:
        delivery.subscription = subscription
        delivery.due_at, delivery.attempts = until, delivery.attempts + 1
        yield delivery


def locked_queue(queue: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return queue.select_for_update(skip_locked=True, of=("self",)).select_related("event")
