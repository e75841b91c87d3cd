"""Servers under test, all by granian with the workers and threads of production."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    def __init__(self, process: subprocess.Popen, port: int):
        self.process = process
        self.url = f"http://127.0.0.1:{port}"

    def cpu_seconds(self) -> float:
        """What the server and its workers used so far; PostgreSQL is not among them."""
        return sum(map(cpu_seconds_of, family_of(self.process.pid)))

    def answer(self, path: str, headers: dict[str, str]) -> bytes:
        with urlopen(Request(self.url + path, headers=headers), timeout=10) as response:
            return response.read()

    def wait_until_ready(self, path: str, headers: dict[str, str]) -> None:
        for _ in range(100):
            if self.process.poll() is not None:
                sys.exit("A server ended before it answered.")
            try:
                self.answer(path, headers)
                return
            except HTTPError as error:
                sys.exit(f"A server answers {error}.")
            except (URLError, ConnectionError):
                time.sleep(0.2)
        sys.exit("A server did not answer within 20 seconds.")


@contextmanager
def served(target: str, *, workers: int, threads: int, environment: dict[str, str]):
    """A running server of the application `target`; stopped in any case.

    One of RSGI has threads of its own (`SERVER_THREADS`), one of WSGI those of the server.
    """
    port = free_port()
    interface = "rsgi" if ".rsgi:" in target else "wsgi"
    command = [sys.executable, "-m", "granian", "--interface", interface, "--http", "1", "--no-ws"]
    command += ["--port", str(port), "--workers", str(workers), "--log-level", "warning", target]
    if interface == "wsgi":
        command += ["--blocking-threads", str(threads)]
        # A thread that ends between two rounds would take its database connection with it.
        command += ["--blocking-threads-idle-timeout", "600"]
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        yield Server(process, port)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def family_of(pid: int) -> list[int]:
    """The process and all that it started, whoever started those."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(fields_of(stat)[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = [pid]
    for member in found:
        found += [child for child, parent in parents.items() if parent == member]
    return found


def cpu_seconds_of(pid: int) -> float:
    user, system = fields_of(Path(f"/proc/{pid}/stat"))[11:13]
    return (int(user) + int(system)) / TICKS


def fields_of(stat: Path) -> list[str]:
    """The fields behind the command's name, which may hold spaces."""
    return stat.read_text().rpartition(")")[2].split()
