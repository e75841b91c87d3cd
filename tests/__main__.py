"""Run the suite on SQLite, and again on PostgreSQL where one answers.

`python -m tests [--coverage] [arguments of pytest]`. REQUIRE_ALL=1 turns skips into failures.
"""

import os
import subprocess
import sys

import psycopg

# A user of no name is the one of the operating system.
CANDIDATES = [
    "postgres://postgres@127.0.0.1:5432/postgres",
    "postgres://127.0.0.1:5432/postgres",
    "postgres:///postgres?host=/var/run/postgresql",
]


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


def run_suite(title: str, arguments: list[str], database_url: str) -> int:
    print(f"Tests on {title}", flush=True)
    command = ["-m", "pytest", *arguments]
    if "--coverage" in arguments:
        command.remove("--coverage")
        command = ["-m", "coverage", "run", "--parallel-mode", *command]
    environment = os.environ | {"TEST_DATABASE_URL": database_url}
    return subprocess.run([sys.executable, *command], env=environment).returncode


def main(arguments: list[str]) -> int:
    url = postgresql_url()
    results = [run_suite("SQLite", arguments, "")]
    if url:
        results.append(run_suite("PostgreSQL", arguments, url))
    else:
        print("Tests on PostgreSQL skipped: none answers; name one in TEST_DATABASE_URL.")
        results.append(1 if os.environ.get("REQUIRE_ALL") else 0)
    return max(results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
