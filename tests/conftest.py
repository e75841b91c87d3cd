"""What every test may use: seeded rows that survive, and real threads for races."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.db.backends.postgresql.operations import DatabaseOperations

from tests.support.chromium import NAMES, installed

pytest_plugins = ["tests.support.actors"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Give transactional tests the rows back that migrations seed and a flush deletes."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        options = dict(marker.kwargs) if marker else {}
        if options.get("transaction") or {"transactional_db", "live_server"} & set(
            item.fixturenames
        ):
            options |= {"transaction": True, "serialized_rollback": True}
            item.add_marker(pytest.mark.django_db(**options), append=False)


@pytest.fixture(scope="session", autouse=True)
def flush_by_deleting():
    """Empty the tables of PostgreSQL by DELETE: TRUNCATE writes each file of each index to disk.

    Foreign keys are deferred, so the order of the tables does not matter in a transaction.
    """

    truncate = DatabaseOperations.sql_flush

    def sql_flush(operations, style, tables, *, reset_sequences=False, allow_cascade=False):
        if reset_sequences:
            return truncate(operations, style, tables, reset_sequences=True, allow_cascade=True)
        return [f"DELETE FROM {operations.quote_name(table)};" for table in tables]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """Let every connection know the seeded rows; a browser's event loop brings new ones."""
    database = connections["default"]
    if hasattr(database, "_test_serialized_contents"):
        type(database)._test_serialized_contents = database._test_serialized_contents


@pytest.fixture
def in_threads(transactional_db):
    """Call a function from so many threads at once; answers results and exceptions, in order."""

    def call(function, count):
        start = Barrier(count)

        def one(number):
            try:
                start.wait()
                return function(number)
            except Exception as error:
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(count) as threads:
            return list(threads.map(one, range(count)))

    return call


@pytest.fixture(scope="session")
def chromium():
    """Path of the browser; without one the test is skipped, or fails under REQUIRE_ALL."""
    found = installed()
    if found is None:
        refuse = pytest.fail if os.environ.get("REQUIRE_ALL") else pytest.skip
        refuse(f"needs a browser: none of {', '.join(NAMES)} is installed")
    return found
