import threading

import pytest
from django.db import OperationalError, connection, connections

from foundation import waits

SHOWN = "SELECT current_setting(%s)"
NAMES = ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]


def in_thread(call):
    """The result of `call`, made in a thread of its own with connections of its own."""
    found = []

    def run():
        try:
            found.append(call())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def bounds():
    with connection.cursor() as cursor:
        return [cursor.execute(SHOWN, [name]).fetchone()[0] for name in NAMES]


@pytest.fixture
def on_postgresql(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one timeout only")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("lookup", ["2s", "5s", "10s"]),
        ("page", ["5s", "20s", "30s"]),
        ("write", ["5s", "30s", "1min"]),
        ("job", ["10s", "10min", "2min"]),
    ],
)
def test_connections_are_bounded_by_the_kind_of_work(on_postgresql, kind, expected):
    def work():
        waits.work_as(kind)
        return bounds()

    assert in_thread(work) == expected


def test_a_process_bounds_threads_without_a_kind(on_postgresql, monkeypatch):
    monkeypatch.setattr(waits, "_of_process", "")
    waits.work_in_process_as("page")

    assert in_thread(bounds) == ["5s", "20s", "30s"]


@pytest.mark.parametrize(("kind", "sessions"), [("", True), ("page", False)])
def test_commands_and_pooled_connections_are_not_bounded(on_postgresql, settings, kind, sessions):
    settings.DATABASE_SESSIONS = sessions

    def work():
        waits.work_as(kind)
        return bounds()

    assert in_thread(work) == ["0", "0", "0"]


def test_a_lock_is_waited_for_no_longer_than_that(on_postgresql, settings):
    settings.DATABASE_WAITS = {"lookup": {"lock_timeout": 1}}

    def work():
        waits.work_as("lookup")
        with connection.cursor() as cursor, pytest.raises(OperationalError, match="lock timeout"):
            cursor.execute("SELECT pg_advisory_lock(7)")
        return "refused"

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7)")
        assert in_thread(work) == "refused"
        cursor.execute("SELECT pg_advisory_unlock(7)")


def test_sqlite_keeps_its_one_timeout(transactional_db):
    if connection.vendor != "sqlite":
        pytest.skip("of SQLite only")

    def work():
        waits.work_as("lookup")
        with connection.cursor() as cursor:
            return cursor.execute("PRAGMA busy_timeout").fetchone()[0]

    assert in_thread(work) == 20_000
