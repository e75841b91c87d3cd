"""How long the database may keep a thread waiting, by the kind of work that the thread does.

A connection is bounded when it is opened, so a statement costs nothing more. What waits longer
fails with OperationalError, and its transaction wrote nothing. Commands are not bounded. Through
PgBouncer in transaction mode a session has no settings: there the database role holds them
(`ALTER ROLE … SET lock_timeout`).
"""

import threading
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.signals import connection_created
from django.dispatch import receiver

LOOKUP, PAGE, WRITE, JOB = "lookup", "page", "write", "job"


class _Work(threading.local):
    kind = ""


_work = _Work()
_of_process = ""


def work_as(kind: str) -> None:
    """Bound the connections that this thread opens from now on, by `settings.DATABASE_WAITS`."""
    _work.kind = kind
    connections.close_all()


def work_in_process_as(kind: str) -> None:
    """Bound the connections of all threads that were not told a kind of their own."""
    global _of_process
    _of_process = kind


@receiver(connection_created)
def bound(connection: Any, **signal: Any) -> None:
    """Set the bounds of the connection. SQLite has one timeout, the `timeout` of its options."""
    kind = _work.kind or _of_process
    if not kind or connection.vendor != "postgresql" or not settings.DATABASE_SESSIONS:
        return
    waits = settings.DATABASE_WAITS[kind]
    calls = ", ".join("set_config(%s, %s, false)" for _ in waits)
    values = [text for name, seconds in waits.items() for text in (name, f"{seconds}s")]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", values)
