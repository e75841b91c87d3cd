from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from access.actors import Actor
from customers.background.recurring import forget_lookup_counts
from customers.identification.first_contact import NotAllowedToCreate
from customers.identification.identify import identify
from customers.models import AmbiguousLookup, AttributeValue, ChannelIdentity, Customer
from customers.statistics.lookup_counts import DAYS_KEPT
from schema_builder.editing import change_field
from schema_builder.models import ChannelType
from schema_builder.versions import touch_schema
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    LabelFactory,
    WornLabelFactory,
    field_of,
)

pytestmark = pytest.mark.django_db

READER = Actor("reader", "1", frozenset({"customers.view_pii"}))
WRITER = Actor("writer", "2", frozenset({"customers.view_pii", "customers.add_customer"}))
NUMBER = "+923001234567"


def asked(channel_type, identifier, caller=WRITER):
    return identify(channel_type, identifier, caller=caller)


def outcome(answer):
    return answer["identification"]["outcome"]


def suggested(answer):
    """(customer id, rule, score, reason) of the suggestions."""
    return [tuple(item.values()) for item in answer["identification"]["suggestions"]]


def serve(key, *channel_types):
    rows = list(ChannelType.objects.filter(name__in=channel_types))
    change_field(field_of(key), may_clear_pii=False, channel_types=rows)


def default_region(channel_type, region):
    ChannelType.objects.filter(name=channel_type).update(default_region=region)
    touch_schema()


def counts():
    return [model.objects.count() for model in (Customer, ChannelIdentity, AttributeValue)]


def test_one_identified_holder_is_matched():
    holder = IdentityFactory(value=NUMBER).customer
    IdentityFactory(value="+923009999999")
    before = counts()

    answer = asked("SMS", NUMBER, READER)

    assert answer["customer"]["_id"] == holder.public_id
    assert answer["customerSuggestions"] == []
    assert answer["identification"] == {
        "outcome": "matched",
        "matchedBy": {"field": "phoneNumber", "identifier": NUMBER, "rule": "same_identifier"},
        "suggestions": [],
        "priority": {"value": 1, "label": None, "customers": []},
        "doNotContact": {"applies": False, "labels": []},
    }
    assert counts() == before


def test_an_identified_holder_wins_over_an_anonymous_one():
    IdentityFactory(value=NUMBER, customer=CustomerFactory(is_anonymous=True))
    holder = IdentityFactory(value=NUMBER).customer

    answer = asked("SMS", NUMBER)

    assert (outcome(answer), answer["customer"]["_id"]) == ("matched", holder.public_id)


def test_a_holder_in_any_serving_field_is_matched():
    serve("voice", "CX_VOICE")
    holder = IdentityFactory(of="voice", value=NUMBER).customer

    answer = asked("CX_VOICE", NUMBER)

    assert (outcome(answer), answer["customer"]["_id"]) == ("matched", holder.public_id)
    assert answer["identification"]["matchedBy"]["field"] == "voice"


def test_one_customer_in_two_serving_fields_is_no_ambiguity():
    serve("voice", "CX_VOICE")
    holder = CustomerFactory()
    IdentityFactory(value=NUMBER, customer=holder)
    IdentityFactory(of="voice", value=NUMBER, customer=holder)

    assert outcome(asked("CX_VOICE", NUMBER)) == "matched"


def test_an_anonymous_holder_alone_is_the_customer():
    holder = CustomerFactory(is_anonymous=True)
    IdentityFactory(value=NUMBER, customer=holder)

    answer = asked("SMS", NUMBER, READER)

    assert (outcome(answer), answer["customer"]["_id"]) == ("anonymous", holder.public_id)
    assert answer["identification"]["matchedBy"] == {
        "field": "phoneNumber",
        "identifier": NUMBER,
        "rule": "same_identifier",
    }


def test_several_identified_holders_are_ambiguous():
    first, second = (IdentityFactory(value=NUMBER).customer for _ in range(2))

    answer = asked("SMS", NUMBER)

    reason = "Has the same Phone number, and so do others."
    assert outcome(answer) == "ambiguous"
    assert answer["identification"]["matchedBy"] is None
    assert answer["customer"]["isAnonymous"] is True
    assert answer["customer"]["phoneNumber"] == [NUMBER]
    assert [customer["_id"] for customer in answer["customerSuggestions"]] == [
        first.public_id,
        second.public_id,
    ]
    assert suggested(answer) == [
        (first.public_id, "same_identifier", 90, reason),
        (second.public_id, "same_identifier", 90, reason),
    ]


