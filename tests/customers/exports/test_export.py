"""Files of customers that a job writes: what is in them, for whom, and for how long."""

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from customers.exports import export as exporting
from customers.exports.export import (
    DOWNLOADS_TAKE,
    FILES_KEPT,
    enqueue_export,
    file_of,
    forget_files,
)
from customers.lists.columns import list_columns
from customers.masking import visible_schema_and_mask
from customers.models import Customer, ExportPart, SavedFilter
from jobs.execution import run_chunk
from jobs.models import Job, Status
from jobs.queue import cancel
from jobs.worker import Worker
from schema_builder.editing import delete_field
from schema_builder.models import FieldDefinition
from schema_builder.versions import touch_schema
from tests.contract.shapes import lacking
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    UserFactory,
    ValueFactory,
)
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
NAMED_A = json.dumps([["firstName", "contains", "ama"]], separators=(",", ":"))


@pytest.fixture
def sue(db):
    return UserFactory(username="sue", role="Supervisor")


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(exporting, "CUSTOMERS_IN_A_CHUNK", 2)
    monkeypatch.setattr(exporting, "PARTS_IN_A_QUERY", 2)


def export(caller, *keys, customers=None):
    known = list_columns(visible_schema_and_mask(caller)[0], caller)
    chosen = Customer.objects.all() if customers is None else customers
    return enqueue_export(chosen, [known[key] for key in keys or ("firstName",)], caller=caller)


def done(job):
    Worker().drain()
    job.refresh_from_db()
    return job


def text_of(job, caller):
    return "".join(file_of(job, caller).text())


def page(**address):
    return f"{LIST}bulk/export/?{urlencode(address)}"


def asked(client, address, columns="list"):
    """The job of the page, done."""
    seen = client.get(address).context["seen"]
    client.post(address, {"columns": columns, "count": seen.count, "newest": seen.newest})
    return done(Job.objects.latest("id"))


def file_from(client, job):
    response = client.get(f"/admin/jobs/job/{job.pk}/file/")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return b"".join(response.streaming_content).decode().removeprefix("\ufeff").splitlines()


def test_file_has_everybody_once_the_newest_first(sue, small_chunks):
    for number in range(7):
        CustomerFactory(first_name=f"N{number}")

    job = export(sue)

    assert (job.title, job.total, job.chunks.count()) == ("Export: 7 customers", 7, 4)
    assert done(job).result == {"exported": 7}
    lines = text_of(job, sue).split("\r\n")
    assert lines == ['\ufeff"First name"', *(f'"N{n}"' for n in reversed(range(7))), ""]


def test_page_exports_the_columns_of_the_list_and_guards_spreadsheets():
    town = FieldFactory(key="town", label="=Town")
    for n, text in enumerate(["=1+1", "-5", "@x", "a,b", "Ulm\nDonau", "＝2"]):
        customer = CustomerFactory(first_name=f"Amal {n}")
        ValueFactory(field=town, customer=customer, text=text)
        IdentityFactory(customer=customer, value=f"+92300123456{n}")
    CustomerFactory(first_name="Bob")
    client = staff("Supervisor")
    columns = ["firstName", "phoneNumber", "town"]
    client.post(f"{LIST}columns/", {"column": columns, "back": ""})

    job = asked(client, page(where=NAMED_A, all="1"))

    assert client.get(f"/admin/jobs/job/{job.pk}/change/").context["figures"] == [
        (6, "customers in the file")
    ]
    assert file_from(client, job) == [
        '"First name","Phone number","\'=Town"',
        '"Amal 5","+923001234565","\'＝2"',
        '"Amal 4","+923001234564","Ulm',
        'Donau"',
        '"Amal 3","+923001234563","a,b"',
        '"Amal 2","+923001234562","\'@x"',
        '"Amal 1","+923001234561","-5"',
        '"Amal 0","+923001234560","\'=1+1"',
    ]


