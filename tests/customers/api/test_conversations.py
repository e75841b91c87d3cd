import pytest

from customers.models import Conversation
from schema_builder.editing import change_field
from schema_builder.models import ChannelType
from tests.contract.shapes import invalid, refused, without
from tests.support.factories import CustomerFactory, IdentityFactory, field_of
from tests.support.operations import conversations_of, linked, merged

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"
URL = "/api/conversations/c1"
MOMENT = "2026-05-01T12:00:00Z"


def body(customer, **more):
    return {"customerId": customer.public_id, "channelType": "SMS", **more}


def put(client, values, url=URL):
    return client.put(url, values, format="json")


def test_put_links_a_conversation(write_token):
    customer = CustomerFactory()
    values = body(
        customer,
        identifier=NUMBER,
        direction="outbound",
        openedAt=MOMENT,
        closedAt=None,
        lastActivityAt=MOMENT,
    )

    first, again = put(write_token, values), put(write_token, values)

    shown = {"conversationId": "c1", **values}
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == write_token.get(URL).json() == shown
    assert Conversation.objects.get().identifier == NUMBER


def test_put_to_a_merged_id_names_the_survivor(write_token):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    merged(survivor, duplicate)

    response = put(write_token, body(duplicate))

    assert (response.status_code, response.json()["survivor"]) == (409, survivor.public_id)


def test_put_of_a_conversation_of_another_is_refused(write_token):
    owner, other = CustomerFactory(), CustomerFactory()
    linked("c1", owner)

    response = put(write_token, body(other))

    assert response.status_code == 409
    assert response.json() == refused(
        f"The conversation is linked to customer {owner.public_id}; relink it to change that."
    )
    assert conversations_of(owner) == ["c1"]


def test_put_of_an_unknown_customer_is_refused(write_token):
    response = put(write_token, {"customerId": "f" * 24, "channelType": "SMS"})

    assert (response.status_code, response.json()) == (
        404,
        refused(f'There is no customer "{"f" * 24}".'),
    )


REQUIRED = ["This field is required for a new conversation."]


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({}, {"customerId": REQUIRED, "channelType": REQUIRED}),
        ({"planet": 1}, {"planet": ["Unknown field."]}),
        ({"customerId": "x"}, {"customerId": ["Not a valid id."]}),
        ({"customerId": None}, {"customerId": ["This field may not be null."]}),
        ({"customerId": []}, {"customerId": ["Not a valid id."]}),
        ({"channelType": "PIGEON"}, {"channelType": ['Unknown channel type "PIGEON".']}),
        ({"channelType": {}}, {"channelType": ["Not a valid string."]}),
        (
            {"identifier": "x" * 256},
            {"identifier": ["Ensure this field has no more than 255 characters."]},
        ),
        ({"identifier": True}, {"identifier": ["Not a valid string."]}),
        ({"direction": "up"}, {"direction": ['"up" is not a valid choice.']}),
    ],
)
def test_put_of_a_bad_body_is_refused(write_token, values, problems):
    response = put(write_token, values)

    assert (response.status_code, response.json()) == (400, invalid(**problems))
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("key", ["openedAt", "closedAt", "lastActivityAt"])
@pytest.mark.parametrize("value", ["yesterday", 5, True, [], {}, "9999-12-31T23:59:59-14:00"])
def test_put_of_a_bad_moment_is_refused(write_token, key, value):
    response = put(write_token, body(CustomerFactory()) | {key: value})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [key]
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("values", [[], "text", 5, None, True])
def test_put_of_no_object_is_refused(write_token, values):
    assert put(write_token, values).status_code == 400


@pytest.mark.parametrize("length", [101, 300])
def test_put_of_a_long_id_is_refused(write_token, length):
    response = put(write_token, body(CustomerFactory()), f"/api/conversations/{'x' * length}")

    assert response.status_code == 400
    problem = ["At most 100 characters are possible."]
    assert response.json() == invalid(conversationId=problem)


@pytest.mark.parametrize("path", ["a%00b", "x" * 300, "%F0%9F%98%80", "%FF"])
def test_get_of_a_strange_id_finds_nothing(read_token, path):
    assert read_token.get(f"/api/conversations/{path}").status_code == 404


