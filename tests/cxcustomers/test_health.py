from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from jobs.models import Recurrence


def test_live_answers_without_log_in_or_database(client):
    response = client.get("/health/live")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready_answers_without_log_in(client):
    response = client.get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": "ok",
        "pendingMigrations": [],
        "secondsSinceWorkerHeartbeat": None,
    }


@pytest.mark.django_db
def test_ready_tells_the_age_of_the_workers_heartbeat(client):
    ran_at = timezone.now() - timedelta(minutes=5)
    Recurrence.objects.create(name="heartbeat", ran_at=ran_at)

    response = client.get("/health/ready")

    assert response.status_code == 200
    assert response.json()["secondsSinceWorkerHeartbeat"] == 300


@pytest.mark.django_db
def test_ready_takes_three_queries(client, django_assert_num_queries):
    client.get("/health/ready")

    with django_assert_num_queries(3):
        client.get("/health/ready")


@pytest.mark.django_db
def test_ready_names_pending_migrations(client):
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "database": "ok",
        "pendingMigrations": ["sessions.0001_initial"],
    }


@pytest.mark.django_db(transaction=True)
def test_ready_names_the_unreachable_database(client, monkeypatch):
    connection.close()
    with monkeypatch.context() as elsewhere:
        elsewhere.setitem(connection.settings_dict, "NAME", "/no/such/database")
        response = client.get("/health/ready")
    connection.close()

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "database": "unreachable"}


@pytest.mark.django_db(transaction=True)
def test_ready_connects_again_when_the_database_was_restarted(client):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server that could drop a connection")
    with connection.cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    response = client.get("/health/ready")

    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_is_read_only(client, path):
    assert client.post(path).status_code == 405
