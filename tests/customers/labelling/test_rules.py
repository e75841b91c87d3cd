from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from access.actors import Actor
from customers.labelling.rules import check_labels
from customers.models import Customer, CustomerLabel, Operation
from customers.profiles.lifecycle import create_customer, label_customer, update_customer
from labels.models import LabelGroup
from tests.support.factories import CustomerFactory, LabelFactory, UserFactory, WornLabelFactory
from tests.support.operations import SAM, edit, labels_of, merged, undone

pytestmark = pytest.mark.django_db

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
AGENT = Actor(
    name="amy",
    user_id="7",
    permissions=frozenset({"customers.add_customerlabel", "customers.delete_customerlabel"}),
    roles=frozenset({"Agent"}),
)


@pytest.fixture
def tier():
    return LabelGroup.objects.create(name="Tier")


@pytest.fixture
def gold(tier):
    return LabelFactory(name="Gold", group=tier)


@pytest.fixture
def silver(tier):
    return LabelFactory(name="Silver", group=tier)


def refusals(call, *args, **values):
    with pytest.raises(ValidationError) as error:
        call(*args, **values)
    return error.value.message_dict


def only_for(role, **values):
    label = LabelFactory(**values)
    label.assignable_by.add(Group.objects.get(name=role))
    return label


def test_a_label_of_a_group_takes_the_place_of_the_other(gold, silver):
    customer = WornLabelFactory(label=silver).customer
    other = WornLabelFactory(customer=customer).label

    label_customer(customer, caller=SAM, add=[gold])

    assert set(customer.labels.all()) == {gold, other}
    assert Operation.objects.count() == 1
    undone()
    assert set(customer.labels.all()) == {silver, other}


def test_labels_of_a_group_that_is_not_exclusive_go_together(gold, silver, tier):
    LabelGroup.objects.update(is_exclusive=False)
    gold.refresh_from_db()
    customer = WornLabelFactory(label=silver).customer

    label_customer(customer, caller=SAM, add=[gold])

    assert labels_of(customer) == ["Gold", "Silver"]


def test_one_body_names_one_of_a_group(gold, silver):
    customer = CustomerFactory()
    body = {"labels": [gold.public_id, silver.public_id]}
    problem = {"labels": ['"Gold" and "Silver" exclude each other: choose one of "Tier".']}

    assert refusals(update_customer, customer, body, caller=SAM, partial=True) == problem
    assert refusals(label_customer, customer, caller=SAM, add=[gold, silver]) == problem
    assert refusals(create_customer, {"firstName": "Amy"} | body, caller=SAM) == problem
    assert labels_of(customer) == []
    assert Customer.objects.count() == 1


def test_what_is_worn_already_is_not_judged_again(gold, silver):
    customer = WornLabelFactory(label=gold).customer
    WornLabelFactory(customer=customer, label=silver)
    other = LabelFactory()
    type(gold).objects.update(is_archived=True, requires_reason=True)
    type(gold).objects.filter(pk=other.pk).update(is_archived=False, requires_reason=False)

    edit(customer, labels=[gold.public_id, silver.public_id, other.public_id])

    assert set(customer.labels.all()) == {gold, silver, other}


def test_archived_label_is_put_on_nobody_and_taken_off():
    label = LabelFactory(name="Old", is_archived=True)
    wearer, customer = WornLabelFactory(label=label).customer, CustomerFactory()

    problems = refusals(label_customer, customer, caller=SAM, add=[label])
    label_customer(wearer, caller=SAM, remove=[label])

    assert problems == {"labels": ['"Old" is archived.']}
    assert not CustomerLabel.objects.exists()


def test_label_in_the_hands_of_a_role():
    vip, customer = only_for("Supervisor", name="VIP"), CustomerFactory()
    worn = WornLabelFactory(label=vip).customer
    boss = UserFactory(role="Supervisor")
    problem = {"labels": ['"VIP" is put on and taken off by Supervisor only.']}

    assert refusals(label_customer, customer, caller=AGENT, add=[vip]) == problem
    assert refusals(label_customer, worn, caller=AGENT, remove=[vip]) == problem
    assert labels_of(worn) == ["VIP"]
    label_customer(customer, caller=boss, add=[vip])
    assert labels_of(customer) == ["VIP"]


