"""Deliveries tried until they arrive: at least once, each receiver at its own pace.

The worker's thread alone talks to the database; threads of a pool talk to receivers, so that
one that hangs holds up neither jobs nor other receivers.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import orjson
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from .claiming import AT_ONCE, claim
from .encryption import SecretUnreadable
from .http_client import Answer, post
from .models import Delivery, Event, Subscription
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
# Where nothing has arrived for so long, and something was tried so often, nothing more is sent.
PATIENCE = timedelta(days=5)
ENOUGH = 5
# Seconds that jobs wait while requests are under way.
MOMENT = 0.1
KEPT = timedelta(days=30)
# A write that refers to a subscription is over long before.
REMEMBERED = timedelta(hours=1)
BATCH = 1000
GONE = 410
NOT_TOLD = "Something went wrong on our side. It has been logged."
HTTP = {"Content-Type": "application/json", "User-Agent": "cxcustomers"}

UnderWay = dict[Future[Answer], Delivery]


def deliver(render: Render) -> Iterator[None]:
    """Try everything that is due, a moment at each step."""
    under_way: UnderWay = {}
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        while keep_going(pool, under_way, render):
            yield
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        with suppress(DatabaseError):
            settle_done(under_way)


def keep_going(pool: ThreadPoolExecutor, under_way: UnderWay, render: Render) -> bool:
    """Send for a moment; False where nothing is under way any more."""
    until = monotonic() + MOMENT
    while (left := until - monotonic()) > 0:
        settle_done(under_way)
        for delivery, body in due_now(list(under_way.values()), render):
            under_way[pool.submit(attempt_delivery, delivery, body)] = delivery
        if not under_way:
            return False
        wait(under_way, timeout=left, return_when=FIRST_COMPLETED)
    return True


def settle_done(under_way: UnderWay) -> None:
    for future in [one for one in under_way if one.done()]:
        delivery = under_way.pop(future)
        if not future.cancelled():
            settle(delivery, future.result())


def due_now(under_way: Sequence[Delivery], render: Render) -> Iterator[tuple[Delivery, bytes]]:
    """What is to be tried now, each with its body."""
    by_subscription: dict[Subscription, list[Delivery]] = {}
    for delivery in claim(under_way, timezone.now()):
        by_subscription.setdefault(delivery.subscription, []).append(delivery)
    for subscription, deliveries in by_subscription.items():
        bodies = bodies_of(subscription, [delivery.event for delivery in deliveries], render)
        for delivery in deliveries:
            if delivery.event.pk in bodies:
                yield delivery, bodies[delivery.event.pk]
            else:
                settle(delivery, Answer(None, NOT_TOLD, is_ours=True))


def bodies_of(
    subscription: Subscription, events: Sequence[Event], render: Render
) -> dict[int, bytes]:
    """The bodies by key of the event; without those that could not be told."""
    try:
        told = {event.pk: event.facts for event in events if event.is_test}
        others = [event for event in events if not event.is_test]
        told |= render(subscription, others) if others else {}
        return {event.pk: body_of(event, told[event.pk]) for event in events}
    except DatabaseError:
        raise
    except Exception:
        if len(events) > 1:
            # One of them is to blame: the others need not suffer.
            alone = [bodies_of(subscription, [event], render) for event in events]
            return {pk: body for bodies in alone for pk, body in bodies.items()}
        logger.exception("An event could not be told: %s.", *events)
        return {}


def body_of(event: Event, told: Any, *, is_spaced: bool = False) -> bytes:
    """What is posted, or what people read of it."""
    said = {"type": event.type, "timestamp": event.occurred_at, "data": told}
    option = orjson.OPT_UTC_Z | (orjson.OPT_INDENT_2 if is_spaced else 0)
    return orjson.dumps(said, default=str, option=option)


def attempt_delivery(delivery: Delivery, body: bytes) -> Answer:
    """Sign and post; runs in a thread that does not touch the database. Raises nothing."""
    now = timezone.now()
    try:
        secrets = delivery.subscription.secrets(now)
        signed = signed_headers(delivery.event.public_id, body, secrets, now)
        return post(delivery.subscription.url, body, HTTP | signed)
    except SecretUnreadable as error:
        return Answer(None, str(error), is_ours=True)
    except Exception:
        logger.exception("A webhook could not be called: %s.", delivery)
        return Answer(None, NOT_TOLD, is_ours=True)


@transaction.atomic
def settle(delivery: Delivery, answer: Answer) -> None:
    """Write down what came of an attempt, and what follows, unless somebody else has it by now."""
    now = timezone.now()
    changes = {"status": Status.DELIVERED} if answer.is_success else after_failure(delivery, now)
    still_ours = Delivery.objects.filter(
        pk=delivery.pk, status=Status.WAITING, due_at=delivery.due_at
    ).update(
        attempted_at=now,
        answer=answer.status,
        milliseconds=answer.milliseconds,
        problem=answer.problem[:300],
        **changes,
    )
    if still_ours and not answer.is_ours:
        judge(delivery, answer, now)


def after_failure(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """When it is tried again, or that it is given up."""
    if delivery.attempts > len(PAUSES):
        return {"status": Status.FAILED}
    return {"due_at": now + PAUSES[delivery.attempts - 1]}


def judge(delivery: Delivery, answer: Answer, now: datetime) -> None:
    """Note how the receiver does; one that is gone, or not there for days, is switched off."""
    receiver = Subscription.everything.filter(pk=delivery.subscription_id)
    if answer.is_success:
        receiver.exclude(failing_since=None).update(failing_since=None)
        return
    receiver.filter(failing_since=None).update(failing_since=now)
    active = receiver.filter(is_active=True)
    if answer.status == GONE:
        active.update(is_active=False, problem="It answered that it is gone (410).")
    elif delivery.attempts >= ENOUGH:
        reason = f"Nothing had arrived for {PATIENCE.days} days. {answer.problem}"
        lost = active.filter(failing_since__lt=now - PATIENCE)
        lost.update(is_active=False, problem=reason[:300])


def forget(now: datetime) -> Iterator[int]:
    """Delete what is older than KEPT, some rows a step; then subscriptions that were deleted."""
    for rows in old_rows(now):
        while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
            rows.model._base_manager.filter(pk__in=keys).delete()
            yield len(keys)


def old_rows(now: datetime) -> list[QuerySet[Any]]:
    long_gone = Subscription.everything.filter(deleted_at__lt=now - REMEMBERED)
    return [
        Event.objects.filter(occurred_at__lt=now - KEPT).order_by("occurred_at"),
        Delivery.objects.filter(subscription__in=long_gone).order_by("pk"),
        long_gone.order_by("pk"),
    ]
