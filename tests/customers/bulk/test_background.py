"""Many customers changed in the background, and put back."""

import signal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from customers.background import bulk, results
from customers.background.bulk import enqueue_bulk, enqueue_delete
from customers.background.undo import JobNotUndoable, undo_job
from customers.bulk.change import BulkChange
from customers.labelling.label_merge import merge_labels
from customers.locking import CustomersContended
from customers.models import Customer, Operation
from jobs.execution import run_chunk
from jobs.models import Job, JobChunk, Status
from jobs.queue import cancel
from jobs.worker import Worker
from tests.contract.shapes import lacking
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    UserFactory,
    ValueFactory,
)
from tests.support.operations import edit, everything, labels_of, merged, values_of
from tests.support.workers import wait_for, worker_process

pytestmark = pytest.mark.django_db


@pytest.fixture
def sue(db):
    return UserFactory(username="sue", role="Supervisor")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(bulk, "MOST_CUSTOMERS", 2)


def done(job):
    Worker().drain()
    job.refresh_from_db()
    return job


def labelled(customers, caller, label=None, **more):
    change = BulkChange(add=[(label or LabelFactory(name="VIP")).public_id])
    return enqueue_bulk([c.pk for c in customers], change, caller=caller, **more)


def test_a_selection_is_changed_chunk_by_chunk(sue):
    customers = CustomerFactory.create_batch(5)
    vip = LabelFactory(name="VIP")

    job = labelled(customers, sue, vip, reason="Spring")

    assert (job.title, job.total, job.created_by) == ("Label VIP: 5 customers", 5, "sue")
    assert done(job).status == Status.DONE
    assert job.result == {"changed": 5, "unchanged": 0, "refused": 0, "refusals": []}
    assert [labels_of(customer) for customer in customers] == [["VIP"]] * 5
    operations = Operation.objects.filter(job=job).order_by("pk")
    assert (
        list(operations.values_list("kind", "actor", "reason")) == [("bulk", "sue", "Spring")] * 3
    )
    assert [operation.customers.count() for operation in operations] == [2, 2, 1]


def test_who_is_meant_is_settled_when_it_is_queued(sue):
    customers = CustomerFactory.create_batch(3, first_name="Amy")
    field = FieldFactory(key="city")
    change = BulkChange(fields={"city": "Ulm"})

    job = enqueue_bulk(Customer.objects.filter(first_name="Amy"), change, caller=sue)
    late = CustomerFactory(first_name="Amy")
    survivor = CustomerFactory()
    merged(survivor, customers[0])
    Customer.objects.filter(pk=customers[1].pk).update(first_name="Bea")

    result = done(job).result
    assert result["changed"] == 2
    assert [values_of(c) for c in (customers[1], customers[2])] == [{field.key: "Ulm"}] * 2
    # A customer that was not selected is not written in place of one that was.
    assert [values_of(c) for c in (survivor, late)] == [{}] * 2
    assert [refusal["customer"] for refusal in result["refusals"]] == [customers[0].public_id]
    assert survivor.public_id in str(result["refusals"])


def test_a_selection_counts_everybody_once(sue):
    customer = CustomerFactory()
    IdentityFactory.create_batch(2, customer=customer)
    vip = LabelFactory()
    twice = Customer.objects.filter(identities__isnull=False)

    job = enqueue_bulk(twice, BulkChange(add=[vip.public_id]), caller=sue)

    assert (job.total, job.title) == (1, f"Label {vip.name}: 1 customer")


def test_who_cannot_be_changed_is_named_and_the_others_are(sue, monkeypatch):
    monkeypatch.setattr(results, "MOST_NAMED", 2)
    field = FieldFactory(key="city", is_required=True)
    customers = [ValueFactory(field=field).customer for _ in range(3)]
    gone, fine = CustomerFactory(), CustomerFactory()
    change = BulkChange(fields={"city": "", "firstName": "Amy"})

    job = enqueue_bulk(Customer.objects.all(), change, caller=sue)
    gone.delete()

    assert done(job).result == {
        "changed": 1,
        "unchanged": 0,
        "refused": 4,
        "refusals": [
            {"customer": c.public_id, "errors": {"city": ["This field is required."]}}
            for c in customers[:2]
        ],
    }
    assert (job.status, job.done) == (Status.DONE, 5)
    assert Customer.objects.get(first_name="Amy") == fine


@pytest.mark.parametrize("most", [0, 2])
def test_nobody_and_too_many_are_refused(sue, monkeypatch, most):
    monkeypatch.setattr(bulk, "MOST_SELECTED", most)
    CustomerFactory.create_batch(most and 3)

    with pytest.raises(ValidationError, match=f"Choose 1 to {most} customers"):
        enqueue_delete(Customer.objects.all(), caller=sue)

    assert not Job.objects.exists()


def test_rights_are_asked_when_it_is_queued(db):
    agent = UserFactory(role="Agent")
    customer = CustomerFactory()

    for ask in (lambda: labelled([customer], agent), lambda: enqueue_delete([1], caller=agent)):
        with pytest.raises(PermissionDenied):
            ask()

    assert not Job.objects.exists()


def test_rights_are_asked_again_when_it_runs(sue):
    customers = CustomerFactory.create_batch(3)
    job = labelled(customers, sue)
    run_chunk()
    sue.groups.clear()

    assert done(job).status == Status.FAILED
    assert job.problem == lacking("Change many customers at once", "change many customers at once")
    assert job.done == 2
    assert [labels_of(customer) for customer in customers] == [["VIP"], ["VIP"], []]


