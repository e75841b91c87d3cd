"""Keys in any script, wherever a key is part of an address, a form, a file or a page."""

import json
import re
from urllib.parse import quote, urlencode

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.models import Customer
from customers.profiles.lifecycle import create_customer
from jobs.models import Job
from jobs.worker import Worker
from schema_builder.drafts import read_draft
from schema_builder.keys import FieldKeyConverter, check_key
from schema_builder.models import FieldDefinition
from tests.schema_builder.schemas import want
from tests.support.factories import FieldFactory
from tests.support.operations import SAM, edit, values_of
from tests.support.staff import sent, staff

pytestmark = pytest.mark.django_db
LIST, SCHEMA = "/admin/customers/customer/", "/admin/schema/"
API = "/cim-customer/customers"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def supervisor():
    return staff("Administrator", username="sue")


@pytest.fixture(params=["étagePréféré", "größe", "العمر", "年齢", "a_b-c"])
def key(request):
    FieldFactory(key=request.param, label=f"Of {request.param}", is_searchable=True)
    return request.param


@pytest.fixture
def customer(key):
    return create_customer({"firstName": "Amy", key: "Ulm"}, caller=SAM)


def words(response):
    assert response.status_code == 200
    return b"".join(response).decode()


@pytest.mark.parametrize("text", ["größe", "étagePréféré", "العمر", "a", "a²", "a" * 64, "a_-"])
def test_address_takes_every_key(text):
    check_key(text)

    assert re.fullmatch(FieldKeyConverter.regex, text)


@pytest.mark.parametrize("text", ["", "1a", "_a", "-a", "a b", "a/b", "a:b", "a" * 65, "٣a"])
def test_address_takes_nothing_that_is_no_key(text):
    with pytest.raises(ValidationError):
        check_key(text)

    assert not re.fullmatch(FieldKeyConverter.regex, text)


def test_field_is_shown_and_edited_on_the_profile(supervisor, key, customer):
    address = f"/customers/{customer.public_id}"
    field = f"{address}/fields/{quote(key)}"

    assert f"{field}?edit=1" in words(supervisor.get(address))
    assert f'hx-post="{field}"' in words(supervisor.get(f"{field}?edit=1", headers=HTMX))
    form = {"__v": customer.version, f"initial-{key}": "Ulm", key: "Bonn"}
    assert "Bonn" in words(supervisor.post(field, form, headers=HTMX))
    assert values_of(customer) == {key: "Bonn"}
    assert "Bonn" in words(supervisor.get(f"{address}/activity"))


def test_field_is_in_every_form_of_a_customer(supervisor, key, customer):
    address = f"/customers/{customer.public_id}/edit"

    assert f'name="{key}"' in words(supervisor.get("/customers/new"))
    assert f'id="id_{key}"' in words(supervisor.get(address))
    page = f"{LIST}{customer.pk}/change/"
    assert supervisor.post(page, sent(supervisor, page, **{key: "Bonn"})).status_code == 302
    assert values_of(customer) == {key: "Bonn"}
    form = {"__v": 1, "initial-firstName": "Amy", "firstName": "Amy", f"initial-{key}": "Bonn"}
    assert supervisor.post(address, form | {key: "Rome"}).status_code == 302
    assert values_of(customer) == {key: "Rome"}
    assert "Rome" in words(supervisor.get(f"{LIST}{customer.pk}/history/"))


def test_field_filters_and_is_a_column(supervisor, key, customer):
    create_customer({"firstName": "Bea"}, caller=SAM)
    where = json.dumps([[key, "is", "ulm"]])

    supervisor.post(f"{LIST}columns/", {"column": ["firstName", key]})
    page = supervisor.get(LIST, {"where": where})

    assert f"Of {key}" in words(page)
    assert [row.first_name for row in page.context["cl"].result_list] == ["Amy"]
    assert "Amy" in words(supervisor.get("/", {"q": "Ulm"}))
    bulk = {"keys": str(customer.pk), "field": key}
    assert f"Of {key}" in words(supervisor.get(f"{LIST}bulk/field/", bulk))
    supervisor.post(f"{LIST}bulk/field/?{urlencode(bulk)}", {"value": "Bonn"})
    Worker().drain()
    assert values_of(customer) == {key: "Bonn"}


