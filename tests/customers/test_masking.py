import pytest

from access.actors import Actor
from customers.masking import UNMASKED, FieldAccess
from schema_builder.editing import change_field
from schema_builder.models import FieldDefinition
from tests.contract.shapes import invalid, lacking, refused
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    ValueFactory,
    field_of,
)

URL = "/cim-customer/customers"
SEEING = Actor("supervisor", "1", frozenset({"customers.view_pii"}))
BLIND = Actor("agent", "2")
SECRETS = {
    "firstName": "Zaphod",
    "phoneNumber": ["+923001234567", "+923007654321"],
    "email": ["trillian@heartofgold.example"],
    "town": "Betelgeuse",
    "age": "42",
    "vip": True,
    "born": "1952-03-11",
    "tier": ["gold", "silver"],
}
MASKED = {
    "firstName": "Zap***",
    "phoneNumber": ["***********67", "***********21"],
    "email": ["tril****@***************mple"],
    "town": "Bet*******",
    "age": "***",
    "vip": "***",
    "born": "***",
    "tier": ["***"],
}


@pytest.fixture
def personal(db):
    """Fields of several types, all of them personal data."""
    for key, kind in (("town", "string"), ("age", "number"), ("vip", "boolean"), ("born", "date")):
        FieldFactory(key=key, type=kind, is_pii=True)
    options = [{"value": "gold"}, {"value": "silver"}]
    FieldFactory(key="tier", type="multichoice", options=options, is_pii=True)
    for key in ("firstName", "phoneNumber", "email"):
        change_field(field_of(key), may_clear_pii=False, is_pii=True)


@pytest.fixture
def known(personal, supervisor):
    """A customer with personal data, as a supervisor sees it."""
    return supervisor.post(URL, SECRETS).json()


def shown(document):
    return {key: document[key] for key in SECRETS}


@pytest.mark.parametrize(
    ("caller", "is_pii", "hidden"),
    [(SEEING, True, False), (BLIND, True, True), (BLIND, False, False), (None, True, True)],
)
def test_mask_hides_personal_data_from_the_blind(caller, is_pii, hidden):
    field = FieldDefinition(key="town", type="string", is_pii=is_pii)

    assert FieldAccess(caller).hides(field) is hidden
    assert FieldAccess(caller)(field, "Betelgeuse") == ("Bet*******" if hidden else "Betelgeuse")


@pytest.mark.parametrize("caller", [SEEING, BLIND, None])
def test_mask_hides_passwords_from_everybody(caller):
    field = FieldDefinition(key="secret", type="password")

    assert FieldAccess(caller)(field, "Secret 1") == "********"
    assert UNMASKED(field, "Secret 1") == "Secret 1"


def test_supervisor_sees_everything(known):
    assert shown(known) == SECRETS


def test_agent_sees_masked_values_everywhere(known, agent):
    detail = agent.get(f"{URL}/{known['_id']}")
    listed = agent.get(URL)
    found = agent.get(URL, QUERY_STRING="channelType=SMS&customerChannelIdentifier=+923001234567")

    assert shown(detail.json()) == MASKED
    assert [shown(document) for document in listed.json()["docs"]] == [MASKED]
    assert shown(found.json()["customer"]) == MASKED
    for response in (detail, listed, found):
        for secret in ("Zaphod", "3001234567", "trillian", "Betelgeuse", "1952", "silver"):
            assert secret not in response.content.decode()


def test_masked_values_that_come_back_change_nothing(known, agent, supervisor):
    seen = agent.get(f"{URL}/{known['_id']}").json()

    response = agent.put(f"{URL}/{known['_id']}", seen)

    assert response.status_code == 200
    assert response.json() == seen
    assert supervisor.get(f"{URL}/{known['_id']}").json() == known


def test_what_an_agent_types_over_a_mask_is_stored(known, agent, supervisor):
    seen = agent.get(f"{URL}/{known['_id']}").json()

    agent.put(
        f"{URL}/{known['_id']}",
        {**seen, "town": "Magrathea", "phoneNumber": [seen["phoneNumber"][1], "+923009999999"]},
    )

    assert shown(supervisor.get(f"{URL}/{known['_id']}").json()) == {
        **SECRETS,
        "town": "Magrathea",
        "phoneNumber": ["+923007654321", "+923009999999"],
    }


