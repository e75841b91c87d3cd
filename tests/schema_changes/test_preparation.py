"""Publishing that brings values along in the background before the schema changes."""

from datetime import timedelta
from threading import Event

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone

from customers.identification.identify import identify
from customers.models import AttributeValue, Customer, Operation, SchemaRewrite
from customers.profiles.lifecycle import create_customer, delete_customer, update_customer
from customers.undo.undo import UndoConflictError, undo
from jobs.execution import run_chunk
from jobs.models import Job, JobChunk, Status
from jobs.queue import cancel
from jobs.worker import Worker
from schema_builder import drafts
from schema_builder.drafts import read_draft
from schema_builder.editing import change_field
from schema_builder.models import SchemaVersion
from schema_builder.schema import current_schema
from schema_changes.preparation import PUBLISH, TIDY, Preparation, ValuesBeingRewritten
from schema_changes.publishing import publish_draft, roll_back
from tests.schema_builder.schemas import edited, want
from tests.support.factories import CustomerFactory, FieldFactory, ValueFactory, field_of
from tests.support.workers import wait_for, worker_process

pytestmark = pytest.mark.django_db
THREADS = 10
OPTIONS = [{"value": "a"}, {"value": "b"}, {"value": "c"}]


@pytest.fixture(autouse=True)
def in_the_background(monkeypatch):
    """Every publish that rewrites values is a job of chunks of two customers."""
    monkeypatch.setattr("schema_changes.publishing.MOST_AT_ONCE", 0)
    monkeypatch.setattr("schema_changes.preparation.KEYS_IN_A_CHUNK", 2)


@pytest.fixture
def sue(db):
    return get_user_model().objects.create_superuser("sue")


def values(key, *texts, **options):
    field = FieldFactory(key=key, **options)
    columns = {} if field.field_type.sort_column == "folded" else {"folded": None}
    return [ValueFactory(field=field, text=text, **columns) for text in texts]


def stored():
    columns = ("text", "folded", "number", "timestamp")
    return [*AttributeValue.objects.order_by("id").values_list(*columns)]


def texts():
    return [row[0] for row in stored()]


def publish(sue, **options):
    return publish_draft(known=read_draft().token, caller=sue, **options)


def work_until(step):
    """Work until the next chunk of the publish is this step."""
    while JobChunk.objects.get(job__kind=PUBLISH, number=job().cursor).items[0][0] != step:
        assert run_chunk()


def drain():
    Worker().drain()
    return job()


def job():
    return Job.objects.get(kind=PUBLISH)


def moved_options(sue, key="tier", option="a", successor="c"):
    want(key, options=OPTIONS[1:])
    edited(drafts.map_options(field_of(key).public_id, {option: successor}))
    return publish(sue)


@pytest.mark.parametrize(
    ("source", "texts", "target", "columns"),
    [
        ("string", ["12", "-0.5"], "number", [("12", None, 12, None), ("-0.5", None, -0.5, None)]),
        ("number", ["12"], "string", [("12", "12", None, None)]),
        ("string", ["true"], "boolean", [("true", None, 1, None)]),
        ("string", ["Rome"], "name", [("Rome", "rome", None, None)]),
        ("choice", ["a"], "string", [("a", "a", None, None)]),
        ("string", ["2001:DB8::0"], "ip", [("2001:DB8::0", "2001:db8::", None, None)]),
    ],
)
def test_conversion_brings_the_columns_along(sue, source, texts, target, columns):
    options = {"options": OPTIONS} if source == "choice" else {}
    [first, *_] = values("town", *texts, type=source, **options)
    want("town", type=target, length=None, options=[])

    publish(sue, note="Why")
    done = drain()

    assert (done.status, done.result) == (Status.DONE, {"version": 3})
    assert stored() == columns
    assert field_of("town").type == target
    version = SchemaVersion.objects.latest("number")
    assert (version.kind, version.author, version.note) == ("publish", "sue", "Why")
    assert not read_draft().is_begun
    first.customer.refresh_from_db()
    assert (first.customer.version, Operation.objects.count()) == (0, 0)
    assert Job.objects.get(kind=TIDY).status == Status.DONE