def test_field_is_asked_for_by_the_contract(supervisor, key, customer):
    query = {"paginateQuery": f"{key}:Ulm", "sort": f"{key}:asc"}

    found = supervisor.get(API, query).json()

    assert [(row["firstName"], row[key]) for row in found["docs"]] == [("Amy", "Ulm")]
    body = {"firstName": "Amy", key: "Bonn"}
    address = f"{API}/{customer.public_id}"
    answer = supervisor.put(address, body, content_type="application/json")
    assert (answer.status_code, answer.json()[key]) == (200, "Bonn")


def test_field_is_exported_and_imported(supervisor, key, customer):
    supervisor.post(f"{LIST}columns/", {"column": ["firstName", key]})
    supervisor.post(f"{LIST}bulk/export/?keys={customer.pk}", {"columns": "list"})
    Worker().drain()
    exported = words(supervisor.get(f"/admin/jobs/job/{Job.objects.get().pk}/file/"))

    file = SimpleUploadedFile("a.csv", exported.encode(), content_type="text/csv")
    page = supervisor.post(f"{LIST}import/", {"file": file})["Location"]
    form = supervisor.get(page).context["form"]
    chosen = {field.name: field.initial or "" for field in form.columns()}
    base = page.removesuffix("columns/")
    supervisor.post(page, chosen | {"policy": "overwrite", "reason": ""})
    Worker().drain()

    assert key in chosen.values()
    assert f"Of {key}" in words(supervisor.get(f"{base}check/"))
    supervisor.post(f"{base}run/")
    Worker().drain()
    assert [values_of(one) for one in Customer.objects.order_by("id")] == [{key: "Ulm"}] * 2


def test_field_is_built_and_published(supervisor, key, customer):
    field = FieldDefinition.objects.get(key=key)

    assert key in words(supervisor.get(SCHEMA))
    assert key in words(supervisor.get(f"{SCHEMA}fields/{field.public_id}"))
    want(key, length=2, is_required=True)
    assert f"Of {key}" in words(supervisor.get(f"{SCHEMA}changes"))
    assert "Amy" in words(supervisor.get(f"{SCHEMA}changes/{field.public_id}/refused"))
    assert "Amy" in words(supervisor.get(f"{SCHEMA}changes/{field.public_id}/refused/file"))
    assert f"Of {key}" in words(supervisor.get(f"{SCHEMA}preview"))
    supervisor.post(f"{SCHEMA}publish", {"token": read_draft().token})
    assert f"Of {key}" in words(supervisor.get(f"{SCHEMA}versions"))
    assert f"Of {key}" in words(supervisor.get(f"{SCHEMA}versions/2"))
    assert key in words(supervisor.get(f"{SCHEMA}export"))


def test_field_is_compared_split_and_found_on_the_bench(supervisor, key, customer):
    edit(customer, phoneNumber=["+923001234567"])
    other = create_customer({"firstName": "Amy", key: "Rome"}, caller=SAM)

    both = f"{customer.public_id},{other.public_id}"
    assert f"choice-{key}" in words(supervisor.get("/merge", {"customers": both}))
    assert f'value="{key}"' in words(supervisor.get(f"/customers/{customer.public_id}/split"))
    call = {"channel": "SMS", "identifier": "+923001234567"}
    assert f"Of {key}" in words(supervisor.get("/admin/bench/", call))


@pytest.mark.parametrize("key", ["größe", "العمر"])
def test_identifier_field_is_shown_marked_and_claimed(supervisor, key):
    FieldFactory(key=key, label="Line", is_channel_identifier=True, serves=["SMS"])
    customer = create_customer({"firstName": "Amy", key: ["A1"]}, caller=SAM)
    address = f"/customers/{customer.public_id}"

    assert "A1" in words(supervisor.get(address))
    assert key in words(supervisor.get(f"{address}/identities/add"))
    supervisor.post(f"{address}/identities/add", {"field": key, "identifier": "A2"})
    assert "A2" in words(supervisor.get(f"{address}/edit"))
