"""What several environment variables say together: the secrets and the database."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

SQLITE_OPTIONS = {
    # Readers never wait for the writer, and a writer that waits is told at once to queue.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
        "PRAGMA cache_size=-20000;PRAGMA mmap_size=134217728"
    ),
}
# PostgreSQL's settings that bound a wait.
WAITS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
env = environ.Env()


def whole_numbers(name: str, defaults: dict[str, int]) -> dict[str, int]:
    """The variable `name`, such as `lookup=2,page=4`; what it leaves out has its default."""
    given = env.dict(name, default={})
    if given.keys() - defaults.keys() or not all(v.isdecimal() and int(v) for v in given.values()):
        known = ",".join(f"{key}={number}" for key, number in defaults.items())
        raise ImproperlyConfigured(f"{name}: use whole numbers above 0, such as {known}.")
    return defaults | {key: int(value) for key, value in given.items()}


def secret(name: str, default: str = "") -> str:
    """The variable `name`, or the content of the file that `<name>_FILE` points at."""
    path = env.str(f"{name}_FILE", default="")
    try:
        return Path(path).read_text().strip() if path else env.str(name, default=default)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path}: {error.strerror}.") from None


def secret_key(data_dir: Path) -> str:
    """Return the key that signs sessions and forms; `manage.py up` writes one to the data directory."""
    kept = data_dir / "secret_key"
    return secret("SECRET_KEY") or (kept.read_text().strip() if kept.exists() else "")


def prepared_statements() -> bool:
    """Return the choice to prepare statements; PgBouncer in transaction mode knows them from 1.21 on."""
    return env.bool("DATABASE_PREPARED_STATEMENTS", default=True)


def database(data_dir: Path) -> dict[str, Any]:
    """Return the database, SQLite or PostgreSQL; without a URL, a file in the data directory."""
    problem = "DATABASE_URL: use sqlite:///file or postgres://user@host/name."
    try:
        found = env.db_url("DATABASE_URL", default=f"sqlite:///{data_dir / 'cxcustomers.sqlite3'}")
    except (ImproperlyConfigured, KeyError, ValueError):
        raise ImproperlyConfigured(problem) from None
    vendor = found.get("ENGINE", "").rpartition(".")[2]
    if vendor == "sqlite3":
        return found | {"OPTIONS": SQLITE_OPTIONS}
    if vendor != "postgresql":
        raise ImproperlyConfigured(problem)
    options = {"connect_timeout": 10} | found.get("OPTIONS", {})
    if not prepared_statements():
        options |= {"prepare_threshold": None}
        return found | {
            "CONN_MAX_AGE": None,
            "DISABLE_SERVER_SIDE_CURSORS": True,
            "OPTIONS": options,
        }
    # Not at the first execution: migrations send several commands in one, which cannot be
    # prepared.
    options |= {"server_side_binding": True, "prepare_threshold": 2}
    return found | {"CONN_MAX_AGE": None, "OPTIONS": options}
