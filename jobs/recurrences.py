"""Recurring work, shared among workers: each time it is due, one of them does it."""

import logging
from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any

from django.db import Error as DatabaseError
from django.db import connections
from django.utils import timezone

from .execution import UNANSWERED
from .models import Recurrence
from .registry import Recurring, recurring

logger = logging.getLogger(__name__)

# A worker that has not renewed its lease for so long has died.
LEASE = timedelta(seconds=15)
RENEWED_EVERY = 5.0


class Recurrences:
    """The recurring work that one worker has under way, a step at a time."""

    def __init__(self) -> None:
        self.under_way: dict[str, Iterator[Any]] = {}
        # Held by a step that ends, so that its end is not renewed.
        self.settling = Lock()

    def announce(self) -> None:
        """Let the database know all recurring work; what is new is due at once."""
        Recurrence.objects.bulk_create(
            [Recurrence(name=name) for name in recurring], ignore_conflicts=True
        )

    def step(self) -> bool:
        """Begin what is due and do one step of all that was begun; False where nothing was."""
        for name in self.claim_due():
            self.under_way[name] = steps_of(recurring[name])
        begun = list(self.under_way)
        for name in begun:
            self.step_of(name)
        return bool(begun)

    def claim_due(self) -> list[str]:
        now = timezone.now()
        idle = recurring.keys() - self.under_way.keys()
        due = Recurrence.objects.filter(name__in=idle, due_at__lte=now).order_by("name")
        return [
            name
            for name in due.values_list("name", flat=True)
            # Another worker may have been faster.
            if Recurrence.objects.filter(name=name, due_at__lte=now).update(due_at=now + LEASE)
        ]

    def step_of(self, name: str) -> None:
        now = timezone.now()
        try:
            next(self.under_way[name])
        except StopIteration:
            self.settle(name, now, ran_at=now)
        except UNANSWERED:
            del self.under_way[name]
            raise
        except Exception:
            logger.exception("Recurring work failed: %s.", name)
            self.settle(name, now)

    def settle(self, name: str, now: datetime, **changes: Any) -> None:
        """Let the work be due again after its interval."""
        due_at = now + timedelta(seconds=recurring[name].seconds)
        with self.settling:
            del self.under_way[name]
            Recurrence.objects.filter(name=name).update(due_at=due_at, **changes)

    def renew(self) -> None:
        """Keep other workers off what is under way. Fit for another thread."""
        with self.settling:
            names = list(self.under_way)
            if names:
                Recurrence.objects.filter(name__in=names).update(due_at=timezone.now() + LEASE)

    def hand_over(self) -> None:
        """Let another worker begin at once what this one leaves undone."""
        for steps in self.under_way.values():
            if isinstance(steps, Generator):
                steps.close()
        Recurrence.objects.filter(name__in=self.under_way).update(due_at=timezone.now())
        self.under_way.clear()


class Renewal:
    """Renews the leases of a worker every few seconds, however long one of its steps takes."""

    def __init__(self, recurrences: Recurrences):
        self.recurrences = recurrences
        self.stopped = Event()
        self.thread = Thread(target=self.run, daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *error: Any) -> None:
        self.stopped.set()
        self.thread.join()

    def run(self) -> None:
        while not self.stopped.wait(RENEWED_EVERY):
            try:
                self.recurrences.renew()
            except DatabaseError:
                # The worker notices, too, and says so.
                connections.close_all()
        connections.close_all()


def steps_of(work: Recurring) -> Iterator[Any]:
    """The work as steps, whose first begins it: what fails there is the work's failure, too."""
    yield from work.work() or ()
