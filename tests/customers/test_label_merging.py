from datetime import UTC, datetime, timedelta

import pytest

from customers.label_merging import LabelMerge, LabelMergeRefused, merge_labels, preview_merge
from customers.models import CustomerLabel
from labels.models import Label, LabelGroup
from tests.factories import LabelFactory, WornLabelFactory
from tests.operations import labels_of

pytestmark = pytest.mark.django_db

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
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
    done = merge_labels(gold, loyal)

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

    merge_labels(gold, loyal)

    assert [*row.customer.worn_labels.values_list("label__name", "expires_at")] == [("Gold", end)]


def test_duplicate_of_the_same_group_is_no_rival(gold):
    silver = LabelFactory(group=gold.group)
    row = WornLabelFactory(label=silver)

    assert merge_labels(gold, silver) == LabelMerge(moved=1, united=0, dropped=0)
    assert labels_of(row.customer) == ["Gold"]


def test_label_is_not_merged_with_itself_nor_with_nothing(gold, loyal):
    gone = LabelFactory()
    Label.objects.filter(pk=gone.pk).delete()

    for duplicate in (gold, gone):
        with pytest.raises(LabelMergeRefused):
            merge_labels(gold, duplicate)
    assert {*Label.objects.all()} == {gold, loyal}


@pytest.mark.parametrize("count", [1, 3])
def test_merging_costs_the_same_for_more_wearers(gold, loyal, count, django_assert_num_queries):
    WornLabelFactory.create_batch(count, label=loyal)

    # Savepoints, lock, prolong, unite, drop, move, delete with what refers to the label.
    with django_assert_num_queries(11):
        merge_labels(gold, loyal)
