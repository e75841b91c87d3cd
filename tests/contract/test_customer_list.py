from datetime import UTC, datetime

import pytest

from customers.labelling.label_merge import merge_labels
from customers.models import Customer, CustomerAlias
from schema_builder.models import ChannelType
from schema_builder.versions import touch_schema
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
)
from tests.support.operations import SAM

from .shapes import fields_of, invalid

URL = "/cim-customer/customers"


def names(response):
    return [document["firstName"] for document in response.json()["docs"]]


def listed(client, query):
    return names(client.get(f"{URL}?limit=25&offset=0&sort=&paginateQuery={query}"))


@pytest.fixture
def three(db):
    return [CustomerFactory(first_name=name) for name in ("Amy", "Bob", "Cid")]


@pytest.mark.usefixtures("sample_schema")
def test_list_answers_documents_and_their_number(agent):
    agent.post(URL, {"firstName": "Raza Ellahi", "web": ["+923324806049"]})

    response = agent.get(f"{URL}?limit=25&offset=0&sort=&paginateQuery=")

    assert response.status_code == 200
    assert [fields_of(document) for document in response.json()["docs"]] == [
        {
            "firstName": "Raza Ellahi",
            "phoneNumber": [],
            "isAnonymous": False,
            "__v": 0,
            "voice": [],
            "web": ["+923324806049"],
            "labels": [],
            "email": "",
            "age": "",
            "vip": "",
            "labelNames": [],
            "priority": 1,
        }
    ]
    assert {key: response.json()[key] for key in ("totalDocs", "limit", "offset")} == {
        "totalDocs": 1,
        "limit": 25,
        "offset": 0,
    }


def test_list_documents_equal_the_single_customer(agent):
    created = agent.post(URL, {"firstName": "Zed", "web": ["w1"]}).json()

    assert agent.get(URL).json()["docs"] == [created]


@pytest.mark.usefixtures("three")
def test_list_begins_with_the_newest(agent):
    assert names(agent.get(URL)) == ["Cid", "Bob", "Amy"]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("limit=2", ["Cid", "Bob"]),
        ("limit=2&offset=2", ["Amy"]),
        ("limit=3&offset=3", []),
        ("offset=99999999999999999999999999", []),
        ("limit=&offset=&sort=&paginateQuery=&nonsense=1", ["Cid", "Bob", "Amy"]),
    ],
)
def test_list_pages_by_row_offset(agent, query, shown):
    response = agent.get(f"{URL}?{query}")

    assert (names(response), response.json()["totalDocs"]) == (shown, 3)


@pytest.mark.parametrize("value", ["0", "-1", "201", "ten", "1.5", "1e3", "١", "%20", "9" * 30])
def test_list_refuses_a_bad_limit(agent, value):
    response = agent.get(f"{URL}?limit={value}")

    assert response.status_code == 400
    assert response.json() == invalid(limit=["Must be a whole number from 1 to 200."])


@pytest.mark.parametrize("value", ["-1", "ten", "1.5", "٢"])
def test_list_refuses_a_bad_offset(agent, value):
    response = agent.get(f"{URL}?offset={value}")

    assert response.status_code == 400
    assert response.json() == invalid(offset=["Must be a whole number, 0 or more."])


def test_list_reports_bad_limit_and_offset_at_once(agent):
    assert agent.get(f"{URL}?limit=x&offset=x").json() == invalid(
        limit=["Must be a whole number from 1 to 200."],
        offset=["Must be a whole number, 0 or more."],
    )


