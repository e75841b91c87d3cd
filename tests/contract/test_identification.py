import pytest

from customers.models import ChannelIdentity, Customer
from schema_builder.models import ChannelType
from tests.support.factories import CustomerFactory, IdentityFactory

from .shapes import fields_of, invalid, lacking, refused

URL = "/cim-customer/customers"
NUMBER = "+923001234567"


def identified(client, channel_type, identifier, **extra):
    # Callers do not encode the identifier.
    query = f"channelType={channel_type}&customerChannelIdentifier={identifier}"
    return client.get(URL, QUERY_STRING=query, **extra)


@pytest.mark.usefixtures("sample_schema")
def test_first_contact_answers_an_anonymous_customer(write_token):
    response = identified(write_token, "WEB", "0991223")

    customer = response.json()["customer"]
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert fields_of(customer) == {
        "firstName": "Jane Doe",
        "phoneNumber": [],
        "isAnonymous": True,
        "__v": 0,
        "web": ["0991223"],
        "voice": [],
        "email": "",
        "age": "",
        "vip": "",
        "labels": [],
        "labelNames": [],
        "priority": 1,
    }
    assert response.json() == {
        "customer": customer,
        "customerSuggestions": [],
        "identification": {
            "outcome": "created",
            "matchedBy": None,
            "suggestions": [],
            "priority": {"value": 1, "label": None, "customers": []},
            "doNotContact": {"applies": False, "labels": []},
        },
    }


def test_customer_of_identification_is_that_of_the_detail(write_token):
    IdentityFactory(value=NUMBER)

    customer = identified(write_token, "CX_VOICE", NUMBER).json()["customer"]

    assert write_token.get(f"{URL}/{customer['_id']}").json() == customer


@pytest.mark.parametrize("channel_type", ["CX_VOICE", "CISCO_CC", "VOICE", "SMS"])
@pytest.mark.parametrize("identifier", ["+923001234567", "%2B923001234567", "+92%20300%201234567"])
def test_plus_may_come_raw(read_token, channel_type, identifier):
    holder = IdentityFactory(value=NUMBER).customer

    response = identified(read_token, channel_type, identifier)

    assert response.json()["customer"]["_id"] == holder.public_id


@pytest.mark.parametrize(
    "identifier", ["Zo\u00eb".encode().decode("latin-1"), "Zo%C3%AB", "Zoe%CC%88"]
)
def test_other_letters_may_come_raw(read_token, identifier):
    holder = IdentityFactory(of="web", value="Zo\u00eb").customer

    response = identified(read_token, "WEB", identifier)

    assert response.json()["customer"]["_id"] == holder.public_id


@pytest.mark.parametrize("identifier", ["a+b", "a%2Bb"])
def test_plus_of_a_text_is_kept(write_token, identifier):
    assert identified(write_token, "WEB", identifier).json()["customer"]["web"] == ["a+b"]


def test_several_matches_are_suggestions(write_token):
    rows = [IdentityFactory(of="web", value="w1").customer for _ in range(2)]

    response = identified(write_token, "WEB", "w1")

    details = [write_token.get(f"{URL}/{row.public_id}").json() for row in rows]
    reason = "Has the same Web, and so do others."
    assert response.json()["customerSuggestions"] == details
    assert response.json()["customer"]["isAnonymous"] is True
    assert response.json()["identification"] == {
        "outcome": "ambiguous",
        "matchedBy": None,
        "suggestions": [
            {
                "customerId": row.public_id,
                "rule": "same_identifier",
                "score": 90,
                "reason": reason,
            }
            for row in rows
        ],
        "priority": {"value": 1, "label": None, "customers": []},
        "doNotContact": {"applies": False, "labels": []},
    }


def test_read_only_credential_gets_the_known_and_403_for_others(read_token):
    IdentityFactory(value=NUMBER)
    before = Customer.objects.count()

    known = identified(read_token, "SMS", NUMBER)
    unknown = identified(read_token, "SMS", "+923009999999")

    assert (known.status_code, unknown.status_code) == (200, 403)
    assert unknown.json() == refused(
        lacking("Create customers", "create a customer for this identifier, which no customer has")
    )
    assert Customer.objects.count() == before


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ("channelType=WEB", {"customerChannelIdentifier": ["This parameter is required."]}),
        (
            "channelType=WEB&customerChannelIdentifier=",
            {"customerChannelIdentifier": ["This parameter is required."]},
        ),
        (
            "channelType=WEB&customerChannelIdentifier=%20%E2%80%8B",
            {"customerChannelIdentifier": ["This parameter is required."]},
        ),
        (
            "channelType=WEB&customerChannelIdentifier=" + "x" * 256,
            {"customerChannelIdentifier": ["Ensure this field has no more than 255 characters."]},
        ),
    ],
    ids=["missing", "empty", "blank", "long"],
)
def test_identifier_has_to_be_one(write_token, query, problems):
    response = write_token.get(URL, QUERY_STRING=query)

    assert response.status_code == 400
    assert response.json() == invalid(**problems)
    assert Customer.objects.count() == 0


@pytest.mark.parametrize("channel_type", ["PIGEON", "", "sms"])
def test_unknown_channel_type_names_the_known_ones(write_token, channel_type):
    response = identified(write_token, channel_type, "x")

    known = ", ".join(ChannelType.objects.order_by("id").values_list("name", flat=True))
    assert response.status_code == 400
    assert response.json() == invalid(
        channelType=[f'Unknown channel type "{channel_type}". Known are: {known}.']
    )


def test_head_creates_nobody(write_token):
    response = write_token.head(f"{URL}?channelType=WEB&customerChannelIdentifier=w1")

    assert (response.status_code, response.content) == (200, b"")
    assert Customer.objects.count() == 0


def test_known_customer_costs_one_statement_with_a_known_token(
    read_token, django_assert_num_queries
):
    IdentityFactory(value=NUMBER)
    identified(read_token, "SMS", NUMBER)

    with django_assert_num_queries(1):
        identified(read_token, "SMS", NUMBER)


def test_new_token_costs_one_statement_more(read_token, write_token, django_assert_num_queries):
    IdentityFactory(value=NUMBER)
    identified(write_token, "SMS", NUMBER)
    type(read_token.token).objects.update(last_used_at=read_token.token.created_at)

    with django_assert_num_queries(2):
        identified(read_token, "SMS", NUMBER)


def test_identified_anonymous_becomes_known_under_its_name(agent):
    created = identified(agent, "WEB", "w1").json()["customer"]

    agent.put(f"{URL}/{created['_id']}", {**created, "firstName": "Zed"})
    again = identified(agent, "WEB", "w1").json()

    assert again["identification"]["outcome"] == "matched"
    assert again["customer"]["firstName"] == "Zed"
    assert again["customer"]["isAnonymous"] is False


def test_customer_of_the_old_record_is_found_by_every_identifier(agent):
    customer = CustomerFactory()
    for value in ("w1", "w2"):
        IdentityFactory(of="web", value=value, customer=customer)

    found = {identified(agent, "WEB", value).json()["customer"]["_id"] for value in ("w1", "w2")}

    assert found == {customer.public_id}
    assert ChannelIdentity.objects.count() == 2