def test_page_exports_every_column_on_demand():
    customer = CustomerFactory(first_name="Amal")
    client = staff("Supervisor")

    header = file_from(client, asked(client, page(keys=customer.pk), columns="every"))[0]

    assert header.startswith('"Identifiers","Last conversation","First name"')
    assert header.endswith('"Created","Created by","Updated","Updated by"')


@pytest.mark.parametrize("across", ["0", "1"])
def test_columns_of_the_list_are_those_that_its_saved_filter_brings(across):
    customer = CustomerFactory(first_name="Amal")
    client = staff("Supervisor")
    saved = SavedFilter.objects.create(
        owner=client.user, name="A", conditions=json.loads(NAMED_A), columns=["createdBy", "email"]
    )
    ticked = {"action": "export", "_selected_action": [customer.pk], "select_across": across}

    chosen = client.post(f"{LIST}?saved={saved.public_id}", ticked)

    assert file_from(client, asked(client, chosen.url))[0] == '"Created by","E-mail"'
    assert "columns=" not in client.get(chosen.url).context["cancel"]


def test_page_refuses_what_it_does_not_offer():
    customer = CustomerFactory()
    client = staff("Supervisor")

    refused = client.post(page(keys=customer.pk), {"columns": "secret"})

    assert refused.status_code == 422
    assert not Job.objects.exists()


def test_file_is_masked_as_its_reader_sees_the_customers():
    FieldDefinition.objects.filter(key__in=["firstName", "phoneNumber"]).update(is_pii=True)
    touch_schema()
    IdentityFactory(customer=CustomerFactory(first_name="Amalthea"), value="+923001234567")
    client = staff(may=["customers.view_customer", "customers.export_customer"])

    text = "\n".join(file_from(client, asked(client, page(all="1"))))

    assert '"Ama*****","***********67"' in text
    assert "Amalthea" not in text


def test_rights_that_go_meanwhile_stop_the_file(sue, small_chunks):
    CustomerFactory.create_batch(4)
    job = export(sue)
    run_chunk()
    sue.groups.clear()

    done(job)

    assert (job.status, job.problem) == (
        Status.FAILED,
        lacking("See customers", "export customers"),
    )
    assert job.done == 2


def test_who_may_not_see_customers_any_more_gets_no_file(small_chunks):
    CustomerFactory.create_batch(4)
    rights = ["customers.view_customer", "customers.export_customer"]
    whole, begun = staff(may=rights).user, staff(may=rights).user
    ready = done(export(whole))
    job = export(begun)
    run_chunk()
    seeing = Permission.objects.get(codename="view_customer")
    for asker in (whole, begun):
        asker.user_permissions.remove(seeing)
    # As its rights are read anew.
    whole = get_user_model().objects.get(pk=whole.pk)

    done(job)

    assert file_of(ready, whole) is None
    assert (job.status, job.done) == (Status.FAILED, 2)


def test_field_that_is_hidden_meanwhile_is_empty_in_what_follows(sue, small_chunks):
    town = FieldFactory(key="town", label="Town")
    for _ in range(3):
        ValueFactory(field=town, text="Ulm")
    job = export(sue, "town")
    run_chunk()
    FieldDefinition.objects.filter(pk=town.pk).update(is_active=False)
    touch_schema()

    done(job)

    assert text_of(job, sue) == '\ufeff"Town"\r\n"Ulm"\r\n"Ulm"\r\n""\r\n'


def test_other_field_that_takes_over_the_key_meanwhile_is_not_told(sue):
    town = FieldFactory(key="town", label="Town")
    customer = ValueFactory(field=town, text="Ulm").customer
    job = export(sue, "town")
    delete_field(town)
    ValueFactory(field=FieldFactory(key="town", label="Town hall"), customer=customer, text="No 1")

    done(job)

    assert text_of(job, sue) == '\ufeff"Town"\r\n""\r\n'


def test_who_is_gone_meanwhile_is_left_out(sue):
    _, gone, _ = CustomerFactory.create_batch(3)
    job = export(sue)
    gone.delete()

    assert done(job).result == {"exported": 2}
    assert text_of(job, sue).count("\r\n") == 3