def test_no_replacement_of_what_one_may_not_take_off(gold, tier):
    platinum = only_for("Supervisor", name="Platinum", group=tier)
    customer = WornLabelFactory(label=platinum).customer

    problems = refusals(label_customer, customer, caller=AGENT, add=[gold])

    assert problems == {"labels": ['"Platinum" is put on and taken off by Supervisor only.']}
    assert labels_of(customer) == ["Platinum"]


def test_label_that_asks_for_a_reason():
    label, customer = LabelFactory(name="Complaint", requires_reason=True), CustomerFactory()

    problems = refusals(edit, customer, labels=[label.public_id], labelReason=" \u200b ")
    operation = edit(customer, labels=[label.public_id], labelReason=" Wrong invoice ")

    assert problems == {"labels": ['"Complaint" needs a reason.']}
    assert customer.worn_labels.get().reason == "Wrong invoice"
    assert operation.reason == "Wrong invoice"


def test_every_problem_is_named_at_once(gold, silver):
    old = LabelFactory(name="Old", is_archived=True, requires_reason=True)

    problems = refusals(label_customer, CustomerFactory(), caller=SAM, add=[gold, silver, old])

    assert problems == {
        "labels": [
            '"Old" is archived.',
            '"Old" needs a reason.',
            '"Gold" and "Silver" exclude each other: choose one of "Tier".',
        ]
    }


def test_label_ends_after_its_days_or_when_it_is_said():
    trial, plain = LabelFactory(expires_after_days=30), LabelFactory()
    first, second = CustomerFactory(), CustomerFactory()
    soon = timezone.now() + timedelta(days=2)

    label_customer(first, caller=SAM, add=[trial, plain])
    label_customer(second, caller=SAM, add=[trial, plain], until=soon)

    ends = dict(first.worn_labels.values_list("label", "expires_at"))
    assert ends[plain.pk] is None
    assert ends[trial.pk] - timezone.now() < timedelta(days=30)
    assert ends[trial.pk] - timezone.now() > timedelta(days=29)
    assert set(second.worn_labels.values_list("expires_at", flat=True)) == {soon}


def test_own_end_is_no_later_than_the_label_lasts():
    trial, customer = LabelFactory(name="Trial", expires_after_days=30), CustomerFactory()
    late = timezone.now() + timedelta(days=31)

    problems = refusals(label_customer, customer, caller=SAM, add=[trial], until=late)

    assert problems == {"labels": ['"Trial" lasts 30 days at most.']}
    assert labels_of(customer) == []


NO_DATE = "Must be a date such as 2030-12-31, or a moment in ISO 8601."


