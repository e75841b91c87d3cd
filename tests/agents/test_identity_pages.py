import pytest

from customers.identities import ownership
from customers.identities.ownership import IdentifierTaken, add_identity, share_identity
from customers.models import ChannelIdentity, Customer, Operation
from customers.profiles.lifecycle import create_customer
from customers.undo.undo import undo
from tests.support.factories import field_of
from tests.support.operations import SAM, everything, identifiers_of, undone

from .test_history_and_merge_pages import offered_undo
from .test_profile_and_list import HTMX, logged_in, shown, url_of

pytestmark = pytest.mark.django_db

NUMBER = "+923001234567"
TYPED = {"field": "phoneNumber", "identifier": NUMBER}


@pytest.fixture
def agent():
    return logged_in("Agent")


@pytest.fixture
def supervisor():
    return logged_in("Supervisor")


@pytest.fixture
def ayesha():
    return create_customer({"firstName": "Ayesha Khan", "email": ["a@example.com"]}, caller=SAM)


@pytest.fixture
def oliver():
    body = {"firstName": "Oliver Grant", "phoneNumber": [NUMBER], "email": ["o@example.com"]}
    return create_customer(body, caller=SAM)


def post(client, name, customer, *args, **data):
    return client.post(url_of(name, customer, *args), data)


def test_free_identifier_is_added_and_the_addition_undone(agent, ayesha):
    response = post(agent, "identity-add", ayesha, **TYPED)

    assert response.status_code == 302
    assert identifiers_of(ayesha) == [("email", "a@example.com"), ("phoneNumber", NUMBER)]
    agent.post(offered_undo(agent.get(response.url)))
    assert identifiers_of(ayesha) == [("email", "a@example.com")]


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("+92 321 7654321", "phoneNumber"),
        ("tel:+923217654321", "phoneNumber"),
        ("second@example.com", "email"),
        ("Ayesha <second@example.com>", "email"),
    ],
)
def test_channel_of_what_is_pasted_is_recognised(agent, ayesha, typed, key):
    form = agent.get(url_of("identity-add", ayesha), {"identifier": typed}, headers=HTMX)
    post(agent, "identity-add", ayesha, field="", identifier=typed)

    assert f"Recognised as {field_of(key).label}." in shown(form)
    assert key in [held for held, value in identifiers_of(ayesha) if value != "a@example.com"]


def test_channel_that_cannot_be_recognised_is_asked_for(agent, ayesha):
    response = post(agent, "identity-add", ayesha, field="", identifier="ayesha.k")

    assert "Choose the channel: this could be of several." in shown(response)
    assert identifiers_of(ayesha) == [("email", "a@example.com")]


def test_page_of_a_new_identifier_keeps_the_search_box(agent, ayesha):
    page = agent.get(url_of("identity-add", ayesha)).content.decode()

    assert 'aria-label="Find a customer"' in page


def test_merging_is_offered_to_those_alone_who_may(agent, supervisor, ayesha, oliver):
    for_agent = shown(post(agent, "identity-add", ayesha, **TYPED))
    for_supervisor = shown(post(supervisor, "identity-add", ayesha, **TYPED))

    assert "The same person? Compare and merge." in for_supervisor
    assert "The same person? Ask a supervisor to merge them." in for_agent
    assert "Compare" not in for_agent


def test_agent_who_sees_no_personal_data_adds_to_what_is_there(agent, ayesha):
    post(agent, "identity-add", ayesha, field="email", identifier="second@example.com")

    assert identifiers_of(ayesha) == [("email", "a@example.com"), ("email", "second@example.com")]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"field": "phoneNumber", "identifier": "  "}, "Type a number, an address or a name."),
        ({"field": "phoneNumber", "identifier": "12"}, "Not a phone number."),
        ({"field": "nope", "identifier": NUMBER}, "There is no identifier field"),
        ({"field": "firstName", "identifier": "x"}, "There is no identifier field"),
        ({"field": "web", "identifier": "unknown"}, "is not an identifier"),
        ({"field": "web", "identifier": "\x00"}, "Type a number, an address or a name."),
        ({}, "Type a number, an address or a name."),
    ],
)
def test_what_cannot_be_added_is_refused_with_a_reason(supervisor, ayesha, typed, problem):
    before = everything()

    response = post(supervisor, "identity-add", ayesha, **typed)

    assert response.status_code == 200
    assert problem in shown(response)
    assert everything() == before


