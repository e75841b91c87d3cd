import pytest

from jobs import registry


@pytest.fixture
def registered(monkeypatch):
    """Nothing is registered but what the test registers, and that only for the test."""
    monkeypatch.setattr("jobs.execution.kinds", kinds := {})
    monkeypatch.setattr("jobs.queue.kinds", kinds)
    monkeypatch.setattr("jobs.recurrences.recurring", recurring := {})
    monkeypatch.setattr(registry, "kinds", kinds)
    monkeypatch.setattr(registry, "recurring", recurring)
    return registry
