"""Addresses are accepted, refused and compared alike, by whatever way they come."""

import pytest

from customers.models import ChannelIdentity
from tests.support.factories import CustomerFactory, FieldFactory
from tests.support.operations import linked

pytestmark = pytest.mark.django_db
URL = "/cim-customer/customers"
SPELLINGS = [
    ("\u00f1o\u00f1\u00f3@example.com", "N\u0303o\u00f1o\u0301@EXAMPLE.com"),
    ("amina@b\u00fccher.example", "amina@xn--bcher-kva.example"),
    ("amina@xn--bcher-kva.example", "Amina@B\u00dcCHER.example"),
    ("amina@office.local", "AMINA@office.LOCAL"),
]
NO_ADDRESSES = ["me@xn--0.tld", f"{'z' * 65}@example.com", f"me@{'z' * 64}.com", "a@host"]


@pytest.fixture
def address_field(db):
    """A field for IP addresses that serves a channel."""
    return FieldFactory(key="address", type="ip", is_channel_identifier=True, serves=["WEB"])


def identified(client, channel_type, identifier):
    query = {"channelType": channel_type, "customerChannelIdentifier": identifier}
    return client.get(URL, query).json()


@pytest.mark.parametrize(("stored", "sent"), SPELLINGS)
def test_internationalised_address_finds_its_holder(write_token, stored, sent):
    created = write_token.post(URL, {"firstName": "Amina", "email": [stored]}, format="json")

    answer = identified(write_token, "EMAIL", sent)

    assert created.json()["email"] == [stored]
    assert answer["identification"]["outcome"] == "matched"
    assert answer["customer"]["_id"] == created.json()["_id"]


@pytest.mark.parametrize(("stored", "sent"), SPELLINGS)
def test_internationalised_address_is_one_value(write_token, stored, sent):
    FieldFactory(key="other", type="email")
    created = write_token.post(URL, {"firstName": "Amina", "other": stored}, format="json")

    found = write_token.get(URL, {"paginateQuery": f"other:{sent}"}).json()

    assert created.json()["other"] == stored
    assert [row["_id"] for row in found["docs"]] == [created.json()["_id"]]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_refused(write_token, address):
    FieldFactory(key="other", type="email")

    identifier = write_token.post(URL, {"firstName": "A", "email": [address]}, format="json")
    value = write_token.post(URL, {"firstName": "A", "other": address}, format="json")

    assert identifier.json()["errors"] == {"email": ["Enter a valid email address."]}
    assert value.json()["errors"] == {"other": ["Enter a valid email address."]}


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_identification_marks_what_is_no_address(write_token, address):
    identified(write_token, "EMAIL", address)

    assert ChannelIdentity.objects.filter(is_valid=False).count() == 1


@pytest.mark.parametrize("sent", ["2001:DB8::1", "2001:db8:0:0::1", "2001:0db8::0001"])
def test_ip_address_finds_its_holder_in_any_notation(write_token, address_field, sent):
    created = write_token.post(
        URL, {"firstName": "Amina", "address": ["2001:DB8::1"]}, format="json"
    ).json()

    answer = identified(write_token, "WEB", sent)

    assert answer["customer"]["_id"] == created["_id"]
    assert answer["customer"]["address"] == ["2001:DB8::1"]


def test_ip_address_with_a_zone_is_refused(write_token, address_field):
    response = write_token.post(
        URL, {"firstName": "Amina", "address": ["fe80::1%eth0"]}, format="json"
    )

    assert response.json()["errors"] == {"address": ["Enter a valid IPv4 or IPv6 address."]}


@pytest.mark.parametrize("offset", ["+10:60", "+24:00", "-00:99"])
def test_moment_with_an_impossible_offset_is_refused(write_token, offset):
    customer = CustomerFactory()
    linked("c1", customer)
    body = {"openedAt": f"1990-12-31T10:00:00{offset}"}

    response = write_token.put("/api/conversations/c1", body, format="json")
    label = write_token.post(
        URL, {"firstName": "Zed", "labelUntil": f"2030-12-31T10:00:00{offset}"}, format="json"
    )

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["openedAt"]
    assert list(label.json()["errors"]) == ["labelUntil"]
