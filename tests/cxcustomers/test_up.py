import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from access.models import ApiToken
from customers.models import ChannelIdentity, Customer
from cxcustomers import first_run, server, serving
from cxcustomers.management.commands import up
from schema_builder.models import FieldDefinition


class Became(Exception):
    """Stands for the program that would have taken the place of this process."""


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def installation(monkeypatch, settings, tmp_path):
    """`up` works in a folder of its own and does not turn into a server."""

    def become(path, arguments):
        raise Became(arguments[1:])

    settings.DATA_DIR = tmp_path / "var"
    monkeypatch.setattr(os, "execv", become)
    monkeypatch.setattr(up, "DEMO_CUSTOMERS", 12)
    return settings.DATA_DIR


def run_up(capsys, *arguments):
    with pytest.raises(Became) as became:
        call_command("up", *arguments)
    return capsys.readouterr().out, became.value.args[0]


def make_whatsapp_customer(number="+923001234567", **fields):
    customer = Customer.objects.create(first_name="Amna")
    field = FieldDefinition.objects.get(key="whatsapp")
    return ChannelIdentity.objects.create(
        customer=customer, field=field, value=number, match_key=number, **fields
    )


def mode_of(path):
    return path.stat().st_mode & 0o777


def test_write_private_is_for_this_user_only(tmp_path):
    path = tmp_path / "var" / "secret_key"

    first_run.write_private(path, "first")
    first_run.write_private(path, "second")

    assert path.read_text() == "second\n"
    assert mode_of(path) == 0o600
    assert mode_of(path.parent) == 0o700
    assert os.listdir(path.parent) == ["secret_key"]


def test_write_secret_key_is_long_and_random(tmp_path):
    first_run.write_secret_key(tmp_path / "one")
    first_run.write_secret_key(tmp_path / "other")

    one, other = ((tmp_path / name).read_text().strip() for name in ["one", "other"])
    assert len(one) == len(other) == 64
    assert one != other


@pytest.mark.django_db
def test_create_administrator_once():
    created = first_run.create_administrator()

    assert list(created) == ["admin"]
    assert User.objects.get(username="admin").is_superuser
    assert User.objects.get(username="admin").is_staff
    assert User.objects.get(username="admin").check_password(created["admin"])
    assert first_run.create_administrator() == {}


@pytest.mark.django_db
def test_create_administrator_promotes_nobody():
    User.objects.create_user("admin")

    assert first_run.create_administrator() == {}
    assert not User.objects.get(username="admin").is_superuser


@pytest.mark.django_db
def test_create_demo_users_with_their_roles():
    created = first_run.create_demo_users()

    assert list(created) == ["agent", "supervisor"]
    for username, role in [("agent", "Agent"), ("supervisor", "Supervisor")]:
        user = User.objects.get(username=username)
        assert [group.name for group in user.groups.all()] == [role]
        assert user.check_password(created[username])
    assert first_run.create_demo_users() == {}


@pytest.mark.django_db
def test_is_demo_only_of_what_began_as_one(tmp_path):
    assert first_run.is_demo()

    Customer.objects.create(first_name="Amna")
    assert not first_run.is_demo()

    first_run.demo_token(tmp_path / "demo_token")
    assert first_run.is_demo()


@pytest.mark.django_db
def test_demo_token_is_kept(tmp_path):
    path = tmp_path / "demo_token"

    secret = first_run.demo_token(path)

    assert path.read_text().strip() == secret
    assert mode_of(path) == 0o600
    assert first_run.demo_token(path) == secret
    token = ApiToken.objects.get(name="demo")
    assert token.group.name == "Integration (read/write)"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(1)}]
)
def test_demo_token_of_no_use_is_replaced(tmp_path, change):
    path = tmp_path / "demo_token"
    useless = first_run.demo_token(path)
    ApiToken.objects.update(**change)

    secret = first_run.demo_token(path)

    assert secret != useless
    assert path.read_text().strip() == secret
    assert ApiToken.objects.usable(timezone.now()).get().prefix == secret[:12]


@pytest.mark.django_db
def test_demo_token_whose_file_is_lost_is_replaced(tmp_path):
    lost = first_run.demo_token(tmp_path / "lost")

    secret = first_run.demo_token(tmp_path / "demo_token")

    assert secret != lost
    assert ApiToken.objects.get().prefix == secret[:12]


