"""What is due again and again."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from customers.duplicates.queue import search_duplicates
from customers.exports.export import forget_files
from customers.history.webhook_payloads import payloads_for
from customers.imports.runs import forget_old
from customers.labelling.expiry import expire_in_batches
from customers.profiles.unused import remove_in_batches
from customers.search_keys.rereading import read_all_again
from customers.search_keys.respelling import respell_in_batches
from customers.statistics import figures
from customers.statistics.lookup_counts import forget_old_counts
from jobs.registry import every
from webhooks import delivering


@every(seconds=30)
def expire_labels_hourly() -> Iterator[int]:
    """Take labels off whose time is over."""
    return expire_in_batches(timezone.now())


@every(seconds=300)
def refresh_figures_job() -> Iterator[None]:
    """Count what the home page tells."""
    return figures.refresh_in_steps()


@every(seconds=60)
def find_duplicates() -> Iterator[Any]:
    """Bring the queue of duplicates up to date with what was written since."""
    return search_duplicates(only_changed=True)


@every(seconds=300)
def read_identifiers_again() -> Iterator[int]:
    """Bring stored identifiers to the form in which new rules compare them."""
    return read_all_again()


@every(seconds=3600)
def forget_imports() -> None:
    """Delete what was uploaded and not gone on with, and what is known of old imports."""
    forget_old(timezone.now())


@every(seconds=3600)
def forget_exports() -> None:
    """Delete files of customers that were kept long enough."""
    forget_files(timezone.now())


@every(seconds=3600)
def forget_lookup_counts() -> None:
    """Delete the counts of ambiguous lookups of long ago."""
    forget_old_counts()


@every(seconds=3600)
def remove_unused_customers() -> Iterator[int]:
    """Remove anonymous customers that were not used for the set number of days."""
    return remove_in_batches(timezone.now())


@every(seconds=60)
def respell_texts() -> Iterator[int]:
    """Make derived columns anew after an upgrade that changes their rules."""
    return respell_in_batches()


@every(seconds=2)
def deliver_webhooks() -> Iterator[None]:
    """Send what is due to those who subscribe to it."""
    return delivering.deliver(payloads_for)


@every(seconds=3600)
def forget_deliveries() -> Iterator[int]:
    """Delete what was sent long ago."""
    return delivering.forget(timezone.now())
