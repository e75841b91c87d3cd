import pytest

from customers.models import Operation
from schema_builder.editing import change_field
from tests.contract.shapes import invalid, refused
from tests.support.factories import CustomerFactory, IdentityFactory, field_of
from tests.support.operations import conversations_of, everything, linked, merged

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"
URL = "/api/conversations/c1/relink"


@pytest.fixture
def stranger():
    customer = IdentityFactory(value=NUMBER, customer__is_anonymous=True).customer
    linked("c1", customer, NUMBER)
    linked("c2", customer, NUMBER)
    return customer


def post(client, target, url=URL, **more):
    return client.post(url, {"target": target.public_id, **more}, format="json")


def test_relink_says_what_it_did(supervisor, stranger):
    target = CustomerFactory()

    response = post(supervisor, target, addIdentity=True, reason="It is the wife.")

    operation = Operation.objects.get()
    assert response.status_code == 200
    assert response.json() == {
        "source": stranger.public_id,
        "target": target.public_id,
        "operation": operation.public_id,
        "movedConversations": ["c1", "c2"],
        "addedIdentities": [{"field": "phoneNumber", "identifier": NUMBER}],
        "droppedIdentities": [],
        "droppedLabels": [],
        "droppedValues": [],
        "deletedCustomer": stranger.public_id,
    }
    assert (operation.actor, operation.reason) == (supervisor.user.username, "It is the wife.")


def test_a_dry_run_answers_the_same_and_writes_nothing(supervisor, stranger):
    target = CustomerFactory()
    before = everything()

    tried = post(supervisor, target, addIdentity=True, dryRun=True)

    assert (everything(), Operation.objects.count()) == (before, 0)
    done = post(supervisor, target, addIdentity=True)
    assert tried.json() == done.json() | {"operation": None}


def test_what_is_dropped_is_said(supervisor, stranger):
    target = CustomerFactory()
    IdentityFactory.create_batch(10, customer=target)

    response = post(supervisor, target, addIdentity=True)

    assert response.json()["droppedIdentities"] == [
        {
            "field": "phoneNumber",
            "identifier": NUMBER,
            "reason": "The customer holds 10 values of this field already.",
        }
    ]


def test_an_agent_sees_masked_identities(agent, stranger):
    change_field(field_of("phoneNumber"), may_clear_pii=False, is_pii=True)

    response = post(agent, CustomerFactory(), addIdentity=True)

    masked = [{"field": "phoneNumber", "identifier": "***********67"}]
    assert response.json()["addedIdentities"] == masked


def test_r05_the_same_target_writes_nothing(write_token, stranger):
    response = post(write_token, stranger)

    assert (response.status_code, response.json()["operation"]) == (200, None)
    assert not Operation.objects.exists()


def test_r06_the_refusal_names_the_survivor(write_token, stranger):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    merged(survivor, duplicate)

    response = post(write_token, duplicate)

    assert (response.status_code, response.json()["survivor"]) == (409, survivor.public_id)


def test_r07_unknown_ones_are_refused(write_token, stranger):
    conversation = post(write_token, stranger, "/api/conversations/never/relink")
    target = post(write_token, CustomerFactory.build(public_id="f" * 24))

    assert (conversation.status_code, target.status_code) == (404, 404)
    assert conversation.json() == refused('There is no conversation "never".')
    assert target.json() == refused(f'There is no customer "{"f" * 24}".')


NOT_BOOLEAN = ["Must be a valid boolean."]


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({}, {"target": ["This field is required."]}),
        ({"target": "x"}, {"target": ["Not a valid id."]}),
        ({"target": 5}, {"target": ["Not a valid id."]}),
        ({"target": ["f" * 24]}, {"target": ["Not a valid id."]}),
        ({"target": "f" * 24, "planet": 1}, {"planet": ["Unknown field."]}),
        ({"target": "f" * 24, "addIdentity": []}, {"addIdentity": NOT_BOOLEAN}),
        ({"target": "f" * 24, "addIdentity": "maybe"}, {"addIdentity": NOT_BOOLEAN}),
        ({"target": "f" * 24, "movePastConversations": {}}, {"movePastConversations": NOT_BOOLEAN}),
        ({"target": "f" * 24, "absorbAnonymous": 7}, {"absorbAnonymous": NOT_BOOLEAN}),
        ({"target": "f" * 24, "dryRun": None}, {"dryRun": ["This field may not be null."]}),
        (
            {"target": "f" * 24, "reason": "x" * 201},
            {"reason": ["Ensure this field has no more than 200 characters."]},
        ),
        ({"target": "f" * 24, "reason": []}, {"reason": ["Not a valid string."]}),
    ],
)
def test_a_bad_body_is_refused(write_token, stranger, values, problems):
    before = everything()

    response = write_token.post(URL, values, format="json")

    assert (response.status_code, response.json()) == (400, invalid(**problems))
    assert everything() == before


def test_unknown_parameters_are_refused(write_token, stranger):
    response = post(write_token, CustomerFactory(), f"{URL}?dryRun=true")

    assert (response.status_code, response.json()) == (400, invalid(dryRun=["Unknown parameter."]))
    assert conversations_of(stranger) == ["c1", "c2"]
