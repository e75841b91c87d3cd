"""Identifiers as channels deliver them, through identification, writes, relink and search."""

import pytest
from django.core.exceptions import ValidationError

from access.actors import Actor
from customers.conversations.linking import link_if_new
from customers.conversations.relinking import RelinkRequest, relink_conversation
from customers.identification.identify import identify
from customers.identification.simulation import simulate_lookup
from customers.identities.ownership import add_identity, claim_identity, share_identity
from customers.lists.search import find
from customers.masking import UNMASKED
from customers.models import ChannelIdentity, Customer
from schema_builder.models import ChannelType
from schema_builder.phones import (
    AREA_CODE_IS_MISSING,
    INTERNATIONAL,
    NO_COUNTRY_CODE,
)
from schema_builder.schema import current_schema
from schema_builder.versions import touch_schema
from tests.support.factories import CustomerFactory, IdentityFactory
from tests.support.imports import counts, imported, problems, rules

pytestmark = pytest.mark.django_db

URL = "/cim-customer/customers"
NUMBER = "+4915112345001"
WRITER = Actor(
    "writer",
    "1",
    frozenset({"customers.view_pii", "customers.add_customer", "customers.change_customer"}),
)
NO_AREA_CODE = f"{AREA_CODE_IS_MISSING}. {INTERNATIONAL}"
LETTERS = (
    "Not a phone number: it holds the letters {}. Write the number in international form, such"
    " as +92 300 1234567."
)


def asked(channel_type, identifier):
    return identify(channel_type, identifier, caller=WRITER)


def outcome(answer):
    return answer["identification"]["outcome"]


def default_region(channel_type, region):
    ChannelType.objects.filter(name=channel_type).update(default_region=region)
    touch_schema()


def holder_of(identifier, key="phoneNumber"):
    """An identified customer whose identity was stored by the rules of today."""
    return IdentityFactory(of=key, value=identifier).customer


@pytest.mark.parametrize("region", ["", "DE", "PK"])
@pytest.mark.parametrize(
    "text",
    [
        "4915112345001",
        "4915112345001@s.whatsapp.net",
        "4915112345001@c.us",
        "4915112345001:12@s.whatsapp.net",
        "whatsapp:+4915112345001",
    ],
)
def test_whatsapp_ids_match_the_number(text, region):
    default_region("WHATSAPP", region)
    holder = holder_of(NUMBER, "whatsapp")

    answer = asked("WHATSAPP", text)

    assert (outcome(answer), answer["customer"]["_id"]) == ("matched", holder.public_id)


def test_international_digits_are_not_read_in_the_region():
    default_region("WHATSAPP", "DE")
    holder_of("+49923001234567", "whatsapp")
    holder = holder_of("+923001234567", "whatsapp")

    assert asked("WHATSAPP", "923001234567")["customer"]["_id"] == holder.public_id


def test_a_supervisor_chooses_which_channel_types_deliver_international_digits():
    default_region("WHATSAPP", "DE")
    ChannelType.objects.filter(name="WHATSAPP").update(has_international_digits=False)
    touch_schema()
    holder = holder_of("+49923001234567", "whatsapp")

    assert asked("WHATSAPP", "923001234567")["customer"]["_id"] == holder.public_id


@pytest.mark.parametrize(
    "text",
    [
        "4915112345001",
        "sip:+4915112345001@sbc.example.com;user=phone",
        "<sip:+4915112345001@sbc.example.com>;tag=x",
        '"W" <sips:4915112345001@sbc.example.com>',
        "tel:+4915112345001;ext=12",
        "+4915112345001 (Ema Case)",
    ],
)
def test_calls_match_the_number_in_the_wrapper(text):
    holder = holder_of(NUMBER)

    answer = asked("CX_VOICE", text)

    assert (outcome(answer), answer["customer"]["_id"]) == ("matched", holder.public_id)


@pytest.mark.parametrize(
    "text",
    [
        "Ema Case <ema.case@example.com>",
        "mailto:ema.case@example.com",
        "ema.case@example.com.",
        "ema.case@example.com,",
    ],
)
def test_mails_match_the_address_in_the_wrapper(text):
    holder = holder_of("ema.case@example.com", "email")

    assert asked("EMAIL", text)["customer"]["_id"] == holder.public_id


@pytest.mark.parametrize(
    ("held", "delivered"),
    [
        ("+5511987654321", "551187654321@s.whatsapp.net"),
        ("+525512345678", "5215512345678"),
        ("+5491123456789", "541123456789"),
        ("+2290195123456", "22995123456"),
        ("+2250707123456", "22507123456"),
    ],
)
def test_renumbered_lines_are_suggested(held, delivered):
    holder = holder_of(held, "whatsapp")

    found = asked("WHATSAPP", delivered)["identification"]

    assert [(item["customerId"], item["rule"]) for item in found["suggestions"]] == [
        (holder.public_id, "phone_variant")
    ]


