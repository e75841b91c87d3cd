"""First contacts and lookups beside a publish that rewrites values, and without one, in one run.

`python -m benchmarks.publishing --values 1000000` makes up as many customers in the database that
BENCH_DATABASE_URL names, serves them, and makes the text of a field a number.
"""

import argparse
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection

from .__main__ import CUSTOMERS, create_database, database_url, environment
from .prepare import own_token
from .serving import Server, served

KEY = "points"
PHONE = "phoneNumber"
# Seconds between two requests of a kind.
PACES = {"known number": 0.01, "first contact": 0.02}
FILL = [
    """
    INSERT INTO customers_customer (public_id, first_name, folded_name, is_anonymous, version,
        created_at, updated_at, created_by, updated_by)
    SELECT lpad(to_hex(n), 24, '0'), 'Customer ' || n, 'customer ' || n, false, 0,
        now() - interval '1 day', now() - interval '1 day', '', ''
    FROM generate_series(1, %(values)s) n
    """,
    """
    INSERT INTO customers_channelidentity (customer_id, field_id, value, match_key, is_valid,
        is_anonymous, is_shared, is_retired, is_primary, trust, verified_by, source, created_at)
    SELECT id, %(phone)s, '+4930' || 10000000 + id, '+4930' || 10000000 + id, true,
        false, false, false, false, 'self_asserted', '', '', now()
    FROM customers_customer
    """,
    """
    INSERT INTO customers_attributevalue (customer_id, field_id, text, folded)
    SELECT id, %(field)s, id::text, id::text FROM customers_customer
    """,
]


def main() -> None:
    options = parsed_options()
    os.environ.update(environment("cxcustomers.settings"))
    create_database(database_url())
    django.setup()
    call_command("migrate", verbosity=0)
    fill(options.values)
    with (
        served("cxcustomers.rsgi:application", workers=2, threads=2, environment={}) as server,
        worker(),
    ):
        report(measure(server, options))


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publishing", description=__doc__)
    parser.add_argument("--values", type=int, default=30_000, help="that are rewritten (30000)")
    parser.add_argument("--seconds", type=int, default=20, help="without a publish (20)")
    return parser.parse_args()


def fill(values: int) -> None:
    """Make up the customers, each with a number in a field of text. Replaces those of other runs."""
    # Models can be imported from `django.setup` on.
    from schema_builder.editing import create_field, delete_field  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('customers_customer'::regclass)")
        if apps.get_model("customers", "Customer").objects.exists() and not cursor.fetchone()[0]:
            sys.exit("BENCH_DATABASE_URL: holds customers of your own; name another database.")
        cursor.execute("COMMENT ON TABLE customers_customer IS 'benchmark, publishing'")
        cursor.execute("TRUNCATE customers_customer RESTART IDENTITY CASCADE")
        fields = apps.get_model("schema_builder", "FieldDefinition").objects
        for old in fields.filter(key=KEY):
            delete_field(old)
        field = create_field(key=KEY, label="Points", type="string")
        names = {"values": values, "phone": fields.get(key=PHONE).pk, "field": field.pk}
        for statement in FILL:
            cursor.execute(statement, names)
        cursor.execute("ANALYZE")


@contextmanager
def worker() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "manage.py", "work"])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def measure(server: Server, options: argparse.Namespace) -> dict[tuple[str, str], list[float]]:
    """Milliseconds of each request, by phase and kind."""
    headers = {"Authorization": f"Bearer {own_token()}"}
    found: dict[tuple[str, str], list[float]] = {}
    now = Phase("warm-up")
    numbers = {
        "known number": (
            f"+4930{10000000 + n % options.values + 1}" for n in itertools.count(0, 7919)
        ),
        "first contact": (f"+4940{20000000 + n}" for n in itertools.count()),
    }
    server.wait_until_ready(lookup_path("+493010000001"), headers)
    threads = [
        threading.Thread(
            target=load,
            args=(server, headers, kind, numbers[kind], now, found),
        )
        for kind in PACES
    ]
    for thread in threads:
        thread.start()
    try:
        time.sleep(5)
        now.name = "without a publish"
        time.sleep(options.seconds)
        publish_and_wait(now)
    finally:
        now.name = ""
        for thread in threads:
            thread.join()
    return found


class Phase:
    """The phase of the run; an empty name ends the load."""

    def __init__(self, name: str):
        self.name = name


def load(
    server: Server,
    headers: dict[str, str],
    kind: str,
    numbers: Iterator[str],
    now: Phase,
    found: dict[tuple[str, str], list[float]],
) -> None:
    client = HTTPConnection(urlsplit(server.url).netloc, timeout=120)
    while phase := now.name:
        began = time.perf_counter()
        client.request("GET", lookup_path(next(numbers)), headers=headers)
        answer = client.getresponse()
        answer.read()
        took = time.perf_counter() - began
        if answer.status != 200:
            phase += f", answered {answer.status}"
        found.setdefault((phase, kind), []).append(1000 * took)
        time.sleep(max(0, PACES[kind] - took))


def lookup_path(number: str) -> str:
    return f"{CUSTOMERS}?channelType=CX_VOICE&customerChannelIdentifier={quote(number)}"


def publish_and_wait(now: Phase) -> None:
    """Publish the text as a number, and wait for the jobs that do so."""
    # Models can be imported from `django.setup` on.
    from schema_builder.documents import current_fields  # noqa: PLC0415
    from schema_builder.drafts import edit_draft, put_field, read_draft  # noqa: PLC0415
    from schema_changes.preparation import PUBLISH, TIDY  # noqa: PLC0415
    from schema_changes.publishing import publish_draft  # noqa: PLC0415

    caller, _ = get_user_model().objects.get_or_create(username="benchmark", is_superuser=True)
    [document] = [one for one in current_fields() if one["key"] == KEY]
    change = put_field(document | {"type": "number", "length": None}, may_clear_pii=True)
    edit_draft(read_draft().token, "benchmark", change)
    jobs = apps.get_model("jobs", "Job").objects.filter(status__in=("queued", "running"))
    now.name = "values are rewritten"
    began = time.perf_counter()
    publish_draft(known=read_draft().token, caller=caller)
    wait_while(jobs.filter(kind=PUBLISH).exists)
    print(f"published after {time.perf_counter() - began:.0f} s")
    now.name = "values are tidied"
    wait_while(jobs.filter(kind=TIDY).exists)
    print(f"tidied after {time.perf_counter() - began:.0f} s")


def wait_while(condition: Callable[[], bool]) -> None:
    while condition():
        time.sleep(0.2)


def report(found: dict[tuple[str, str], list[float]]) -> None:
    print(f"{'':<46}{'requests':>9}{'median':>9}{'99 %':>9}{'longest':>9}  (ms)")
    for (phase, kind), times in sorted(found.items(), key=lambda item: item[0][::-1]):
        times.sort()
        figures = [times[len(times) // 2], times[len(times) * 99 // 100], times[-1]]
        columns = "".join(f"{figure:9.1f}" for figure in figures)
        print(f"{kind + ', ' + phase:<46}{len(times):>9}{columns}")


if __name__ == "__main__":
    main()