def test_a_user_who_is_gone_changes_nothing(sue):
    customer = CustomerFactory()
    job = labelled([customer], sue)
    sue.is_active = False
    sue.save()

    assert done(job).problem == '"sue" is not known any more, or was shut out.'
    assert labels_of(customer) == []


def test_a_label_that_is_gone_fails_the_job(sue):
    vip = LabelFactory()
    job = labelled([CustomerFactory()], sue, vip)
    vip.delete()

    assert done(job).problem == f'"{vip.public_id}" is not the id of a label.'


def test_a_label_that_was_merged_fails_the_job(sue):
    vip = LabelFactory()
    customer = CustomerFactory()
    job = labelled([customer], sue, vip)
    merge_labels(LabelFactory(), vip, caller=sue)

    assert done(job).problem == f'"{vip.public_id}" is not the id of a label.'
    assert labels_of(customer) == []


def test_contended_customers_are_changed_later(sue, monkeypatch):
    job = labelled([CustomerFactory()], sue)

    def contended(*arguments, **details):
        raise CustomersContended

    with monkeypatch.context() as busy:
        busy.setattr(bulk, "change_customers", contended)
        done(job)
    assert (job.status, job.done) == (Status.QUEUED, 0)
    Job.objects.update(not_before=None)

    assert done(job).status == Status.DONE


def test_a_job_is_undone_and_done_again(sue):
    field = FieldFactory(key="city")
    customers = [ValueFactory(field=field, text="Lahore").customer for _ in range(5)]
    before = everything()
    change = BulkChange(fields={"city": "Ulm"})
    job = done(enqueue_bulk(Customer.objects.all(), change, caller=sue))
    after = everything()
    assert [values_of(c) for c in customers] == [{"city": "Ulm"}] * 5

    undoing = done(undo_job(job, caller=sue, reason="Mistake"))
    assert undoing.title == "Undo: city → Ulm: 5 customers"
    assert undoing.result == {"undone": 3, "left": 0, "collisions": []}
    assert everything() == before

    done(undo_job(undoing, caller=sue))
    assert everything() == after


def test_an_undo_of_a_job_names_what_it_leaves(sue):
    field = FieldFactory(key="city")
    one, other, third = CustomerFactory.create_batch(3)
    change = BulkChange(fields={"city": "Ulm"})
    job = done(enqueue_bulk(Customer.objects.all(), change, caller=sue))
    later = edit(other, city="Lahore")

    undoing = done(undo_job(job, caller=sue))

    assert undoing.result == {
        "undone": 2,
        "left": 1,
        "collisions": [
            {
                "what": "value",
                "reason": "The value was changed again since.",
                "operation": later.public_id,
            }
        ],
    }
    assert [values_of(c) for c in (one, other, third)] == [{}, {field.key: "Lahore"}, {}]


def test_what_of_a_job_was_done_before_it_was_cancelled_is_undone(sue):
    customers = CustomerFactory.create_batch(3)
    job = labelled(customers, sue)
    with pytest.raises(JobNotUndoable, match="The job is still open"):
        undo_job(job, caller=sue)
    run_chunk()
    cancel(job)
    job.refresh_from_db()

    done(undo_job(job, caller=sue))

    assert [labels_of(customer) for customer in customers] == [[]] * 3
    with pytest.raises(JobNotUndoable, match="There is nothing to take back"):
        undo_job(job, caller=sue)


def test_an_undo_of_a_job_asks_for_the_right(sue):
    job = done(labelled([CustomerFactory()], sue))

    with pytest.raises(PermissionDenied):
        undo_job(job, caller=UserFactory(role="Agent"))

    assert Job.objects.count() == 1


def test_an_operation_that_was_undone_meanwhile_is_left_out(sue):
    job = done(labelled(CustomerFactory.create_batch(3), sue))
    one, other = undo_job(job, caller=sue), undo_job(job, caller=sue)

    done(one)
    done(other)

    assert (one.result["undone"], other.result["undone"]) == (2, 0)


def test_customers_are_deleted_and_brought_back(sue):
    customers = [IdentityFactory().customer for _ in range(3)]
    stays = CustomerFactory()
    before = everything()

    job = done(enqueue_delete([c.pk for c in customers], caller=sue, reason="Test data"))
    assert (job.title, job.result["changed"]) == ("Delete: 3 customers", 3)
    assert list(Customer.objects.all()) == [stays]

    done(undo_job(job, caller=sue))
    assert everything() == before


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_loses_no_chunk_and_does_none_twice():
    sue = UserFactory(username="sue", role="Supervisor")
    job = labelled(CustomerFactory.create_batch(200), sue)
    worker = worker_process()
    try:
        wait_for(lambda: Job.objects.get().cursor >= 3)
    finally:
        worker.kill()
        worker.communicate()
    job.refresh_from_db()
    assert 3 <= job.cursor < 100
    assert Operation.objects.filter(job=job).count() == job.cursor

    done(job)

    assert (job.status, job.done, job.result["changed"]) == (Status.DONE, 200, 200)
    assert Operation.objects.filter(job=job).count() == 100
    assert set(Customer.objects.values_list("version", flat=True)) == {1}
    assert not JobChunk.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_told_to_stop_ends_after_its_chunk():
    sue = UserFactory(username="sue", role="Supervisor")
    job = labelled(CustomerFactory.create_batch(200), sue)
    worker = worker_process()
    wait_for(lambda: Job.objects.get().cursor >= 3)

    worker.send_signal(signal.SIGTERM)
    output = worker.communicate(timeout=20)[1]

    job.refresh_from_db()
    assert (worker.returncode, output) == (0, "")
    assert Operation.objects.filter(job=job).count() == job.cursor