def test_values_are_found_by_the_former_type_until_the_switch_and_by_the_new_one_from_then_on(sue):
    values("age", "12", "7", "30")
    want("age", type="number", length=None)

    publish(sue)
    work_until("switch")

    assert current_schema().by_key["age"].type == "string"
    assert stored() == [("12", "12", 12, None), ("7", "7", 7, None), ("30", "30", 30, None)]
    run_chunk()
    assert current_schema().by_key["age"].type == "number"
    assert AttributeValue.objects.filter(number__gt=10).count() == 2


def test_many_values_are_a_job_and_few_are_not(sue, monkeypatch):
    monkeypatch.setattr("schema_changes.publishing.MOST_AT_ONCE", 2)
    values("age", "1", "2")
    want("age", type="number", length=None)

    assert isinstance(publish(sue), SchemaVersion)
    assert not Job.objects.exists()


def test_plan_that_rewrites_nothing_is_published_at_once(sue):
    values("age", "1", "2")
    want("age", label="Years")

    assert isinstance(publish(sue), SchemaVersion)


def test_value_that_cannot_be_converted_stops_everything(sue):
    rows = values("town", "12", "many", "7", "more", "8")
    want("town", type="number", length=None)
    before = SchemaVersion.objects.count()

    publish(sue)
    failed = drain()

    first, second = rows[1].customer.public_id, rows[3].customer.public_id
    assert failed.status == Status.FAILED
    assert failed.problem == (
        f"“town”: 2 values stand in the way: customer {first}, customer {second}."
    )
    assert (SchemaVersion.objects.count(), field_of("town").type) == (before, "string")
    assert stored() == [(t, t, None, None) for t in ("12", "many", "7", "more", "8")]
    assert read_draft().is_begun


def test_values_that_are_written_meanwhile_are_brought_along(sue):
    rows = values("age", "1", "2", "3")
    want("age", type="number", length=None)
    publish(sue)
    work_until("judge")
    update_customer(rows[0].customer, {"age": "11"}, caller=sue, partial=True)
    work_until("switch")
    update_customer(rows[1].customer, {"age": "22"}, caller=sue, partial=True)
    create_customer({"firstName": "Zed", "age": "44"}, caller=sue)

    run_chunk()

    numbers = AttributeValue.objects.order_by("id").values_list("text", "number")
    assert [*numbers] == [("11", 11), ("22", 22), ("3", 3), ("44", 44)]
    drain()
    assert not AttributeValue.objects.exclude(folded=None).exists()


def long_ago(customer):
    """As a customer that was written well before the job marked its first moment."""
    Customer.objects.filter(pk=customer.pk).update(updated_at=timezone.now() - timedelta(hours=1))


def newest_customer():
    """A customer whose key is beyond every range of keys so far."""
    return CustomerFactory(pk=Customer.objects.latest("pk").pk + 10)


def test_customer_who_came_while_the_job_was_in_the_queue_is_brought_along(sue):
    values("age", "12", "7", "30")
    want("age", type="number", length=None)
    publish(sue)
    late = ValueFactory(field=field_of("age"), text="44", customer=newest_customer())
    long_ago(late.customer)

    drain()

    late.refresh_from_db()
    assert (late.text, late.number) == ("44", 44)


def test_option_of_a_customer_who_came_while_the_job_was_in_the_queue_is_replaced(sue):
    values("tier", "a", "b", "a", type="choice", options=OPTIONS)
    moved_options(sue)
    late = ValueFactory(field=field_of("tier"), text="a", customer=newest_customer())
    long_ago(late.customer)

    drain()

    late.refresh_from_db()
    assert late.text == "c"


