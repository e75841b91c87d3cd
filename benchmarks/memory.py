"""Memory of the web workers while they answer many requests.

`python -m benchmarks.memory --requests 1000000` sends lookups, pages of the list and creates in turn.
"""

import argparse
import tempfile
from pathlib import Path
from urllib.parse import quote

from . import report
from .__main__ import (
    CUSTOMERS,
    NEW_CUSTOMER,
    create_database,
    database_url,
    environment,
    lookup_paths,
    prepare,
)
from .load import Job, run_round
from .serving import Server, family_of, served

# Seconds of each kind of request in one turn; creates fill the database.
TURN = {report.OURS: 8, report.LIST: 4, report.CREATE: 1}


def main() -> None:
    options = parsed_options()
    create_database(database_url())
    prepared = prepare(options)
    application = served(
        "cxcustomers.rsgi:application",
        workers=2,
        threads=2,
        environment=environment("cxcustomers.settings"),
    )
    with application as server, tempfile.TemporaryDirectory() as folder:
        jobs = jobs_of(server, prepared)
        server.wait_until_ready(jobs[0].paths[0], {"Authorization": jobs[0].authorization})
        answered = turn = 0
        print(f"{answered:>9} requests  {memory(server)}", flush=True)
        while answered < options.requests:
            turn += 1
            answered += sum(requests_of(job, turn, Path(folder)) for job in jobs)
            print(f"{answered:>9} requests  {memory(server)}", flush=True)


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="at least (100000)")
    parser.add_argument("--customers", type=int, default=100_000, help="in the database (100000)")
    parser.add_argument("--seed", type=int, default=1, help="of the made-up customers (1)")
    return parser.parse_args()


def jobs_of(server: Server, prepared: dict) -> list[Job]:
    bearer = f"Bearer {prepared['token']}"
    lists = [f"{CUSTOMERS}?limit=25&paginateQuery=city:{quote(c)}" for c in prepared["cities"]]
    return [
        Job(report.OURS, server, lookup_paths(prepared["identifiers"]), bearer),
        Job(report.LIST, server, lists, bearer),
        Job(report.CREATE, server, [CUSTOMERS], bearer, NEW_CUSTOMER),
    ]


def requests_of(job: Job, turn: int, folder: Path) -> int:
    """Return how many requests of the job the server answered in its part of a turn."""
    seconds = TURN[job.name]
    found = run_round(job, seconds=seconds, run=turn, folder=folder)
    return round(found.requests_per_second * seconds)


def memory(server: Server) -> str:
    """Return the resident memory of each server process, the largest first."""
    megabytes = sorted(
        (resident(pid) / 1024 for pid in family_of(server.process.pid)), reverse=True
    )
    return "  ".join(f"{one:6.1f} MB" for one in megabytes)


def resident(pid: int) -> int:
    """Return the resident memory of a process in kB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


if __name__ == "__main__":
    main()
