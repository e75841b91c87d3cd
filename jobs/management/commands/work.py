import signal

from django.core.management.base import BaseCommand

from foundation.waits import JOB, work_as
from jobs.worker import Worker

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Command(BaseCommand):
    help = "Work off queued jobs and recurring work until stopped."

    def add_arguments(self, parser):
        parser.add_argument(
            "--once", action="store_true", help="end when nothing is queued or due any more"
        )
        parser.add_argument(
            "--beside", type=int, metavar="PID", help="end with the process that started this one"
        )

    def handle(self, *, once, beside, **options):
        work_as(JOB)
        worker = Worker(beside)
        before = {number: signal.signal(number, worker.stop) for number in STOPPING}
        try:
            worker.drain() if once else worker.run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
