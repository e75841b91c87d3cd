from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError
from django.utils import timezone

from jobs.execution import FAILED, run_chunk
from jobs.models import Job, JobChunk, Status
from jobs.queue import JobFinished, cancel, enqueue
from jobs.registry import JobRefused, TryAgain
from jobs.worker import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked(registered):
    """The chunks that a job of the kind "count" was given; it notes them in its result."""
    seen = []

    @registered.job_kind("count")
    def count(job, items):
        seen.append(items)
        job.result["sum"] = job.result.get("sum", 0) + sum(items)

    return seen


def queued(items=(1, 2, 3, 4, 5), kind="count", size=2):
    return enqueue(
        kind,
        items,
        title="Count",
        parameters={},
        created_by="sam",
        owner="user:1",
        chunk_size=size,
    )


def failing(registered, error):
    @registered.job_kind("fail")
    def fail(job, items):
        job.result["half"] = True
        Job.objects.filter(pk=job.pk).update(title="Half done")
        raise error

    return queued(kind="fail")


def test_a_job_is_queued_with_its_items_in_chunks():
    job = queued(iter(range(5)))

    chunks = job.chunks.order_by("number").values_list("number", "items")
    assert list(chunks) == [(0, [0, 1]), (1, [2, 3]), (2, [4])]
    assert (job.status, job.total, job.done, job.cursor) == (Status.QUEUED, 5, 0, 0)


def test_a_job_is_worked_off_chunk_by_chunk(worked):
    job = queued()

    assert run_chunk()

    job.refresh_from_db()
    assert (job.status, job.done, job.cursor, job.result) == (Status.RUNNING, 2, 1, {"sum": 3})
    assert job.started_at == job.heartbeat_at
    Worker().drain()
    job.refresh_from_db()
    assert (job.status, job.done, job.result) == (Status.DONE, 5, {"sum": 15})
    assert worked == [[1, 2], [3, 4], [5]]
    assert job.finished_at > job.started_at
    assert not JobChunk.objects.exists()
    assert not run_chunk()


def test_the_oldest_job_goes_first(worked):
    queued([1], size=1)
    queued([2], size=1)

    Worker().drain()

    assert worked == [[1], [2]]


def test_an_empty_job_is_done(worked):
    job = queued([])

    run_chunk()

    job.refresh_from_db()
    assert (job.status, worked) == (Status.DONE, [])


def test_a_kind_that_this_worker_does_not_know_waits(worked):
    job = queued(kind="of a newer version")

    Worker().drain()

    job.refresh_from_db()
    assert job.status == Status.QUEUED


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (JobRefused("You may not do this any more."), "You may not do this any more."),
        (PermissionDenied("Not yours."), "Not yours."),
        (ValidationError({"city": ["Too long."]}), "Too long."),
        (ZeroDivisionError("secret"), FAILED),
    ],
)
def test_a_job_fails_with_words_for_people_and_the_next_goes_on(registered, worked, error, problem):
    job = failing(registered, error)
    other = queued()

    Worker().drain()

    job.refresh_from_db()
    other.refresh_from_db()
    assert (job.status, job.problem, job.done, job.title, job.result) == (
        Status.FAILED,
        problem,
        0,
        "Count",
        {},
    )
    assert other.status == Status.DONE


def test_only_what_nobody_can_help_is_logged(registered, caplog):
    failing(registered, JobRefused("No."))
    Worker().drain()
    assert caplog.messages == []

    job = failing(registered, ZeroDivisionError())
    Worker().drain()

    assert caplog.messages == [f"Job {job} failed."]


def test_a_chunk_is_left_for_later_and_the_next_job_goes_on(registered, worked):
    job = failing(registered, TryAgain())
    queued()

    assert not run_chunk()
    assert run_chunk()

    job.refresh_from_db()
    assert (job.status, job.cursor, job.title, job.result) == (Status.QUEUED, 0, "Count", {})
    assert job.not_before > timezone.now()
    assert worked == [[1, 2]]


def test_what_a_job_was_about_is_forgotten_at_its_end(worked):
    job = queued(items=[1])
    Job.objects.update(parameters={"city": "Lahore"})

    run_chunk()

    job.refresh_from_db()
    assert (job.status, job.parameters) == (Status.DONE, {})


