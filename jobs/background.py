"""The worker's own recurring work: a sign of life."""

from django.utils import timezone

from .models import Recurrence
from .registry import every


@every(seconds=10)
def heartbeat() -> None:
    """That it ran is all there is to it."""


def seconds_since_heartbeat() -> int | None:
    """Age of the last sign of life of any worker; None before the first. One statement."""
    ran_at = (
        Recurrence.objects.filter(name=heartbeat.__name__).values_list("ran_at", flat=True).first()
    )
    return int((timezone.now() - ran_at).total_seconds()) if ran_at else None
