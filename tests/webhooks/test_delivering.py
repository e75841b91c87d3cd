"""Deliveries to real receivers over HTTP."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from tests.webhooks.receivers import receiving
from tests.webhooks.subscriptions import subscribed
from webhooks.claiming import AT_ONCE_EACH, LEASE, claim
from webhooks.delivering import (
    ENOUGH,
    KEPT,
    PATIENCE,
    PAUSES,
    REMEMBERED,
    deliver,
    forget,
    settle,
)
from webhooks.http_client import Answer
from webhooks.models import Delivery, Event, Subscription
from webhooks.outbox import publish_event, publish_test, send_again

pytestmark = pytest.mark.django_db


def happened(*subjects, type="thing.happened"):
    publish_event([Event(type=type, subject=subject, facts={"n": 1}) for subject in subjects])


def render(subscription, events):
    return {event.pk: {"subject": event.subject} for event in events}


def deliver_all():
    for _ in deliver(render):
        pass


def states():
    rows = Delivery.objects.order_by("id")
    return [(row.status, row.attempts, row.answer) for row in rows]


def make_due():
    """Let the time until the next attempts pass."""
    Delivery.objects.update(due_at=timezone.now())


def test_event_arrives_signed(receiver):
    _subscription, secret = subscribed(receiver.url)
    happened("a")

    deliver_all()

    [(headers, body)] = receiver.got
    event = Event.objects.get()
    assert Webhook(secret).verify(body, headers) == {
        "type": "thing.happened",
        "timestamp": event.occurred_at.isoformat().replace("+00:00", "Z"),
        "data": {"subject": "a"},
    }
    assert headers["webhook-id"] == event.public_id
    assert headers["Content-Type"] == "application/json"
    assert states() == [("delivered", 1, 204)]


def test_only_who_asked_for_the_type_is_told(receiver):
    subscribed(receiver.url, "other.happened")
    subscribed(receiver.url, "thing.happened", name="Off", is_active=False)
    gone, _ = subscribed(receiver.url, "thing.happened", name="Gone")
    gone.remove()

    happened("a")

    assert not Event.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_publishing_costs_the_same_however_much(receiver, django_assert_num_queries, count):
    with django_assert_num_queries(1):
        happened(*["a"] * count)
    subscribed(receiver.url)
    subscribed(receiver.url)

    with django_assert_num_queries(3):
        happened(*["a"] * count)


def test_failure_is_tried_again_with_the_same_id():
    with receiving(500, 503, 204) as receiver:
        subscribed(receiver.url)
        happened("a")
        for _ in range(3):
            deliver_all()
            make_due()

    assert {headers["webhook-id"] for headers, _ in receiver.got} == {Event.objects.get().public_id}
    assert len(receiver.got) == 3
    assert states() == [("delivered", 3, 204)]


def test_attempts_are_further_and_further_apart():
    with receiving(500) as receiver:
        subscribed(receiver.url)
        happened("a")
        for pause in PAUSES:
            began = timezone.now()
            deliver_all()
            deliver_all()
            delivery = Delivery.objects.get()
            assert delivery.status == "waiting"
            assert began + pause <= delivery.due_at <= timezone.now() + pause
            make_due()
        deliver_all()

    assert len(receiver.got) == len(PAUSES) + 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.problem) == (
        "failed",
        "It answered 500 Internal Server Error.",
    )


def test_what_failed_is_sent_again_when_asked():
    with receiving(204) as receiver:
        subscription, _ = subscribed(receiver.url)
        happened("a", "b")
        Delivery.objects.update(status="failed", attempts=8)

        assert send_again(subscription.deliveries.all()) == 2
        deliver_all()

    assert states() == [("delivered", 1, 204)] * 2


def test_redirect_is_a_failure_and_not_followed():
    with receiving(307) as receiver:
        subscribed(receiver.url)
        happened("a")
        deliver_all()

    assert len(receiver.got) == 1
    assert states() == [("waiting", 1, 307)]


def test_who_is_gone_is_switched_off():
    with receiving(410) as receiver:
        subscription, _ = subscribed(receiver.url)
        happened("a")
        deliver_all()
        make_due()
        deliver_all()

    subscription.refresh_from_db()
    assert len(receiver.got) == 1
    assert (subscription.is_active, subscription.problem) == (
        False,
        "It answered that it is gone (410).",
    )


def test_who_is_not_there_for_days_is_switched_off():
    with receiving(500) as receiver:
        subscription, _ = subscribed(receiver.url)
        happened("a")
        deliver_all()
        subscription.refresh_from_db()
        assert subscription.failing_since is not None
        assert subscription.is_active
        Subscription.objects.update(failing_since=timezone.now() - PATIENCE - timedelta(minutes=1))
        make_due()
        deliver_all()
        subscription.refresh_from_db()
        assert subscription.is_active
        Delivery.objects.update(attempts=ENOUGH)
        make_due()
        deliver_all()

    subscription.refresh_from_db()
    assert not subscription.is_active
    assert subscription.problem.startswith("Nothing had arrived for 5 days. It answered 500")


def test_success_ends_a_failure():
    with receiving(500, 204) as receiver:
        subscription, _ = subscribed(receiver.url)
        happened("a")
        deliver_all()
        make_due()
        deliver_all()

    subscription.refresh_from_db()
    assert subscription.failing_since is None


def test_receiver_that_hangs_holds_up_nobody_else(receiver):
    hold = threading.Event()
    with receiving(before_answer=lambda: hold.wait(5)) as slow:
        subscribed(slow.url, name="Slow")
        subscribed(receiver.url, name="Quick")
        happened(*"abcdefgh")
        steps = deliver(render)
        while len(receiver.got) < 8:
            next(steps)

        assert len(slow.got) == AT_ONCE_EACH
        hold.set()
        for _ in steps:
            pass

    assert len(slow.got) == 8
    assert states() == [("delivered", 1, 204)] * 16


def test_worker_that_dies_loses_nothing(receiver):
    subscribed(receiver.url)
    happened("a")
    claimed = claim([], timezone.now())

    deliver_all()

    assert len(claimed) == 1
    assert receiver.got == []
    Delivery.objects.update(due_at=timezone.now() - LEASE)
    deliver_all()
    assert states() == [("delivered", 2, 204)]


def test_worker_that_is_stopped_waits_for_what_is_under_way():
    with receiving(before_answer=lambda: time.sleep(0.3)) as slow:
        subscribed(slow.url)
        happened("a")
        steps = deliver(render)
        next(steps)

        steps.close()

    assert states() == [("delivered", 1, 204)]


def test_nothing_is_sent_to_who_was_switched_off_meanwhile(receiver):
    subscribed(receiver.url)
    happened("a")
    Subscription.objects.update(is_active=False)

    deliver_all()

    assert receiver.got == []
    assert states() == [("waiting", 0, None)]


def test_rotated_secret_signs_beside_the_one_before(receiver):
    subscription, old = subscribed(receiver.url)
    new = subscription.rotate(timezone.now())
    happened("a")

    deliver_all()

    [(headers, body)] = receiver.got
    assert Webhook(old).verify(body, headers)
    assert Webhook(new).verify(body, headers)


def test_old_secret_ends(receiver):
    subscription, _old = subscribed(receiver.url)
    subscription.rotate(timezone.now() - timedelta(hours=25))
    happened("a")

    deliver_all()

    [(headers, _)] = receiver.got
    assert len(headers["webhook-signature"].split()) == 1


def test_secret_that_cannot_be_read_is_a_failure(receiver, settings):
    subscribed(receiver.url)
    happened("a")
    settings.SECRET_KEY = "a new one" * 8

    deliver_all()

    assert receiver.got == []
    assert "rotate the secret" in Delivery.objects.get().problem


def test_event_that_cannot_be_told_holds_up_nothing(receiver):
    subscription, _ = subscribed(receiver.url)
    happened("a")
    publish_test(subscription, asked_by="sue")

    for _ in deliver(lambda subscription, events: 1 / 0):
        pass

    assert receiver.told == [("webhook.test", {"askedBy": "sue"})]
    assert states() == [("waiting", 1, None), ("delivered", 1, 204)]


def test_slow_receivers_share_what_is_left(receiver):
    hold = threading.Event()
    with receiving(before_answer=lambda: hold.wait(5)) as slow:
        for number in range(4):
            subscribed(slow.url, name=f"Slow {number}")
        subscribed(receiver.url, name="Quick")
        happened(*"abcdefghijkl")
        steps = deliver(render)
        next(steps)

        assert receiver.got
        hold.set()
        for _ in steps:
            pass

    assert len(receiver.got) == 12
    assert len(slow.got) == 48


def test_who_fails_is_only_looked_in_on(receiver):
    with receiving(500) as failing:
        subscribed(failing.url)
        Subscription.objects.update(failing_since=timezone.now())
        happened("a", "b", "c")

        assert len(claim([], timezone.now())) == 1


def test_late_answer_does_not_overwrite_what_came_after(receiver):
    subscription, _ = subscribed(receiver.url)
    happened("a")
    [late] = claim([], timezone.now())
    make_due()
    deliver_all()

    settle(late, Answer(500, "It answered 500."))

    subscription.refresh_from_db()
    assert states() == [("delivered", 2, 204)]
    assert subscription.failing_since is None


def test_late_answer_does_not_undo_sending_again(receiver):
    subscribed(receiver.url)
    happened("a")
    [late] = claim([], timezone.now())
    Delivery.objects.update(status="failed")
    send_again(Delivery.objects.all())

    settle(late, Answer(204, ""))

    assert states() == [("waiting", 0, None)]


def test_recovered_receiver_is_not_switched_off(receiver):
    subscription, _ = subscribed(receiver.url)
    Subscription.objects.update(failing_since=timezone.now() - PATIENCE * 2)
    happened("a")
    [delivery] = claim([], timezone.now())
    Subscription.objects.update(failing_since=None)
    delivery.attempts = ENOUGH

    settle(delivery, Answer(503, "It answered 503."))

    subscription.refresh_from_db()
    assert subscription.is_active


def test_nothing_is_sent_again_to_who_is_switched_off(receiver):
    subscribed(receiver.url)
    happened("a")
    Delivery.objects.update(status="failed")
    Subscription.objects.update(is_active=False)

    assert send_again(Delivery.objects.all()) == 0


def test_one_event_that_cannot_be_told_spoils_no_other(receiver):
    subscription, _ = subscribed(receiver.url)
    happened("good", "bad", "huge")

    def picky(subscription, events):
        told = {"good": "fine", "bad": None, "huge": 2**70}
        return {event.pk: told[event.subject] or 1 / 0 for event in events}

    for _ in deliver(picky):
        pass

    subscription.refresh_from_db()
    assert receiver.told == [("thing.happened", "fine")]
    assert states() == [("delivered", 1, 204), ("waiting", 1, None), ("waiting", 1, None)]
    assert subscription.failing_since is None


def test_queue_is_read_by_its_index(receiver):
    if connection.vendor != "postgresql":
        pytest.skip("plans of PostgreSQL")
    subscription, _ = subscribed(receiver.url)
    subscribed(receiver.url)
    events = Event.objects.bulk_create(Event(type="thing.happened") for _ in range(5000))
    Delivery.objects.bulk_create(Delivery(event=one, subscription=subscription) for one in events)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE webhooks_delivery")
    queries = []

    def explain(execute, sql, params, many, context):
        if sql.startswith("SELECT") and "webhooks_delivery" in sql:
            execute(f"EXPLAIN {sql}", params, many, context)
            queries.append("\n".join(row[0] for row in context["cursor"].fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        claim([], timezone.now())

    assert len(queries) == 2
    assert all("webhooks_delivery_queue" in plan for plan in queries), queries
    assert not any("Seq Scan on webhooks_delivery" in plan for plan in queries)
    # Only the subscriptions are put in order.
    assert "Sort" not in queries[1]


def test_what_is_old_is_forgotten(receiver):
    subscribed(receiver.url)
    happened("old", "new")
    Event.objects.filter(subject="old").update(
        occurred_at=timezone.now() - KEPT - timedelta(minutes=1)
    )

    assert sum(forget(timezone.now())) == 1

    assert list(Event.objects.values_list("subject", flat=True)) == ["new"]
    assert Delivery.objects.count() == 1


def test_deleted_subscription_is_forgotten_later(receiver):
    subscription, _ = subscribed(receiver.url)
    happened("a")
    subscription.remove()

    assert list(forget(timezone.now())) == []
    assert not Subscription.objects.exists()
    list(forget(timezone.now() + REMEMBERED + timedelta(seconds=1)))

    assert not Subscription.everything.exists()
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_everything_once(in_threads):
    with receiving() as receiver:
        subscribed(receiver.url)
        happened(*map(str, range(20)))

        assert in_threads(lambda _: deliver_all(), 2) == [None, None]

    assert len(receiver.got) == 20
    assert states() == [("delivered", 1, 204)] * 20
