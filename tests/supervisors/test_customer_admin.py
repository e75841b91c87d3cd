import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.lists.pagination import COUNT_LIMIT
from customers.models import AttributeValue, Customer
from schema_builder.models import FieldDefinition
from schema_builder.versions import touch_schema
from tests.support.factories import (
    CustomerFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
LOOK = ["customers.view_customer", "customers.view_channelidentity", "customers.view_conversation"]


def url_of(customer, page="change"):
    return f"{LIST}{customer.pk}/{page}/"


def mark_pii(*keys):
    FieldDefinition.objects.filter(key__in=keys).update(is_pii=True)
    touch_schema()


def found_names(response):
    return {customer.first_name for customer in response.context["cl"].result_list}


def test_list_is_refused_without_permission():
    response = staff().get(LIST)

    assert response.status_code == 403


def test_list_shows_identifiers_in_schema_order_and_labels_by_weight():
    customer = CustomerFactory(first_name="Amal")
    IdentityFactory(customer=customer, of="email", value="amal@example.com")
    IdentityFactory(customer=customer, of="phoneNumber", value="+923001234567")
    IdentityFactory(customer=customer, of="web", value="third")
    for name, priority in [("Low", 1), ("High", 9)]:
        WornLabelFactory(customer=customer, label=LabelFactory(name=name, priority=priority))
    client = staff("Supervisor")

    (row,) = client.get(LIST).context["cl"].result_list

    assert list(row.cells) == ["firstName", ".identifiers", "labels", "updatedAt"]
    assert row.cells["firstName"] == "Amal"
    identifiers, labels = row.cells[".identifiers"], row.cells["labels"]
    assert identifiers.index("+923001234567") < identifiers.index("amal@example.com")
    assert identifiers.endswith("+1</span>")
    assert labels.index("High") < labels.index("Low")


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_for_more_customers(count, django_assert_num_queries):
    for _ in range(count):
        customer = CustomerFactory()
        IdentityFactory(customer=customer)
        IdentityFactory(customer=customer, of="email", value="a@example.com")
        WornLabelFactory(customer=customer)
    client = staff("Supervisor")
    client.get(LIST)

    with django_assert_num_queries(12):
        response = client.get(LIST)

    assert response.context["cl"].result_count == count


def test_list_counts_no_further_than_anybody_pages():
    client = staff("Supervisor")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(LIST)

    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert counts
    assert all(f"LIMIT {COUNT_LIMIT}" in sql for sql in counts)


@pytest.mark.parametrize(
    "query", ["amal", "AMAL", "0300 1234567", "+92 (300) 123-4567", "00923001234567", "ID"]
)
def test_search_finds_in_any_notation(query):
    customer = CustomerFactory(first_name="Amal")
    IdentityFactory(customer=customer, value="+923001234567")
    CustomerFactory(first_name="Somebody else")
    client = staff("Supervisor")
    query = query.replace("ID", customer.public_id)

    response = client.get(LIST, {"q": query})

    assert found_names(response) == {"Amal"}


def test_list_masks_and_hides_order_from_who_may_not_see_personal_data():
    mark_pii("firstName", "email")
    customer = CustomerFactory(first_name="Amalthea")
    IdentityFactory(customer=customer, of="email", value="amalthea@example.com")
    client = staff(may=["customers.view_customer"])

    response = client.get(f"{LIST}?o=1")
    part = client.get(LIST, {"q": "amalth"})
    whole = client.get(LIST, {"q": "amalthea"})

    page = response.content.decode()
    assert "Amalthea" not in page
    assert "amalthea@" not in page
    assert "Ama*****" in page
    assert "sortable column-firstName" not in page
    assert found_names(part) == set()
    assert found_names(whole) == {"Amalthea"}
    assert b"Amalthea" not in whole.content


@pytest.mark.parametrize(
    "query",
    [
        "first_name__startswith=A",
        "folded_name=a",
        "identities__value__contains=3",
        "version=0",
        "is_anonymous__exact=1",
    ],
)
def test_list_answers_to_no_column_in_its_address(query):
    CustomerFactory(first_name="Amalthea")
    client = staff("Supervisor")

    response = client.get(f"{LIST}?{query}")

    assert response.status_code == 400


def test_list_is_sorted_by_name_where_names_are_shown():
    for name in ("Boris", "Amal", "Carla"):
        CustomerFactory(first_name=name)
    client = staff("Supervisor")

    shown = [
        [customer.first_name for customer in client.get(url).context["cl"].result_list]
        for url in (LIST, f"{LIST}?o=1", f"{LIST}?o=-1", f"{LIST}?o=5")
    ]
    mark_pii("firstName")
    hidden = staff(may=LOOK).get(f"{LIST}?o=1").context["cl"].result_list

    newest = ["Carla", "Amal", "Boris"]
    assert shown == [newest, ["Amal", "Boris", "Carla"], ["Carla", "Boris", "Amal"], newest]
    assert [customer.first_name for customer in hidden] == newest


def test_supervisor_deletes_with_everything():
    customer = CustomerFactory(first_name="Amalthea")
    IdentityFactory(customer=customer)
    ValueFactory(customer=customer)
    client = staff("Supervisor")

    asked = client.get(url_of(customer, "delete")).content.decode()
    client.post(url_of(customer, "delete"), {"post": "yes"})

    assert 'delete the customer "Amalthea"?' in asked
    assert f"Amalthea ({customer.public_id})" in asked
    assert not Customer.objects.exists()
    assert not AttributeValue.objects.exists()


def test_agent_deletes_nobody():
    customer = CustomerFactory()
    client = staff("Agent")

    response = client.post(url_of(customer, "delete"), {"post": "yes"})

    assert response.status_code == 403
    assert Customer.objects.filter(pk=customer.pk).exists()


def test_palette_leads_to_the_search_and_names_nobody():
    CustomerFactory(first_name="Amalthea")
    client, other = staff("Supervisor"), staff(may=["labels.view_label"])

    page = client.get("/admin/search/?s=amal&extended").content.decode()
    refused = other.get("/admin/search/?s=amal&extended").content.decode()

    assert f"{LIST}?q=amal" in page
    assert "Amalthea" not in page
    assert LIST not in refused
