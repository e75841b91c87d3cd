import time
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.background import seconds_since_heartbeat
from jobs.models import Recurrence
from jobs.recurrences import LEASE
from jobs.worker import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    """Time stands still until the test moves it on."""

    class Clock:
        # Later than the row's own default, which does not stand still.
        now = timezone.now() + timedelta(seconds=10)

        def pass_(self, **time):
            self.now += timedelta(**time)

    clock = Clock()
    monkeypatch.setattr("jobs.recurrences.timezone.now", lambda: clock.now)
    return clock


@pytest.fixture
def steps(registered):
    """What the recurring work `tidy`, due every minute, has done; two steps each time."""
    done = []

    @registered.every(seconds=60)
    def tidy():
        done.append("first")
        yield
        done.append("second")

    return done


def test_recurring_work_is_done_whenever_it_is_due(steps, clock):
    worker = Worker()

    worker.drain()
    worker.drain()
    assert steps == ["first", "second"]

    clock.pass_(seconds=61)
    worker.drain()
    assert steps == ["first", "second"] * 2
    assert Recurrence.objects.get().ran_at == clock.now


def test_recurring_work_is_done_by_one_worker(steps, clock):
    one, other = Worker(), Worker()

    one.step()
    other.step()
    assert steps == ["first"]

    one.step()
    other.step()
    assert steps == ["first", "second"]


def test_work_of_a_worker_that_died_is_taken_over(steps, clock):
    Worker().step()

    clock.pass_(seconds=LEASE.total_seconds() + 1)
    Worker().drain()

    assert steps == ["first", "first", "second"]


def test_a_worker_that_stops_hands_its_work_over(steps, clock):
    worker = Worker()
    worker.step()

    worker.stop()
    worker.run()
    Worker().drain()

    assert steps == ["first", "first", "second"]


def test_recurring_work_that_fails_is_logged_and_due_again(registered, clock, caplog):
    calls = []

    @registered.every(seconds=60)
    def broken():
        calls.append(1)
        raise ZeroDivisionError

    worker = Worker()
    worker.drain()
    worker.drain()
    assert caplog.messages == ["Recurring work failed: broken."]

    clock.pass_(seconds=61)
    worker.drain()
    assert len(calls) == 2


def test_the_heartbeat_tells_that_a_worker_is_there():
    assert seconds_since_heartbeat() is None

    Worker().drain()

    assert seconds_since_heartbeat() == 0


def test_a_lease_is_renewed_while_a_step_takes_long(steps, clock):
    worker, other = Worker(), Worker()
    worker.step()

    for _ in range(4):
        clock.pass_(seconds=LEASE.total_seconds() / 2)
        worker.recurrences.renew()
        other.step()

    assert steps == ["first"]


def test_a_lease_is_not_renewed_after_the_work_has_ended(steps, clock):
    worker = Worker()
    worker.drain()
    due_at = Recurrence.objects.get().due_at

    worker.recurrences.renew()

    assert Recurrence.objects.get().due_at == due_at


@pytest.mark.django_db(transaction=True)
def test_a_worker_renews_its_leases_beside_its_work(registered, monkeypatch):
    monkeypatch.setattr("jobs.recurrences.RENEWED_EVERY", 0.01)
    renewed = []

    @registered.every(seconds=60)
    def tidy():
        before = Recurrence.objects.get(name="tidy").due_at
        until = time.monotonic() + 20
        while Recurrence.objects.get(name="tidy").due_at == before and time.monotonic() < until:
            time.sleep(0.01)
        renewed.append(Recurrence.objects.get(name="tidy").due_at > before)

    Worker().drain()

    assert renewed == [True]
