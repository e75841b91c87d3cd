import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import connection

from cxcustomers import first_run, preparing, serving
from cxcustomers.environment import secret_key

DEMO_CUSTOMERS = 2000
PAGES = {
    "Agent pages": "/",
    "Administration": "/admin/",
    "API documentation": "/api/docs/",
    "Contract (CIM_CUSTOMER_URL)": "/cim-customer",
}


def number_up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise ArgumentTypeError(f"must be a number from 1 to {most}")
        return int(text)

    return number


class Command(BaseCommand):
    help = "Prepare the database, then serve until stopped."

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=number_up_to(65535), default=8000)
        parser.add_argument("--workers", type=number_up_to(256), default=os.cpu_count() or 1)
        parser.add_argument(
            "--demo", action="store_true", help="fill an empty database with made-up customers"
        )

    def handle(self, *, host, port, workers, demo, **options):
        address = self.check_address(host, port)
        if not secret_key(settings.DATA_DIR):
            self.write_secret_key()
            # Settings were read without the key; begin again with it.
            serving.become(sys.orig_argv[1:])
        url = serving.url_of(host, port)
        with self.alone():
            self.prepare_database()
            request = self.prepare_demo(url) if demo and first_run.is_demo() else None
            self.show_passwords(first_run.create_administrator())
        self.show_pages(url, request)
        os.chdir(settings.BASE_DIR)
        serving.become(["-m", "cxcustomers.server", address, str(port), str(workers)])

    def check_address(self, host: str, port: int) -> str:
        if settings.OPEN_MODE and not serving.is_loopback(host):
            raise CommandError(
                "OPEN_MODE asks nobody who they are, so it serves this machine only."
            )
        try:
            return serving.listen_address(host, port)
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host} port {port}: {error.strerror}. "
                "Choose another with --port (make run PORT=8001)."
            ) from None

    def write_secret_key(self) -> None:
        try:
            first_run.write_secret_key(settings.DATA_DIR / "secret_key")
        except OSError as error:
            raise CommandError(
                f"Cannot write to {settings.DATA_DIR}: {error.strerror}. DATA_DIR names another."
            ) from None

    @contextmanager
    def alone(self) -> Iterator[None]:
        try:
            connection.ensure_connection()
            with preparing.alone(self.announce_wait):
                yield
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(f"Cannot use the database of DATABASE_URL: {reason}") from None

    def announce_wait(self) -> None:
        self.write("Another instance is preparing the database. Waiting until it has finished.")

    def prepare_database(self) -> None:
        call_command("migrate", verbosity=0, interactive=False)

    def prepare_demo(self, url: str) -> str | None:
        """Fill an empty database; answers a request to try."""
        # First of all, for the token tells a later run that this database is a demo.
        token = first_run.demo_token(settings.DATA_DIR / "demo_token")
        if not apps.get_model("customers", "Customer").objects.exists():
            self.write(f"Making up {DEMO_CUSTOMERS} customers")
            call_command("seed_demo", customers=DEMO_CUSTOMERS)
            call_command("find_duplicates")
        self.show_passwords(first_run.create_demo_users())
        return first_run.demo_request(url, token)

    def show_passwords(self, passwords: dict[str, str]) -> None:
        for username, password in passwords.items():
            self.write(f"Log-in {username}, password {password} (shown only now)")

    def show_pages(self, url: str, request: str | None) -> None:
        if settings.OPEN_MODE:
            warning = "OPEN_MODE: everybody on this machine is an administrator, without log-in!"
            self.write(self.style.ERROR(f"\n{'!' * len(warning)}\n{warning}\n{'!' * len(warning)}"))
        self.write("")
        for title, path in PAGES.items():
            self.write(f"{title:<28}{url}{path}")
        if request:
            self.write(f"\nIdentify a customer:\n{request}")
        self.write("\nForgotten password: manage.py changepassword NAME. Ctrl-C stops the server.")

    def write(self, line: str) -> None:
        self.stdout.write(line)
        # A pipe would hold it back until the server ends.
        self.stdout.flush()
