"""A compiled queryset returns what the queryset itself does."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import AttributeValue, ChannelIdentity, Customer
from foundation.compiled import MOST_ARGUMENTS, compiled, insert
from jobs.models import Job
from tests.support.factories import (
    CustomerFactory,
    IdentityFactory,
    JobFactory,
    ValueFactory,
    field_of,
)

pytestmark = pytest.mark.django_db


def values_of(customer):
    columns = ("customer_id", "text", "number", "timestamp")
    return AttributeValue.objects.filter(customer=customer).order_by("id").values_list(*columns)


def test_rows_are_those_of_the_queryset():
    one, other = CustomerFactory.create_batch(2)
    now = timezone.now()
    for customer in (one, other):
        ValueFactory(customer=customer, number=Decimal("1.50"), timestamp=now)
    read = compiled(values_of)

    assert read(one.pk) == [(one.pk, "text", Decimal("1.50"), now)] == list(values_of(one.pk))
    assert read(other.pk) == list(values_of(other.pk))


def test_models_are_those_of_the_queryset():
    identity = IdentityFactory()
    read = compiled(lambda customer: ChannelIdentity.objects.filter(customer=customer))

    [found] = read(identity.customer_id)

    assert found == identity
    assert found.created_at == ChannelIdentity.objects.get().created_at
    assert not found._state.adding


def test_columns_of_json_are_read():
    JobFactory(result={"changed": 1})
    read = compiled(lambda: Job.objects.values_list("result", "status"))

    assert read() == [({"changed": 1}, "queued")]


def test_number_of_arguments_may_vary():
    ids = [customer.public_id for customer in CustomerFactory.create_batch(3)]
    read = compiled(lambda *those: Customer.objects.filter(public_id__in=those).order_by("pk"))

    assert [[c.public_id for c in read(*ids[:count])] for count in (1, 2, 3, 1)] == [
        ids[:1],
        ids[:2],
        ids,
        ids[:1],
    ]


def test_queryset_is_built_once():
    built = []

    @compiled
    def read(pk):
        built.append(pk)
        return Customer.objects.filter(pk=pk)

    one, other = CustomerFactory.create_batch(2)

    with CaptureQueriesContext(connection) as queries:
        found = [read(one.pk), read(other.pk), read(0)]

    assert found == [[one], [other], []]
    assert (len(built), len(queries)) == (1, 3)


def test_no_row_fits_an_empty_list():
    CustomerFactory()
    read = compiled(lambda *pks: Customer.objects.filter(pk__in=pks))

    assert (read(), read(0)) == ([], [])


def test_number_of_kept_statements_is_bounded():
    pks = [CustomerFactory().pk, *range(-MOST_ARGUMENTS, 0)]
    read = compiled(lambda *pks: Customer.objects.filter(pk__in=pks).values_list("pk"))

    assert read(*pks) == [(pks[0],)]
    assert not read.statements


@pytest.mark.parametrize("count", [1, 3, MOST_ARGUMENTS + 1])
def test_inserted_rows_are_those_that_were_given(count):
    now = timezone.now()
    customers = [
        Customer(first_name=f"Żoë {n}", folded_name=f"żoë {n}", created_at=now)
        for n in range(count)
    ]

    insert(customers)

    stored = list(Customer.objects.order_by("pk").values())
    assert [row["id"] for row in stored] == [customer.pk for customer in customers]
    assert [row["first_name"] for row in stored] == [f"Żoë {n}" for n in range(count)]
    assert {row["created_at"] for row in stored} == {now}
    # Made by the column itself when its row is inserted.
    assert all(row["search_key"] for row in stored)
    assert not any(customer._state.adding for customer in customers)


def test_inserted_rows_refer_to_others():
    customer, job = Customer(first_name="Zed"), Job(kind="k", title="t", result={"done": [1]})
    insert([customer])
    insert([job])

    insert([ChannelIdentity(customer=customer, field=field_of("web"), value="w", match_key="w")])
    insert([])

    assert customer.identities.get().match_key == "w"
    assert Job.objects.get().result == {"done": [1]}