def test_a_database_that_does_not_answer_fails_no_job(registered, caplog, monkeypatch):
    monkeypatch.setattr("jobs.worker.connections.close_all", lambda: None)
    job = failing(registered, OperationalError("server closed the connection\nmore"))
    worker = Worker()

    assert worker.tried() is False
    Job.objects.update(not_before=None)
    assert worker.tried() is False
    Job.objects.update(not_before=None)
    registered.kinds["fail"] = lambda job, items: None
    worker.tried()

    job.refresh_from_db()
    assert (job.status, job.done) == (Status.RUNNING, 2)
    assert caplog.messages == [
        "The database does not answer, trying again: server closed the connection",
        "The database answers again.",
    ]


class Killed(BaseException):
    """The end of a worker in the middle of its chunk."""


def die():
    with pytest.raises(Killed):
        run_chunk()


def passed(seconds):
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=seconds))


def test_a_chunk_that_kills_its_worker_again_and_again_fails_the_job(registered, worked, caplog):
    job = failing(registered, Killed())
    other = queued()
    for _ in range(3):
        die()
    passed(seconds=6)

    Worker().drain()

    job.refresh_from_db()
    other.refresh_from_db()
    assert (job.status, job.attempts, job.done, job.title) == (Status.FAILED, 3, 0, "Count")
    assert job.problem == (
        "The work broke off 3 times at the same place, so it was given up. "
        "What was done before stays."
    )
    assert caplog.messages == [f"Job {job} broke off 3 times at chunk 0."]
    assert (other.status, job.chunks.count()) == (Status.DONE, 0)


def test_a_last_attempt_that_another_worker_has_just_counted_is_left_to_it(registered):
    job = failing(registered, Killed())
    for _ in range(3):
        die()

    assert not run_chunk()

    job.refresh_from_db()
    assert (job.status, job.attempts) == (Status.QUEUED, 3)


def test_attempts_are_those_of_one_chunk(registered, worked):
    job = failing(registered, Killed())
    for _ in range(2):
        die()
    registered.kinds["fail"] = registered.kinds["count"]
    run_chunk()
    job.refresh_from_db()
    assert (job.attempts, job.cursor) == (0, 1)

    Worker().drain()

    job.refresh_from_db()
    assert (job.status, job.attempts) == (Status.DONE, 0)


@pytest.mark.parametrize("error", [TryAgain(), OperationalError("deadlock detected")])
def test_what_the_chunk_is_not_to_blame_for_is_no_attempt(registered, error, monkeypatch):
    monkeypatch.setattr("jobs.worker.connections.close_all", lambda: None)
    job = failing(registered, error)
    worker = Worker()

    for _ in range(4):
        assert not worker.tried()

    job.refresh_from_db()
    assert (job.status, job.attempts) == (Status.QUEUED, 0)


def test_a_chunk_that_another_worker_has_begun_meanwhile_is_left_to_it(worked, monkeypatch):
    job = queued()
    monkeypatch.setattr("jobs.execution.open_still", lambda begun: None)

    assert not run_chunk()

    job.refresh_from_db()
    assert (job.status, worked) == (Status.QUEUED, [])


def test_a_job_is_cancelled_between_two_chunks(worked):
    job = queued()
    run_chunk()

    cancelled = cancel(job)

    Worker().drain()
    assert (cancelled.status, cancelled.done, worked) == (Status.CANCELLED, 2, [[1, 2]])
    assert cancelled.finished_at
    assert not JobChunk.objects.exists()


@pytest.mark.parametrize("status", [Status.DONE, Status.FAILED, Status.CANCELLED])
def test_a_job_at_its_end_is_not_cancelled(status):
    job = queued()
    Job.objects.update(status=status)

    with pytest.raises(JobFinished, match=f"The job is {status} already."):
        cancel(job)

    assert job.chunks.count() == 3


def test_an_idle_worker_asks_little(django_assert_num_queries):
    worker = Worker()
    worker.drain()

    with django_assert_num_queries(2):
        assert not worker.step()