def test_customer_whose_deletion_is_undone_behind_the_scan_is_brought_along(sue):
    rows = values("age", "12", "7", "30")
    want("age", type="number", length=None)
    long_ago(rows[0].customer)
    customer = Customer.objects.get(pk=rows[0].customer_id)
    delete_customer(customer, caller=sue)
    deletion = Operation.objects.get(kind="delete")
    publish(sue)
    work_until("judge")
    undo(deletion, caller=sue)

    drain()

    back = AttributeValue.objects.get(customer__public_id=customer.public_id, text="12")
    assert back.number == 12


def test_value_that_is_written_meanwhile_and_cannot_be_converted_stops_everything(sue):
    rows = values("age", "1", "2")
    want("age", type="number", length=None)
    publish(sue)
    work_until("switch")
    update_customer(rows[1].customer, {"age": "many"}, caller=sue, partial=True)

    failed = drain()

    assert failed.problem == (
        f"“age”: 1 value stands in the way: customer {rows[1].customer.public_id}."
    )
    assert field_of("age").type == "string"
    assert stored() == [("1", "1", None, None), ("many", "many", None, None)]


def test_option_that_goes_is_replaced_in_every_value(sue):
    rows = values("tier", "a", "b", "a", type="choice", options=OPTIONS)

    moved_options(sue)
    work_until("switch")
    assert (texts(), field_of("tier").options) == (["c", "b", "c"], OPTIONS)
    done = drain()

    assert done.status == Status.DONE
    assert (texts(), field_of("tier").options) == (["c", "b", "c"], OPTIONS[1:])
    version = SchemaVersion.objects.latest("number")
    operations = Operation.objects.order_by("id")
    assert {(one.kind, one.is_bulk, one.actor) for one in operations} == {("bulk", True, "sue")}
    assert {(one.reason, one.schema_version) for one in operations} == {
        (f"Version {version.number} of the schema.", version)
    }
    [told] = SchemaRewrite.objects.all()
    assert (told.version, told.option, told.successor, told.customers) == (version, "a", "c", 2)
    rows[0].customer.refresh_from_db()
    assert (rows[0].customer.version, rows[0].customer.updated_by) == (1, "sue")
    assert not Job.objects.filter(kind=TIDY).exists()


def test_option_that_is_chosen_meanwhile_is_replaced_too(sue):
    values("tier", "a", "b", type="choice", options=OPTIONS)
    late = CustomerFactory.create_batch(3)
    moved_options(sue)
    for step, customer in zip(("judge", "mark", "switch"), late, strict=True):
        work_until(step)
        update_customer(customer, {"tier": "a"}, caller=sue, partial=True)

    drain()

    assert sorted(texts()) == ["b", "c", "c", "c", "c"]
    assert sum(SchemaRewrite.objects.values_list("customers", flat=True)) == 4


def test_option_that_nothing_replaces_is_refused_before_anything_is_written(sue):
    rows = values("tier", "b", "a", type="choice", options=OPTIONS)
    want("tier", options=OPTIONS[1:])

    publish(sue)
    failed = drain()

    assert rows[1].customer.public_id in failed.problem
    assert (texts(), Operation.objects.count()) == (["b", "a"], 0)


def test_going_back_puts_values_back_that_a_job_replaced(sue):
    values("tier", "a", "b", "a", type="choice", options=OPTIONS)
    before = SchemaVersion.objects.latest("number")
    moved_options(sue)
    drain()

    roll_back(before, caller=sue)

    assert (texts(), field_of("tier").options) == (["a", "b", "a"], OPTIONS)


def test_going_back_to_another_type_is_a_job_as_well(sue):
    values("age", "1", "2", type="number")
    before = SchemaVersion.objects.latest("number")
    want("age", type="string", length=50)
    publish(sue)
    drain()
    Job.objects.all().delete()
    # Text becomes a number again, as publishing would have it.
    assert {row[2] for row in stored()} == {None}

    roll_back(before, caller=sue)
    done = drain()

    assert done.status == Status.DONE
    assert stored() == [("1", None, 1, None), ("2", None, 2, None)]
    version = SchemaVersion.objects.latest("number")
    assert (version.kind, version.note) == ("rollback", f"Back to version {before.number}.")


