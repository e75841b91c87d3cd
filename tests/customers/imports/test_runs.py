"""Imports as jobs: rehearsed without a trace, run in chunks, killed, undone, forgotten."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from customers.background.undo import undo_job
from customers.imports import runs
from customers.imports.csv_reader import UnreadableFile
from customers.imports.rejects import reject_lines
from customers.imports.runs import NotReady, begin_import, forget_old, rehearse_import, run_import
from customers.models import Customer, CustomerImport, ImportReject, Operation
from jobs.execution import run_chunk
from jobs.models import Job, JobChunk, Status
from jobs.queue import cancel
from schema_builder.versions import touch_schema
from tests.contract.shapes import lacking
from tests.support.factories import CustomerFactory, FieldFactory, IdentityFactory, UserFactory
from tests.support.imports import done, rehearsed, rules, run
from tests.support.operations import edit, everything, identifiers_of
from tests.support.workers import wait_for, worker_process

pytestmark = pytest.mark.django_db
PEOPLE = "Name,Web\n" + "".join(f"Person {n},w{n}\n" for n in range(5))
BY_NAME = rules("firstName", "web")


@pytest.fixture
def sue(db):
    return UserFactory(username="sue", role="Supervisor")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(runs, "ROWS_IN_A_CHUNK", 2)


def result(**counts):
    nothing = dict.fromkeys(("created", "changed", "unchanged", "shared", "refused"), 0)
    return nothing | counts


def test_a_rehearsal_tells_what_would_happen_and_leaves_no_trace(sue):
    customer = IdentityFactory(of="web", value="w1", customer__first_name="Old").customer
    before = everything()

    upload = rehearsed(PEOPLE + "Bad,w1,too many\n", BY_NAME, sue)

    assert upload.rehearsal.result == result(created=4, changed=1, refused=1)
    assert (upload.rehearsal.status, upload.rehearsal.title) == (Status.DONE, "Check people.csv")
    assert everything() == before
    assert not Operation.objects.exists()
    assert list(ImportReject.objects.values_list("job", "line", "cells", "reason")) == [
        (upload.rehearsal_id, 7, ["Bad", "w1", "too many"], "3 cells, expected 2.")
    ]
    assert [sample["line"] for sample in upload.samples] == [2, 3]
    assert upload.samples[1]["changes"] == [
        {"field": "First name", "before": "Old", "after": "Person 1"}
    ]
    assert customer.version == 0


def test_an_import_is_what_was_rehearsed_one_operation_a_chunk(sue):
    job = run(PEOPLE, BY_NAME, sue)

    assert job.result == result(created=5)
    assert (job.status, job.total, job.title) == (Status.DONE, 5, "Import people.csv")
    operations = Operation.objects.filter(job=job).order_by("pk")
    assert list(operations.values_list("kind", "actor")) == [("import", "sue")] * 3
    upload = CustomerImport.objects.get()
    assert (upload.run, upload.content) == (job, None)
    assert not JobChunk.objects.exists()


def test_later_chunks_see_earlier_ones(sue):
    job = run("Name,Web\nA,w1\nB,w2\nC,w1\n", BY_NAME, sue)

    assert job.result == result(created=2, changed=1)
    assert set(Customer.objects.values_list("first_name", flat=True)) == {"C", "B"}


def test_an_import_is_undone_and_done_again(sue):
    IdentityFactory(of="web", value="w1", customer__first_name="Old")
    before = everything()
    job = run(PEOPLE, BY_NAME, sue)
    after = everything()

    undoing = done(undo_job(job, caller=sue))
    assert undoing.result == {"undone": 3, "left": 0, "collisions": []}
    assert everything() == before

    done(undo_job(undoing, caller=sue))
    assert everything() == after


def test_an_undo_leaves_what_was_changed_since_and_names_it(sue):
    job = run(PEOPLE, BY_NAME, sue)
    changed = Customer.objects.get(first_name="Person 3")
    later = edit(changed, firstName="Somebody")

    undoing = done(undo_job(job, caller=sue))

    assert list(Customer.objects.values_list("first_name", flat=True)) == ["Somebody"]
    collisions = undoing.result["collisions"]
    assert {c["operation"] for c in collisions if c["what"] == "customer"} == {later.public_id}


def test_rights_are_those_of_the_day_it_runs(sue):
    upload = rehearsed(PEOPLE, BY_NAME, sue)
    job = run_import(upload, caller=sue)
    run_chunk()
    sue.groups.clear()

    assert done(job).status == Status.FAILED
    assert job.problem == lacking(
        "Import customers from a file, and take that back", "import customers"
    )
    assert Customer.objects.count() == 2


def test_a_field_that_is_gone_fails_the_import(sue):
    field = FieldFactory(key="city")
    job = run_import(rehearsed("City\nUlm\n", rules("city"), sue), caller=sue)
    field.delete()

    touch_schema()

    assert done(job).problem == "There is no such field, or you may not write it."


def test_an_import_runs_once(sue):
    upload = rehearsed(PEOPLE, BY_NAME, sue)
    run_import(upload, caller=sue)

    for again in (
        lambda: run_import(upload, caller=sue),
        lambda: rehearse_import(upload, BY_NAME, caller=sue),
    ):
        with pytest.raises(NotReady, match="imported already"):
            again()

    assert Job.objects.filter(kind="customers.import").count() == 1


@pytest.mark.parametrize("deed", ["begin", "rehearse", "run"])
def test_agents_import_nothing(sue, deed):
    agent = UserFactory(role="Agent")
    upload = rehearsed(PEOPLE, BY_NAME, sue)
    deeds = {
        "begin": lambda: begin_import("a.csv", b"a\n1\n", caller=agent),
        "rehearse": lambda: rehearse_import(upload, BY_NAME, caller=agent),
        "run": lambda: run_import(upload, caller=agent),
    }

    with pytest.raises(PermissionDenied, match="You do not have permission to import customers"):
        deeds[deed]()

    assert (CustomerImport.objects.count(), Job.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("name", "limit", "problem"),
    [
        ("imports.runs.MOST_BYTES", 1024**2, "larger than 1 MB"),
        ("imports.csv_reader.MOST_ROWS", 2, "more than 2 rows"),
        ("imports.csv_reader.MOST_COLUMNS", 1, "more than 1 columns"),
    ],
)
def test_a_file_has_limits(sue, monkeypatch, name, limit, problem):
    monkeypatch.setattr(f"customers.{name}", limit)

    with pytest.raises(UnreadableFile, match=problem):
        begin_import("a.csv", b"a,b\n" + b"1,2\n" * 300_000, caller=sue)

    assert not CustomerImport.objects.exists()


def test_rejects_can_be_mended_and_imported(sue):
    field = FieldFactory(key="age", label="Age", type="number")
    job = run("Name,Age\nBea,5\n'=Amal,old\n", rules("firstName", field.key), sue)
    lines = "".join(reject_lines(job, ["Name", "Age"])).replace("old", "40")

    again = run(lines, rules("firstName", "age", "", "", "", ""), sue)

    assert again.result == result(created=1)
    assert set(Customer.objects.values_list("first_name", flat=True)) == {"Bea", "=Amal"}


def test_uploads_and_imports_are_forgotten(sue):
    now = timezone.now()
    ran = run(PEOPLE + "Bad,0,too many\n", BY_NAME, sue)
    idle = rehearsed("Name\nA\nB,C\n", rules("firstName"), sue)
    waiting = begin_import("b.csv", PEOPLE.encode(), caller=sue)
    rehearse_import(waiting, BY_NAME, caller=sue)
    fresh = begin_import("a.csv", PEOPLE.encode(), caller=sue)
    old = CustomerImport.objects.exclude(pk=fresh.pk)

    old.update(created_at=now - timedelta(hours=25))
    forget_old(now)

    assert set(CustomerImport.objects.values_list("run", flat=True)) == {ran.pk, None}
    assert CustomerImport.objects.count() == 2
    assert set(ImportReject.objects.values_list("job", flat=True)) == {
        CustomerImport.objects.get(run=ran).rehearsal_id,
        ran.pk,
    }
    assert not Job.objects.filter(status=Status.QUEUED).exists()
    assert not CustomerImport.objects.filter(pk=idle.pk).exists()

    old.update(created_at=now - timedelta(days=31))
    forget_old(now)

    assert list(CustomerImport.objects.all()) == [fresh]
    assert not ImportReject.objects.exists()
    assert Customer.objects.count() == 5


def test_what_was_imported_before_it_was_cancelled_is_undone(sue):
    job = run_import(rehearsed(PEOPLE, BY_NAME, sue), caller=sue)
    run_chunk()
    cancel(job)
    job.refresh_from_db()
    assert Customer.objects.count() == 2

    done(undo_job(job, caller=sue))

    assert not Customer.objects.exists()


def test_a_row_meets_who_was_created_by_a_channel_meanwhile(sue):
    upload = rehearsed(PEOPLE, BY_NAME, sue)
    job = run_import(upload, caller=sue)
    customer = CustomerFactory(first_name="", is_anonymous=True)
    IdentityFactory(of="web", value="w4", customer=customer)

    assert done(job).result == result(created=4, changed=1)
    customer.refresh_from_db()
    assert (customer.first_name, customer.is_anonymous) == ("Person 4", False)
    assert identifiers_of(customer) == [("web", "w4")]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_imports_every_row_once():
    sue = UserFactory(username="sue", role="Supervisor")
    rows = "".join(f"Person {n},w{n}\n" for n in range(160))
    # The last forty change the first.
    again = "".join(f"Again {n},w{n}\n" for n in range(40))
    upload = rehearsed(f"Name,Web\n{rows}{again}", BY_NAME, sue)
    job = run_import(upload, caller=sue)
    worker = worker_process()
    try:
        wait_for(lambda: Job.objects.get(pk=job.pk).cursor >= 3)
    finally:
        worker.kill()
        worker.communicate()
    job.refresh_from_db()
    assert 3 <= job.cursor < 100
    assert Customer.objects.count() == min(job.done, 160)

    done(job)

    assert (job.status, job.result) == (Status.DONE, result(created=160, changed=40))
    names = set(Customer.objects.values_list("first_name", flat=True))
    assert names == {f"Again {n}" for n in range(40)} | {f"Person {n}" for n in range(40, 160)}
    assert Operation.objects.filter(job=job).count() == 100
