"""Deleting labels that customers have."""

from datetime import UTC, datetime

import pytest

from access.actors import Actor
from customers.labelling.holders import delete_labels
from customers.models import Customer, CustomerLabel
from customers.profiles.lifecycle import CustomerChanged, label_customer, update_customer
from labels.models import Label
from tests.support.factories import CustomerFactory, LabelFactory, WornLabelFactory

ADMIN = Actor("ada", "1", is_superuser=True)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def states(*customers):
    return [
        (row.version, row.updated_by, row.updated_at > LONG_AGO)
        for row in Customer.objects.filter(pk__in=[one.pk for one in customers]).order_by("pk")
    ]


@pytest.mark.django_db
def test_customers_with_the_label_get_their_next_version():
    gold, silver = LabelFactory(), LabelFactory()
    both, one, none = (CustomerFactory(updated_at=LONG_AGO, version=4) for _ in range(3))
    for customer, label in [(both, gold), (both, silver), (one, silver)]:
        WornLabelFactory(customer=customer, label=label)

    removed = delete_labels([gold.pk, silver.pk], caller=ADMIN)

    assert removed == 3
    assert states(both, one, none) == [(5, "ada", True), (5, "ada", True), (4, "", False)]
    assert not Label.objects.exists()


@pytest.mark.django_db
def test_write_that_knows_the_customer_with_the_label_is_stale():
    row = WornLabelFactory()
    delete_labels([row.label_id], caller=ADMIN)

    with pytest.raises(CustomerChanged):
        update_customer(row.customer, {"firstName": "Zoe"}, caller=ADMIN, known_version=0)


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 30])
def test_deleting_takes_the_same_queries_for_any_number_of_customers(
    rows, django_assert_num_queries
):
    label = LabelFactory()
    WornLabelFactory.create_batch(rows, label=label)

    # Savepoint, customers, label, versions, rows; the label with what refers to it; the end.
    with django_assert_num_queries(11):
        delete_labels([label.pk], caller=ADMIN)


def test_customers_labelled_at_the_same_time_get_their_next_version(in_threads):
    label, customers = LabelFactory(), CustomerFactory.create_batch(3)

    def act(number):
        if number == 3:
            return delete_labels([label.pk], caller=ADMIN)
        return label_customer(customers[number], caller=ADMIN, add=[label])

    in_threads(act, 4)

    assert not CustomerLabel.objects.exists()
    # Labelled and rid of it, or refused because the label was gone.
    assert {version for version, _, _ in states(*customers)} <= {0, 2}
