from django.core.management.base import BaseCommand

from customers.labelling.expiry import expire_labels


class Command(BaseCommand):
    help = "Take off the labels whose time is over."

    def handle(self, **options):
        self.stdout.write(f"{expire_labels():,} labels came off.")
