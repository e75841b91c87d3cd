from django.core.management.base import BaseCommand
from tqdm import tqdm

from customers.duplicates.queue import last_scan, search_duplicates
from customers.models import Customer


class Command(BaseCommand):
    help = "Look for customers that may be the same person, and queue them for the duplicate desk."

    def add_arguments(self, parser):
        parser.add_argument(
            "--changed", action="store_true", help="only customers written since the last scan"
        )

    def handle(self, *, changed, **options):
        total = None if changed and last_scan() else Customer.objects.count()
        found = 0
        with tqdm(total=total, unit=" customers", disable=None) as progress:
            for looked_at, pairs in search_duplicates(only_changed=changed):
                found += pairs
                progress.update(looked_at)
        if not changed:
            self.stdout.write(f"{found:,} pairs found.")
