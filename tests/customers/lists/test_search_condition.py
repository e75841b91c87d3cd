"""The search of the admin list finds every customer, and bulk actions reach all of them."""

import json
from urllib.parse import urlencode

import pytest
from django.db import connection

from access.actors import Actor
from customers.lists.search import MOST_HITS, find, search_condition
from customers.masking import UNMASKED, FieldAccess
from customers.models import AttributeValue, ChannelIdentity, Customer, DuplicatePair, SavedFilter
from jobs.models import Job
from schema_builder.editing import change_field
from schema_builder.schema import current_schema
from supervisors.customers.changelist import FILTERED_COUNT_LIMIT
from tests.support.factories import (
    AliasFactory,
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    field_of,
)
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
SUPERVISOR = Actor("supervisor", "1", frozenset({"customers.view_pii"}))
AGENT = Actor("agent", "2")
MANY = MOST_HITS + 2
# Enough rows for the planner to prefer the indexes.
CROWD = 20_000
PART_INDEXES = [
    "customers_customer_name_part",
    "customers_customer_search_part",
    "customers_identity_key_part",
    "customers_identity_value_part",
    "customers_identity_search_part",
    "customers_value_text_part",
    "customers_value_search_part",
]


def found(text, caller=SUPERVISOR):
    condition = search_condition(text, current_schema(), FieldAccess(caller))
    return set(Customer.objects.filter(condition).values_list("public_id", flat=True))


def text_of(page):
    return " ".join(page.content.decode().split())


def customers_named(name, count):
    """So many customers of one name, the oldest first."""
    return Customer.objects.bulk_create(
        Customer(first_name=f"{name} {n}", folded_name=f"{name.lower()} {n}") for n in range(count)
    )


@pytest.fixture
def population():
    """One customer for each way of being found, and one whose details are all different."""
    code = FieldFactory(key="code", is_searchable=True)
    FieldFactory(key="age", type="number", is_searchable=True)
    zoe = CustomerFactory(first_name="Zoë de la Cruz")
    IdentityFactory(customer=zoe, value="+923001234567")
    IdentityFactory(of="email", value="Cruz@example.com", customer__first_name="Bob")
    IdentityFactory(of="web", value="cruz-9", customer__first_name="Ann", is_retired=True)
    ValueFactory(field=code, text="AC-4711", customer__first_name="Eve")
    AliasFactory(customer=zoe, public_id="a" * 24)
    IdentityFactory(value="+4915112345678", customer__first_name="Max")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("cruz", 2),
        ("CRUZ zoë", 1),
        ("+92 300 1234567", 1),
        ("0300 1234", 1),
        ("1234", 2),
        ("ac-47", 1),
        ("a" * 24, 1),
        ("a", 3),
        ("nobody at all", 0),
        ("%", 0),
    ],
)
@pytest.mark.parametrize("caller", [SUPERVISOR, AGENT])
@pytest.mark.usefixtures("population")
def test_condition_finds_the_customers_that_the_search_box_finds(text, count, caller):
    hits = find(text, current_schema(), FieldAccess(caller))

    assert found(text, caller) == {hit.public_id for hit in hits}
    assert len(found(text)) == count


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("cruz", "zoë de la cruz"),
        ("example.com", "cruz@example.com"),
        ("300123", "+923001234567"),
        ("4711", "ac-4711"),
    ],
)
@pytest.mark.usefixtures("population")
def test_condition_gives_no_part_of_a_masked_value_away(part, whole):
    for key in ("firstName", "phoneNumber", "email", "code"):
        change_field(field_of(key), may_clear_pii=False, is_pii=True)

    assert found(part, AGENT) == set()
    assert len(found(whole, AGENT)) == 1


