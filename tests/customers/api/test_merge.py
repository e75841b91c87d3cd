import pytest

from customers.models import Customer, Operation
from tests.contract.shapes import invalid, refused, without
from tests.support.factories import CustomerFactory, IdentityFactory, LabelFactory, WornLabelFactory
from tests.support.operations import everything, linked, merged, values_of

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"


def url_of(customer):
    return f"/api/customers/{customer.public_id}/merge"


def post(client, survivor, *duplicates, **more):
    ids = [duplicate.public_id for duplicate in duplicates]
    return client.post(url_of(survivor), {"duplicates": ids, **more}, format="json")


def test_merge_says_what_it_did(supervisor):
    survivor = CustomerFactory(first_name="Amina")
    duplicate = IdentityFactory(value=NUMBER).customer
    WornLabelFactory(customer=duplicate, label=LabelFactory(name="VIP", priority=8))
    linked("c1", duplicate)

    response = post(supervisor, survivor, duplicate, reason="Same person.")

    operation = Operation.objects.get()
    assert response.status_code == 200
    assert without(response.json(), "customer") == {
        "survivor": survivor.public_id,
        "merged": [duplicate.public_id],
        "operation": operation.public_id,
        "moved": {"values": 0, "identities": 1, "labels": 1, "conversations": 1},
        "droppedLabels": [],
        "hiddenDiffer": False,
    }
    shown = supervisor.get(f"/cim-customer/customers/{survivor.public_id}").json()
    assert response.json()["customer"] == shown
    assert (shown["firstName"], shown["phoneNumber"], shown["priority"]) == ("Amina", [NUMBER], 8)
    assert (operation.actor, operation.reason) == (supervisor.user.username, "Same person.")


def test_a_dry_run_answers_the_same_and_writes_nothing(supervisor):
    survivor, duplicate = CustomerFactory(), IdentityFactory(value=NUMBER).customer
    before = everything()

    tried = post(supervisor, survivor, duplicate, dryRun=True).json()

    assert (everything(), Operation.objects.count()) == (before, 0)
    done = post(supervisor, survivor, duplicate).json()
    for answer in (tried, done):
        answer["customer"]["updatedAt"] = answer["operation"] = None
    assert tried == done


def test_old_ids_are_read_as_the_survivor_and_not_written(supervisor):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    post(supervisor, survivor, duplicate)
    url = f"/cim-customer/customers/{duplicate.public_id}"

    read = supervisor.get(url)
    written = supervisor.put(url, {"firstName": "Amina"}, format="json")

    assert (read.status_code, read.json()["_id"]) == (200, survivor.public_id)
    assert (written.status_code, written.json()["survivor"]) == (409, survivor.public_id)
    assert Customer.objects.get(pk=survivor.pk).first_name == survivor.first_name


def test_an_old_id_deletes_nobody(supervisor):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    post(supervisor, survivor, duplicate)

    response = supervisor.delete(f"/cim-customer/customers/{duplicate.public_id}")

    assert (response.status_code, response.json()["survivor"]) == (409, survivor.public_id)
    assert Customer.objects.filter(pk=survivor.pk).exists()


def test_a_version_of_the_duplicate_is_stale(supervisor):
    survivor, duplicate = CustomerFactory(), CustomerFactory(version=5)
    post(supervisor, survivor, duplicate)

    url = f"/cim-customer/customers/{duplicate.public_id}"
    response = supervisor.put(url, {"firstName": "Amina", "__v": 5}, format="json")

    assert response.status_code == 409


def test_m06_a_repeat_writes_nothing(supervisor):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    post(supervisor, survivor, duplicate)

    response = post(supervisor, survivor, duplicate)

    assert response.status_code == 200
    assert without(response.json(), "customer", "survivor") == {
        "merged": [],
        "operation": None,
        "moved": {},
        "droppedLabels": [],
        "hiddenDiffer": False,
    }


def test_m09_a_survivor_that_was_merged_is_named(supervisor):
    survivor, gone, duplicate = CustomerFactory.create_batch(3)
    merged(survivor, gone)

    response = post(supervisor, gone, duplicate)

    expected = f"Customer {gone.public_id} was merged into {survivor.public_id} meanwhile."
    assert (response.status_code, response.json()) == (409, refused(expected))


def test_m13_a_stale_version_is_refused(supervisor):
    survivor, duplicate = CustomerFactory(version=2), CustomerFactory()
    before = everything()

    response = post(supervisor, survivor, duplicate, versions={survivor.public_id: 1})

    expected = "The customer was changed meanwhile: it is at version 2."
    assert (response.status_code, response.json()) == (409, refused(expected))
    assert everything() == before