def test_identifier_of_somebody_else_is_not_added_but_its_owner_named(supervisor, ayesha, oliver):
    before = everything()

    response = post(supervisor, "identity-add", ayesha, **TYPED)

    page = response.content.decode()
    assert f"Phone number {NUMBER} already belongs to Oliver Grant" in shown(response)
    assert f'href="{oliver.get_absolute_url()}"' in page
    assert f"/merge?customers={ayesha.public_id},{oliver.public_id}" in page
    assert url_of("identity-claim", ayesha) in page
    assert everything() == before


def test_page_of_owners_tells_an_agent_no_more_than_was_typed(agent, ayesha, oliver):
    response = post(
        agent, "identity-add", ayesha, field="phoneNumber", identifier="0092 300 1234567"
    )

    page = response.content.decode()
    assert "already belongs to" in page
    assert NUMBER not in page
    assert "o@example.com" not in page
    assert url_of("identity-claim", ayesha) not in page
    assert "/merge?" not in page


def test_identifier_is_shared_by_all_who_have_it_and_that_undone(agent, ayesha, oliver):
    before = everything()

    response = post(agent, "identity-add", ayesha, **TYPED, share="1")

    held = ChannelIdentity.objects.filter(match_key=NUMBER).order_by("customer")
    assert list(held.values_list("customer", "is_shared")) == [(ayesha.pk, True), (oliver.pk, True)]
    agent.post(offered_undo(agent.get(response.url)))
    assert everything() == before


def test_shared_identifier_is_added_without_a_question(agent, ayesha, oliver):
    sophie = create_customer({"firstName": "Sophie"}, caller=SAM)
    share_identity(sophie.public_id, "phoneNumber", NUMBER, caller=SAM)

    response = post(agent, "identity-add", ayesha, **TYPED)

    assert response.status_code == 302
    assert ("phoneNumber", NUMBER) in identifiers_of(ayesha)


def test_anonymous_customer_shares_nothing(supervisor, oliver):
    stranger = create_customer({"web": ["w1"]}, caller=SAM)
    before = everything()

    response = post(supervisor, "identity-add", stranger, **TYPED, share="1")

    assert "Name the customer first: it is anonymous." in shown(response)
    assert everything() == before


def test_claim_asks_first_and_names_whom_it_takes_from(supervisor, ayesha, oliver):
    before = everything()

    response = post(supervisor, "identity-claim", ayesha, **TYPED)

    assert f"Claim Phone number {NUMBER} for Ayesha Khan It is taken from:" in shown(response)
    assert "Oliver Grant" in shown(response)
    assert everything() == before


def test_claim_is_recorded_with_its_reason_and_can_be_undone(supervisor, ayesha, oliver):
    before = everything()

    response = post(supervisor, "identity-claim", ayesha, **TYPED, reason="New owner")

    operation = Operation.objects.get()
    assert (operation.kind, operation.reason) == ("claim", "New owner")
    assert ("phoneNumber", NUMBER) in identifiers_of(ayesha)
    assert ("phoneNumber", NUMBER) not in identifiers_of(oliver)
    supervisor.post(offered_undo(supervisor.get(response.url)))
    assert everything() == before


def test_claim_of_nonsense_is_refused(supervisor, ayesha):
    before = everything()

    response = post(supervisor, "identity-claim", ayesha, field="nope", identifier="x", reason="y")

    assert "There is no identifier field" in shown(response)
    assert everything() == before


def test_claim_of_an_eleventh_value_is_a_conflict(supervisor, oliver):
    full = create_customer({"firstName": "F", "web": [f"w{n}" for n in range(10)]}, caller=SAM)

    response = post(supervisor, "identity-claim", full, field="web", identifier="w10", reason="y")

    assert response.status_code == 409


def test_agent_may_not_claim(agent, ayesha, oliver):
    before = everything()

    response = post(agent, "identity-claim", ayesha, **TYPED, reason="Mine")

    assert response.status_code == 403
    assert everything() == before


