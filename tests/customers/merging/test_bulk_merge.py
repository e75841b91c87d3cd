"""Likely duplicates among a selection, merged group by group by a job."""

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.background.undo import undo_job
from customers.duplicates.decisions import mark_not_duplicates
from customers.merging import bulk_merge
from customers.merging.bulk_merge import (
    Keep,
    Names,
    connected_groups,
    enqueue_merges,
    group_duplicates,
)
from customers.models import Customer, CustomerAlias, DuplicatePair, Operation
from jobs.execution import run_chunk
from jobs.models import Job, Status
from jobs.worker import Worker
from schema_builder.models import FieldDefinition
from schema_builder.schema import WRITERS_SQL, load_schema
from schema_builder.versions import touch_schema
from supervisors.bulk import forms
from tests.contract.shapes import lacking
from tests.support.factories import CustomerFactory, IdentityFactory, UserFactory
from tests.support.operations import edit, everything, merged
from tests.support.staff import staff

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
JOBS = "/admin/jobs/job/"
KNOWN = json.dumps([["isAnonymous", "is", "false"]], separators=(",", ":"))


@pytest.fixture
def sue(db):
    return UserFactory(username="sue", role="Supervisor")


def pair(one, other, score=90):
    DuplicatePair.objects.create(first=one, second=other, score=score)


def people(count, **values):
    """Customers, each younger than the one before."""
    born = timezone.now() - timedelta(days=9)
    return [
        CustomerFactory(
            first_name=f"Amal {n}",
            created_at=born + timedelta(days=n),
            updated_at=born + timedelta(days=n),
            **values,
        )
        for n in range(count)
    ]


def merge(caller, names=Names.ANY, keep=Keep.OLDEST, **more):
    return enqueue_merges(Customer.objects.all(), names, keep, caller=caller, **more)


def done(job):
    Worker().drain()
    job.refresh_from_db()
    return job


def page(**address):
    return f"{LIST}bulk/merge/?{urlencode(address)}"


def keys(*customers):
    return ",".join(str(customer.pk) for customer in customers)


def names():
    return sorted(Customer.objects.values_list("first_name", flat=True))


@pytest.mark.parametrize(
    ("pairs", "groups"),
    [
        ([], []),
        ([(1, 2)], [[1, 2]]),
        ([(1, 2), (3, 4)], [[1, 2], [3, 4]]),
        ([(1, 2), (2, 3)], [[1, 2, 3]]),
        ([(1, 2), (3, 4), (2, 3)], [[1, 2, 3, 4]]),
        ([(1, 2), (1, 3), (2, 3)], [[1, 2, 3]]),
        ([(5, 6), (1, 2), (2, 9), (9, 5)], [[5, 6, 1, 2, 9]]),
    ],
)
def test_who_is_linked_over_others_is_in_one_group(pairs, groups):
    assert [sorted(group) for group in connected_groups(pairs)] == [
        sorted(group) for group in groups
    ]


def grouped(names=Names.ANY, customers=None):
    return group_duplicates(Customer.objects.all() if customers is None else customers)[names]


def test_groups_are_of_likely_pairs_within_the_selection(django_assert_num_queries):
    one, two, three, four, outside, unlikely = people(6)
    pair(three, four, 70), pair(one, two, 90), pair(two, outside, 95), pair(one, unlikely, 59)
    chosen = Customer.objects.exclude(pk=outside.pk)
    load_schema()

    with django_assert_num_queries(2):
        found = grouped(customers=chosen)

    assert found.groups == [[one.pk, two.pk], [three.pk, four.pk]]
    assert str(found) == "2 groups, 4 customers"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="counts the steps of SQLite")
def test_looking_for_pairs_costs_no_comparison_of_everybody_with_everybody():
    everybody = CustomerFactory.build_batch(500)
    Customer.objects.bulk_create(everybody)
    pair(*everybody[:2])
    steps = []
    connection.connection.set_progress_handler(lambda: steps.append(1), 1000)

    found = grouped()

    connection.connection.set_progress_handler(None, 0)
    assert found.count == 2
    assert len(steps) < 100