def test_second_publish_of_the_field_is_refused_while_its_values_are_rewritten(sue):
    values("age", "1", "2")
    want("age", type="number", length=None)
    publish(sue)
    run_chunk()

    with pytest.raises(ValuesBeingRewritten) as error:
        publish(sue)
    assert "(12 % done)" in str(error.value)
    work_until("switch")
    run_chunk()
    want("age", type="string", length=20)
    with pytest.raises(ValuesBeingRewritten):
        publish(sue)
    drain()

    publish(sue)


def test_publish_of_other_fields_goes_on_meanwhile(sue):
    values("age", "1", "2")
    want("age", type="number", length=None)
    publish(sue)
    work_until("judge")
    change_field(field_of("email"), may_clear_pii=True, label="Mail")

    done = drain()

    assert done.status == Status.DONE
    assert (field_of("age").type, field_of("email").label) == ("number", "Mail")


def test_schema_that_changed_what_was_prepared_is_not_published(sue):
    values("tier", "a", "b", type="choice", options=OPTIONS)
    moved_options(sue)
    work_until("switch")
    change_field(field_of("tier"), may_clear_pii=True, options=[*OPTIONS, {"value": "d"}])

    failed = drain()

    assert failed.status == Status.FAILED
    assert "meanwhile" in failed.problem
    assert len(field_of("tier").options) == 4


def test_draft_that_was_edited_meanwhile_stays(sue):
    values("age", "1", "2")
    want("age", type="number", length=None)
    publish(sue)
    work_until("judge")
    want("email", label="Mail")

    drain()

    assert field_of("age").type == "number"
    assert field_of("email").label == "E-mail"
    assert read_draft().is_begun
    publish(sue)
    assert (field_of("age").type, field_of("email").label) == ("number", "Mail")


@pytest.mark.parametrize("last", ["judge", "switch"])
def test_text_of_the_former_type_does_not_come_back_before_values_are_tidied(sue, last):
    [row] = values("age", "many")
    edit = update_and_find(row.customer, {"age": "12"}, sue)
    want("age", type="number", length=None)
    publish(sue)
    work_until(last)
    if last == "switch":
        run_chunk()

    with pytest.raises(UndoConflictError):
        undo(edit, caller=sue)

    drain()
    assert stored() == [("12", None, 12, None)]


def test_cancelled_publish_leaves_values_as_they_were(sue):
    values("age", "1", "2")
    want("age", type="number", length=None)
    publish(sue)
    work_until("switch")

    cancel(job())
    drain()

    assert stored() == [("1", "1", None, None), ("2", "2", None, None)]
    assert field_of("age").type == "string"
    publish(sue)


def test_publisher_who_lost_the_permission_does_not_publish(sue):
    values("age", "1", "2")
    want("age", type="number", length=None)
    publish(sue)
    work_until("switch")
    get_user_model().objects.filter(pk=sue.pk).update(is_superuser=False)

    failed = drain()

    assert failed.status == Status.FAILED
    assert field_of("age").type == "string"


def test_chunk_writes_values_of_its_customers_alone(sue):
    rows = values("age", "1", "2", "3")
    want("age", type="number", length=None)
    publish(sue)
    run_chunk()

    run_chunk()

    first = Customer.objects.order_by("pk").first().pk
    written = AttributeValue.objects.exclude(number=None).values_list("customer_id", flat=True)
    assert set(written) == {row.customer_id for row in rows if row.customer_id <= first + 1}


