"""The rules of labels as callers of the customer endpoints meet them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from customers.models import Customer
from customers.profiles.lifecycle import label_customer
from labels.models import LabelGroup
from tests.support.actors import with_token
from tests.support.factories import CustomerFactory, IdentityFactory, LabelFactory, WornLabelFactory
from tests.support.operations import SAM, labels_of

from .shapes import invalid

URL = "/cim-customer/customers"
ALL = "All calls"


def body_of(client, customer, **changes):
    """What the contract's client sends: everything that it got, and its changes."""
    return client.get(f"{URL}/{customer.public_id}").json() | changes


def put(client, customer, **changes):
    return client.put(f"{URL}/{customer.public_id}", body_of(client, customer, **changes))


def only_for(role, name="VIP"):
    label = LabelFactory(name=name)
    label.assignable_by.add(Group.objects.get(name=role))
    return label


def test_refusal_names_the_labels(agent):
    tier = LabelGroup.objects.create(name="Tier")
    labels = [LabelFactory(name=name, group=tier).public_id for name in ("Gold", "Silver")]
    customer = CustomerFactory()

    changed = put(agent, customer, labels=labels)
    created = agent.post(URL, {"firstName": "Amy", "labels": labels})

    problem = '"Gold" and "Silver" exclude each other: choose one of "Tier".'
    assert (changed.status_code, created.status_code) == (400, 400)
    assert changed.json() == created.json() == invalid(labels=[problem])
    assert labels_of(customer) == []
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "status"), [("Integration (read/write)", 200), ("Supervisor", 400)]
)
def test_a_token_has_the_hands_of_its_role(role, status, write_token):
    vip, customer = only_for(role), CustomerFactory()

    response = put(write_token, customer, labels=[vip.public_id])

    assert response.status_code == status
    assert labels_of(customer) == (["VIP"] if status == 200 else [])


def test_gateway_and_session_have_the_hands_of_their_roles(gateway, agent, supervisor):
    vip = only_for("Supervisor")
    customers = CustomerFactory.create_batch(3)

    statuses = [
        put(client, customer, labels=[vip.public_id]).status_code
        for client, customer in zip([gateway, supervisor, agent], customers, strict=True)
    ]

    assert statuses == [200, 200, 400]


def test_client_that_knows_no_rules_saves_what_is_worn(agent):
    vip = only_for("Supervisor")
    customer = WornLabelFactory(label=vip).customer

    kept = put(agent, customer, firstName="Amina")
    dropped = put(agent, customer, labels=[])

    assert kept.status_code == 200
    assert dropped.status_code == 400
    assert dropped.json() == invalid(labels=['"VIP" is put on and taken off by Supervisor only.'])
    assert labels_of(customer) == ["VIP"]


def test_reason_and_end_go_with_the_labels(agent):
    label, customer = LabelFactory(name="Complaint", requires_reason=True), CustomerFactory()

    silent = put(agent, customer, labels=[label.public_id])
    said = put(
        agent,
        customer,
        labels=[label.public_id],
        labelReason="Wrong invoice",
        labelUntil="2030-12-31T10:00:00Z",
    )

    assert silent.json() == invalid(labels=['"Complaint" needs a reason.'])
    assert said.status_code == 200
    assert "labelReason" not in said.json()
    worn = customer.worn_labels.get()
    assert (worn.reason, worn.expires_at.isoformat()) == (
        "Wrong invoice",
        "2030-12-31T10:00:00+00:00",
    )


def test_terms_are_judged_with_everything_else(agent):
    response = agent.post(URL, {"firstName": "Amy", "nope": 1, "labelReason": 5, "labelUntil": 5})

    assert response.status_code == 400
    assert response.json()["errors"].keys() == {"nope", "labelReason", "labelUntil"}


@pytest.mark.parametrize(
    ("limits", "applies"),
    [([], False), (["SMS"], True), (["*"], True), (["WHATSAPP"], False)],
    ids=str,
)
def test_identification_says_where_not_to_contact(
    agent, limits, applies, django_assert_num_queries
):
    customer = IdentityFactory(value="+923001234567").customer
    WornLabelFactory(customer=customer, label=LabelFactory(name=ALL, do_not_contact=limits))
    WornLabelFactory(customer=customer)
    client = with_token("Integration (read)")
    asked = f"{URL}?channelType=SMS&customerChannelIdentifier=%2B923001234567"
    client.get(asked)

    with django_assert_num_queries(1):
        answer = client.get(asked).json()

    assert answer["identification"]["doNotContact"] == {
        "applies": applies,
        "labels": [{"label": ALL, "channels": limits, "customers": [customer.public_id]}]
        if limits
        else [],
    }


def test_merge_says_which_labels_were_dropped(supervisor):
    tier = LabelGroup.objects.create(name="Tier")
    survivor, duplicate = (
        WornLabelFactory(
            label=LabelFactory(name=name, group=tier),
            expires_at=timezone.now() + timedelta(days=1),
        ).customer
        for name in ("Gold", "Silver")
    )

    response = supervisor.post(
        f"/api/customers/{survivor.public_id}/merge", {"duplicates": [duplicate.public_id]}
    )

    assert response.json()["droppedLabels"] == [{"label": "Silver", "kept": "Gold"}]
    assert response.json()["customer"]["labelNames"] == ["Gold"]


def test_crowd_that_adds_labels_of_one_group_leaves_one(in_threads):
    """Whoever comes second takes the place of the first: the customer is locked."""
    tier = LabelGroup.objects.create(name="Tier")
    labels = [LabelFactory(name=f"Tier {number}", group=tier) for number in range(4)]
    customer = CustomerFactory()

    done = in_threads(
        lambda number: label_customer(customer, caller=SAM, add=[labels[number]]), len(labels)
    )

    assert [error for error in done if isinstance(error, Exception)] == []
    assert customer.worn_labels.count() == 1
    assert Customer.objects.get().version == 4