def called(*names):
    return [CustomerFactory(first_name=name) for name in names]


def test_who_is_called_alike_is_told_from_families():
    one, two, father, son = called("Ayesha Khan", "A. Khan", "Ali Shah", "Omar Shah")
    pair(one, two), pair(father, son)

    assert grouped(Names.ALIKE).groups == [[one.pk, two.pk]]
    assert str(grouped(Names.ALIKE)) == "1 group, 2 customers"
    assert grouped(Names.ANY).count == 4


def test_everybody_of_a_group_is_called_alike():
    full, initial, other = called("Ayesha Khan", "A. Khan", "Ali Khan")
    pair(full, initial), pair(initial, other)

    found = grouped(Names.ALIKE)

    assert (found.groups, found.left) == ([], 1)


def test_anonymous_customers_are_not_called_alike():
    one, two = called("Unknown", "Unknown")
    Customer.objects.update(is_anonymous=True)
    pair(one, two)

    assert grouped(Names.ALIKE).groups == []
    assert grouped(Names.ANY).groups == [[one.pk, two.pk]]


def test_known_customers_without_a_name_are_not_called_alike():
    FieldDefinition.objects.filter(key="firstName").update(default_value="Nobody")
    touch_schema()
    pair(*called("Nobody", "Nobody"))

    assert grouped(Names.ALIKE).groups == []
    assert grouped(Names.ANY).count == 2


def test_groups_of_more_than_can_be_one_person_are_left(monkeypatch):
    monkeypatch.setattr(bulk_merge, "MOST_CUSTOMERS", 2)
    one, two, three, four, five = people(5)
    pair(one, two), pair(two, three), pair(four, five)

    found = grouped()

    assert (found.groups, found.left) == ([[four.pk, five.pk]], 1)


def test_only_the_surest_pairs_are_put_together_at_once(monkeypatch):
    monkeypatch.setattr(bulk_merge, "MOST_PAIRS", 1)
    one, two, three, four = people(4)
    pair(one, two, 70), pair(three, four, 95)

    found = grouped()

    assert (found.groups, found.is_capped) == ([[three.pk, four.pk]], True)


def test_each_group_becomes_one_customer_and_is_parted_again(sue):
    one, two, three, four, _ = people(5)
    pair(one, two), pair(three, four)
    before = everything()

    job = merge(sue, reason="Spring cleaning")

    assert (job.title, job.total) == ("Merge likely duplicates: 4 customers", 2)
    assert done(job).result == {"merged": 2}
    assert names() == ["Amal 0", "Amal 2", "Amal 4"]
    assert CustomerAlias.objects.get(public_id=two.public_id).customer == one
    operations = Operation.objects.filter(job=job)
    assert set(operations.values_list("kind", "reason", "actor")) == {
        ("merge", "Spring cleaning", "sue")
    }

    undoing = done(undo_job(job, caller=sue))
    assert undoing.result["undone"] == 2
    assert everything() == before
    assert len(names()) == 5


@pytest.mark.parametrize(("keep", "survivor"), [(Keep.OLDEST, "Amal 0"), (Keep.NEWEST, "Amal 2")])
def test_who_stays_is_the_oldest_or_the_one_changed_last(sue, keep, survivor):
    one, two, three = people(3)
    pair(one, two), pair(two, three)

    done(merge(sue, keep=keep))

    assert names() == [survivor]


@pytest.mark.parametrize("keep", list(Keep))
def test_known_customer_stays_before_an_anonymous_one(sue, keep):
    first, known, last = people(3)
    for unknown in (first, last):
        Customer.objects.filter(pk=unknown.pk).update(is_anonymous=True)
        pair(*sorted((unknown, known), key=lambda customer: customer.pk))

    done(merge(sue, keep=keep))

    assert [(c.pk, c.is_anonymous) for c in Customer.objects.all()] == [(known.pk, False)]