@pytest.mark.parametrize(
    ("terms", "problems"),
    [
        ({"labelReason": 5}, {"labelReason": ["Not a valid string."]}),
        ({"labelReason": ["x"]}, {"labelReason": ["Not a valid string."]}),
        (
            {"labelReason": "x" * 201},
            {"labelReason": ["Ensure this field has no more than 200 characters."]},
        ),
        ({"labelReason": "\x00"}, {"labelReason": ["Null characters are not allowed."]}),
        ({"labelUntil": "soon"}, {"labelUntil": [NO_DATE]}),
        ({"labelUntil": "2030-02-30"}, {"labelUntil": [NO_DATE]}),
        ({"labelUntil": 20301231}, {"labelUntil": [NO_DATE]}),
        ({"labelUntil": ["2030-12-31"]}, {"labelUntil": [NO_DATE]}),
        ({"labelUntil": "2001-01-01"}, {"labelUntil": ["Must be in the future."]}),
        (
            {"labelUntil": "9999-12-31T23:59:59-14:00"},
            {"labelUntil": ["Must be within ten years: leave it out for good."]},
        ),
    ],
    ids=str,
)
def test_terms_that_make_no_sense(terms, problems):
    customer = CustomerFactory()

    assert refusals(edit, customer, labels=[LabelFactory().public_id], **terms) == problems
    assert labels_of(customer) == []


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("2030-12-31", datetime(2030, 12, 31, 23, 59, 59, 999999, UTC)),
        ("2030-12-31T10:00", datetime(2030, 12, 31, 10, tzinfo=UTC)),
        ("2030-12-31T10:00:00+02:00", datetime(2030, 12, 31, 8, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
    ids=str,
)
def test_end_of_a_label_as_it_is_written(said, stored):
    customer = CustomerFactory()

    edit(customer, labels=[LabelFactory().public_id], labelUntil=said)

    assert customer.worn_labels.get().expires_at == stored


def test_new_customer_wears_labels_on_the_same_terms():
    label = LabelFactory(requires_reason=True, expires_after_days=400)

    customer = create_customer(
        {
            "firstName": "Amy",
            "labels": [label.public_id],
            "labelReason": "Asked for it",
            "labelUntil": (timezone.now() + timedelta(days=9)).isoformat(),
        },
        caller=SAM,
    )

    worn = customer.worn_labels.get()
    assert (worn.reason, worn.assigned_by) == ("Asked for it", "sam")
    assert worn.expires_at - timezone.now() < timedelta(days=9)


def test_rights_come_before_rules():
    nobody = Actor(name="n", user_id="8")

    with pytest.raises(PermissionDenied):
        check_labels((), [LabelFactory(is_archived=True).pk], nobody)


@pytest.mark.parametrize("count", [1, 3])
def test_judging_costs_the_same_for_more_labels(count, django_assert_num_queries):
    labels = [only_for("Supervisor") for _ in range(count)]
    boss = UserFactory(role="Supervisor", is_superuser=True)

    # The labels and the roles of each.
    with django_assert_num_queries(2):
        check_labels((), [label.pk for label in labels], boss)


def test_undo_carries_terms_and_leaves_exclusive_groups_whole(gold, silver):
    customer = CustomerFactory()
    label_customer(customer, caller=SAM, add=[gold], reason="Paid", until=NOON)
    label_customer(customer, caller=SAM, remove=[gold])
    taken_off = Operation.objects.order_by("id").last()
    label_customer(customer, caller=SAM, add=[silver])
    put_on = Operation.objects.order_by("id").last()

    left = undone(taken_off, skip_collisions=True).left

    assert [collision.reason for collision in left if collision.table == "label"] == [
        "Another label of its group was put on since."
    ]
    assert labels_of(customer) == ["Silver"]
    undone(put_on)
    undone()
    assert labels_of(customer) == ["Silver"]


def test_undo_puts_a_label_back_with_its_terms(gold):
    customer = CustomerFactory()
    label_customer(customer, caller=SAM, add=[gold], reason="Paid", until=NOON)
    label_customer(customer, caller=SAM, remove=[gold])

    undone()

    assert [*customer.worn_labels.values_list("reason", "expires_at")] == [("Paid", NOON)]


def test_merge_keeps_the_survivors_label_of_a_group(gold, silver):
    survivor = WornLabelFactory(label=silver).customer
    duplicate = WornLabelFactory(label=gold).customer

    outcome = merged(survivor, duplicate)

    assert [(dropped.label, dropped.kept) for dropped in outcome.dropped_labels] == [(gold, silver)]
    assert (outcome.moved["labels"], labels_of(survivor)) == (0, ["Silver"])
    undone(outcome.operation)
    assert labels_of(duplicate) == ["Gold"]


def test_merge_keeps_the_first_of_a_group_that_the_survivor_does_not_wear(gold, silver):
    survivor = CustomerFactory()
    first, second = WornLabelFactory(label=gold), WornLabelFactory(label=silver)

    outcome = merged(survivor, first.customer, second.customer)

    assert labels_of(survivor) == ["Gold"]
    assert (outcome.moved["labels"], len(outcome.dropped_labels)) == (1, 1)


@pytest.mark.parametrize(
    ("own", "other", "end"),
    [
        (NOON, NOON + timedelta(days=1), NOON + timedelta(days=1)),
        (NOON + timedelta(days=1), NOON, NOON + timedelta(days=1)),
        (NOON, None, None),
        (None, NOON, None),
    ],
    ids=str,
)
def test_merge_lets_a_label_last_until_the_later_end(own, other, end):
    row = WornLabelFactory(expires_at=own, reason="Mine")
    twin = WornLabelFactory(label=row.label, expires_at=other, reason="Theirs")

    merged(row.customer, twin.customer)

    assert [*row.customer.worn_labels.values_list("expires_at", "reason")] == [(end, "Mine")]
    undone()
    assert CustomerLabel.objects.get(pk=row.pk).expires_at == own