@pytest.mark.parametrize("text", ["49151123450@lid", "12036304567@g.us"])
def test_other_whatsapp_ids_are_no_numbers(text):
    holder_of("+49151123450", "whatsapp")
    holder_of("+12036304567", "whatsapp")

    first, second = asked("WHATSAPP", text), asked("WHATSAPP", text)

    assert (outcome(first), outcome(second)) == ("created", "anonymous")


def test_sender_ids_are_customers_of_their_own():
    default_region("SMS", "DE")

    first, second = asked("SMS", "BANK24"), asked("SMS", "Telekom24")

    assert first["customer"]["_id"] != second["customer"]["_id"]
    assert list(ChannelIdentity.objects.values_list("match_key", "is_valid").order_by("id")) == [
        ("BANK24", False),
        ("Telekom24", False),
    ]


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("+92341 9005ba521", LETTERS.format('"ba"')),
        ("+92 3OO 1234567", LETTERS.format('"OO"')),
        ("03001234567", NO_COUNTRY_CODE),
    ],
)
def test_number_that_is_none_is_refused_with_the_reason(agent, number, problem):
    response = agent.post(URL, {"firstName": "Zed", "phoneNumber": [number]})

    assert (response.status_code, response.json()["errors"]) == (400, {"phoneNumber": [problem]})


def test_number_without_area_code_identifies_nobody():
    default_region("SMS", "US")
    holder = holder_of("+15550199")
    ChannelIdentity.objects.update(value="555-0199")

    first, second = asked("SMS", "555-0199"), asked("SMS", "5550199")

    assert (outcome(first), outcome(second)) == ("placeholder", "placeholder")
    assert first["customer"]["_id"] != holder.public_id
    assert first["identification"]["reason"] == (
        f"{AREA_CODE_IS_MISSING}, so the identifier was neither looked up nor stored."
    )
    assert first["identification"]["suggestions"] == []
    assert ChannelIdentity.objects.exclude(customer=holder).count() == 0


def test_number_without_area_code_is_refused_everywhere(agent):
    default_region("SMS", "US")
    customer = CustomerFactory()

    response = agent.post(URL, {"firstName": "Zed", "phoneNumber": ["555-0199"]})

    assert response.json()["errors"] == {"phoneNumber": [NO_AREA_CODE]}
    for write in (add_identity, claim_identity, share_identity):
        with pytest.raises(ValidationError) as error:
            write(customer.public_id, "phoneNumber", "555-0199", caller=WRITER)
        assert error.value.messages == [NO_AREA_CODE]


def test_extensions_of_two_domains_are_two_customers():
    first, second = (
        asked("CX_VOICE", f"tel:7042;phone-context={domain}")
        for domain in ("one.example.com", "two.example.com")
    )

    assert first["customer"]["_id"] != second["customer"]["_id"]
    assert asked("CX_VOICE", "sip:7042@one.example.com")["customer"] == first["customer"]


def test_number_that_is_local_to_digits_is_the_whole_number():
    holder = holder_of("+19148631234")

    found = asked("CX_VOICE", "tel:863-1234;phone-context=+1-914")["customer"]

    assert found["_id"] == holder.public_id


def test_minus_one_is_a_withheld_caller():
    answer = asked("CX_VOICE", "-1")

    assert outcome(answer) == "placeholder"
    assert not ChannelIdentity.objects.exists()


def test_rule_bench_says_that_the_area_code_is_missing():
    default_region("SMS", "US")

    verdict = simulate_lookup("SMS", "555-0199", current_schema(), viewer=WRITER).verdict

    assert verdict.startswith(f"{AREA_CODE_IS_MISSING}, so ")


@pytest.mark.parametrize(
    ("channel_type", "key", "handle"),
    [
        ("WHATSAPP", "whatsapp", "US.13491208655302741918"),
        ("SMS", "phoneNumber", "68849"),
        ("CX_VOICE", "phoneNumber", "sip:alice@example.com;transport=tcp"),
        ("CX_VOICE", "phoneNumber", "agent@sip.example.com"),
        ("SMS", "phoneNumber", "BANK24"),
        ("SMS", "phoneNumber", "03001234567"),
        ("WHATSAPP", "whatsapp", "12036304567@g.us"),
        ("EMAIL", "email", "no address"),
    ],
)
def test_delivered_identifier_may_be_written_to_a_customer(agent, channel_type, key, handle):
    anonymous = asked(channel_type, handle)["customer"]
    assert anonymous[key] == [handle]
    known = agent.post(URL, {"firstName": "Ema", key: []}).json()

    response = agent.put(f"{URL}/{known['_id']}", {"firstName": "Ema", key: [handle]})

    assert (response.status_code, response.json()[key]) == (200, [handle])
    Customer.objects.filter(public_id=anonymous["_id"]).delete()
    assert asked(channel_type, handle)["customer"]["_id"] == known["_id"]


