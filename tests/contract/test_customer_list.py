import pytest

from customers.models import Customer
from schema_builder.models import ChannelType
from schema_builder.versions import touch_schema
from tests.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    ValueFactory,
    WornLabelFactory,
)

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
    Customer.objects.filter(pk=cid.pk).update(is_anonymous=True)

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
        ("age:many", "A valid number is required."),
        ("vip:maybe", "Must be true or false."),
        ("born:today", "Date has wrong format. Use YYYY-MM-DD."),
        ("secret:x", "Passwords cannot be searched."),
        ("labels:abc", '"abc" is not the id of a label.'),
        ("isAnonymous:maybe", "Must be true or false."),
        ("firstName:" + "x" * 201, "Ensure this field has no more than 200 characters."),
    ],
    ids=lambda text: text[:20],
)
def test_list_refuses_a_bad_query(agent, query, problem):
    for kind in ("number", "boolean", "date", "password"):
        key = {"number": "age", "boolean": "vip", "date": "born", "password": "secret"}[kind]
        FieldFactory(key=key, type=kind)

    response = agent.get(f"{URL}?paginateQuery={query}")

    assert response.status_code == 400
    assert response.json() == invalid(paginateQuery=[problem])


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
