import pytest

from customers.models import Customer, Operation
from tests.contract.shapes import invalid, refused
from tests.support.factories import CustomerFactory, FieldFactory, IdentityFactory, ValueFactory
from tests.support.operations import everything, linked

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"


@pytest.fixture
def source():
    customer = IdentityFactory(value=NUMBER).customer
    ValueFactory(customer=customer, field=FieldFactory(key="city"), text="Lahore")
    linked("c1", customer)
    return customer


PARTS = {
    "firstName": "Amina",
    "identities": [{"field": "phoneNumber", "identifier": NUMBER}],
    "attributes": ["city"],
    "conversations": ["c1"],
    "reason": "Two sisters.",
}


def post(client, customer, values, query=""):
    url = f"/api/customers/{customer.public_id}/split{query}"
    return client.post(url, values, format="json")


def test_split_says_what_it_did(supervisor, source):
    response = post(supervisor, source, PARTS)

    operation, new = Operation.objects.get(), Customer.objects.exclude(pk=source.pk).get()
    assert response.status_code == 200
    assert response.json() == {
        "source": source.public_id,
        "customer": new.public_id,
        "operation": operation.public_id,
        "moved": {"identities": 1, "values": 1, "conversations": 1},
    }
    assert (operation.actor, operation.reason) == (supervisor.user.username, "Two sisters.")
    shown = supervisor.get(f"/cim-customer/customers/{new.public_id}").json()
    assert (shown["firstName"], shown["phoneNumber"], shown["city"]) == (
        "Amina",
        [NUMBER],
        "Lahore",
    )


def test_a_dry_run_answers_the_same_and_writes_nothing(supervisor, source):
    before = everything()

    tried = post(supervisor, source, PARTS | {"dryRun": True}).json()

    assert (everything(), Operation.objects.count()) == (before, 0)
    done = post(supervisor, source, PARTS).json()
    assert tried == done | {"customer": None, "operation": None}


def test_a_second_anonymous_holder_is_refused(supervisor, source):
    IdentityFactory(value=NUMBER, customer__is_anonymous=True)

    response = post(supervisor, source, {"identities": PARTS["identities"]})

    assert response.status_code == 409
    assert response.json() == refused(
        "An anonymous customer with one of these identifiers exists already; "
        "give the customer a name, or write to that one."
    )


def test_an_unknown_customer_is_refused(supervisor):
    response = post(supervisor, CustomerFactory.build(), PARTS)

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("values", "attribute"),
    [
        ({}, "identities"),
        ({"planet": 1}, "planet"),
        ({"firstName": []}, "firstName"),
        ({"firstName": "x" * 201, "conversations": ["c1"]}, "firstName"),
        ({"identities": "x"}, "identities.body"),
        ({"identities": [5]}, "identities.0.body"),
        ({"identities": [{"field": "phoneNumber"}]}, "identities.0.identifier"),
        (
            {"identities": [{"field": "phoneNumber", "identifier": NUMBER, "x": 1}]},
            "identities.0.x",
        ),
        ({"identities": [{"field": "phoneNumber", "identifier": "+1"}]}, "identities"),
        ({"attributes": ["planet"]}, "attributes"),
        ({"attributes": {}}, "attributes"),
        ({"attributes": [[]]}, "attributes.0"),
        ({"conversations": ["c9"]}, "conversations"),
        ({"conversations": 5}, "conversations"),
        ({"conversations": ["c1"], "dryRun": []}, "dryRun"),
        ({"conversations": ["c1"], "reason": True}, "reason"),
    ],
)
def test_a_bad_body_is_refused(supervisor, source, values, attribute):
    before = everything()

    response = post(supervisor, source, values)

    assert (response.status_code, list(response.json()["errors"])) == (400, [attribute])
    assert everything() == before


def test_unknown_parameters_are_refused(supervisor, source):
    response = post(supervisor, source, PARTS, "?dryRun=true")

    assert (response.status_code, response.json()) == (400, invalid(dryRun=["Unknown parameter."]))
    assert not Operation.objects.exists()
