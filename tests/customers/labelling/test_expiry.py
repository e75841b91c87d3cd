from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from customers.labelling import expiry
from customers.labelling.expiry import expire_labels
from customers.models import CustomerLabel, Operation
from customers.profiles.lifecycle import label_customer
from tests.support.factories import LabelFactory, WornLabelFactory
from tests.support.operations import SAM, last_operation, undone
from tests.support.staff import staff

pytestmark = pytest.mark.django_db


def ended(**values):
    return WornLabelFactory(expires_at=timezone.now() - timedelta(minutes=1), **values)


def test_what_is_over_comes_off_and_the_rest_stays():
    over = ended()
    staying = WornLabelFactory(customer=over.customer)
    later = WornLabelFactory(expires_at=timezone.now() + timedelta(hours=1))

    count = expire_labels()

    assert count == 1
    assert {*CustomerLabel.objects.all()} == {staying, later}
    customer = over.customer
    customer.refresh_from_db()
    assert (customer.version, customer.updated_by) == (1, "label expiry")
    operation = Operation.objects.get()
    assert (operation.actor, operation.reason) == ("label expiry", "Its time was over.")
    assert [row.customer_pk for row in operation.customers.all()] == [customer.pk]


def test_each_customer_has_an_operation_of_its_own(monkeypatch):
    monkeypatch.setattr(expiry, "BATCH", 2)
    rows = [ended() for _ in range(5)]
    ended(customer=rows[0].customer)

    assert expire_labels() == 6
    assert Operation.objects.count() == 5
    assert expire_labels() == 0
    assert Operation.objects.count() == 5


def test_who_takes_an_expiry_back_wants_the_label_to_stay():
    row = ended(reason="Paid")
    expire_labels()

    undone(last_operation())
    again = expire_labels()

    assert again == 0
    assert [*row.customer.worn_labels.values_list("pk", "expires_at", "reason")] == [
        (row.pk, None, "Paid")
    ]


def test_label_that_lasts_some_days_comes_back_for_as_long():
    row = ended(label=LabelFactory(expires_after_days=7))
    expire_labels()

    undone(last_operation())

    back = row.customer.worn_labels.get()
    assert timedelta(days=7) - (back.expires_at - timezone.now()) < timedelta(minutes=1)


def test_label_that_ended_otherwise_comes_back_as_it_was():
    ends_at = timezone.now() + timedelta(days=1)
    row = WornLabelFactory(label=LabelFactory(expires_after_days=7), expires_at=ends_at)
    label_customer(row.customer, remove=[row.label], caller=SAM)
    Operation.objects.update(at=ends_at - timedelta(days=3))

    undone(last_operation())

    assert row.customer.worn_labels.get().expires_at == ends_at


@pytest.mark.parametrize(("days", "stay"), [(7, "until {}"), (None, "for good")])
def test_revert_of_an_expiry_says_until_when(days, stay):
    ended(label=LabelFactory(name="Trial", expires_after_days=days))
    expire_labels()
    address = reverse("customers:operation-undo", args=[last_operation().public_id])

    page = staff("Supervisor").get(address)

    day = date_format(timezone.now() + timedelta(days=days or 0), "j M Y")
    assert f"<ins><bdi>Trial ({stay.format(day)})</bdi></ins>" in page.content.decode()


def test_command_says_how_many_came_off():
    ended()
    out = StringIO()

    call_command("expire_labels", stdout=out)

    assert out.getvalue() == "1 labels came off.\n"


@pytest.mark.parametrize("count", [1, 3])
def test_statements_of_a_batch_grow_by_its_changes_alone(count, django_assert_num_queries):
    for _ in range(count):
        ended()

    # Twice whom to look at; lock, labels, images before and after, and to take off, versions: 2 + 8, with a
    # savepoint; per customer three inserts, and who subscribes.
    with django_assert_num_queries(12 + 4 * count):
        expire_labels()