@pytest.mark.parametrize(
    ("sort", "shown"),
    [
        ("firstName:asc", ["Amy", "Bob", "Cid"]),
        ("firstName:desc", ["Cid", "Bob", "Amy"]),
        ("age:asc", ["Bob", "Cid", "Amy"]),
        ("age:desc", ["Cid", "Bob", "Amy"]),
        ("born:desc", ["Bob", "Cid", "Amy"]),
        ("town:asc", ["Cid", "Bob", "Amy"]),
        ("phoneNumber:asc", ["Bob", "Amy", "Cid"]),
        ("isAnonymous:desc", ["Cid", "Bob", "Amy"]),
        ("labels:asc", ["Cid", "Amy", "Bob"]),
        ("_id:asc", ["Cid", "Amy", "Bob"]),
        ("_id:desc", ["Bob", "Amy", "Cid"]),
        ("createdAt:asc", ["Bob", "Amy", "Cid"]),
        ("updatedAt:desc", ["Amy", "Cid", "Bob"]),
    ],
)
def test_list_sorts_by_any_field(supervisor, three, sort, shown):
    amy, bob, cid = three
    age, born = FieldFactory(key="age", type="number"), FieldFactory(key="born", type="date")
    town = FieldFactory(key="town")
    for customer, years, day, place in [
        (bob, "9", "2001-01-01", "Ulm"),
        (cid, "10", "2000-01-01", "Bonn"),
    ]:
        ValueFactory(customer=customer, field=age, text=years)
        ValueFactory(customer=customer, field=born, text=day)
        ValueFactory(customer=customer, field=town, text=place)
    IdentityFactory(customer=amy, value="+923000000002")
    IdentityFactory(customer=bob, value="+923000000001")
    WornLabelFactory(customer=cid, label=LabelFactory(name="A"))
    WornLabelFactory(customer=amy, label=LabelFactory(name="B"))
    Customer.objects.filter(pk=cid.pk).update(is_anonymous=True, public_id="0" * 24)
    Customer.objects.filter(pk=bob.pk).update(public_id="f" * 24)
    Customer.objects.filter(pk=bob.pk).update(created_at=datetime(2020, 1, 1, tzinfo=UTC))
    Customer.objects.filter(pk=amy.pk).update(updated_at=datetime(2100, 1, 1, tzinfo=UTC))
    Customer.objects.filter(pk=bob.pk).update(updated_at=datetime(2020, 1, 1, tzinfo=UTC))

    assert names(supervisor.get(f"{URL}?sort={sort}")) == shown


@pytest.mark.parametrize(
    ("sort", "problem"),
    [
        ("nope:asc", 'Unknown field "nope".'),
        ("firstName", "Must be <key>:asc or <key>:desc."),
        ("firstName:up", "Must be <key>:asc or <key>:desc."),
        ("firstName:ASC", "Must be <key>:asc or <key>:desc."),
        (":asc", 'Unknown field "".'),
    ],
)
def test_list_refuses_a_bad_sort(agent, sort, problem):
    response = agent.get(f"{URL}?sort={sort}")

    assert response.status_code == 400
    assert response.json() == invalid(sort=[problem])


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("nope:x", 'Unknown field "nope".'),
        ("nope:", 'Unknown field "nope".'),
        ("nope", "Must be <key>:<value>."),
        ("secret:x", "Passwords cannot be searched."),
        ("createdBy:amy", 'Unknown field "createdBy".'),
    ],
    ids=lambda text: text[:20],
)
def test_list_refuses_a_bad_key(agent, query, problem):
    FieldFactory(key="secret", type="password")

    response = agent.get(f"{URL}?paginateQuery={query}")

    assert response.status_code == 400
    assert response.json() == invalid(paginateQuery=[problem])


def test_list_refuses_the_key_of_a_masked_value_that_could_be_guessed(agent):
    FieldFactory(key="age", type="number", is_pii=True)

    response = agent.get(f"{URL}?paginateQuery=age:many")

    assert response.json() == invalid(paginateQuery=['You may not search by "age".'])


