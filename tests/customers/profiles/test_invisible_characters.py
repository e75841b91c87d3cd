"""Invisible characters are taken out wherever data is read, so that equal values are equal."""

import pytest

from customers.models import Conversation
from labels.models import Label
from tests.support.factories import CustomerFactory, FieldFactory, IdentityFactory
from tests.support.operations import linked
from tests.support.staff import errors_of, staff

pytestmark = pytest.mark.django_db
URL = "/cim-customer/customers"
NUMBER = "+923001234567"
OPTIONS = [{"value": "gold"}, {"value": "\u2764\ufe0f"}]
# Zero-width space, soft hyphen, left-to-right mark, Arabic letter mark, variation selector, filler.
INVISIBLE = [
    "\u200b",
    "\u00ad",
    "\u200e",
    "\u061c",
    "\ufe0f",
    "\u3164",
    "\u202a",
    "\u2066",
    "\ufeff",
]
TYPES = [
    ("email", "amina@example.com", "amina@example.com"),
    ("phonenumber", NUMBER, NUMBER),
    ("date", "1986-04-12", "1986-04-12"),
    ("datetime", "1986-04-12T10:00:00Z", "1986-04-12T10:00:00Z"),
    ("number", "12.5", "12.5"),
    ("boolean", "true", True),
    ("choice", "gold", "gold"),
    ("multichoice", "gold", ["gold"]),
    ("url", "https://example.com/a", "https://example.com/a"),
    ("ip", "192.0.2.1", "192.0.2.1"),
    ("name", "Amina", "Amina"),
    ("string", "Amina", "Amina"),
]


def spoilt(text, character):
    """`text` with `character` before, inside and behind it."""
    return f"{character}{text[:2]}{character}{text[2:]}{character}"


@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
@pytest.mark.parametrize(("kind", "text", "shown"), TYPES, ids=[kind for kind, *_ in TYPES])
def test_value_is_read_without_invisible_characters(write_token, kind, text, shown, character):
    FieldFactory(key="extra", type=kind, options=OPTIONS if "choice" in kind else [])

    created = write_token.post(
        URL, {"firstName": "Zed", "extra": spoilt(text, character)}, format="json"
    )
    found = write_token.get(URL, {"paginateQuery": f"extra:{spoilt(text, character)}"})

    assert created.status_code == 201, created.json()
    assert created.json()["extra"] == shown
    assert [row["firstName"] for row in found.json()["docs"]] == ["Zed"]


@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
@pytest.mark.parametrize(
    ("channel_type", "key", "identifier"),
    [
        ("SMS", "phoneNumber", NUMBER),
        ("EMAIL", "email", "amina@example.com"),
        ("WEB", "web", "visitor-7"),
    ],
)
def test_identifier_with_invisible_characters_finds_its_holder(
    write_token, channel_type, key, identifier, character
):
    created = write_token.post(URL, {"firstName": "Amina", key: [identifier]}, format="json").json()

    answer = write_token.get(
        URL,
        {
            "channelType": channel_type,
            "customerChannelIdentifier": spoilt(identifier, character),
        },
    ).json()

    assert answer["identification"]["outcome"] == "matched"
    assert answer["customer"]["_id"] == created["_id"]


def test_option_of_an_emoji_is_chosen_with_and_without_its_selector(write_token):
    FieldFactory(key="mood", type="choice", options=OPTIONS)

    for sent in ("\u2764\ufe0f", "\u2764"):
        created = write_token.post(URL, {"firstName": "Zed", "mood": sent}, format="json")

        assert created.json()["mood"] == "\u2764\ufe0f"


@pytest.mark.parametrize("name", ["\u200b", "\u3164 \u2800", "\u200e\u00ad"], ids=ascii)
def test_name_of_nothing_visible_is_empty(write_token, name):
    customer = CustomerFactory(first_name="Amina")

    created = write_token.post(URL, {"firstName": name}, format="json")
    changed = write_token.put(f"{URL}/{customer.public_id}", {"firstName": name}, format="json")

    assert created.json()["firstName"] == "Jane Doe"
    assert changed.json()["errors"] == {"firstName": ["This field is required."]}


def test_joiners_stay_inside_names(write_token):
    name = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"

    created = write_token.post(URL, {"firstName": f"\u200f{name}\u200c"}, format="json").json()
    found = write_token.get(
        URL, {"paginateQuery": "firstName:" + name.replace("\u200c", "")}
    ).json()

    assert created["firstName"] == name
    assert found["docs"] == [created]


def test_label_name_is_kept_without_invisible_characters(supervisor):
    url = "/cim-customer/label"

    created = supervisor.post(url, {"name": "V\u200bIP\u200e"}, format="json")
    again = supervisor.post(url, {"name": "VIP\u00ad"}, format="json")

    assert created.json()["name"] == "VIP"
    assert again.json()["errors"] == {"name": ["is duplicate"]}


def test_label_name_in_the_administration_is_kept_without_invisible_characters():
    client, form = staff("Supervisor"), {"color": "#112233", "priority": "5"}

    client.post("/admin/labels/label/add/", form | {"name": "\u202aG\u200bold\u202c"})
    blank = client.post("/admin/labels/label/add/", form | {"name": "\u3164"})

    assert Label.objects.filter(color="#112233").values_list("name").get() == ("Gold",)
    assert errors_of(blank) == {"name": ["This field is required."]}


@pytest.mark.parametrize("sent", ["c\u200b1", "\u200ec1\u00ad"], ids=ascii)
def test_conversation_id_is_read_without_invisible_characters(write_token, sent):
    customer = IdentityFactory(value=NUMBER).customer
    linked("c1", customer)
    query = {
        "channelType": "SMS",
        "customerChannelIdentifier": NUMBER,
        "conversationId": sent,
    }

    found = write_token.get(f"/api/conversations/{sent}")
    answer = write_token.get(URL, query)

    assert found.json()["conversationId"] == "c1"
    assert answer.json()["conversation"]["conversationId"] == "c1"
    assert Conversation.objects.count() == 1


def test_conversation_id_of_nothing_visible_is_refused(write_token):
    body = {"customerId": CustomerFactory().public_id, "channelType": "SMS"}

    response = write_token.put("/api/conversations/\u200b", body, format="json")

    assert response.status_code == 400
    assert response.json()["errors"] == {"conversationId": ["This field may not be blank."]}
