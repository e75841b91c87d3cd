"""The database is prepared by one instance at a time: migrations, the first users, the demo."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

# Any number that no other program uses in this database.
ADVISORY_LOCK = 0x6378_6375


@contextmanager
def alone(announce: Callable[[], Any]) -> Iterator[None]:
    """Hold a lock that all instances of this database share; call `announce` before a wait.

    On PostgreSQL it is the database's and ends with the connection, on SQLite a file beside the
    database's.
    """
    with in_postgresql(announce) if connection.vendor == "postgresql" else in_file(announce):
        yield


@contextmanager
def in_postgresql(announce: Callable[[], Any]) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
        if not cursor.fetchone()[0]:
            announce()
            cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


@contextmanager
def in_file(announce: Callable[[], Any]) -> Iterator[None]:
    path = Path(connection.settings_dict["NAME"]).with_suffix(".preparing")
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            announce()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
