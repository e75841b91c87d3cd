"""How often a lookup found several customers: a row for each day and channel, kept for a while."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from customers.models import AmbiguousLookup

DAYS_KEPT = 90


def note_ambiguous(channel_type: str) -> None:
    """Count one, whoever asked; the lookup neither fails nor holds a lock because of it.

    It is counted after the transaction of the lookup, in one statement but for the first of a day.
    """

    def count() -> None:
        count_one(channel_type)

    # Django names what failed, and a partial has no name.
    transaction.on_commit(count, robust=True)


def count_one(channel_type: str) -> None:
    today = AmbiguousLookup.objects.filter(day=timezone.localdate(), channel_type=channel_type)
    if today.update(lookups=F("lookups") + 1):
        return
    first = AmbiguousLookup(day=timezone.localdate(), channel_type=channel_type, lookups=0)
    # Who comes second at the same time finds the row of the first.
    AmbiguousLookup.objects.bulk_create([first], ignore_conflicts=True)
    today.update(lookups=F("lookups") + 1)


def forget_old_counts() -> None:
    oldest = timezone.localdate() - timedelta(days=DAYS_KEPT)
    AmbiguousLookup.objects.filter(day__lt=oldest).delete()
