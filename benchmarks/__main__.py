"""Seed, serve, load, compare. The database server is named by BENCH_DATABASE_URL."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from . import report
from .load import Job, Round, require_wrk, run_round
from .serving import Server, served

DEFAULT_DATABASE = "postgres://postgres@127.0.0.1:5432/cxcustomers_bench"
WARM_UP_SECONDS = 2
CUSTOMERS = "/cim-customer/customers"
NEW_CUSTOMER = {
    "firstName": "Amaka NUMBER",
    "phoneNumber": ["+861NUMBER"],
    "email": ["amaka.NUMBER@example.com"],
    "city": "Lagos",
    "segment": "consumer",
    "revenue": "120.50",
    "newsletter": True,
}


def main() -> None:
    options = parsed_options()
    if not options.profile:
        require_wrk()
    create_database(database_url())
    prepared = prepare(options)
    if options.profile:
        profile(prepared)
        return
    rounds = measure(options, prepared)
    figures = report.medians(rounds)
    print(f"\n{report.as_text(figures)}")
    if options.json:
        found = report.as_json(figures, rounds, conditions(options))
        options.json.write_text(json.dumps(found, indent=2) + "\n")


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000, help="in the database (100000)")
    parser.add_argument("--seed", type=int, default=1, help="of the made-up customers (1)")
    parser.add_argument("--rounds", type=int, default=3, help="of every job (3)")
    parser.add_argument("--seconds", type=int, default=5, help="of each round (5)")
    parser.add_argument("--workers", type=int, default=2, help="of each server (2)")
    parser.add_argument("--threads", type=int, default=2, help="of each worker (2)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--profile", action="store_true", help="show where a lookup's time goes")
    return parser.parse_args()


def database_url() -> str:
    return os.environ.get("BENCH_DATABASE_URL", DEFAULT_DATABASE)


def environment(settings: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": settings,
        "SECRET_KEY": "benchmark" * 8,
        "PYTHONPATH": os.getcwd(),
    }


def create_database(url: str) -> None:
    parts = conninfo_to_dict(url)
    name = str(parts["dbname"])
    try:
        with psycopg.connect(url.replace(f"/{name}", "/postgres"), autocommit=True) as server:
            found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if not found.fetchone():
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.OperationalError as error:
        sys.exit(f"BENCH_DATABASE_URL: no PostgreSQL to be used there: {error}")


def prepare(options: argparse.Namespace) -> dict:
    command = [sys.executable, "-m", "benchmarks.prepare"]
    done = subprocess.run(
        [*command, str(options.customers), str(options.seed)],
        env=os.environ | environment("benchmarks.typical.settings"),
        stdout=subprocess.PIPE,
    )
    if done.returncode:
        sys.exit(done.returncode)
    return json.loads(done.stdout)


def lookup_paths(identifiers: Iterable[str]) -> list[str]:
    path = f"{CUSTOMERS}?channelType=CX_VOICE&customerChannelIdentifier="
    return [path + quote(identifier) for identifier in identifiers]


def measure(options: argparse.Namespace, prepared: dict) -> dict[str, list[Round]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        jobs = start_servers(stack, options, prepared)
        for job in jobs:
            run_round(job, seconds=WARM_UP_SECONDS, run=0, folder=folder)
        rounds: dict[str, list[Round]] = {job.name: [] for job in jobs}
        for number in range(1, options.rounds + 1):
            for job in jobs:
                found = run_round(job, seconds=options.seconds, run=number, folder=folder)
                print(f"round {number}  {job.name:<34}{found.requests_per_second:>8.0f} req/s")
                rounds[job.name].append(found)
    return rounds


def start_servers(stack: ExitStack, options: argparse.Namespace, prepared: dict) -> list[Job]:
    lookups = lookup_paths(prepared["identifiers"])
    lists = [f"{CUSTOMERS}?limit=25&paginateQuery=city:{quote(c)}" for c in prepared["cities"]]
    bearer = f"Bearer {prepared['token']}"
    token = f"Token {prepared['typical_token']}"

    def server(target: str, settings: str, authorization: str) -> Server:
        manager = served(
            target,
            workers=options.workers,
            threads=options.threads,
            environment=environment(settings),
        )
        started = stack.enter_context(manager)
        started.wait_until_ready(lookups[0], {"Authorization": authorization})
        return started

    ours = server("cxcustomers.rsgi:application", "cxcustomers.settings", bearer)
    typical = server("benchmarks.typical.wsgi:application", "benchmarks.typical.settings", token)
    floor = server("benchmarks.floor:application", "cxcustomers.settings", "")
    check_answers(lookups[:50], [(ours, bearer), (typical, token), (floor, "")])
    return [
        Job(report.OURS, ours, lookups, bearer),
        Job(report.TYPICAL, typical, lookups, token),
        Job(report.FLOOR, floor, lookups, ""),
        Job(report.LIST, ours, lists, bearer),
        Job(report.CREATE, ours, [CUSTOMERS], bearer, NEW_CUSTOMER),
    ]


def check_answers(paths: list[str], servers: list[tuple[Server, str]]) -> None:
    """Refuse to compare servers that do not find the same customers."""
    for path in paths:
        documents = [
            json.loads(server.answer(path, {"Authorization": authorization}))["customer"]
            for server, authorization in servers
        ]
        found = {(d["_id"], d["firstName"], *sorted(d)) for d in documents}
        if len(found) != 1:
            sys.exit(f"The servers differ about {path}")


def profile(prepared: dict) -> None:
    subprocess.run(
        [sys.executable, "-m", "benchmarks.profiling", prepared["token"]],
        env=os.environ | environment("cxcustomers.settings"),
        input="\n".join(lookup_paths(prepared["identifiers"][:4000])),
        text=True,
        check=True,
    )


def conditions(options: argparse.Namespace) -> dict:
    with psycopg.connect(database_url()) as connection:
        version = connection.info.server_version // 10_000
    chosen = ("customers", "seed", "rounds", "seconds", "workers", "threads")
    return {name: getattr(options, name) for name in chosen} | {
        "cores": len(os.sched_getaffinity(0)),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "postgresql": version,
    }


if __name__ == "__main__":
    main()