def test_m10_an_unknown_customer_is_refused(supervisor):
    response = post(supervisor, CustomerFactory(), CustomerFactory.build(public_id="f" * 24))

    assert response.status_code == 404
    assert response.json() == refused(f'There is no customer "{"f" * 24}".')


def test_m18_too_many_identifiers_are_refused(supervisor):
    survivor, duplicate = CustomerFactory(), IdentityFactory().customer
    IdentityFactory.create_batch(10, customer=survivor)

    response = post(supervisor, survivor, duplicate)

    expected = '"Phone number" would hold 11 values; 10 are possible.'
    assert (response.status_code, response.json()) == (409, refused(expected))


@pytest.mark.parametrize("count", [0, 25, 26])
def test_m17_too_few_or_many_are_refused(supervisor, count):
    survivor, *duplicates = CustomerFactory.create_batch(count + 1)

    response = post(supervisor, survivor, *duplicates)

    assert response.status_code == 400
    assert response.json() == invalid(duplicates=["Merge 2 to 25 customers at a time."])
    assert Customer.objects.filter(pk__in=[d.pk for d in duplicates]).count() == count


def test_m05_nobody_is_merged_with_itself(supervisor):
    customer = CustomerFactory()

    response = post(supervisor, customer, customer)

    assert response.status_code == 400
    assert response.json() == invalid(duplicates=["A customer cannot be merged with itself."])


ID = "f" * 24


@pytest.mark.parametrize(
    ("values", "attribute"),
    [
        ({}, "duplicates"),
        ({"duplicates": None}, "duplicates"),
        ({"duplicates": ID}, "duplicates"),
        ({"duplicates": {}}, "duplicates"),
        ({"duplicates": ["x"]}, "duplicates.0"),
        ({"duplicates": [None]}, "duplicates.0"),
        ({"duplicates": [[]]}, "duplicates.0"),
        ({"duplicates": [ID], "planet": 1}, "planet"),
        ({"duplicates": [ID], "choices": []}, "choices"),
        ({"duplicates": [ID], "choices": None}, "choices"),
        ({"duplicates": [ID], "versions": []}, "versions"),
        ({"duplicates": [ID], "versions": {ID: "x"}}, f"versions.{ID}"),
        ({"duplicates": [ID], "versions": {ID: -1}}, f"versions.{ID}"),
        ({"duplicates": [ID], "versions": {ID: None}}, f"versions.{ID}"),
        ({"duplicates": [ID], "versions": {"a" * 24: 1}}, "versions"),
        ({"duplicates": [ID], "reason": {}}, "reason"),
        ({"duplicates": [ID], "reason": "x" * 201}, "reason"),
        ({"duplicates": [ID], "dryRun": "maybe"}, "dryRun"),
    ],
)
def test_a_bad_body_is_refused(supervisor, values, attribute):
    survivor, _ = CustomerFactory(), CustomerFactory(public_id=ID)
    before = everything()

    response = supervisor.post(url_of(survivor), values, format="json")

    assert (response.status_code, list(response.json()["errors"])) == (400, [attribute])
    assert everything() == before


@pytest.mark.parametrize(
    "choice",
    [
        None,
        5,
        True,
        [],
        {},
        "x",
        {"customer": []},
        {"customer": {}},
        {"customer": 5},
        {"value": []},
        {"value": {}},
        {"value": None},
        {"value": "x" * 100_000},
    ],
)
@pytest.mark.parametrize("key", ["firstName", "isAnonymous", "phoneNumber", "labels", "planet"])
def test_a_bad_choice_is_refused(supervisor, key, choice):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    before = everything()

    response = post(supervisor, survivor, duplicate, choices={key: choice})

    assert (response.status_code, list(response.json()["errors"])) == (400, [key])
    assert everything() == before


def test_unknown_parameters_are_refused(supervisor):
    survivor, duplicate = CustomerFactory(), CustomerFactory()

    response = supervisor.post(
        f"{url_of(survivor)}?dryRun=true", {"duplicates": [duplicate.public_id]}, format="json"
    )

    assert (response.status_code, response.json()) == (400, invalid(dryRun=["Unknown parameter."]))
    assert values_of(survivor) == {}
    assert not Operation.objects.exists()


@pytest.mark.parametrize("number", ["9" * 400, "-1", "1e400", "0.5"])
@pytest.mark.parametrize("place", ['"versions": {"%s": %s}', '"choices": {"%s": %s}'])
def test_numbers_out_of_range_are_refused(supervisor, place, number):
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    values = f'{{"duplicates": ["{duplicate.public_id}"], {place % (survivor.public_id, number)}}}'

    response = supervisor.post(url_of(survivor), values, content_type="application/json")

    assert response.status_code == 400
    assert not Operation.objects.exists()
