import pytest

from customers.duplicates.queue import refresh_pairs
from customers.models import ChannelIdentity, NotSamePerson
from customers.profiles.lifecycle import create_customer
from tests.support.operations import SAM, last_operation

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    found = [
        create_customer({"firstName": name, "web": ["w1"]}, caller=SAM)
        for name in ("Amina", "Oliver")
    ]
    refresh_pairs([customer.pk for customer in found])
    return found


def here(customer, what):
    return f"/api/customers/{customer.public_id}/{what}"


@pytest.mark.parametrize("url", ["/api/duplicates", "duplicates"])
def test_duplicates_come_with_score_and_reasons(pair, supervisor, url):
    response = supervisor.get(url if url.startswith("/") else here(pair[0], url))

    [document] = response.json()["docs"]
    del document["foundAt"]
    assert document == {
        "customers": [pair[0].public_id, pair[1].public_id],
        "score": 45,
        "reasons": [
            {"rule": "same_identifier", "reason": "Both have the same Web."},
            {
                "rule": "different_given_names",
                "reason": "Against it: the given names differ, as in a family that shares its "
                "contacts.",
            },
        ],
    }
    assert response.json()["totalDocs"] == 1


@pytest.mark.parametrize("count", [1, 3])
def test_duplicates_cost_the_same_whatever_their_number(
    supervisor, count, django_assert_max_num_queries
):
    for number in range(count):
        for name in ("Amina", "Oliver"):
            customer = create_customer({"firstName": name, "web": [f"w{number}"]}, caller=SAM)
            refresh_pairs([customer.pk])

    with django_assert_max_num_queries(8):
        response = supervisor.get("/api/duplicates")

    assert len(response.json()["docs"]) == count


def test_not_the_same_person_is_remembered(pair, supervisor):
    response = supervisor.post(
        here(pair[0], "notSame"), {"other": pair[1].public_id, "reason": "Brothers"}
    )

    assert response.status_code == 204
    assert NotSamePerson.objects.get().reason == "Brothers"
    assert supervisor.get("/api/duplicates").json()["docs"] == []


def test_claim_names_the_former_owner(pair, supervisor):
    response = supervisor.post(
        here(pair[0], "identities/claim"), {"field": "web", "identifier": "w1"}
    )

    assert response.json() == {
        "operation": last_operation().public_id,
        "formerOwners": [pair[1].public_id],
    }


def test_release_answers_its_operation(pair, agent):
    response = agent.post(here(pair[0], "identities/release"), {"field": "web", "identifier": "w1"})

    assert response.json() == {"operation": last_operation().public_id}


def test_mark_answers_its_operation(pair, agent):
    response = agent.post(
        here(pair[0], "identities/mark"),
        {"field": "web", "identifier": "w1", "primary": True, "trust": "verified"},
    )

    assert response.json() == {"operation": last_operation().public_id}
    identity = ChannelIdentity.objects.get(customer=pair[0])
    assert (identity.is_primary, identity.trust) == (True, "verified")


@pytest.mark.parametrize(
    ("what", "body", "attribute"),
    [
        ("identities/claim", {}, "field"),
        ("identities/claim", {"field": "web", "identifier": 5, "nope": 1}, "nope"),
        ("identities/mark", {"field": "web", "identifier": "w1", "trust": "blind"}, "trust"),
        ("identities/release", {"field": "web", "identifier": "w9"}, "identifier"),
        ("notSame", {"other": "me"}, "other"),
    ],
)
def test_bad_bodies_are_refused(pair, supervisor, what, body, attribute):
    response = supervisor.post(here(pair[0], what), body)

    assert response.status_code == 400
    assert attribute in response.json()["errors"]