@pytest.mark.django_db
@pytest.mark.parametrize("unfit", ["is_anonymous", "is_shared", "is_retired"])
def test_demo_request_shows_a_customer_that_matches(client, tmp_path, unfit):
    make_whatsapp_customer("+923000000000", **{unfit: True})
    fit = make_whatsapp_customer()
    token = first_run.demo_token(tmp_path / "demo_token")

    line = first_run.demo_request("http://127.0.0.1:8000", token)

    curl, option, header, url = shlex.split(line)
    assert (curl, option) == ("curl", "-H")
    assert url.endswith("customerChannelIdentifier=+923001234567")
    response = client.get(
        url.removeprefix("http://127.0.0.1:8000"),
        headers={"Authorization": header.removeprefix("Authorization: ")},
    )
    assert response.status_code == 200
    assert response.json()["customer"]["_id"] == fit.customer.public_id


@pytest.mark.django_db
def test_demo_request_needs_a_customer():
    assert first_run.demo_request("http://127.0.0.1:8000", "token") is None


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("localhost", "http://localhost:8000"),
    ],
)
def test_url_of(host, url):
    assert serving.url_of(host, 8000) == url


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.1", False),
        ("localhost.example.org", False),
    ],
)
def test_is_loopback(host, loopback):
    assert serving.is_loopback(host) is loopback


@pytest.mark.django_db(transaction=True)
def test_up_creates_the_administrator_and_serves(installation, capsys, free_port):
    output, program = run_up(capsys, f"--port={free_port}", "--workers=3")

    password = re.search(r"Log-in admin, password (\S+) \(shown only now\)", output)[1]
    assert authenticate(username="admin", password=password).is_superuser
    assert f"http://127.0.0.1:{free_port}/admin/" in output
    assert "curl" not in output
    assert program == ["-m", "cxcustomers.server", "127.0.0.1", str(free_port), "3"]
    assert not Customer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_up_demo_fills_an_empty_database_once(installation, capsys, free_port):
    first, _ = run_up(capsys, "--demo", f"--port={free_port}")
    customers = set(Customer.objects.values_list("public_id", flat=True))
    second, _ = run_up(capsys, "--demo", f"--port={free_port}")

    assert re.findall(r"Log-in (\w+)", first) == ["agent", "supervisor", "admin"]
    assert re.findall(r"Log-in (\w+)", second) == []
    assert set(Customer.objects.values_list("public_id", flat=True)) == customers
    assert re.search("curl .*", first)[0] == re.search("curl .*", second)[0]


@pytest.mark.django_db(transaction=True)
def test_up_demo_leaves_a_database_of_real_customers_alone(installation, capsys, free_port):
    Customer.objects.create(first_name="Amna")

    run_up(capsys, "--demo", f"--port={free_port}")

    assert Customer.objects.count() == 1
    assert not ApiToken.objects.exists()
    assert list(User.objects.values_list("username", flat=True)) == ["admin"]


def test_up_writes_a_secret_key_and_starts_again_with_it(installation, monkeypatch, free_port):
    monkeypatch.delenv("SECRET_KEY")

    with pytest.raises(Became) as became:
        call_command("up", f"--port={free_port}")

    assert became.value.args[0] == sys.orig_argv[1:]
    assert mode_of(installation / "secret_key") == 0o600


def test_up_says_where_it_cannot_write(installation, monkeypatch, settings, tmp_path, free_port):
    monkeypatch.delenv("SECRET_KEY")
    (tmp_path / "file").touch()
    settings.DATA_DIR = tmp_path / "file" / "var"

    with pytest.raises(CommandError, match=r"^Cannot write to .*file/var: Not a directory"):
        call_command("up", f"--port={free_port}")


def test_up_says_that_the_port_is_taken(installation):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CommandError, match=rf"^Cannot listen on 127.0.0.1 port {port}: Addr"):
            call_command("up", f"--port={port}")


@pytest.mark.parametrize("argument", ["--port=0", "--port=65536", "--port=x", "--workers=0"])
def test_up_refuses_impossible_numbers(installation, argument):
    with pytest.raises(CommandError, match="must be a number from 1 to"):
        call_command("up", argument)


def test_up_in_open_mode_serves_this_machine_only(installation, settings):
    settings.OPEN_MODE = True

    with pytest.raises(CommandError, match="serves this machine only"):
        call_command("up", "--host=0.0.0.0")


