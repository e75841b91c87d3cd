"""The wizard of the import, and the pages that lead to it."""

from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.models import Customer, CustomerImport, Operation
from customers.statistics.figures import refresh_figures
from jobs.models import Job, Status
from jobs.worker import Worker
from schema_builder.models import FieldDefinition
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    JobFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

START = "/admin/customers/customer/import/"
PEOPLE = "Name;Phone Number;City\r\nAmal;+923001234567;Ulm\r\nBea;0000;\r\n"


@pytest.fixture
def sue(db):
    FieldFactory(key="city", label="City")
    return staff("Supervisor", username="sue")


def uploaded(client, text=PEOPLE, name="people.csv", **more):
    content = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    return client.post(START, {"file": file}, **more)


def filled(client, text=PEOPLE, **values):
    """(address of the upload's pages, what the form of its columns sends)."""
    page = uploaded(client, text)["Location"]
    form = client.get(page).context["form"]
    sent = {field.name: field.initial or "" for field in form.columns()}
    return page.removesuffix("columns/"), sent | {"policy": "overwrite", "reason": ""} | values


def checked(client, text=PEOPLE, **values):
    base, sent = filled(client, text, **values)
    assert client.post(f"{base}columns/", sent)["Location"] == f"{base}check/"
    Worker().drain()
    return base


def words(response):
    return " ".join(response.content.decode().split())


def test_a_file_is_uploaded_mapped_checked_and_imported(sue):
    base, sent = filled(sue, column0="firstName")
    assert sent["column1"] == "phoneNumber"
    assert sent["column2"] == "city"
    upload = CustomerImport.objects.get()
    assert (upload.encoding, upload.delimiter, upload.row_count) == ("utf-8-sig", ";", 2)

    sue.post(f"{base}columns/", sent)
    waiting = sue.get(f"{base}check/")
    Worker().drain()
    ready = sue.get(f"{base}check/?part")

    assert 'hx-get="' in words(waiting)
    assert 'hx-get="' not in words(ready)
    assert "<b>1</b> created" in words(ready)
    assert "<b>1 row</b> <bdi>Phone number: Is not an identifier: channels send" in words(ready)
    assert "<ins>Amal</ins>" in words(ready)
    assert not Customer.objects.exists()

    answer = sue.post(f"{base}run/")
    Worker().drain()
    job = Job.objects.get(kind="customers.import")
    page = sue.get(answer["Location"])

    assert urlsplit(answer["Location"]).path == f"/admin/jobs/job/{job.pk}/change/"
    assert Customer.objects.get().first_name == "Amal"
    assert (job.status, job.result["created"], job.result["refused"]) == (Status.DONE, 1, 1)
    assert "<b>1 row</b> <bdi>Phone number: Is not an identifier: channels send" in words(page)
    assert sue.get(f"{base}columns/")["Location"] == answer["Location"]

    sue.post(f"/admin/jobs/job/{job.pk}/undo/")
    Worker().drain()
    assert not Customer.objects.exists()


def test_rows_that_are_left_alone_are_downloaded_with_the_reason(sue):
    checked(sue, "Name,Phone Number\n=cmd(),0000\nBea,+923001234567\n", column0="firstName")
    job = Job.objects.get()

    response = sue.get(f"{START}rejects/{job.pk}/")

    lines = b"".join(response.streaming_content).decode().split("\r\n")
    assert lines == [
        '\ufeff"Name","Phone Number","Line","Field","Reason","Rows with this problem"',
        '"\'=cmd()","0000","2","Phone number","Phone number ""0000"": Is not an identifier: channels send'
        ' it for contacts without an identity.","1"',
        "",
    ]
    assert response["Content-Disposition"] == (
        f'attachment; filename="refused-rows-{job.public_id}.csv"'
    )


def test_what_somebody_uploaded_is_theirs_alone(sue):
    base = checked(sue)
    job = Job.objects.get()
    other = staff("Administrator", username="ann")

    assert [other.get(f"{base}{step}/").status_code for step in ("columns", "check")] == [404, 404]
    assert other.post(f"{base}run/").status_code == 404
    assert other.get(f"{START}rejects/{job.pk}/").status_code == 403
    assert "Line 3" not in words(other.get(f"/admin/jobs/job/{job.pk}/change/"))
    assert not Operation.objects.exists()