def test_an_ambiguous_identifier_has_one_anonymous_customer():
    IdentityFactory.create_batch(2, value=NUMBER)

    first, second = asked("SMS", NUMBER), asked("SMS", NUMBER, READER)

    assert first == second
    assert Customer.objects.filter(is_anonymous=True).count() == 1


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_crowd_of_holders_is_answered_in_part(is_shared, django_assert_max_num_queries):
    IdentityFactory.create_batch(60, value=NUMBER, is_shared=is_shared)
    first = asked("SMS", NUMBER)

    # Near matches, who was told apart, and the labels of all holders.
    with django_assert_max_num_queries(4):
        second = asked("SMS", NUMBER, READER)

    assert second["customer"] == first["customer"]
    assert len(second["customerSuggestions"]) == 49


def test_a_crowd_that_shares_does_not_hide_who_decides():
    IdentityFactory.create_batch(60, value=NUMBER, is_shared=True)
    holder = IdentityFactory(value=NUMBER).customer

    assert asked("SMS", NUMBER, READER)["customer"]["_id"] == holder.public_id


def test_a_first_contact_creates_an_anonymous_customer():
    answer = asked("WEB", "0991223")

    customer = Customer.objects.get()
    identity = ChannelIdentity.objects.get()
    assert outcome(answer) == "created"
    assert answer["identification"]["matchedBy"] is None
    assert answer["customer"]["_id"] == customer.public_id
    assert (customer.first_name, customer.folded_name, customer.is_anonymous) == (
        "Jane Doe",
        "jane doe",
        True,
    )
    assert (customer.created_by, customer.version) == ("writer", 0)
    assert (identity.customer, identity.field.key, identity.value) == (customer, "web", "0991223")
    assert (identity.is_anonymous, identity.is_valid, identity.source) == (
        True,
        True,
        "identification",
    )


def test_a_second_contact_finds_the_same_customer():
    first, second = asked("WEB", "0991223"), asked("WEB", "0991223", READER)

    assert (outcome(first), outcome(second)) == ("created", "anonymous")
    assert first["customer"] == second["customer"]


def test_a_first_contact_takes_the_defaults_of_required_fields():
    FieldFactory(key="town", is_required=True, default_value="Ulm")
    FieldFactory(key="street", is_required=False, default_value="Main")
    FieldFactory(key="vip", type="boolean", is_required=True, default_value=False)
    change_field(field_of("firstName"), may_clear_pii=False, default_value="John Doe")

    customer = asked("WEB", "0991223")["customer"]

    assert (customer["firstName"], customer["town"]) == ("John Doe", "Ulm")
    assert (customer["street"], customer["vip"]) == ("", False)


def test_a_default_name_that_grows_when_folded_can_be_stored():
    change_field(field_of("firstName"), may_clear_pii=False, default_value=" " + "\ufdfa" * 199)

    customer = asked("WEB", "0991223")["customer"]

    assert customer["firstName"] == "\ufdfa" * 199
    assert customer["isAnonymous"] is True


def test_a_first_contact_is_stored_in_one_field_only():
    serve("voice", "CX_VOICE")

    customer = asked("CX_VOICE", NUMBER)["customer"]

    assert (customer["phoneNumber"], customer["voice"]) == ([NUMBER], [])


@pytest.mark.parametrize("identifier", [NUMBER, "unknown"])
def test_a_reader_creates_nobody(identifier):
    with pytest.raises(NotAllowedToCreate):
        asked("SMS", identifier, READER)

    assert counts() == [0, 0, 0]


def test_a_reader_creates_nobody_for_an_ambiguous_identifier():
    IdentityFactory.create_batch(2, value=NUMBER)

    with pytest.raises(NotAllowedToCreate):
        asked("SMS", NUMBER, READER)

    assert Customer.objects.filter(is_anonymous=True).count() == 0


def test_ambiguous_lookups_are_counted_by_day_and_channel(django_capture_on_commit_callbacks):
    IdentityFactory.create_batch(2, value=NUMBER)
    IdentityFactory(of="web", value="w1")

    with django_capture_on_commit_callbacks(execute=True):
        for channel_type, identifier, caller in [
            ("SMS", NUMBER, WRITER),
            ("SMS", NUMBER, READER),
            ("WHATSAPP", NUMBER, WRITER),
            ("WEB", "w1", WRITER),
            ("WEB", "w2", WRITER),
        ]:
            asked(channel_type, identifier, caller)

    rows = AmbiguousLookup.objects.order_by("channel_type")
    assert [*rows.values_list("day", "channel_type", "lookups")] == [
        (timezone.localdate(), "SMS", 2),
    ]


