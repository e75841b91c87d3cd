"""Numbers that may lack an area code, in an installation without a default region."""

import pytest
from django.core.exceptions import ValidationError

from access.actors import Actor
from agents.candidates import candidate_notice
from customers.duplicates.evidence import find_pairs
from customers.identification.identify import identify
from customers.identification.simulation import simulate_lookup
from customers.identities.ownership import add_identity, claim_identity, share_identity
from customers.lists.search import find
from customers.masking import UNMASKED
from customers.models import ChannelIdentity
from customers.profiles.other_holders import holder_conflicts
from customers.statistics.figures import IDENTITIES, count_identities
from schema_builder.phones import AREA_CODE_OR_REGION_IS_MISSING, INTERNATIONAL
from schema_builder.schema import current_schema
from tests.support.factories import CustomerFactory, IdentityFactory, LabelFactory, WornLabelFactory
from tests.support.imports import imported, problems, rules

pytestmark = pytest.mark.django_db

URL = "/cim-customer/customers"
NO_AREA_CODE_OR_REGION = f"{AREA_CODE_OR_REGION_IS_MISSING}. {INTERNATIONAL}"
WRITER = Actor(
    "writer",
    "1",
    frozenset({"customers.view_pii", "customers.add_customer", "customers.change_customer"}),
)


def asked(channel_type, identifier):
    return identify(channel_type, identifier, caller=WRITER)


def outcome(answer):
    return answer["identification"]["outcome"]


def held_as_text(number, **values):
    """An identity with a local number, as former rules stored it."""
    return IdentityFactory(value=number, match_key=number, is_valid=False, **values)


@pytest.mark.parametrize("text", ["555-0199", "5550199", "7946 0958", "3812 3456"])
@pytest.mark.parametrize("channel_type", ["SMS", "CX_VOICE", "WHATSAPP"])
def test_number_that_may_be_local_identifies_no_customer_without_region(channel_type, text):
    key = "whatsapp" if channel_type == "WHATSAPP" else "phoneNumber"
    for _ in range(2):
        held_as_text(text, of=key)
    IdentityFactory(of="web", value=text, match_key=text)

    answers = [asked(channel_type, text) for _ in range(2)]

    assert [outcome(answer) for answer in answers] == ["placeholder"] * 2
    assert answers[0]["identification"]["suggestions"] == []
    assert answers[0]["identification"]["reason"] == (
        f"{AREA_CODE_OR_REGION_IS_MISSING}, so the identifier was neither looked up nor stored."
    )
    assert ChannelIdentity.objects.count() == 3


def test_text_of_another_channel_suggests_no_local_number():
    held_as_text("5550199")

    assert asked("WEB", "5550199")["identification"]["suggestions"] == []


@pytest.mark.parametrize("method", ["post", "put"])
def test_local_number_is_refused_without_region(agent, method):
    customer = CustomerFactory()
    address = URL if method == "post" else f"{URL}/{customer.public_id}"
    body = {"firstName": "Zed", "phoneNumber": ["555-0199"]}

    response = getattr(agent, method)(address, body)

    assert (response.status_code, response.json()["errors"]) == (
        400,
        {"phoneNumber": [NO_AREA_CODE_OR_REGION]},
    )


@pytest.mark.parametrize("write", [add_identity, claim_identity, share_identity])
def test_local_number_unites_no_customers_without_region(write):
    held_as_text("555-0199")

    with pytest.raises(ValidationError) as error:
        write(CustomerFactory().public_id, "phoneNumber", "555-0199", caller=WRITER)

    assert error.value.messages == [NO_AREA_CODE_OR_REGION]


def test_import_finds_no_customer_by_a_local_number_without_region():
    held_as_text("555-0199")

    outcome = imported(rules("firstName", "phoneNumber"), ["Ema", "555-0199"])

    assert problems(outcome) == {2: {"phoneNumber": [NO_AREA_CODE_OR_REGION]}}


def test_search_lists_everyone_who_has_a_local_number():
    held = [held_as_text("555-0199") for _ in range(2)]

    hits = find("555-0199", current_schema(), UNMASKED)

    assert {hit.public_id for hit in hits} == {one.customer.public_id for one in held}


def test_customers_with_one_local_number_are_no_conflict_and_no_duplicates():
    held = [held_as_text("555-0199") for _ in range(2)]
    one = held[0].customer

    assert holder_conflicts(one) == []
    assert find_pairs([one.pk]) == {}
    assert dict(count_identities())[IDENTITIES]["ambiguous"] == 0


def test_anonymous_customer_with_a_local_number_has_no_candidates():
    label = LabelFactory(do_not_contact=["*"])
    others = [held_as_text("555-0199") for _ in range(2)]
    for one in others:
        WornLabelFactory(customer=one.customer, label=label)
    held = held_as_text("555-0199", customer__is_anonymous=True)

    notice = candidate_notice(held.customer, current_schema(), UNMASKED)

    assert notice["candidate_notice"].limits == []


def test_unchanged_local_number_may_be_sent_back(agent):
    held = held_as_text("555-0199")
    held_as_text("555-0199")
    body = {"firstName": "Zed", "phoneNumber": ["555-0199"]}

    response = agent.put(f"{URL}/{held.customer.public_id}?onConflict=refuse", body)

    assert (response.status_code, response.json()["phoneNumber"]) == (200, ["555-0199"])
    assert "otherHolders" not in response.json()


@pytest.mark.parametrize("text", ["2001", "68849", "030 1234567", "305 555 0199"])
def test_extension_and_number_with_area_code_match_without_region(text):
    first, second = asked("CX_VOICE", text), asked("CX_VOICE", text)

    assert (outcome(first), outcome(second)) == ("created", "anonymous")
    assert first["customer"]["_id"] == second["customer"]["_id"]


def test_rule_bench_says_that_no_region_is_set():
    verdict = simulate_lookup("SMS", "555-0199", current_schema(), viewer=WRITER).verdict

    assert verdict.startswith(f"{AREA_CODE_OR_REGION_IS_MISSING}, so ")
