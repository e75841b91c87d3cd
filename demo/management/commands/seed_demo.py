from argparse import ArgumentTypeError
from datetime import UTC, date, datetime, time

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from customers.models import Customer
from demo.seeding import seed_customers


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"not a date such as 2026-01-31: {text!r}") from None


class Command(BaseCommand):
    help = (
        "Fill the database with made-up customers: names in many scripts, identities on all "
        "channels, labels, custom fields, conversations. The same seed gives the same customers."
    )

    def add_arguments(self, parser):
        parser.add_argument("--customers", type=int, default=2000, help="how many (2000)")
        parser.add_argument("--seed", type=int, default=1, help="source of the randomness (1)")
        parser.add_argument(
            "--today", type=day, help="the day that all times lie before; today in UTC if left out"
        )
        parser.add_argument(
            "--append", action="store_true", help="add to the customers that exist already"
        )

    def handle(self, *, customers, seed, today, append, **options):
        if customers < 1:
            raise CommandError("--customers: must be 1 or more.")
        if not append and Customer.objects.exists():
            raise CommandError(
                "There are customers already; --append adds made-up ones to them for good."
            )
        midnight = datetime.combine(today or timezone.now().date(), time(), UTC)
        # No bar where nobody watches: in a pipe or a log.
        with tqdm(total=customers, unit=" customers", disable=None) as bar:
            try:
                for fresh in seed_customers(customers, seed=seed, today=midnight):
                    bar.update(fresh)
            except ValidationError as error:
                raise CommandError(f"Cannot add the demo's fields: {error}") from error
        self.stdout.write(f"Made up {customers:,} customers.")