@pytest.mark.django_db(transaction=True)
def test_an_ambiguous_lookup_is_answered_where_it_cannot_be_counted(monkeypatch):
    IdentityFactory.create_batch(2, value=NUMBER)
    monkeypatch.setattr("customers.statistics.lookup_counts.AmbiguousLookup", None)

    assert outcome(asked("SMS", NUMBER)) == "ambiguous"


def test_counts_of_ambiguous_lookups_are_kept_for_a_while():
    today = timezone.localdate()
    for days in (0, DAYS_KEPT, DAYS_KEPT + 1):
        day = today - timedelta(days=days)
        AmbiguousLookup.objects.create(day=day, channel_type="SMS", lookups=1)

    forget_lookup_counts()

    kept = AmbiguousLookup.objects.order_by("-day").values_list("day", flat=True)
    assert [(today - day).days for day in kept] == [0, DAYS_KEPT]


def test_a_shared_identity_suggests_and_never_decides():
    family = IdentityFactory(value=NUMBER, is_shared=True).customer

    first, second = asked("SMS", NUMBER), asked("SMS", NUMBER)

    reason = "Has the same Phone number, which is marked as shared."
    assert (outcome(first), outcome(second)) == ("created", "anonymous")
    assert first["customer"] == second["customer"]
    assert suggested(first) == suggested(second)
    assert suggested(first) == [(family.public_id, "shared_identifier", 60, reason)]


def test_an_unshared_holder_is_matched_beside_shared_ones():
    family = IdentityFactory(value=NUMBER, is_shared=True).customer
    owner = IdentityFactory(value=NUMBER).customer

    answer = asked("SMS", NUMBER)

    assert (outcome(answer), answer["customer"]["_id"]) == ("matched", owner.public_id)
    assert family.public_id not in [item[0] for item in suggested(answer)]


def test_an_ambiguous_identifier_suggests_shared_holders_last():
    shared = IdentityFactory(value=NUMBER, is_shared=True).customer
    first, second = (IdentityFactory(value=NUMBER).customer for _ in range(2))

    assert [item[:2] for item in suggested(asked("SMS", NUMBER))] == [
        (first.public_id, "same_identifier"),
        (second.public_id, "same_identifier"),
        (shared.public_id, "shared_identifier"),
    ]


def test_a_retired_identity_matches_nobody():
    IdentityFactory(value=NUMBER, is_retired=True)

    answer = asked("SMS", NUMBER)

    assert (outcome(answer), suggested(answer)) == ("created", [])


@pytest.mark.parametrize(
    "identifier",
    [
        "unknown",
        "UNKNOWN",
        "null",
        "Anonymous",
        "0",
        "000000",
        "+0",
        "0-0",
        "n/a",
        "ｕｎｋｎｏｗｎ",
    ],
)
def test_junk_never_matches_and_never_becomes_an_identity(identifier):
    IdentityFactory(of="web", value=identifier)

    first, second = asked("WEB", identifier), asked("WEB", identifier)

    assert (outcome(first), outcome(second)) == ("placeholder", "placeholder")
    assert first["customer"] == second["customer"]
    assert (first["customer"]["web"], suggested(first)) == ([], [])
    assert first["identification"]["reason"] == (
        "The identifier stands for nobody, so it was neither looked up nor stored."
    )
    assert ChannelIdentity.objects.count() == 1


def test_a_channel_type_without_field_says_so():
    serve("web")

    answer = asked("WEB", "0991223")

    assert outcome(answer) == "placeholder"
    assert answer["identification"]["reason"] == (
        "No identifier field serves WEB, so the identifier was not stored."
    )
    assert ChannelIdentity.objects.count() == 0


def test_the_same_value_under_another_channel_is_near():
    other = IdentityFactory(of="whatsapp", value=NUMBER).customer

    first, second = asked("SMS", NUMBER), asked("SMS", NUMBER)

    near = [
        (other.public_id, "same_identifier_other_channel", 80, "Has the same value as WhatsApp.")
    ]
    assert (outcome(first), suggested(first)) == ("created", near)
    assert (outcome(second), suggested(second)) == ("anonymous", near)
    assert [customer["_id"] for customer in first["customerSuggestions"]] == [other.public_id]