@pytest.fixture
def measured(db):
    """Amy, born in March 1986; Bob, of December 2026, with one value of each type."""
    fields = {
        "age": FieldFactory(key="age", type="number"),
        "vip": FieldFactory(key="vip", type="boolean"),
        "born": FieldFactory(key="born", type="date"),
        "seen": FieldFactory(key="seen", type="datetime"),
        "tier": FieldFactory(
            key="tier", type="choice", options=[{"value": "g", "label": "Gold"}, {"value": "s"}]
        ),
    }
    amy = {"age": "9", "vip": "true", "born": "1986-03-18", "seen": "2026-04-01T10:15:00.250Z"}
    bob = {"age": "10", "vip": "false", "born": "2026-12-01", "seen": "2026-04-30T23:59:59Z"}
    for name, values in [("Amy", amy | {"tier": "g"}), ("Bob", bob | {"tier": "s"})]:
        customer = CustomerFactory(first_name=name)
        for key, text in values.items():
            ValueFactory(customer=customer, field=fields[key], text=text)


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize(
    "query",
    [
        "age:many",
        "age:1,5",
        "age:1e99",
        "vip:maybe",
        "isAnonymous:maybe",
        "isAnonymous:yes",
        "born:today",
        "born:2026-13",
        "born:2026-02-3",
        "born:2025-02-29",
        "born:0000",
        "born:198",
        "born:2026-12-01T10",
        "born:31.12.2026",
        "born:٢٠٢٦",
        "born:1987..",
        "born:3000..2026",
        "seen:2026-04-31",
        "seen:2026-04-01T10:15:00.251",
        "seen:noon",
        "tier:Iron",
        "labels:abc",
        "labels:,",
        "_id:abc",
        "_id:" + "0" * 24,
        "createdAt:yesterday",
        "createdAt:1986",
        "updatedAt:-04-",
        "firstName:" + "x" * 300,
        "firstName:" + "x" * 1001,
        "phoneNumber:" + "1" * 1001,
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_value_that_cannot_match_is_an_empty_page(agent, query):
    if query == "born:1987..":
        Customer.objects.filter(first_name="Bob").delete()

    response = agent.get(f"{URL}?paginateQuery={query}")

    assert response.status_code == 200
    assert response.json() == {
        "docs": [],
        "totalDocs": 0,
        "limit": 25,
        "offset": 0,
        "nextCursor": None,
    }


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("born:1986", ["Amy"]),
        ("born:1986-0", ["Amy"]),
        ("born:1986-03-", ["Amy"]),
        ("born:1986-03-1", ["Amy"]),
        ("born: 1986-03-18", ["Amy"]),
        ("born:03-18", ["Amy"]),
        ("born:-12-", ["Bob"]),
        ("born:2026-1", ["Bob"]),
        ("born:2000..", ["Bob"]),
        ("born:..1986", ["Amy"]),
        ("born:1986-03..2026", ["Bob", "Amy"]),
        ("seen:2026-04", ["Bob", "Amy"]),
        ("seen:2026-04-01", ["Amy"]),
        ("seen:2026-04-01 10:15", ["Amy"]),
        ("seen:2026-04-01t10:15:00z", ["Amy"]),
        ("seen:2026-04-01T10:15:00.25Z", ["Amy"]),
        ("seen:2026-04-01T12:15:00.250%2B02:00", ["Amy"]),
        ("seen:2026-04-30T23:59:59Z", ["Bob"]),
        ("seen:23:59", ["Bob"]),
        ("vip:yes", ["Amy"]),
        ("vip:No", ["Bob"]),
        ("vip: TRUE", ["Amy"]),
        ("isAnonymous:no", ["Bob", "Amy"]),
        ("tier:gol", ["Amy"]),
        ("tier:g", ["Amy"]),
        ("tier:s", ["Bob"]),
    ],
)
def test_list_matches_parts_and_words_of_typed_values(agent, query, shown):
    assert listed(agent, query) == shown


def test_list_finds_by_what_is_kept_of_the_record(agent, three):
    old = datetime(2020, 5, 17, 12, 30, 15, 123456, tzinfo=UTC)
    Customer.objects.filter(pk=three[0].pk).update(created_at=old, updated_at=old)
    CustomerAlias.objects.create(public_id="a" * 24, customer=three[1])
    shown = agent.get(f"{URL}/{three[0].public_id}").json()

    assert listed(agent, "createdAt:2020-05") == ["Amy"]
    assert listed(agent, f"createdAt:{shown['createdAt']}") == ["Amy"]
    assert listed(agent, "createdAt:2020-05-18..") == ["Cid", "Bob"]
    assert listed(agent, "updatedAt:..2020") == ["Amy"]
    assert listed(agent, f"_id:{three[2].public_id}, {'a' * 24},nonsense") == ["Cid", "Bob"]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("firstName:b", ["Bob"]),
        ("firstName:BOB", ["Bob"]),
        ("firstName:", ["Cid", "Bob", "Amy"]),
        ("firstName:%20", ["Cid", "Bob", "Amy"]),
        ("firstName:%25", []),
        ("firstName:_", []),
        ("firstName:a:b", []),
    ],
)
def test_list_matches_a_part_of_a_text(agent, query, shown):
    assert listed(agent, query) == shown


