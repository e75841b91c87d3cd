"""Faults, made on purpose against a running service: `make fault`, not part of `make test`.

Each test starts `manage.py up` on a PostgreSQL database of its own.
"""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from json import loads
from pathlib import Path
from signal import SIGKILL
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.__main__ import postgresql_url

# Collected only when asked for.
collect_ignore_glob = [] if "FAULT" in os.environ else ["test_*.py"]
ROOT = Path(__file__).parent.parent.parent


class Reply:
    """A status, headers and a parsed body; status 0 where the connection broke."""

    def __init__(self, status=0, headers=None, body=b""):
        self.status = status
        self.headers = headers or {}
        self.body = body

    def json(self):
        return loads(self.body)


class Service:
    """A running service and its database."""

    def __init__(self, folder, database_url, port, **environment):
        self.port = port
        self.folder = folder
        self.database_url = database_url
        self.environment = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
        } | environment

    def start(self, *arguments):
        self.log = open(self.folder / f"{self.port}.log", "w+")  # noqa: SIM115 - closed by `stop`
        command = [sys.executable, "manage.py", "up", f"--port={self.port}", *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def output(self):
        return Path(self.log.name).read_text()

    def wait_until_ready(self, seconds=180):
        until = time.monotonic() + seconds
        while self.call("GET", "/health/ready").status != 200:
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < until, self.output()
            time.sleep(0.2)

    def stop(self):
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, SIGKILL)
        self.process.wait()
        self.log.close()

    @property
    def token(self):
        return (self.folder / "demo_token").read_text().strip()

    def call(self, method, path, body=None, timeout=60, **headers):
        http = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            http.request(method, path, body, headers)
            response = http.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())
        except (OSError, HTTPException):
            return Reply()
        finally:
            http.close()

    def api(self, method, path, body=None, **headers):
        return self.call(
            method,
            f"/cim-customer/{path}",
            body,
            **{"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            **headers,
        )

    def lookup(self, number="+923001234567"):
        query = f"channelType=WHATSAPP&customerChannelIdentifier={number}"
        return self.api("GET", f"customers?{query}")

    def connect(self):
        return psycopg.connect(self.database_url)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def new_database():
    """The URL of an empty database, which is dropped in the end."""
    server = postgresql_url()
    assert server, "The faults need PostgreSQL; name one in TEST_DATABASE_URL."
    name = f"fault_cxcustomers_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A demo that answers, with one server process."""
    with new_database() as url:
        found = Service(tmp_path_factory.mktemp("service"), url, free_port())
        found.start("--demo", "--workers=1")
        try:
            found.wait_until_ready()
            # The first of a process teaches it the headers of an answer.
            assert found.lookup().status == 200
            yield found
        finally:
            found.stop()
