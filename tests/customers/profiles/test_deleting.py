"""Single customers deleted: an operation like any other, and what agents may delete."""

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.actors import Actor
from customers.identification.identify import identify
from customers.identities.twins import ONLY_TWINS, delete_as
from customers.models import Customer, Operation
from customers.permissions import CHANGE, DELETE, RELINK, may_undo
from customers.profiles.lifecycle import delete_customer, update_customer
from customers.undo.undo import undo
from schema_builder.editing import change_field
from tests.contract.shapes import lacking
from tests.customers.test_role_visibility import show
from tests.support.actors import behind_gateway
from tests.support.factories import (
    AliasFactory,
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    UserFactory,
    ValueFactory,
    WornLabelFactory,
    field_of,
)
from tests.support.operations import SAM, everything, last_operation, linked, undone
from tests.support.staff import staff

pytestmark = pytest.mark.django_db
URL = "/cim-customer/customers"
# Customers that are locked are read whole.
WHOLE_CUSTOMERS = 'SELECT "customers_customer"."id", "customers_customer"."public_id"'
NUMBER, OTHER = "+923001234567", "+923007654321"
AMY = Actor("amy", "1", frozenset({CHANGE, RELINK}))


@pytest.fixture
def full():
    """A customer with a row of each kind."""
    customer = IdentityFactory(value=NUMBER, customer__version=7).customer
    IdentityFactory(customer=customer, of="web", value="w1", is_retired=True)
    ValueFactory(customer=customer, text="Lahore")
    WornLabelFactory(customer=customer, reason="asked for it")
    AliasFactory(customer=customer)
    linked("c1", customer, NUMBER)
    return customer


@pytest.fixture
def twin():
    """An anonymous customer whose number an identified customer has as well."""
    IdentityFactory(value=NUMBER)
    return IdentityFactory(value=NUMBER, customer__is_anonymous=True).customer


def test_delete_is_an_operation_whose_undo_brings_each_row_back(supervisor, full):
    before = everything()

    deleted = supervisor.delete(f"{URL}/{full.public_id}")
    listed = supervisor.get("/api/operations").json()["docs"][0]
    gone = Customer.objects.exists()
    answer = supervisor.post(f"/api/operations/{listed['_id']}/undo", {"reason": "by mistake"})

    assert (deleted.status_code, deleted.content, gone) == (204, b"", False)
    assert (listed["kind"], listed["actor"], listed["customers"]) == (
        "delete",
        supervisor.user.username,
        [full.public_id],
    )
    assert {change["what"] for change in listed["changes"]} == {
        *("customer", "identity", "value", "label", "conversation", "alias"),
    }
    assert (answer.status_code, answer.json()["left"]) == (200, [])
    assert everything() == before
    assert supervisor.get(f"{URL}/{full.public_id}").json()["__v"] == 8


def test_undo_of_a_delete_can_be_undone(full):
    deleted = delete_customer(full, caller=SAM)

    undone(undone(deleted).operation)

    assert not Customer.objects.exists()


def test_delete_keeps_its_reason():
    operation = delete_customer(CustomerFactory(), caller=SAM, reason="asked to be forgotten")

    assert (operation.kind, operation.actor, operation.reason, operation.is_bulk) == (
        *("delete", "sam", "asked to be forgotten"),
        False,
    )


def test_delete_in_the_admin_offers_its_undo(full):
    client = staff("Supervisor")

    page = client.post(
        f"/admin/customers/customer/{full.pk}/delete/", {"post": "yes"}, follow=True
    ).content.decode()

    assert f'href="/operations/{last_operation().public_id}/undo"' in page
    assert client.get(f"/operations/{last_operation().public_id}/undo").status_code == 200


def test_agent_deletes_an_anonymous_twin_and_undoes_it(agent, twin):
    before = everything()

    deleted = agent.delete(f"{URL}/{twin.public_id}")
    operation = last_operation()
    gone = Customer.objects.filter(pk=twin.pk).exists()
    answer = agent.post(f"/api/operations/{operation.public_id}/undo", {"reason": ""})

    assert (deleted.status_code, gone) == (204, False)
    assert (operation.kind, operation.actor) == ("absorb", agent.user.username)
    assert answer.status_code == 200
    assert everything() == before


def test_link_flow_of_the_published_client_leaves_no_twin(settings):
    client = behind_gateway(settings, role="agent")
    found = client.get(f"{URL}?channelType=SMS&customerChannelIdentifier=%2B923001234567").json()
    target = CustomerFactory(first_name="Zed")
    body = {"firstName": "Zed", "phoneNumber": [NUMBER], "isAnonymous": False}

    linked = client.put(f"{URL}/{target.public_id}", body, format="json")
    deleted = client.delete(f"{URL}/{found['customer']['_id']}")

    assert (linked.status_code, deleted.status_code) == (200, 204)
    assert [*Customer.objects.all()] == [target]
    assert identify("SMS", NUMBER, caller=SAM)["identification"]["outcome"] == "matched"


def test_link_flow_of_a_role_that_sees_masks_changes_no_other_value(settings):
    for key in ("firstName", "phoneNumber", "web"):
        change_field(field_of(key), may_clear_pii=False, is_pii=True)
    client = behind_gateway(settings, role="agent")
    found = client.get(f"{URL}?channelType=WEB&customerChannelIdentifier=visitor").json()
    target = IdentityFactory(value=NUMBER, customer__first_name="Trillian").customer
    shown = client.get(f"{URL}/{target.public_id}").json()

    body = shown | {"web": ["visitor"]}
    linked = client.put(f"{URL}/{target.public_id}", body, format="json")
    deleted = client.delete(f"{URL}/{found['customer']['_id']}")

    assert (shown["firstName"], shown["phoneNumber"]) == ("Tri*****", ["***********67"])
    assert (linked.status_code, deleted.status_code) == (200, 204)
    assert Customer.objects.get().first_name == "Trillian"
    assert {*target.identities.values_list("value", flat=True)} == {NUMBER, "visitor"}