def test_group_that_changes_before_its_turn_is_left_and_named(sue):
    one, two, three, four, five, six = people(6)
    pair(one, two, 99), pair(three, four, 95), pair(five, six, 90)
    job = merge(sue)
    edit(two, firstName="Somebody else")
    mark_not_duplicates(three.public_id, four.public_id, caller=sue)

    done(job)

    assert (job.status, job.result["merged"], job.result["refused"]) == (Status.DONE, 1, 2)
    assert [row["customer"] for row in job.result["refusals"]] == [one.public_id, three.public_id]
    reasons = [row["errors"]["group"][0] for row in job.result["refusals"]]
    assert "changed meanwhile" in reasons[0]
    assert reasons[1].startswith("Two of them were told apart.")
    assert Customer.objects.count() == 5


def test_group_of_which_somebody_is_told_apart_over_another_is_left(sue):
    one, two, three = people(3)
    pair(one, two), pair(two, three)
    mark_not_duplicates(one.public_id, three.public_id, caller=sue)

    assert done(merge(sue)).result["refused"] == 1
    assert Customer.objects.count() == 3


def test_group_that_was_merged_by_hand_meanwhile_is_left(sue):
    one, two, gone, other = people(4)
    pair(one, two, 99), pair(gone, other)
    job = merge(sue)
    merged(two, one)
    Customer.objects.filter(pk=gone.pk).delete()

    assert done(job).result["refused"] == 2
    assert names() == ["Amal 1", "Amal 3"]


def test_schema_is_asked_for_before_customers_are_locked(sue):
    pair(*people(2))
    merge(sue)

    with CaptureQueriesContext(connection) as queries:
        run_chunk()

    sqls = [query["sql"] for query in queries]
    customers = [place for place, sql in enumerate(sqls) if '"customers_customer"' in sql]
    assert sqls.index(WRITERS_SQL[connection.vendor]) < customers[0]


def test_rights_that_go_meanwhile_stop_the_merging(sue):
    one, two, three, four = people(4)
    pair(one, two), pair(three, four)
    job = merge(sue)
    run_chunk()
    sue.groups.clear()

    done(job)

    assert (job.status, job.problem) == (
        Status.FAILED,
        lacking("Change many customers at once", "merge many customers at once"),
    )
    assert Customer.objects.count() == 3


def test_nobody_or_not_allowed_starts_nothing(sue):
    one, two = people(2)
    with pytest.raises(ValidationError, match="No two of them"):
        merge(sue)
    pair(one, two)
    with pytest.raises(PermissionDenied):
        merge(UserFactory(role="Agent"))

    assert not Job.objects.exists()


def test_a_few_who_are_ticked_are_compared():
    customers = people(3)
    client = staff("Supervisor")

    two = client.get(page(keys=keys(*customers[:2])))
    pair(*customers[:2])
    linked = client.get(page(keys=keys(*customers)))
    one = client.get(page(keys=keys(customers[0])), follow=True)

    assert two.url == f"/merge?customers={customers[0].public_id},{customers[1].public_id}"
    assert linked.url.count(",") == 2
    assert "Choose 2 to 25 customers to merge." in one.content.decode()


def test_page_tells_how_many_there_are_and_merges_them():
    one, two, father, son = called("Ayesha Khan", "A. Khan", "Ali Shah", "Omar Shah")
    CustomerFactory(first_name="Bob")
    pair(one, two, 90), pair(father, son, 70)
    client = staff("Supervisor")
    address = page(where=KNOWN, all="1")

    shown = client.get(address)
    seen = shown.context["seen"]
    agreed = {"count": seen.count, "newest": seen.newest, "names": "alike", "keep": "oldest"}
    started = client.post(address, agreed)
    done(Job.objects.get())

    text = shown.content.decode()
    assert "Likely duplicates whose names are alike: 1 group, 2 customers" in text
    assert "also with other names, such as families: 2 groups, 4 customers" in text
    assert "Ayesha Khan, A. Khan" in text
    assert "Compare and merge all 5" in text
    assert started.url == f"{JOBS}{Job.objects.get().pk}/change/"
    assert names() == ["Ali Shah", "Ayesha Khan", "Bob", "Omar Shah"]
    result = client.get(started.url)
    assert result.context["figures"] == [(1, "customer merged into another")]
    assert result.context["may_undo"]