def test_identifier_is_released_and_the_release_undone(agent, oliver):
    before = everything()
    identity = oliver.identities.get(match_key=NUMBER)

    response = post(agent, "identity-release", oliver, identity.pk)

    assert identifiers_of(oliver) == [("email", "o@example.com")]
    assert Operation.objects.get().kind == "release"
    agent.post(offered_undo(agent.get(response.url)))
    assert everything() == before


def test_identifier_of_an_anonymous_customer_stays(agent):
    stranger = create_customer({"web": ["w1"]}, caller=SAM)

    response = post(agent, "identity-release", stranger, stranger.identities.get().pk)

    assert "it is anonymous" in shown(agent.get(response.url))
    assert identifiers_of(stranger) == [("web", "w1")]


def test_identifier_of_another_customer_is_not_released_here(agent, ayesha, oliver):
    identity = oliver.identities.get(match_key=NUMBER)

    assert post(agent, "identity-release", ayesha, identity.pk).status_code == 404
    assert ChannelIdentity.objects.filter(pk=identity.pk).exists()


@pytest.mark.parametrize("name", ["identity-add", "identity-claim"])
def test_who_may_only_look_gives_no_identifiers(ayesha, name):
    response = post(logged_in(), name, ayesha, **TYPED)

    assert response.status_code == 403


def test_form_is_a_part_for_the_dialog(agent, ayesha):
    url = url_of("identity-add", ayesha)

    assert "<html" in agent.get(url).content.decode()
    assert "<html" not in agent.get(url, headers={"HX-Request": "true"}).content.decode()


def test_undone_share_of_several_is_one_operation(ayesha, oliver):
    operation = share_identity(ayesha.public_id, "phoneNumber", NUMBER, caller=SAM)

    assert operation.customers.count() == 2
    undone(operation)
    assert not ChannelIdentity.objects.filter(is_shared=True).exists()


def test_adding_keeps_what_somebody_added_meanwhile(agent, ayesha, monkeypatch):
    other = "+923007654321"
    found = ownership.owners_besides

    def found_while_another_adds(customer, identifier):
        monkeypatch.setattr(ownership, "owners_besides", found)
        add_identity(ayesha.public_id, "phoneNumber", other, caller=SAM)
        return found(customer, identifier)

    monkeypatch.setattr(ownership, "owners_besides", found_while_another_adds)

    post(agent, "identity-add", ayesha, **TYPED)

    assert identifiers_of(ayesha)[1:] == [("phoneNumber", other), ("phoneNumber", NUMBER)]


def test_identifier_that_the_customer_has_is_not_written_again(ayesha):
    version = Customer.objects.get(pk=ayesha.pk).version

    assert add_identity(ayesha.public_id, "email", "A@example.com", caller=SAM) is None
    assert Customer.objects.get(pk=ayesha.pk).version == version


def test_added_identifier_that_others_took_meanwhile_is_refused(ayesha, oliver):
    before = everything()

    with pytest.raises(IdentifierTaken) as taken:
        add_identity(ayesha.public_id, "phoneNumber", NUMBER, caller=SAM)

    assert taken.value.owners == {oliver.pk}
    assert everything() == before


def test_anonymous_customer_takes_over_from_another_one_and_that_undone(ayesha):
    former = create_customer({"phoneNumber": [NUMBER]}, caller=SAM)
    stranger = create_customer({"web": ["visitor"]}, caller=SAM)
    before = everything()

    operation = add_identity(stranger.public_id, "phoneNumber", NUMBER, caller=SAM)

    assert identifiers_of(former) == []
    assert ("phoneNumber", NUMBER) in identifiers_of(stranger)
    undo(operation, caller=SAM)
    assert everything() == before


def test_field_that_is_full_takes_no_more(agent, ayesha):
    numbers = [f"+9230012345{digit:02}" for digit in range(10)]
    for number in numbers:
        add_identity(ayesha.public_id, "phoneNumber", number, caller=SAM)

    response = post(agent, "identity-add", ayesha, **TYPED)

    assert "holds 10 values already." in shown(response)
    assert len(identifiers_of(ayesha)) == 11
