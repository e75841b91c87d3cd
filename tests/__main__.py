"""Run the suite on SQLite and, where one answers, on PostgreSQL.

`python -m tests [--coverage] [arguments of pytest]`. REQUIRE_ALL=1 turns skips into failures.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from typing import Any

import psycopg

# A user of no name is the one of the operating system.
CANDIDATES = [
    "postgres://postgres@127.0.0.1:5432/postgres",
    "postgres://127.0.0.1:5432/postgres",
    "postgres:///postgres?host=/var/run/postgresql",
]

# How a page looks and takes keys is the same on every database, and takes long to find out.
ON_ONE_DATABASE = ["-m", "not appearance"]
COVERAGE = "--coverage"


def offers_databases(url: str) -> bool:
    """Whether a server answers there and lets us create the test database."""
    question = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            return connection.execute(question).fetchone()[0]
    except psycopg.OperationalError:
        return False


def postgresql_url() -> str | None:
    if os.environ.get("TEST_DATABASE_URL"):
        return os.environ["TEST_DATABASE_URL"]
    return next((url for url in CANDIDATES if offers_databases(url)), None)


def start(arguments: list[str], database_url: str, output: Any = None) -> subprocess.Popen:
    command = ["-m", "pytest", *arguments]
    if COVERAGE in arguments:
        command.remove(COVERAGE)
        command = ["-m", "coverage", "run", "--parallel-mode", *command]
    environment = os.environ | {"TEST_DATABASE_URL": database_url}
    return subprocess.Popen([sys.executable, *command], env=environment, stdout=output)


def main(arguments: list[str]) -> int:
    """Both suites at once, for one keeps a single core busy; told one after the other."""
    url = postgresql_url()
    with tempfile.TemporaryFile("w+") as told_later:
        # To measure takes long, too, so the suite does it that does not look at the pages.
        plain = [argument for argument in arguments if argument != COVERAGE]
        beside = start(plain, url, told_later) if url else None
        print("Tests on SQLite", flush=True)
        results = [start([*ON_ONE_DATABASE, *arguments] if beside else arguments, "").wait()]
        if beside:
            print("Tests on PostgreSQL", flush=True)
            results.append(beside.wait())
            told_later.seek(0)
            shutil.copyfileobj(told_later, sys.stdout)
        else:
            print("Tests on PostgreSQL skipped: none answers; name one in TEST_DATABASE_URL.")
            results.append(1 if os.environ.get("REQUIRE_ALL") else 0)
    return max(results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
