import time

from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from customers.duplicates import BATCH, last_scan, refresh_pairs, remember_scan, scan
from customers.models import Customer


class Command(BaseCommand):
    help = "Look for customers that may be the same person, and queue them for the duplicate desk."

    def add_arguments(self, parser):
        parser.add_argument(
            "--changed", action="store_true", help="only customers written since the last scan"
        )
        parser.add_argument(
            "--every",
            type=int,
            metavar="SECONDS",
            help="go on, looking at what was written since, until stopped",
        )

    def handle(self, *, changed, every, **options):
        self.look(only_changed=changed)
        while every:
            time.sleep(every)
            self.look(only_changed=True)

    def look(self, *, only_changed: bool) -> None:
        began_at = timezone.now()
        since = last_scan() if only_changed else None
        total = None if since else Customer.objects.count()
        pairs = 0
        with tqdm(total=total, unit=" customers", disable=None) as progress:
            for batch in scan(since):
                pairs += refresh_pairs(batch)
                progress.update(min(len(batch), BATCH))
        remember_scan(began_at)
        if not only_changed:
            self.stdout.write(f"{pairs:,} pairs found.")