def test_the_wizard_takes_the_right(sue):
    base = checked(sue)
    nobody = staff(may=["customers.view_customer"], username="ned")

    pages = [START, f"{base}columns/", f"{base}check/", f"{START}rejects/1/"]
    assert [nobody.get(page).status_code for page in pages] == [403] * 4
    assert uploaded(nobody).status_code == 403
    assert "Import</a>" not in words(nobody.get("/admin/customers/customer/"))
    assert "Import</a>" in words(sue.get("/admin/customers/customer/"))
    assert CustomerImport.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "The file is empty."),
        (b"\n\n", "The file is empty."),
        (b"Name,City\n", "There is no row below the header."),
        (b"PK\x03\x04rest", "This is a workbook or an archive: save it as CSV first."),
        (b"Name,City\nAmal,\x00\n", "Line 2: Null characters are not allowed."),
        (b'Name,City\n"Amal,Ulm\n', "Line 2: a quote is opened and never closed."),
        (b'Name,City\n"Amal"x,Ulm\n', "Line 2: a quote ends before its cell does."),
        (b"Name\n\x81\n", "Line 2: not text in Windows-1252 (Western Europe)."),
        (b"Name\n" + b"x" * 200_000, "Line 2: a cell is too long, or a quote is never closed."),
        (b",".join([b"x"] * 201) + b"\n1\n", "The file has more than 200 columns."),
    ],
)
def test_a_file_that_is_no_table_is_refused(sue, content, problem):
    response = uploaded(sue, content)

    assert response.status_code == 422
    assert response.context["form"].errors == {"file": [problem]}
    assert not CustomerImport.objects.exists()


def test_no_file_is_asked_for_again(sue):
    response = sue.post(START, {})

    assert (response.status_code, response.context["form"].errors) == (
        422,
        {"file": ["Choose a file."]},
    )


def test_the_page_takes_a_large_file_and_other_pages_none(sue, settings):
    settings.UPLOADS = {"admin:customers_customer_import": 3 * 1024 * 1024}
    text = "Name\n" + "Amal Khan of Ulm\n" * 150_000
    file = SimpleUploadedFile("people.csv", text.encode())

    assert uploaded(sue, text).status_code == 302
    assert uploaded(sue, text * 2).status_code == 413
    assert sue.post("/admin/labels/label/add/", {"file": file}).status_code == 413
    assert CustomerImport.objects.count() == 1


def test_a_file_is_read_again_as_somebody_says(sue):
    page = uploaded(sue, "Name|City\nAmal|M\xfcnster\n".encode("cp1252"))["Location"]
    read = page.replace("columns", "read")
    assert "Münster" in words(sue.get(page))

    sue.post(read, {"encoding": "cp1251", "delimiter": ","})
    assert "Amal|Mьnster" in words(sue.get(page))

    answer = sue.post(read, {"encoding": "utf-8-sig", "delimiter": ","}, follow=True)
    assert "Line 2: not text in UTF-8." in words(answer)
    sue.post(read, {"encoding": "zip", "delimiter": "x"})
    assert CustomerImport.objects.values_list("encoding", "delimiter").get() == ("cp1251", ",")


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"column0": "planet"}, "Select a valid choice"),
        ({"policy": "guess"}, "Select a valid choice"),
        ({"reason": "a\x00b"}, "Null characters are not allowed."),
        ({"reason": "x" * 201}, "at most 200 characters"),
        (
            {"column0": "", "column1": "", "column2": ""},
            "Choose a field for at least one column.",
        ),
        ({"column0": "city", "column2": "city"}, "City: Two columns are chosen for it"),
    ],
)
def test_columns_that_make_no_sense_are_refused(sue, values, problem):
    base, sent = filled(sue, **values)

    response = sue.post(f"{base}columns/", sent)

    assert response.status_code == 422
    assert problem in words(response)
    assert not Job.objects.exists()


def test_the_import_waits_for_the_check(sue):
    base, sent = filled(sue)
    assert "Say first what the columns are." in words(sue.get(f"{base}check/", follow=True))

    sue.post(f"{base}columns/", sent)
    answer = sue.post(f"{base}run/", follow=True)

    assert "Check the file first." in words(answer)
    assert Job.objects.count() == 1


def test_a_file_that_is_read_again_is_checked_again(sue):
    base = checked(sue)

    sue.post(f"{base}read/", {"encoding": "cp1252", "delimiter": ","})

    assert "Check the file first." in words(sue.post(f"{base}run/", follow=True))
    assert not Job.objects.filter(kind="customers.import").exists()
    upload = CustomerImport.objects.get()
    assert (upload.rehearsal, upload.rules, len(upload.header)) == (None, {}, 1)