@pytest.mark.parametrize("path", ["", "/relink"])
def test_nul_in_the_path_is_refused(write_token, path):
    method = write_token.post if path else write_token.put

    assert method(f"/api/conversations/a%00b{path}", {}, format="json").status_code == 404


def test_unknown_parameters_are_refused(write_token):
    for response in (
        write_token.get(f"{URL}?planet=1"),
        write_token.put(f"{URL}?planet=1", body(CustomerFactory()), format="json"),
    ):
        assert response.status_code == 400
        assert response.json() == invalid(planet=["Unknown parameter."])
    assert not Conversation.objects.exists()


def test_conversations_of_a_customer_newest_first(supervisor):
    customer = CustomerFactory()
    for day in (1, 3, 2):
        put(supervisor, body(customer, lastActivityAt=f"2026-05-0{day}T12:00:00Z"), f"{URL}-{day}")
    linked("other", CustomerFactory())

    response = supervisor.get(f"/api/customers/{customer.public_id}/conversations?limit=2")

    assert response.status_code == 200
    assert without(response.json(), "docs") == {"totalDocs": 3, "limit": 2, "offset": 0}
    assert [row["conversationId"] for row in response.json()["docs"]] == ["c1-3", "c1-2"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_whatever_its_length(
    read_token, django_assert_max_num_queries, rows
):
    customer = CustomerFactory()
    for number in range(rows):
        linked(f"c{number}", customer, NUMBER)

    with django_assert_max_num_queries(8):
        response = read_token.get(f"/api/customers/{customer.public_id}/conversations")

    assert len(response.json()["docs"]) == rows


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "offset=-1", "planet=1"])
def test_bad_parameters_of_the_list_are_refused(read_token, query):
    url = f"/api/customers/{CustomerFactory().public_id}/conversations?{query}"

    response = read_token.get(url)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [query.partition("=")[0]]


def test_the_list_of_a_merged_customer_is_the_survivors(read_token):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    linked("c1", duplicate)
    merged(survivor, duplicate)

    response = read_token.get(f"/api/customers/{duplicate.public_id}/conversations")

    assert [row["customerId"] for row in response.json()["docs"]] == [survivor.public_id]
    assert read_token.get(f"/api/customers/{'f' * 24}/conversations").status_code == 404


@pytest.mark.parametrize(
    ("client", "identifier"),
    [("supervisor", NUMBER), ("agent", "***********67"), ("read_token", "***********67")],
)
def test_identifiers_are_masked(request, client, identifier):
    change_field(field_of("phoneNumber"), may_clear_pii=False, is_pii=True)
    linked("c1", CustomerFactory(), NUMBER)

    assert request.getfixturevalue(client).get(URL).json()["identifier"] == identifier


def test_identifiers_of_a_channel_without_field_are_masked_wholly(agent, supervisor):
    ChannelType.objects.create(name="PIGEON")
    linked("c1", CustomerFactory(), "loft 7", channel="PIGEON")

    assert agent.get(URL).json()["identifier"] == "***"
    assert supervisor.get(URL).json()["identifier"] == "loft 7"


def test_identification_links_the_conversation(write_token):
    customer = IdentityFactory(value=NUMBER).customer
    query = f"channelType=SMS&customerChannelIdentifier={NUMBER}&conversationId=c1"

    response = write_token.get(f"/cim-customer/customers?{query}")

    assert response.status_code == 200
    linked_to = {"conversationId": "c1", "customerId": customer.public_id}
    assert response.json()["conversation"] == linked_to
    assert conversations_of(customer) == ["c1"]


def test_identification_with_a_long_conversation_id_is_refused(write_token):
    query = f"channelType=SMS&customerChannelIdentifier={NUMBER}&conversationId={'x' * 300}"

    response = write_token.get(f"/cim-customer/customers?{query}")

    problem = ["At most 100 characters are possible."]
    assert (response.status_code, response.json()) == (400, invalid(conversationId=problem))


def test_a_reader_links_nothing(read_token):
    IdentityFactory(value=NUMBER)
    query = f"channelType=SMS&customerChannelIdentifier={NUMBER}&conversationId=c1"

    assert read_token.get(f"/cim-customer/customers?{query}").status_code == 403
    assert not Conversation.objects.exists()