@pytest.mark.django_db(transaction=True)
def test_worker_that_is_killed_rewrites_every_value_once(sue):
    values("tier", *("ab" * 60), type="choice", options=OPTIONS)
    values("age", *map(str, range(120)))
    want("age", type="number", length=None)
    publishing = moved_options(sue)
    worker = worker_process()
    try:
        wait_for(lambda: Job.objects.get(pk=publishing.pk).cursor >= 130)
    finally:
        worker.kill()
        worker.communicate()
    publishing.refresh_from_db()
    assert 130 <= publishing.cursor < publishing.total
    assert current_schema().by_key["age"].type == "string"

    done = drain()

    assert (done.status, done.result) == (Status.DONE, {"version": 4})
    assert sorted(set(texts()) - set(map(str, range(120)))) == ["b", "c"]
    numbers = AttributeValue.objects.exclude(number=None)
    assert sorted(map(int, numbers.values_list("number", flat=True))) == [*range(120)]
    assert set(numbers.values_list("folded", flat=True)) == {None}
    assert set(Customer.objects.values_list("version", flat=True)) == {0, 1}
    [told] = SchemaRewrite.objects.all()
    assert (told.option, told.successor, told.customers) == ("a", "c", 60)


@pytest.mark.parametrize("round_", range(3))
def test_no_value_of_the_former_type_outlives_a_publish_in_the_background(in_threads, sue, round_):
    rows = values("age", *map(str, range(THREADS)))
    undone = [
        update_and_find(rows[number].customer, {"age": f"{number}5"}, sue)
        for number in range(THREADS)
        if number % 3 == 2
    ]
    want("age", type="number", length=None)
    publish(sue)

    def one(number):
        if number == 0:
            return Worker().drain()
        if number % 3 == 1:
            return create_customer({"firstName": "Zed", "age": str(number)}, caller=sue)
        if number % 3 == 2:
            return undo(undone[number // 3], caller=sue)
        customer = rows[number].customer
        return update_customer(customer, {"age": f"{number}0"}, caller=sue, partial=True)

    answers = in_threads(one, THREADS)

    # What was written by the former type before the switch cannot be undone after it.
    others = [one for one in answers if isinstance(one, Exception)]
    assert {type(one) for one in others} <= {UndoConflictError}
    drain()
    assert (job().status, field_of("age").type) == (Status.DONE, "number")
    held = AttributeValue.objects.values_list("text", "number", "folded")
    assert [(text, number) for text, number, _ in held if int(text) != number] == []
    assert {folded for _, _, folded in held} == {None}


def test_option_that_goes_is_replaced_whoever_chooses_it_meanwhile(in_threads, sue):
    rows = values("tier", *("b" * THREADS), type="choice", options=OPTIONS)
    moved_options(sue)

    def one(number):
        if number == 0:
            return Worker().drain()
        return update_customer(rows[number].customer, {"tier": "a"}, caller=sue, partial=True)

    in_threads(one, THREADS)

    drain()
    assert (job().status, field_of("tier").options) == (Status.DONE, OPTIONS[1:])
    assert "a" not in texts()


def test_first_contact_waits_for_no_chunk(in_threads, sue):
    """The chunk that brings values along is not done before the customer is there."""
    values("age", "1", "2")
    want("age", type="number", length=None)
    publish(sue)
    work_until("check")
    there = Event()

    def one(number):
        if number == 0:
            with transaction.atomic():
                begun = Job.objects.select_for_update().get(kind=PUBLISH)
                Preparation(begun).check(1, Customer.objects.latest("pk").pk)
                if connection.vendor == "sqlite":
                    return
                assert there.wait(10)
        else:
            identify("WEB", "w1", caller=sue)
            there.set()
        return

    assert in_threads(one, 2) == [None, None]
    assert identify("WEB", "w1", caller=sue)["identification"]["outcome"] == "anonymous"


def update_and_find(customer, fields, sue):
    update_customer(customer, fields, caller=sue, partial=True)
    return Operation.objects.latest("id")