def test_a_check_that_failed_allows_no_import(sue):
    base, sent = filled(sue)
    sue.post(f"{base}columns/", sent)
    Job.objects.update(status=Status.FAILED)

    assert "Check the file first." in words(sue.post(f"{base}run/", follow=True))
    assert Job.objects.count() == 1


def test_an_export_is_imported_without_a_change(sue):
    FieldFactory(key="tier", type="choice", options=[{"value": "a", "label": "Gold"}])
    customer = CustomerFactory(first_name="=Amal")
    for value in ("+923001234567", "+923007654321"):
        IdentityFactory(customer=customer, value=value)
    ValueFactory(customer=customer, field=FieldDefinition.objects.get(key="tier"), text="a")
    WornLabelFactory(customer=customer, label__name="VIP, Gold")
    columns = ["_id", "firstName", "phoneNumber", "tier", "labels", "updatedAt"]
    sue.post("/admin/customers/customer/columns/", {"column": columns})
    sue.post(f"/admin/customers/customer/bulk/export/?keys={customer.pk}", {"columns": "list"})
    Worker().drain()
    job = Job.objects.get()
    text = b"".join(sue.get(f"/admin/jobs/job/{job.pk}/file/").streaming_content).decode()

    base = checked(sue, text)

    assert "<b>1</b> was so already" in words(sue.get(f"{base}check/"))
    assert CustomerImport.objects.get().rules["columns"] == [*columns[:5], ""]


def test_another_check_takes_the_place_of_the_first(sue):
    base, sent = filled(sue)
    sue.post(f"{base}columns/", sent)
    sue.post(f"{base}columns/", sent | {"column1": ""})

    Worker().drain()

    assert list(Job.objects.order_by("pk").values_list("status", flat=True)) == [
        Status.CANCELLED,
        Status.DONE,
    ]
    assert "<b>2</b> created" in words(sue.get(f"{base}check/"))


@pytest.mark.parametrize(
    ("method", "step", "status"),
    [
        ("post", "check", 405),
        ("get", "run", 405),
        ("get", "read", 405),
        ("put", "columns", 405),
        ("get", "planet", 404),
    ],
)
def test_steps_take_what_they_are_for(sue, method, step, status):
    base, _ = filled(sue)

    assert getattr(sue, method)(f"{base}{step}/").status_code == status


def test_rejects_of_a_job_that_has_none_are_not_there(sue):
    assert sue.get(f"{START}rejects/{JobFactory().pk}/").status_code == 404
    assert sue.get(f"{START}rejects/999999999999/").status_code == 404


def test_home_counts_imports_that_left_rows_alone(sue):
    assert tile(sue) == ("0", "0 rows refused in 30 days", False)
    base = checked(sue)
    sue.post(f"{base}run/")
    JobFactory(kind="customers.import", status=Status.FAILED)
    Worker().drain()

    # The worker counted before it imported, and would count again in minutes.
    refresh_figures()
    assert tile(sue) == ("2", "1 rows refused in 30 days", True)
    listed = sue.get("/admin/jobs/job/?imports=failed")
    assert listed.context["cl"].result_count == 2


def tile(client):
    tiles = client.get("/admin/").context["tiles"]
    [found] = [tile for tile in tiles if tile.title == "Failed imports"]
    assert found.link == "/admin/jobs/job/?imports=failed"
    return found.number, found.note, found.needs_work


def test_names_of_files_are_kept_as_text(sue):
    uploaded(sue, name="peo\u202eple\x01<b>.csv")

    assert CustomerImport.objects.get().name == "people<b>.csv"


@pytest.mark.parametrize("rows", [1, 3])
def test_the_check_costs_a_fixed_number_of_queries(sue, rows, django_assert_num_queries):
    base = checked(sue, "Name,Web\n" + "".join(f"A,w{n}\n,0\n" for n in range(rows)))

    with django_assert_num_queries(CHECK_QUERIES) as captured:
        sue.get(f"{base}check/?part")

    # Asked every second: the file itself stays where it is.
    read = [
        query["sql"] for query in captured if '"customers_customerimport"."content"' in query["sql"]
    ]
    assert read == []


CHECK_QUERIES = 6