def test_customer_has_a_number_and_a_scoped_id(agent):
    known = agent.post(
        URL, {"firstName": "Ema", "whatsapp": [NUMBER, "US.13491208655302741918"]}
    ).json()

    assert asked("WHATSAPP", "4915112345001")["customer"]["_id"] == known["_id"]
    assert asked("WHATSAPP", "US.13491208655302741918")["customer"]["_id"] == known["_id"]


def test_relink_adds_a_handle():
    handle = "sip:alice@example.com"
    stranger = Customer.objects.get(public_id=asked("CX_VOICE", handle)["customer"]["_id"])
    link_if_new("c1", stranger.pk, ChannelType.objects.get(name="CX_VOICE"), handle)
    target = CustomerFactory()

    relink_conversation("c1", RelinkRequest(target.public_id, add_identity=True), caller=WRITER)

    identity = target.identities.get()
    assert (identity.value, identity.match_key, identity.is_valid) == (
        handle,
        "alice@example.com",
        True,
    )


@pytest.mark.parametrize(
    "query", ["4915112345001", "4915112345001@s.whatsapp.net", "sip:+4915112345001@sbc", NUMBER]
)
def test_search_finds_the_number(query):
    holder = holder_of(NUMBER)

    hits = find(query, current_schema(), UNMASKED)

    assert [(hit.public_id, hit.is_exact) for hit in hits] == [(holder.public_id, True)]


def test_unchanged_identifiers_are_not_read_again(agent):
    default_region("SMS", "US")
    held = IdentityFactory(value="555-0199", match_key="+15550199")

    response = agent.put(
        f"{URL}/{held.customer.public_id}", {"firstName": "Zed", "phoneNumber": ["555-0199"]}
    )

    assert (response.status_code, response.json()["phoneNumber"]) == (200, ["555-0199"])
    assert ChannelIdentity.objects.get().match_key == "+15550199"


def test_digits_cost_one_statement(django_assert_num_queries):
    holder_of(NUMBER, "whatsapp")
    asked("WHATSAPP", NUMBER)

    with django_assert_num_queries(1):
        assert outcome(asked("WHATSAPP", "4915112345001@s.whatsapp.net")) == "matched"


@pytest.mark.parametrize(
    ("key", "cell"),
    [
        ("whatsapp", "4915112345001@c.us"),
        ("phoneNumber", "4915112345001"),
        ("phoneNumber", "sip:+4915112345001@sbc.example.com"),
    ],
)
def test_import_finds_the_customer(key, cell):
    holder = holder_of(NUMBER, key)

    outcome = imported(rules("firstName", key), ["Ema", cell])

    assert counts(outcome) == {"changed": 1}
    assert Customer.objects.get().pk == holder.pk


def test_import_finds_nobody_by_a_number_without_area_code():
    default_region("SMS", "US")
    IdentityFactory(value="555-0199", match_key="555-0199", is_valid=False)

    outcome = imported(rules("firstName", "phoneNumber"), ["Ema", "555-0199"])

    assert problems(outcome) == {2: {"phoneNumber": [NO_AREA_CODE]}}


def test_own_mask_of_a_field_shows_no_name_around_the_number():
    field = current_schema().by_key["phoneNumber"]
    field.mask_start, field.mask_end = 3, 0

    assert field.mask(f'"Ema" <sip:{NUMBER}@sbc>') == "+49***********"


def test_masked_wrapper_shows_no_more_than_the_number():
    phone, email = (current_schema().by_key[key].field_type for key in ("phoneNumber", "email"))

    assert phone.mask(f'"Ema" <sip:{NUMBER}@sbc>;tag=x') == "************01"
    assert email.mask("Ema Case <ema.case@example.com>") == "ema.****@*******.com"


def test_number_with_a_fraction_matches_no_other_number():
    holder, other = holder_of("+4915112340101"), holder_of("+49151123401010")

    answers = [asked("SMS", text) for text in ("+4915112340101.0", "4915112340101.0")]

    assert {answer["customer"]["_id"] for answer in answers} == {holder.public_id}
    assert asked("SMS", "+49151123401010")["customer"]["_id"] == other.public_id


def test_local_numbers_of_two_areas_are_no_customer():
    default_region("SMS", "BR")

    answers = [asked("SMS", "3812-3456"), asked("SMS", "3812 3456")]

    assert [outcome(answer) for answer in answers] == ["placeholder"] * 2
    assert not ChannelIdentity.objects.exists()


def test_sip_user_is_one_customer_at_every_port_of_sip():
    first, second = (
        asked("CX_VOICE", "sip:alice@example.com"),
        asked("CX_VOICE", "<sip:alice@example.com:5060;transport=udp>;tag=x"),
    )

    assert first["customer"]["_id"] == second["customer"]["_id"]