def test_list_counts_every_customer_that_the_search_finds():
    customers_named("Amal", MANY)
    CustomerFactory(first_name="Bob")
    client = staff("Supervisor")

    page = client.get(LIST, {"q": "amal"})
    last = client.get(LIST, {"q": "amal", "p": MANY // 50 + 1})

    assert page.context["cl"].result_count == MANY
    assert f"{MANY} customers" in text_of(page)
    assert [c.first_name for c in last.context["cl"].result_list][-1] == "Amal 0"


def test_list_says_when_it_stopped_counting():
    customers_named("Amal", FILTERED_COUNT_LIMIT + 1)
    client = staff("Supervisor")

    page = client.get(LIST, {"q": "amal"})

    assert f"{FILTERED_COUNT_LIMIT:,} or more customers" in text_of(page)


@pytest.mark.parametrize(
    ("deed", "values", "total"),
    [
        ("export", {"columns": "every"}, MANY),
        ("label", {}, MANY),
        ("field", {"value": "Ulm"}, MANY),
        ("delete", {"sure": "on"}, MANY),
        ("merge", {"names": "any", "keep": "oldest"}, 1),
    ],
)
def test_bulk_action_reaches_every_customer_that_the_search_finds(deed, values, total):
    FieldFactory(key="town")
    oldest, second = customers_named("Amal", MANY)[:2]
    DuplicatePair.objects.create(first=oldest, second=second, score=90)
    CustomerFactory(first_name="Bob")
    client = staff("Supervisor")
    address = {"q": "amal", "all": "1"} | ({"field": "town"} if deed == "field" else {})
    page = f"{LIST}bulk/{deed}/?{urlencode(address)}"
    if deed == "label":
        values = {"add": [LabelFactory().pk]}

    seen = client.get(page).context["seen"]
    response = client.post(page, values | {"count": seen.count, "newest": seen.newest})

    assert (seen.count, response.status_code) == (MANY, 302)
    assert Job.objects.get().total == total


def test_saved_filter_keeps_the_search():
    CustomerFactory(first_name="Amal")
    CustomerFactory(first_name="Bob")
    client = staff("Supervisor")

    client.post(f"{LIST}filters/save/", {"name": "Amals", "back": "q=Amal"})

    kept = SavedFilter.objects.get()
    page = client.get(LIST, {"saved": kept.public_id}).context["cl"]
    assert kept.conditions == [[".search", "finds", "Amal"]]
    assert [customer.first_name for customer in page.result_list] == ["Amal"]
    assert [chip.words for chip in page.state.chips()] == ["Search finds Amal"]
    assert not page.state.is_modified


@pytest.mark.parametrize("where", ["", json.dumps([["firstName", "contains", "bob"]])])
def test_search_and_filter_hold_together(where):
    CustomerFactory(first_name="Amal Bob")
    CustomerFactory(first_name="Amal")

    page = staff("Supervisor").get(LIST, {"q": "amal", "where": where}).context["cl"]

    names = [customer.first_name for customer in page.result_list]
    assert names == (["Amal Bob"] if where else ["Amal", "Amal Bob"])


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL plans")
@pytest.mark.parametrize("text", ["erson 7919", "0012345", "town 12431", "+92 300 0012345"])
def test_search_walks_the_indexes_of_names_identifiers_and_values(text):
    customers = customers_named("Person", CROWD)
    phone, town = field_of("phoneNumber"), FieldFactory(key="town", is_searchable=True)
    numbers = [f"+92300{n * 7919 % 10_000_019:07}" for n in range(CROWD)]
    ChannelIdentity.objects.bulk_create(
        ChannelIdentity(customer=customer, field=phone, value=number, match_key=number)
        for customer, number in zip(customers, numbers, strict=True)
    )
    AttributeValue.objects.bulk_create(
        AttributeValue(customer=customer, field=town, text=f"Town {n}", folded=f"town {n}")
        for n, customer in enumerate(customers)
    )
    with connection.cursor() as cursor:
        for index in PART_INDEXES:
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
        cursor.execute("ANALYZE")

    steps = Customer.objects.filter(search_condition(text, current_schema(), UNMASKED)).explain()

    for index in ("customer_name_part", "identity_value_part", "value_text_part"):
        assert f"customers_{index}" in steps
    assert "Seq Scan on customers_channelidentity" not in steps
    assert "Seq Scan on customers_attributevalue" not in steps
