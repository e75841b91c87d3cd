"""Deliveries tried until they arrive: at least once, each receiver at its own pace.

The worker's thread alone talks to the database; threads of a pool talk to receivers, so that
one that hangs holds up neither jobs nor other receivers.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from .models import Delivery, Event, Subscription
from .posting import Answer, post
from .sealing import SecretUnreadable
from .signing import signed_headers

logger = logging.getLogger(__name__)

# What is told of each event to a subscription, by key of the event.
Render = Callable[[Subscription, Sequence[Event]], Mapping[int, Any]]
Status = Delivery.Status

# How long after each attempt the next one follows: 44 hours in all.
PAUSES = [
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
]
# Requests under way at once, and of these to one subscription.
AT_ONCE = 16
AT_ONCE_EACH = 4
# A worker that has not said what came of an attempt for so long has died.
LEASE = timedelta(seconds=60)
# Where nothing has arrived for so long, nothing more is sent.
PATIENCE = timedelta(days=5)
# Seconds that jobs wait while requests are under way.
MOMENT = 0.1
KEPT = timedelta(days=30)
BATCH = 1000
GONE = 410
NOT_TOLD = "Something went wrong on our side. It has been logged."
HTTP = {"Content-Type": "application/json", "User-Agent": "cxcustomers"}


def deliver(render: Render) -> Iterator[None]:
    """Try everything that is due; a step for each look at what came of it."""
    under_way: dict[Future[Answer], Delivery] = {}
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        while True:
            for delivery, body in due_now(list(under_way.values()), render):
                under_way[pool.submit(attempt, delivery, body)] = delivery
            if not under_way:
                return
            wait(under_way, timeout=MOMENT, return_when=FIRST_COMPLETED)
            settle_done(under_way)
            yield
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        settle_done(under_way)


def settle_done(under_way: dict[Future[Answer], Delivery]) -> None:
    for future in [one for one in under_way if one.done()]:
        delivery = under_way.pop(future)
        if not future.cancelled():
            settle(delivery, future.result())


def due_now(under_way: Sequence[Delivery], render: Render) -> Iterator[tuple[Delivery, bytes]]:
    """What is to be tried now, each with its body."""
    by_subscription = defaultdict(list)
    for delivery in claim(under_way, timezone.now()):
        by_subscription[delivery.subscription].append(delivery)
    for subscription, deliveries in by_subscription.items():
        bodies = bodies_of(subscription, [delivery.event for delivery in deliveries], render)
        for delivery in deliveries:
            if delivery.event.pk in bodies:
                yield delivery, bodies[delivery.event.pk]
            else:
                settle(delivery, Answer(None, NOT_TOLD, 0))


@transaction.atomic
def claim(under_way: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Deliveries that are due and that nobody else tries meanwhile, of each subscription a few."""
    busy = Counter(delivery.subscription_id for delivery in under_way)
    room = AT_ONCE - len(under_way)
    due = Delivery.objects.filter(status=Status.WAITING, due_at__lte=now)
    waiting = Exists(due.filter(subscription=OuterRef("pk")))
    claimed: list[Delivery] = []
    for subscription in Subscription.objects.active().filter(waiting).order_by("id"):
        most = min(AT_ONCE_EACH - busy[subscription.pk], room - len(claimed))
        if most > 0:
            found = due.filter(subscription=subscription).order_by("due_at", "id")
            found = found.select_for_update(skip_locked=True, of=("self",))
            claimed += [of(subscription, row) for row in found.select_related("event")[:most]]
    keys = [delivery.pk for delivery in claimed]
    Delivery.objects.filter(pk__in=keys).update(due_at=now + LEASE, attempts=F("attempts") + 1)
    return claimed


def of(subscription: Subscription, delivery: Delivery) -> Delivery:
    """The delivery as it is with the attempt that begins."""
    delivery.subscription = subscription
    delivery.attempts += 1
    return delivery


def bodies_of(
    subscription: Subscription, events: Sequence[Event], render: Render
) -> dict[int, bytes]:
    """The bodies by key of the event; without those that could not be told."""
    told: dict[int, Any] = {event.pk: event.facts for event in events if event.is_test}
    others = [event for event in events if not event.is_test]
    try:
        told |= render(subscription, others) if others else {}
    except Exception:
        logger.exception("Events could not be told: %s.", others)
    return {event.pk: body_of(event, told[event.pk]) for event in events if event.pk in told}


def body_of(event: Event, told: Any, *, is_spaced: bool = False) -> bytes:
    """What is posted, or what people read of it."""
    said = {"type": event.type, "timestamp": event.occurred_at, "data": told}
    option = orjson.OPT_UTC_Z | (orjson.OPT_INDENT_2 if is_spaced else 0)
    return orjson.dumps(said, default=str, option=option)


def attempt(delivery: Delivery, body: bytes) -> Answer:
    """Sign and post; runs in a thread that does not touch the database."""
    now = timezone.now()
    try:
        secrets = delivery.subscription.secrets(now)
    except SecretUnreadable as error:
        return Answer(None, str(error), 0)
    signed = signed_headers(delivery.event.public_id, body, secrets, now)
    return post(delivery.subscription.url, body, HTTP | signed)


@transaction.atomic
def settle(delivery: Delivery, answer: Answer) -> None:
    """Write down what came of an attempt, and what follows."""
    now = timezone.now()
    subscription = Subscription.everything.filter(pk=delivery.subscription_id)
    changes: dict[str, Any] = {"status": Status.DELIVERED}
    if answer.is_success:
        subscription.exclude(failing_since=None).update(failing_since=None, problem="")
    else:
        changes = after_failure(delivery, now)
        subscription.filter(failing_since=None).update(failing_since=now)
        switch_off(delivery.subscription, answer, now)
    Delivery.objects.filter(pk=delivery.pk).update(
        attempted_at=now,
        answer=answer.status,
        milliseconds=answer.milliseconds,
        problem=answer.problem[:300],
        **changes,
    )


def after_failure(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """When it is tried again, or that it is given up."""
    if delivery.attempts > len(PAUSES):
        return {"status": Status.FAILED}
    return {"due_at": now + PAUSES[delivery.attempts - 1]}


def switch_off(subscription: Subscription, answer: Answer, now: datetime) -> None:
    """Send nothing more to who wants nothing more, or has not been there for days."""
    since = subscription.failing_since
    if answer.status == GONE:
        reason = "It answered that it is gone (410)."
    elif since and now - since > PATIENCE:
        reason = f"Nothing had arrived since {since:%d %b %Y}. {answer.problem}"
    else:
        return
    Subscription.everything.filter(pk=subscription.pk).update(is_active=False, problem=reason[:300])


def forget(now: datetime) -> Iterator[int]:
    """Delete what is older than KEPT, some rows a step; then subscriptions that were deleted."""
    for rows in old_rows(now):
        while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
            rows.model._base_manager.filter(pk__in=keys).delete()
            yield len(keys)


def old_rows(now: datetime) -> list[QuerySet[Any]]:
    long_gone = Subscription.everything.filter(deleted_at__lt=now - LEASE)
    return [
        Event.objects.filter(occurred_at__lt=now - KEPT).order_by("occurred_at"),
        Delivery.objects.filter(subscription__in=long_gone).order_by("pk"),
        long_gone.order_by("pk"),
    ]
