"""On PostgreSQL the reads of every message, and of a filtered page, walk indexes."""

import pytest
from django.contrib.admin import site
from django.db import connection
from django.utils import timezone

from customers.identification.lookup import holders_statement
from customers.lists.list_query import filtered
from customers.masking import UNMASKED
from customers.models import AttributeValue, ChannelIdentity, Customer, CustomerLabel
from labels.models import Label
from schema_builder.schema import current_schema
from supervisors.labels import WornLabelAdmin
from tests.support.factories import FieldFactory, LabelFactory, field_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL plans"),
]
ROWS = 5_000
PART_INDEXES = [
    "customers_customer_name_part",
    "customers_identity_key_part",
    "customers_identity_value_part",
    "customers_value_text_part",
    "customers_customer_search_part",
    "customers_identity_search_part",
    "customers_value_search_part",
]
# Spellings are searched beside the folded text, each by its own index.
NAMES = {"customers_customer_name_part", "customers_customer_search_part"}
TEXTS = {"customers_value_text_part", "customers_value_search_part"}
IDENTIFIERS = {
    "customers_identity_key_part",
    "customers_identity_value_part",
    "customers_identity_search_part",
}


@pytest.fixture
def crowd(db):
    """Enough customers for the planner to prefer an index."""
    customers = Customer.objects.bulk_create(
        Customer(first_name=f"Person {n}", folded_name=f"person {n * 7919 % 100_003}")
        for n in range(ROWS)
    )
    phone, town = field_of("phoneNumber"), FieldFactory(key="town")
    numbers = [f"+92300{n * 7919 % 10_000_019:07}" for n in range(ROWS)]
    ChannelIdentity.objects.bulk_create(
        ChannelIdentity(customer=customer, field=phone, value=number, match_key=number)
        for customer, number in zip(customers, numbers, strict=True)
    )
    AttributeValue.objects.bulk_create(
        AttributeValue(customer=customer, field=town, text=f"Town {n}", folded=f"town {n * 31}")
        for n, customer in enumerate(customers)
    )
    labels = LabelFactory.create_batch(20)
    CustomerLabel.objects.bulk_create(
        CustomerLabel(customer=customer, label=labels[n % 20])
        for n, customer in enumerate(customers)
    )
    with connection.cursor() as cursor:
        # What autovacuum does, but for VACUUM, which runs in no transaction.
        for index in PART_INDEXES:
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
        cursor.execute("ANALYZE")
    return numbers


def plan(sql, parameters):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", parameters)
        return "\n".join(row[0] for row in cursor.fetchall())


def plan_of(condition):
    page = filtered(Customer.objects.newest_first(), condition, current_schema(), UNMASKED)[:25]
    return page.explain()


def test_lookup_walks_indexes_only(crowd):
    steps = plan(holders_statement("postgresql", 1, 0), [crowd[2500], field_of("phoneNumber").pk])

    assert "customers_channelidentity_key" in steps
    assert "Seq Scan on customers_" not in steps


def test_near_lookup_of_many_places_walks_indexes(crowd):
    fields = current_schema().identifier_fields
    places = [part for field in fields for part in (crowd[2500], field.pk)]

    steps = plan(holders_statement("postgresql", len(fields), len(fields)), places * 2)

    assert "Seq Scan on customers_" not in steps


@pytest.mark.parametrize(
    ("condition", "indexes"),
    [
        ("phoneNumber:0012345", IDENTIFIERS),
        ("firstName:erson 7919", NAMES),
        ("firstName:\u00e9rson 7919", NAMES),
        ("town:own 12431", TEXTS),
    ],
)
def test_filtered_page_walks_indexes(crowd, condition, indexes):
    steps = plan_of(condition)

    assert {index for index in indexes if index in steps} == indexes
    assert "Seq Scan on customers_" not in steps


def test_labelled_page_walks_an_index(crowd):
    label = CustomerLabel.objects.first().label

    steps = plan_of(f"labels:{label.public_id}")

    assert "Seq Scan on customers_customer " not in steps


def test_newest_page_walks_the_key(crowd):
    steps = Customer.objects.newest_first().documents()[:25].explain()

    assert "Seq Scan on customers_" not in steps


def test_counts_of_labels_walk_their_index(crowd):
    steps = WornLabelAdmin(Label, site).get_queryset(None).explain()

    assert "customers_customerlabel_label" in steps
    assert "Seq Scan on customers_" not in steps


def test_what_is_over_is_found_by_its_index(crowd):
    over = CustomerLabel.objects.filter(expires_at__lte=timezone.now())

    steps = over.order_by("expires_at", "customer").values("customer")[:100].explain()

    assert "customers_customerlabel_ends" in steps