def test_a_matched_customer_has_no_near_matches():
    IdentityFactory(of="whatsapp", value=NUMBER)
    IdentityFactory(value=NUMBER)

    assert suggested(asked("SMS", NUMBER)) == []


def test_an_anonymous_customer_is_no_near_match():
    IdentityFactory(of="whatsapp", value=NUMBER, customer=CustomerFactory(is_anonymous=True))

    assert suggested(asked("SMS", NUMBER)) == []


@pytest.mark.parametrize(
    ("stored", "asked_for"),
    [
        ("+5511987654321", "+551187654321"),
        ("+551187654321", "+5511987654321"),
        ("+525512345678", "+5215512345678"),
        ("+5215512345678", "+525512345678"),
        ("+541123456789", "+5491123456789"),
        ("+5491123456789", "+541123456789"),
    ],
)
def test_another_spelling_of_the_line_is_near(stored, asked_for):
    other = IdentityFactory(of="phoneNumber", value=stored).customer

    answer = asked("SMS", asked_for)

    assert (outcome(answer), suggested(answer)) == (
        "created",
        [
            (
                other.public_id,
                "phone_variant",
                70,
                "Has another spelling of the same number as Phone number.",
            )
        ],
    )


@pytest.mark.parametrize(
    "notation",
    [
        "+923001234567",
        "+92 300 123 4567",
        "+92-300-1234567",
        "(+92) 300 1234567",
        "tel:+92-300-1234567",
        "00923001234567",
        "0092 300 1234567",
        "0300 1234567",
        "03001234567",
        "300 1234567",
        "+92+300+1234567",
        "＋９２３００１２３４５６７",
        "+٩٢٣٠٠١٢٣٤٥٦٧",
        " +923001234567 ",
        "\u202a+923001234567\u202c",
        "+923001234567 ext. 5",
        "+923001234567;ext=5",
    ],
)
def test_a_number_is_matched_in_any_notation(notation):
    default_region("SMS", "PK")
    holder = IdentityFactory(value=NUMBER).customer

    answer = asked("SMS", notation)

    assert (outcome(answer), answer["customer"]["_id"]) == ("matched", holder.public_id)


def test_an_identifier_is_kept_as_it_was_sent():
    assert asked("SMS", " +92 (300) 1234567 ")["customer"]["phoneNumber"] == ["+92 (300) 1234567"]


@pytest.mark.parametrize("identifier", ["agent-1@sip.example.com", "Zoë", "+999", "12", "x" * 255])
def test_what_is_no_number_is_matched_as_it_is(identifier):
    first, second = asked("SMS", identifier), asked("SMS", identifier)

    assert (outcome(first), outcome(second)) == ("created", "anonymous")
    assert first["customer"]["_id"] == second["customer"]["_id"]
    assert ChannelIdentity.objects.get().is_valid is False


@pytest.mark.parametrize(
    "spelling",
    ["zed@example.com", "ZED@example.com", "Zed@EXAMPLE.com", " zed@example.com "],
)
def test_an_e_mail_address_is_matched_whatever_its_letter_case(spelling):
    holder = IdentityFactory(of="email", value="Zed@Example.com").customer

    assert asked("EMAIL", spelling, READER)["customer"]["_id"] == holder.public_id


@pytest.mark.parametrize(
    "other", ["zed+work@example.com", "z.ed@example.com", "zеd@example.com", "ｚed@example.com"]
)
def test_addresses_that_only_look_alike_differ(other):
    IdentityFactory(of="email", value="zed@example.com")

    assert outcome(asked("EMAIL", other)) == "created"


def test_an_international_domain_is_matched_in_both_spellings():
    holder = IdentityFactory(of="email", value="zed@bücher.example").customer

    assert asked("EMAIL", "zed@xn--bcher-kva.example")["customer"]["_id"] == holder.public_id


def test_other_identifiers_are_matched_in_composed_form():
    holder = IdentityFactory(of="web", value="Zo\u00eb").customer

    assert asked("WEB", " Zoe\u0308 ")["customer"]["_id"] == holder.public_id
    assert outcome(asked("WEB", "zo\u00eb")) == "created"


@pytest.mark.parametrize("channel_type", ["WEB", "SMS", "EMAIL"])
@pytest.mark.parametrize("character", ["\ufdfa", "\u0390"])
def test_an_identifier_that_grows_when_compared_is_stored(channel_type, character):
    first, second = asked(channel_type, character * 255), asked(channel_type, character * 255)

    assert (outcome(first), outcome(second)) == ("created", "anonymous")
    assert first["customer"] == second["customer"]


