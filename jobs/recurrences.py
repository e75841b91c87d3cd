"""Recurring work, shared among workers: each time it is due, one of them does it."""

import logging
from collections.abc import Generator, Iterator
from datetime import timedelta
from typing import Any

from django.utils import timezone

from .models import Recurrence
from .registry import Recurring, recurring
from .running import UNANSWERED

logger = logging.getLogger(__name__)

# A worker that has not come back to its work for so long has died.
LEASE = timedelta(seconds=60)


class Recurrences:
    """The recurring work that one worker has under way, a step at a time."""

    def __init__(self) -> None:
        self.under_way: dict[str, Iterator[Any]] = {}

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
        rows = Recurrence.objects.filter(name=name)
        now = timezone.now()
        try:
            next(self.under_way[name])
        except StopIteration:
            del self.under_way[name]
            rows.update(due_at=now + timedelta(seconds=recurring[name].seconds), ran_at=now)
        except UNANSWERED:
            del self.under_way[name]
            raise
        except Exception:
            del self.under_way[name]
            logger.exception("Recurring work failed: %s.", name)
            rows.update(due_at=now + timedelta(seconds=recurring[name].seconds))
        else:
            rows.update(due_at=now + LEASE)

    def hand_over(self) -> None:
        """Let another worker begin at once what this one leaves undone."""
        for steps in self.under_way.values():
            if isinstance(steps, Generator):
                steps.close()
        Recurrence.objects.filter(name__in=self.under_way).update(due_at=timezone.now())
        self.under_way.clear()


def steps_of(work: Recurring) -> Iterator[Any]:
    """The work as steps, whose first begins it: what fails there is the work's failure, too."""
    yield from work.work() or ()
