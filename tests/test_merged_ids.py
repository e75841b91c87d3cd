"""Ids from before a merge: each route that writes refuses them and names the survivor."""

import json
import re

import pytest
from django.test import Client

from customers.models import Conversation, Customer, Operation
from tests.support.factories import CustomerFactory, IdentityFactory, LabelFactory, UserFactory
from tests.support.operations import everything, linked, merged, undone
from tests.support.routes import routes, sample_path

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"
CUSTOMER = "customers/<public_id:public_id>"
# A body that the route accepts, where an empty one is refused before the id is looked at.
BODIES = {
    "contract:customer": {"firstName": "Zoe", "__v": 99},
    "api:merge": {"duplicates": ["{other}"]},
    "api:split": {"conversations": ["c1"]},
    "api:not-same": {"other": "{other}"},
    "api:claim": {"field": "phoneNumber", "identifier": NUMBER},
    "api:release": {"field": "phoneNumber", "identifier": NUMBER},
    "api:mark": {"field": "phoneNumber", "identifier": NUMBER, "shared": True},
}
# (path, method): the body in which the route takes the id of a customer that it writes to.
NAMED_IN_BODY = {
    ("/api/customers/{other}/merge", "POST"): {"duplicates": ["{former}", "{third}"]},
    ("/api/customers/{other}/notSame", "POST"): {"other": "{former}"},
    ("/api/conversations/c1/relink", "POST"): {"target": "{former}"},
    ("/api/conversations/new", "PUT"): {"customerId": "{former}", "channelType": "SMS"},
    ("/api/customers/bulk", "POST"): {
        "customers": ["{other}", "{former}"],
        "labels": {"add": ["{label}"]},
    },
}


@pytest.fixture
def client():
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def ids():
    """Ids by name; `former` was merged into `survivor`."""
    survivor, other, third, former = CustomerFactory.create_batch(4, first_name="Zed")
    IdentityFactory(customer=former, value=NUMBER)
    linked("c1", other)
    merged(survivor, former)
    found = {"survivor": survivor, "former": former, "other": other, "third": third}
    return {name: row.public_id for name, row in (found | {"label": LabelFactory()}).items()}


def filled(text, ids):
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], text)


def sent(client, method, path, body, ids):
    return client.generic(method, path, filled(json.dumps(body), ids), "application/json")


def routes_of_customers():
    return [(name, path) for name, path in routes() if CUSTOMER in path]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("name", "path"), routes_of_customers())
def test_write_to_an_id_from_before_a_merge_names_the_survivor(client, ids, name, path, method):
    path = sample_path(path.replace(CUSTOMER, "customers/" + ids["former"]))
    before = everything()

    response = sent(client, method, path, BODIES.get(name, {}), ids)

    assert response.status_code in (405, 409)
    assert response.status_code == 405 or ids["survivor"] in response.content.decode()
    assert everything() == before


def test_walk_meets_each_kind_of_write(client, ids):
    """The test above would pass if every route answered 405."""
    paths = {name: path.replace(CUSTOMER, f"customers/{ids['former']}") for name, path in routes()}
    writes = [("contract:customer", "PUT"), ("contract:customer", "DELETE"), ("api:mark", "POST")]
    writes += [("customers:customer-edit", "POST"), ("customers:identity-mark", "POST")]
    writes += [("customers:customer-label-add", "POST"), ("customers:customer-split", "POST")]

    statuses = {
        sent(client, method, sample_path(paths[name]), BODIES.get(name, {}), ids).status_code
        for name, method in writes
    }

    assert statuses == {409}


@pytest.mark.parametrize(("path", "method"), NAMED_IN_BODY)
def test_body_with_an_id_from_before_a_merge_is_refused(client, ids, path, method):
    before = everything()

    response = sent(client, method, filled(path, ids), NAMED_IN_BODY[path, method], ids)

    assert response.status_code == 409
    assert ids["survivor"] in response.json()["msg"]
    assert everything() == before


@pytest.mark.parametrize("version", [{}, {"__v": 0}, {"__v": 1}])
def test_refusal_says_which_id_to_write_to(client, ids, version):
    body = {"firstName": "Zoe"} | version

    response = sent(client, "PUT", f"/cim-customer/customers/{ids['former']}", body, ids)

    message = (
        f"Customer {ids['former']} was merged into customer {ids['survivor']}. "
        "Use that id to write."
    )
    assert (response.status_code, response.json()) == (
        409,
        {"error": {"msg": message}, "msg": message, "survivor": ids["survivor"]},
    )


def test_merge_can_be_undone_after_a_stale_put(client, ids):
    sent(client, "PUT", f"/cim-customer/customers/{ids['former']}", {"firstName": "Zoe"}, ids)

    undone(Operation.objects.get(kind="merge"))

    assert Customer.objects.get(public_id=ids["former"]).first_name == "Zed"


def test_known_conversation_may_be_named_with_an_id_from_before_a_merge(client, ids):
    linked("c2", Customer.objects.get(public_id=ids["survivor"]))
    body = {"customerId": "{former}", "direction": "outbound"}

    response = sent(client, "PUT", "/api/conversations/c2", body, ids)

    assert (response.status_code, response.json()["customerId"]) == (200, ids["survivor"])
    assert Conversation.objects.get(conversation_id="c2").direction == "outbound"


@pytest.mark.parametrize("page", ["edit", "merge?q=a", "split", "identities/add"])
def test_page_of_a_merged_customer_leads_to_that_of_the_survivor(client, ids, page):
    response = client.get(f"/customers/{ids['former']}/{page}")

    assert (response.status_code, response.url) == (302, f"/customers/{ids['survivor']}/{page}")


def test_refused_page_offers_the_survivor(client, ids):
    response = client.post(f"/customers/{ids['former']}/edit", {"firstName": "Zoe"})

    text = response.content.decode()
    assert response.status_code == 409
    assert "Nothing was saved" in text
    assert f'href="/customers/{ids["survivor"]}"' in text


def test_link_to_a_customer_merged_meanwhile_is_refused(client, ids):
    asked = client.get(f"/link?conversation=c1&target={ids['former']}")
    answer = client.post("/link", {"conversation": "c1", "target": ids["former"]})

    assert (asked.status_code, answer.status_code) == (200, 409)
    assert ids["survivor"] in answer.content.decode()


def test_merge_with_a_customer_merged_meanwhile_is_looked_at_again(client, ids):
    named = f"{ids['former']},{ids['other']}"

    answer = client.post("/merge", {"customers": named, "do": "merge"})

    assert answer.status_code == 409
    assert "nothing is merged yet" in answer.content.decode()
    assert Customer.objects.filter(public_id=ids["other"]).exists()


@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_admin_page_of_a_merged_customer_leads_to_the_survivor(client, ids, page):
    merge = Operation.objects.get(kind="merge")
    key = merge.customers.get(public_id=ids["former"]).customer_pk
    survivor = Customer.objects.get(public_id=ids["survivor"]).pk
    path = f"/admin/customers/customer/{key}/{page}/"
    before = everything()

    asked, sent = client.get(path), client.post(path, {"first_name": "Zoe", "post": "yes"})

    there = f"/admin/customers/customer/{survivor}/change/"
    assert (asked.url, sent.url) == (there, there)
    assert everything() == before