@pytest.mark.django_db(transaction=True)
def test_up_in_open_mode_warns(installation, settings, capsys, free_port):
    settings.OPEN_MODE = True

    output, _ = run_up(capsys, f"--port={free_port}")

    assert "everybody on this machine is an administrator" in output


@pytest.mark.django_db(transaction=True)
def test_up_says_that_the_database_does_not_answer(installation, monkeypatch, free_port):
    connection.close()
    with monkeypatch.context() as elsewhere:
        elsewhere.setitem(connection.settings_dict, "NAME", "/no/such/database")

        with pytest.raises(CommandError, match=r"^Cannot use the database of DATABASE_URL: "):
            call_command("up", f"--port={free_port}")
    connection.close()


def manage(tmp_path, *arguments, **environment):
    """`manage.py` as a process, in an environment without the settings of the tests."""
    clean = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)} | environment
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        env=clean,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def status_of(port, path):
    http = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        http.request("GET", path)
        return http.getresponse().status
    except OSError:
        return None
    finally:
        http.close()


def test_up_names_an_unreachable_database_in_one_line(tmp_path, free_port):
    database = f"postgres://nobody@127.0.0.1:{free_port}/nothing"

    with manage(tmp_path, "up", f"--port={free_port}", DATABASE_URL=database) as process:
        output = process.communicate()[0]

    assert process.returncode == 1
    assert output.startswith("CommandError: Cannot use the database of DATABASE_URL: ")
    assert output.endswith("Connection refused\n")
    assert output.count("\n") == 1


@pytest.mark.parametrize(
    ("send", "number"),
    # The first as `kill` does; the others as a terminal does, to all processes of the command.
    [(os.kill, signal.SIGTERM), (os.killpg, signal.SIGINT), (os.killpg, signal.SIGHUP)],
)
def test_up_serves_until_stopped_and_leaves_no_process(tmp_path, free_port, send, number):
    with manage(tmp_path, "up", f"--port={free_port}", "--workers=2") as process:
        try:
            until = time.monotonic() + 120
            while (ready := status_of(free_port, "/health/ready")) is None:
                assert time.monotonic() < until, "does not answer"
                time.sleep(0.1)
            send(process.pid, number)
            output = process.communicate(timeout=20)[0]
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise

    assert ready == 200
    assert "Log-in admin, password" in output
    assert "Traceback" not in output
    assert "refused to gracefully stop" not in output
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_up_keeps_a_job_worker_that_ends_with_the_server(tmp_path, free_port):
    with manage(tmp_path, "up", f"--port={free_port}", "--workers=1") as process:
        try:
            first = wait_for(lambda: job_worker_of(process.pid))
            os.kill(first, signal.SIGKILL)
            second = wait_for(lambda: job_worker_of(process.pid, other_than=first))
            beat = wait_for(lambda: heartbeat_of(free_port))

            # Nobody can stop the others then; they have to notice.
            os.kill(process.pid, signal.SIGKILL)

            wait_for(lambda: not members_of(process.pid))
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    assert first != second
    assert beat["status"] == "ok"


def members_of(group):
    """(pid, command line) of the processes of the group that have not ended."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                found[int(place.name)] = (place / "cmdline").read_text()
    return found


def job_worker_of(server, other_than=None):
    workers = [pid for pid, line in members_of(server).items() if f"--beside={server}" in line]
    return next((pid for pid in workers if pid != other_than), None)


def heartbeat_of(port):
    """What readiness says once a worker has given a sign of life."""
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
        said = json.load(answer)
        return said if said["secondsSinceWorkerHeartbeat"] is not None else None


def wait_for(found):
    until = time.monotonic() + 120
    while not (answer := found()):
        assert time.monotonic() < until, "does not come"
        time.sleep(0.1)
    return answer


def test_server_keeps_idle_threads(monkeypatch):
    started = server.Server("cxcustomers.wsgi:application")
    monkeypatch.setattr(server.MPServer, "startup", lambda self, *arguments: None)
    monkeypatch.setattr(server.JobWorker, "start", lambda self: None)

    started.startup()

    assert started.blocking_threads_idle_timeout == server.FOR_GOOD


def test_server_stops_with_its_terminal():
    started = server.Server("cxcustomers.wsgi:application")
    waiting = Thread(target=started.stop_with_terminal)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, server.OF_TERMINALS)
    waiting.start()

    signal.pthread_kill(waiting.ident, signal.SIGHUP)

    waiting.join(timeout=5)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert started.interrupt_signal
