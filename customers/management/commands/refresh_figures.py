from django.core.management.base import BaseCommand

from customers.statistics.figures import refresh_figures


class Command(BaseCommand):
    help = "Count what the supervisors' home page shows."

    def handle(self, **options):
        refresh_figures()
        self.stdout.write("Counted.")