@pytest.mark.parametrize(
    "query",
    [
        "%2B923001234567",
        "923001234567",
        "300123",
        "0300 1234567",
        "%2B92 300 123",
        "00923001234567",
    ],
)
def test_list_finds_a_number_by_its_digits(agent, query):
    ChannelType.objects.filter(name="SMS").update(default_region="PK")
    touch_schema()
    IdentityFactory(customer__first_name="Amy", value="+923001234567")
    IdentityFactory(customer__first_name="Bob", value="+441632960000")

    assert listed(agent, f"phoneNumber:{query}") == ["Amy"]


def test_list_leaves_retired_identities_out(agent):
    IdentityFactory(value="+923001234567", is_retired=True)

    assert listed(agent, "phoneNumber:300123") == []


def test_list_takes_any_of_the_labels(agent, three):
    gold, silver, iron = (LabelFactory(name=name) for name in ("Gold", "Silver", "Iron"))
    WornLabelFactory(customer=three[0], label=gold)
    WornLabelFactory(customer=three[1], label=silver)
    WornLabelFactory(customer=three[1], label=iron)

    both = f"{gold.public_id},{silver.public_id}"

    assert listed(agent, f"labels:{both}") == ["Bob", "Amy"]
    assert listed(agent, f"labels:{iron.public_id}") == ["Bob"]
    assert listed(agent, f"labels:{'0' * 24}") == []


def test_list_finds_customers_by_the_id_of_a_merged_label(agent, three):
    gold, loyal = LabelFactory(name="Gold"), LabelFactory(name="Loyal")
    WornLabelFactory(customer=three[0], label=loyal)
    merge_labels(gold, loyal, caller=SAM)

    assert listed(agent, f"labels:{loyal.public_id}") == ["Amy"]
    assert listed(agent, f"labels:{loyal.public_id},{gold.public_id}") == ["Amy"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("age:9", ["Amy"]),
        ("age:9.0", ["Amy"]),
        ("age:1", []),
        ("vip:true", ["Amy"]),
        ("vip:false", []),
        ("isAnonymous:true", []),
        ("isAnonymous:false", ["Amy"]),
    ],
)
def test_list_compares_typed_values(agent, query, shown):
    customer = CustomerFactory(first_name="Amy")
    for key, kind, text in (("age", "number", "9"), ("vip", "boolean", "true")):
        ValueFactory(customer=customer, field=FieldFactory(key=key, type=kind), text=text)

    assert listed(agent, query) == shown


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_the_same_queries_at_any_length(write_token, rows, django_assert_num_queries):
    for _ in range(rows):
        customer = CustomerFactory()
        IdentityFactory.create_batch(2, customer=customer)
        ValueFactory(customer=customer)
        WornLabelFactory(customer=customer)
    write_token.get(URL)

    # The revision of the schema and the page, which tells the total as well.
    with django_assert_num_queries(2):
        write_token.get(URL)


def test_list_counts_with_one_more_query(write_token, three, django_assert_num_queries):
    write_token.get(URL)

    with django_assert_num_queries(3):
        write_token.get(f"{URL}?limit=2")


def test_page_after_a_cursor_takes_one_query_for_the_rows_and_one_for_the_number(
    write_token, three, django_assert_num_queries
):
    cursor = write_token.get(f"{URL}?limit=1").json()["nextCursor"]

    with django_assert_num_queries(3):
        write_token.get(f"{URL}?limit=1&after={cursor}")


@pytest.mark.usefixtures("three")
def test_cursor_goes_with_a_condition(agent):
    query = f"{URL}?limit=1&sort=firstName:desc&paginateQuery=isAnonymous:false&offset=0"

    first = agent.get(query).json()
    second = agent.get(f"{query}&after={first['nextCursor']}")

    assert (names(second), second.json()["totalDocs"]) == (["Bob"], 3)


@pytest.mark.usefixtures("three")
def test_cursor_of_something_else_is_refused(agent):
    cursor = agent.get(f"{URL}?limit=1&sort=firstName:asc").json()["nextCursor"]

    other = agent.get(f"{URL}?sort=firstName:desc&after={cursor}")
    forged = agent.get(f"{URL}?sort=firstName:asc&after={cursor}x")
    beside = agent.get(f"{URL}?sort=firstName:asc&after={cursor}&offset=1")

    assert other.status_code == forged.status_code == beside.status_code == 400
    assert other.json() == invalid(after=['Is a cursor of another order: sort="firstName:asc".'])
    assert forged.json() == invalid(after=["Is no cursor of this list."])
    assert beside.json() == invalid(offset=["Must be 0 where `after` is given."])