def test_agent_deletes_no_identified_customer(agent):
    customer = IdentityFactory(value=NUMBER).customer
    IdentityFactory(value=NUMBER)

    response = agent.delete(f"{URL}/{customer.public_id}")

    message = f"{ONLY_TWINS} This customer is identified."
    assert (response.status_code, response.json()["msg"]) == (403, message)
    assert Customer.objects.filter(pk=customer.pk).exists()


def refused(customer, caller=AMY):
    with pytest.raises(PermissionDenied) as caught:
        delete_as(customer, caller=caller)
    assert Customer.objects.filter(pk=customer.pk).exists()
    assert not Operation.objects.filter(kind="absorb").exists()
    return str(caught.value).removeprefix(ONLY_TWINS).strip()


def test_twin_with_a_conversation_stays(twin):
    linked("c1", twin)

    assert refused(twin) == "This customer still has a conversation."


def test_twin_with_an_identifier_of_its_own_stays(twin):
    IdentityFactory(customer=twin, of="web", value="w1")

    assert refused(twin) == "No identified customer has its Web."


def test_field_that_is_hidden_is_not_named(twin):
    IdentityFactory(customer=twin, of="web", value="w1")
    show("web", Agent="hidden")

    assert refused(twin, UserFactory(role="Agent")) == "No identified customer has its identifier."


def test_identifier_that_the_identified_customer_has_retired_does_not_count():
    IdentityFactory(value=NUMBER, is_retired=True)
    twin = IdentityFactory(value=NUMBER, customer__is_anonymous=True).customer

    assert refused(twin) == "No identified customer has its Phone number."


@pytest.fixture
def mobile():
    """The key of another field for numbers of text messages."""
    return FieldFactory(
        key="mobile", type="phonenumber", is_channel_identifier=True, serves=["SMS"]
    ).key


@pytest.mark.parametrize("spelling", [NUMBER, "00923001234567"])
def test_identified_customer_may_have_the_number_in_another_field_of_the_channel(mobile, spelling):
    holder = IdentityFactory(of=mobile, value=spelling, match_key=NUMBER).customer
    twin = IdentityFactory(value=spelling, match_key=NUMBER, customer__is_anonymous=True).customer

    operation = delete_as(twin, caller=AMY)

    assert [*Customer.objects.all()] == [holder]
    assert undo(operation, caller=AMY).left == []


def test_field_of_another_channel_does_not_count():
    IdentityFactory(of="whatsapp", value=NUMBER)
    twin = IdentityFactory(value=NUMBER, customer__is_anonymous=True).customer

    assert refused(twin) == "No identified customer has its Phone number."


def test_local_number_that_an_identified_customer_has_as_well_does_not_count():
    local = {"value": "555-0199", "match_key": "555-0199", "is_valid": False}
    IdentityFactory(**local)
    twin = IdentityFactory(**local, customer__is_anonymous=True).customer

    assert refused(twin) == "No identified customer has its Phone number."


def test_deletion_of_a_twin_locks_the_customer_that_keeps_the_identifier(twin):
    holder = Customer.objects.get(is_anonymous=False)
    IdentityFactory(customer=twin, of="web", value="w1")
    other = IdentityFactory(of="web", value="w1", is_shared=True).customer
    IdentityFactory(of="web", value="w1", is_shared=True)

    with CaptureQueriesContext(connection) as queries:
        delete_as(twin, caller=AMY)

    reads = [one["sql"] for one in queries if one["sql"].startswith(WHOLE_CUSTOMERS)]
    locked = [re.search(r" IN \(([\d, ]+)\) ORDER BY \S+ ASC", sql) for sql in reads]
    keys = [set(map(int, found[1].split(","))) for found in locked if found]
    assert {holder.pk, twin.pk, other.pk} in keys


def test_anonymous_customer_without_identifiers_stays():
    assert refused(CustomerFactory(is_anonymous=True)) == "This customer has no identifier."


@pytest.mark.parametrize("may", [(), (CHANGE,)])
def test_callers_that_may_not_relink_delete_nothing(twin, may):
    assert refused(twin, Actor("bob", "2", frozenset(may))) == lacking(
        "Delete customers", "delete customers"
    )


def test_supervisor_deletes_a_twin_as_any_other_customer(twin):
    delete_as(twin, caller=Actor("sue", "3", frozenset({DELETE})))

    assert last_operation().kind == "delete"


def test_deletion_of_a_twin_is_undone_by_the_right_to_relink(twin):
    operation = delete_as(twin, caller=AMY)

    assert may_undo(AMY, operation)
    assert not may_undo(Actor("bob", "2", frozenset({CHANGE})), operation)
    undo(operation, caller=AMY)
    assert Customer.objects.filter(pk=twin.pk, is_anonymous=True).exists()


def test_identifier_given_away_since_is_left_where_it_is(twin):
    operation = delete_as(twin, caller=AMY)
    other = CustomerFactory(is_anonymous=True)
    update_customer(other, {"phoneNumber": [NUMBER]}, caller=SAM, partial=True)

    answer = undo(operation, caller=AMY, skip_collisions=True)

    assert [collision.table for collision in answer.left] == ["identity"]
    assert other.identities.count() == 1