def test_nobody_too_many_or_not_allowed_starts_nothing(sue, monkeypatch):
    with pytest.raises(ValidationError, match="Choose 1 to 1,000,000"):
        export(sue)
    CustomerFactory.create_batch(2)
    with pytest.raises(PermissionDenied):
        export(UserFactory(role="Agent"))
    monkeypatch.setattr(exporting, "MOST_EXPORTED", 1)
    with pytest.raises(ValidationError, match="Choose 1 to 1 customers"):
        export(sue)

    assert not Job.objects.exists()


def test_file_is_for_who_asked_alone():
    customer = CustomerFactory()
    client, other = staff("Supervisor"), staff("Administrator")

    job = asked(client, page(keys=customer.pk))

    address = f"/admin/jobs/job/{job.pk}/"
    assert client.get(f"{address}file/").status_code == 200
    assert other.get(f"{address}file/").status_code == 404
    assert "Download" not in other.get(f"{address}change/").content.decode()
    assert client.post(f"{address}file/").status_code == 405
    assert "Download" in client.get(f"{address}change/").content.decode()


def test_file_is_not_for_who_may_not_export_any_more():
    customer = CustomerFactory()
    client = staff(may=["customers.view_customer", "customers.export_customer"])
    job = asked(client, page(keys=customer.pk))

    client.user.user_permissions.remove(Permission.objects.get(codename="export_customer"))

    assert client.get(f"/admin/jobs/job/{job.pk}/file/").status_code == 403


def test_file_is_there_when_it_is_whole_and_not_before(sue, small_chunks):
    CustomerFactory.create_batch(3)
    job = export(sue)
    run_chunk()
    job.refresh_from_db()

    assert file_of(job, sue) is None
    cancel(job)
    job.refresh_from_db()
    assert file_of(job, sue) is None


def test_files_are_deleted_when_they_are_old_or_were_given_up(sue, small_chunks):
    CustomerFactory.create_batch(3)
    kept, old, given_up, going_on = (export(sue) for _ in range(4))
    done(kept), done(old)
    Job.objects.filter(pk=given_up.pk).update(status=Status.CANCELLED)
    Job.objects.filter(pk=going_on.pk).update(status=Status.RUNNING, finished_at=None)
    now = timezone.now()
    ended = now - FILES_KEPT - DOWNLOADS_TAKE - timedelta(minutes=1)
    Job.objects.filter(pk=old.pk).update(finished_at=ended)

    forget_files(now)

    old.refresh_from_db()
    assert set(ExportPart.objects.values_list("job", flat=True)) == {kept.pk, going_on.pk}
    assert file_of(old, sue) is None


def test_old_file_is_given_to_nobody_before_it_is_deleted(sue, small_chunks):
    CustomerFactory.create_batch(5)
    job = done(export(sue))
    begun = file_of(job, sue).text()
    lines = next(begun)
    job.finished_at = timezone.now() - FILES_KEPT - timedelta(minutes=1)
    job.save(update_fields=["finished_at"])

    forget_files(timezone.now())

    assert file_of(job, sue) is None
    assert (lines + "".join(begun)).count("\r\n") == 6


def test_page_says_that_a_file_is_not_kept_any_longer():
    customer = CustomerFactory()
    client = staff("Supervisor")
    job = asked(client, page(keys=customer.pk))

    forget_files(timezone.now() + FILES_KEPT + DOWNLOADS_TAKE + timedelta(minutes=1))

    text = client.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()
    assert "The file is not kept any longer." in text
    assert "Download" not in text


def test_job_of_a_file_keeps_no_names(sue):
    CustomerFactory(first_name="Amalthea")

    job = done(export(sue))

    assert "Amalthea" not in json.dumps([job.title, job.parameters, job.result])
    assert job.parameters == {}


@pytest.mark.parametrize("count", [1, 3])
def test_chunk_costs_a_query_for_each_table(sue, count, django_assert_num_queries):
    for _ in range(count):
        IdentityFactory(customer=CustomerFactory())
    export(sue, "firstName", ".identifiers", "labels")

    with django_assert_num_queries(23):
        run_chunk()