def test_values_with_the_same_mask_are_kept_apart(personal, agent, supervisor):
    numbers = ["+923001234567", "+923001234667"]
    created = supervisor.post(URL, {"firstName": "Zed", "phoneNumber": numbers}).json()
    seen = agent.get(f"{URL}/{created['_id']}").json()

    agent.put(f"{URL}/{created['_id']}", seen)

    assert seen["phoneNumber"] == ["***********67"] * 2
    assert supervisor.get(f"{URL}/{created['_id']}").json()["phoneNumber"] == numbers


def test_a_mask_of_somebody_else_is_no_value(known, agent, personal):
    other = CustomerFactory(first_name="Arthur")

    response = agent.put(
        f"{URL}/{other.public_id}", {"firstName": "Art***", "phoneNumber": ["***********67"]}
    )

    assert response.status_code == 400
    assert response.json() == invalid(
        phoneNumber=["Hidden from you, and changed meanwhile: reload it, or type a new value."]
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("phoneNumber:300", False),
        ("phoneNumber:%2B923001234567", True),
        ("phoneNumber:%2B92 300 1234567", True),
        ("email:trillian", False),
        ("email:trillian@heartofgold.example", True),
        ("firstName:Zap", False),
        ("firstName:zaphod", True),
        ("town:Betel", False),
        ("town:betelgeuse", True),
    ],
)
def test_hidden_values_are_found_whole_or_not_at_all(known, agent, query, found):
    docs = agent.get(f"{URL}?paginateQuery={query}").json()["docs"]

    assert [document["_id"] for document in docs] == ([known["_id"]] if found else [])


@pytest.mark.parametrize("query", ["age:42", "vip:true", "born:1952-03-11", "tier:gold"])
def test_hidden_values_that_one_could_guess_are_not_searched(known, agent, supervisor, query):
    response = agent.get(f"{URL}?paginateQuery={query}")

    key = query.partition(":")[0]
    assert response.status_code == 400
    assert response.json() == invalid(paginateQuery=[f'You may not search by "{key}".'])
    assert supervisor.get(f"{URL}?paginateQuery={query}").json()["totalDocs"] == 1


@pytest.mark.parametrize("key", SECRETS)
def test_order_by_hidden_values_is_refused(known, agent, supervisor, key):
    response = agent.get(f"{URL}?sort={key}:asc")

    assert response.status_code == 403
    assert response.json() == refused(lacking("See personal data unmasked", f'sort by "{key}"'))
    assert supervisor.get(f"{URL}?sort={key}:asc").status_code == 200


def test_password_is_given_to_nobody_and_kept(supervisor):
    FieldFactory(key="secret", type="password")
    created = supervisor.post(URL, {"firstName": "Zed", "secret": "Secret 1"}).json()

    body = {"firstName": "Zoe", "secret": "********"}
    changed = supervisor.put(f"{URL}/{created['_id']}", body).json()

    assert created["secret"] == changed["secret"] == "********"
    value = ValueFactory._meta.model.objects.get()
    assert (value.text, value.folded) == ("Secret 1", None)


def test_password_is_sorted_for_nobody(agent, supervisor):
    FieldFactory(key="secret", type="password")

    for client in (agent, supervisor):
        response = client.get(f"{URL}?sort=secret:asc")
        assert response.status_code == 400
        assert response.json() == invalid(sort=["Passwords cannot be sorted."])


def test_errors_do_not_tell_hidden_values(known, agent):
    IdentityFactory(value="+923005555555")

    response = agent.put(f"{URL}/{known['_id']}", {"firstName": "Zed", "age": "x", "nope": 1})

    assert response.status_code == 400
    for secret in ("Zaphod", "3001234567", "trillian", "Betelgeuse"):
        assert secret not in response.content.decode()