def test_only_group_among_too_many_to_compare_is_merged(monkeypatch):
    monkeypatch.setattr(forms, "MOST_MERGED", 2)
    one, two, _ = called("Ayesha Khan", "A. Khan", "Bob")
    pair(one, two)
    client = staff("Supervisor")

    shown = client.get(page(all="1"))
    seen = shown.context["seen"]
    agreed = {"count": seen.count, "newest": seen.newest, "names": "alike", "keep": "oldest"}
    client.post(page(all="1"), agreed)

    assert "Compare and merge all" not in shown.content.decode()
    assert done(Job.objects.get()).result == {"merged": 1}


def test_what_a_choice_means_is_said_of_its_group():
    one, two, father, son = called("Ayesha Khan", "A. Khan", "Ali Shah", "Omar Shah")
    pair(one, two), pair(father, son)
    address = page(keys=keys(one, two, father, son))

    text = staff("Supervisor").post(address, {"keep": "none"}).content.decode()

    assert '<fieldset aria-describedby="id_keep_helptext id_keep_error" class="cxl-label">' in text
    assert 'id="id_keep_helptext"' in text
    assert 'id="id_keep_error"' in text


def test_families_are_not_merged_unless_somebody_chooses_so():
    father, son, mother, daughter = called("Ali Shah", "Omar Shah", "Una Rath", "Ida Rath")
    pair(father, son), pair(mother, daughter)
    client = staff("Supervisor")
    address = page(keys=keys(father, son, mother, daughter))

    shown = client.get(address)
    offered = [str(value) for value, _ in shown.context["form"].fields["names"].choices]
    unsaid = client.post(address, {"keep": "oldest"})

    assert offered == ["any"]
    assert 'value="any" checked' not in " ".join(shown.content.decode().split())
    assert unsaid.status_code == 422


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"names": "none", "keep": "oldest"},
        {"names": "any", "keep": "none"},
        {"names": "any", "keep": "oldest", "reason": "a\x00"},
    ],
)
def test_choice_that_makes_no_sense_starts_nothing(values):
    one, two, three, four = people(4)
    pair(one, two), pair(three, four)
    client = staff("Supervisor")

    response = client.post(page(keys=keys(one, two, three, four)), values)

    assert response.status_code == 422
    assert not Job.objects.exists()


def test_who_may_merge_but_not_in_bulk_compares():
    one, two, three, four = people(4)
    pair(one, two), pair(three, four)
    client = staff(may=["customers.view_customer", "customers.merge_customer"])

    ticked = client.get(page(keys=keys(one, two, three, four)))
    posted = client.post(page(keys=keys(one, two, three, four)), {"names": "any", "keep": "oldest"})

    assert ticked.url.startswith("/merge?customers=")
    assert posted.status_code == 422
    assert not Job.objects.exists()


def test_names_on_the_page_are_masked():
    FieldDefinition.objects.filter(key="firstName").update(is_pii=True)
    touch_schema()
    one, two, three, four = (CustomerFactory(first_name=f"Amalthea {n}") for n in range(4))
    pair(one, two), pair(three, four)
    rights = ["customers.view_customer", "customers.merge_customer", "customers.change_in_bulk"]
    client = staff(may=rights)

    text = client.get(page(keys=keys(one, two, three, four))).content.decode()

    assert "Ama***" in text
    assert "Amalthea" not in text


def test_identifiers_and_conversations_of_all_are_kept(sue):
    one, two = people(2)
    IdentityFactory(customer=one, value="+923001234567")
    IdentityFactory(customer=two, value="+923007654321")
    pair(one, two)

    done(merge(sue))

    assert sorted(one.identities.values_list("value", flat=True)) == [
        "+923001234567",
        "+923007654321",
    ]


@pytest.mark.parametrize("groups", [1, 4])
def test_queueing_costs_no_more_queries_for_more_groups(sue, groups, django_assert_num_queries):
    members = people(2 * groups)
    for one, two in zip(members[::2], members[1::2], strict=True):
        pair(one, two)
    sue.has_perm("x")
    load_schema()

    with django_assert_num_queries(8):
        merge(sue)