@pytest.mark.parametrize("channel_type", ["WEB", "SMS", "EMAIL"])
@pytest.mark.parametrize("character", ["\u0958", "\U0001d160"])
def test_an_identifier_that_grows_when_stored_is_refused(channel_type, character):
    with pytest.raises(ValidationError) as error:
        asked(channel_type, character * 255)

    assert error.value.message_dict == {
        "customerChannelIdentifier": ["Ensure this field has no more than 255 characters."]
    }
    assert counts() == [0, 0, 0]


def test_priority_is_the_highest_among_the_labels():
    holder = IdentityFactory(value=NUMBER).customer
    for name, priority in (("Silver", 6), ("Premium", 10), ("Gold", 8)):
        WornLabelFactory(customer=holder, label=LabelFactory(name=name, priority=priority))

    answer = asked("SMS", NUMBER)

    assert answer["identification"]["priority"] == {
        "value": 10,
        "label": "Premium",
        "customers": [holder.public_id],
    }
    assert answer["customer"]["labelNames"] == ["Gold", "Premium", "Silver"]
    assert answer["customer"]["priority"] == 10


@pytest.mark.parametrize("channel_type", ["PIGEON", "", "sms", "SMS "])
def test_an_unknown_channel_type_is_refused_with_the_known_ones(channel_type):
    with pytest.raises(ValidationError) as error:
        asked(channel_type, NUMBER)

    known = ", ".join(ChannelType.objects.order_by("id").values_list("name", flat=True))
    assert error.value.message_dict == {
        "channelType": [f'Unknown channel type "{channel_type}". Known are: {known}.']
    }
    assert counts() == [0, 0, 0]


def test_a_new_channel_type_is_known_at_once():
    asked("SMS", NUMBER)
    ChannelType.objects.create(name="PIGEON", label="Pigeon")
    touch_schema()

    assert outcome(asked("PIGEON", "coo")) == "placeholder"


def test_a_moved_channel_type_is_looked_up_in_its_new_field_at_once():
    holder = IdentityFactory(of="voice", value=NUMBER).customer
    asked("CX_VOICE", "+923000000000")

    serve("voice", "CX_VOICE")

    assert asked("CX_VOICE", NUMBER)["customer"]["_id"] == holder.public_id


@pytest.mark.parametrize(
    ("identifier", "problem"),
    [
        ("", "This parameter is required."),
        ("  ", "This parameter is required."),
        ("\u200b\u200e", "This parameter is required."),
        ("x" * 256, "Ensure this field has no more than 255 characters."),
        ("a\x00b", "Null characters are not allowed."),
        ("\ud800", "Surrogate characters are not allowed: U+D800."),
    ],
    ids=ascii,
)
def test_an_identifier_that_is_none_is_refused(identifier, problem):
    with pytest.raises(ValidationError) as error:
        asked("WEB", identifier)

    assert error.value.message_dict == {"customerChannelIdentifier": [problem]}
    assert counts() == [0, 0, 0]


def test_a_known_customer_costs_one_statement(django_assert_num_queries):
    holder = IdentityFactory(value=NUMBER).customer
    WornLabelFactory(customer=holder)
    asked("SMS", NUMBER)

    with django_assert_num_queries(1):
        asked("SMS", NUMBER)


def test_near_matches_cost_two_more_statements(django_assert_num_queries):
    IdentityFactory(of="whatsapp", value=NUMBER)
    asked("SMS", NUMBER)

    with django_assert_num_queries(3):
        asked("SMS", NUMBER)


def test_who_may_not_see_personal_data_gets_it_masked():
    change_field(field_of("phoneNumber"), may_clear_pii=False, is_pii=True)
    IdentityFactory(value=NUMBER, customer__first_name="Zed")

    answer = identify("SMS", NUMBER, caller=Actor("agent", "3"))

    assert answer["customer"]["phoneNumber"] == ["***********67"]
    assert answer["identification"]["matchedBy"]["identifier"] == "***********67"
    assert NUMBER not in str(answer)


def test_identification_writes_nothing_to_a_known_customer():
    holder = IdentityFactory(value=NUMBER, customer__updated_at=timezone.now()).customer

    asked("SMS", "+92 300 123 4567")

    after = Customer.objects.get()
    assert (after.version, after.updated_at) == (0, holder.updated_at)
    assert [identity.value for identity in after.identities.all()] == [NUMBER]
