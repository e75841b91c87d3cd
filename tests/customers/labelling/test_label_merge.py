from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group

from access.actors import Actor
from customers.labelling.holders import delete_labels
from customers.labelling.label_merge import (
    LabelMerge,
    LabelMergeRefused,
    lost_rules,
    merge_labels,
    preview_merge,
)
from customers.models import CustomerLabel
from labels.models import Label, LabelGroup
from tests.support.factories import LabelFactory, WornLabelFactory
from tests.support.operations import labels_of

pytestmark = pytest.mark.django_db

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
ADMIN = Actor("ada", "1", is_superuser=True)
LATER = NOON + timedelta(days=1)


@pytest.fixture
def gold():
    return LabelFactory(name="Gold", group=LabelGroup.objects.create(name="Tier"))


@pytest.fixture
def loyal():
    return LabelFactory(name="Loyal")


def test_everybody_wears_the_survivor(gold, loyal):
    alone = WornLabelFactory(label=loyal, reason="Since 2010", expires_at=NOON)
    both = WornLabelFactory(label=loyal)
    WornLabelFactory(label=gold, customer=both.customer)
    crowded = WornLabelFactory(label=loyal)
    silver = LabelFactory(name="Silver", group=gold.group)
    WornLabelFactory(label=silver, customer=crowded.customer)
    other = WornLabelFactory(label=gold)

    expected = preview_merge(gold, loyal)
    done = merge_labels(gold, loyal, caller=ADMIN)

    assert expected == done == LabelMerge(moved=1, united=1, dropped=1)
    assert done.wearers == 3
    assert [labels_of(row.customer) for row in (alone, both, crowded, other)] == [
        ["Gold"],
        ["Gold"],
        ["Silver"],
        ["Gold"],
    ]
    moved = CustomerLabel.objects.get(pk=alone.pk)
    assert (moved.reason, moved.expires_at) == ("Since 2010", NOON)
    assert not Label.objects.filter(name="Loyal").exists()


@pytest.mark.parametrize(
    ("own", "other", "end"),
    [(NOON, LATER, LATER), (LATER, NOON, LATER), (NOON, None, None), (None, NOON, None)],
    ids=str,
)
def test_the_later_end_holds(gold, loyal, own, other, end):
    row = WornLabelFactory(label=gold, expires_at=own)
    WornLabelFactory(label=loyal, customer=row.customer, expires_at=other)

    merge_labels(gold, loyal, caller=ADMIN)

    assert [*row.customer.worn_labels.values_list("label__name", "expires_at")] == [("Gold", end)]


def test_duplicate_of_the_same_group_is_no_rival(gold):
    silver = LabelFactory(group=gold.group)
    row = WornLabelFactory(label=silver)

    assert merge_labels(gold, silver, caller=ADMIN) == LabelMerge(moved=1, united=0, dropped=0)
    assert labels_of(row.customer) == ["Gold"]


def test_label_is_not_merged_with_itself_nor_with_nothing(gold, loyal):
    gone = LabelFactory()
    Label.objects.filter(pk=gone.pk).delete()

    for duplicate in (gold, gone):
        with pytest.raises(LabelMergeRefused):
            merge_labels(gold, duplicate, caller=ADMIN)
    assert {*Label.objects.all()} == {gold, loyal}


@pytest.mark.parametrize("count", [1, 3])
def test_merging_costs_the_same_for_more_wearers(gold, loyal, count, django_assert_num_queries):
    WornLabelFactory.create_batch(count, label=loyal)

    # Savepoints, customers, labels, roles, versions, prolong, unite, drop, move, aliases, delete with what refers to the label.
    with django_assert_num_queries(17):
        merge_labels(gold, loyal, caller=ADMIN)


def test_customers_concerned_get_their_next_version(gold, loyal):
    concerned, other = WornLabelFactory(label=loyal).customer, WornLabelFactory(label=gold).customer

    merge_labels(gold, loyal, caller=ADMIN)

    for customer, version, author in ((concerned, 1, "ada"), (other, 0, other.updated_by)):
        customer.refresh_from_db()
        assert (customer.version, customer.updated_by) == (version, author)


@pytest.mark.parametrize("limited", ["Gold", "Loyal"])
def test_labels_in_the_hands_of_others_are_not_merged(gold, loyal, limited):
    customer = WornLabelFactory(label=loyal).customer
    role = Group.objects.get(name="Administrator")
    Label.objects.get(name=limited).assignable_by.add(role)
    agent = Group.objects.get(name="Agent")

    with pytest.raises(LabelMergeRefused) as refused:
        merge_labels(gold, loyal, caller=Actor("amy", "2", roles=frozenset({agent.pk})))

    assert str(refused.value) == f'"{limited}" is put on and taken off by Administrator only.'
    customer.refresh_from_db()
    assert (labels_of(customer), customer.version) == (["Loyal"], 0)


def test_rules_that_are_lost_are_told(gold, loyal):
    loyal.do_not_contact, loyal.requires_reason, loyal.expires_after_days = ["SMS"], True, 30
    loyal.group, loyal.priority = LabelGroup.objects.create(name="Care"), 9
    loyal.save()
    loyal.assignable_by.add(Group.objects.get(name="Supervisor"))

    assert list(lost_rules(gold, loyal)) == [
        "Gold does not forbid contact by SMS, as Loyal does.",
        "Gold is put on by everybody who may label, Loyal by Supervisor only.",
        "Gold asks for no reason.",
        "Gold is put on for good, Loyal for 30 days.",
        "Gold is none of Care, of which a customer wears one only.",
        f"The priority is {gold.priority} instead of 9.",
    ]


@pytest.mark.parametrize("forbidden", [["SMS"], ["*"]])
def test_rule_that_the_survivor_has_as_well_is_not_lost(gold, loyal, forbidden):
    gold.do_not_contact, loyal.do_not_contact = forbidden, ["SMS"]

    assert list(lost_rules(gold, loyal)) == []


def test_body_read_before_a_merge_keeps_the_survivor(agent, gold, loyal):
    customer = WornLabelFactory(label=loyal).customer
    other = WornLabelFactory(label=LabelFactory(name="Other"), customer=customer).label
    url = f"/cim-customer/customers/{customer.public_id}"
    read = agent.get(url).json()
    latest = LabelFactory(name="Latest")
    merge_labels(gold, loyal, caller=ADMIN)
    merge_labels(latest, gold, caller=ADMIN)

    del read["__v"]
    written = agent.put(url, read, format="json")

    assert written.status_code == 200
    assert written.json()["labels"] == [latest.public_id, other.public_id]


def test_id_of_a_merged_label_counts_once(agent, gold, loyal):
    labels = [loyal.public_id, gold.public_id]
    merge_labels(gold, loyal, caller=ADMIN)

    created = agent.post(
        "/cim-customer/customers", {"firstName": "Zed", "labels": labels}, format="json"
    )

    assert (created.status_code, created.json()["labels"]) == (201, [gold.public_id])


def test_id_of_a_merged_label_goes_with_the_survivor(agent, gold, loyal):
    merge_labels(gold, loyal, caller=ADMIN)
    delete_labels([gold.pk], caller=ADMIN)

    created = agent.post(
        "/cim-customer/customers",
        {"firstName": "Zed", "labels": [loyal.public_id]},
        format="json",
    )

    assert (created.status_code, created.json()["labels"]) == (201, [])
