from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from customers.models import ChannelIdentity, Customer, DuplicatePair, Figure, Operation
from customers.statistics import figures
from customers.statistics.figures import (
    AMBIGUOUS_HOLDERS,
    CUSTOMERS,
    DAYS,
    DUPLICATES,
    FILLED,
    IDENTITIES,
    NEWCOMERS,
    OPERATIONS,
    ambiguous_holders,
    read_figures,
    refresh_figures,
    stored_figures,
)
from tests.support.factories import (
    CustomerFactory,
    FieldFactory,
    IdentityFactory,
    ValueFactory,
    WornLabelFactory,
    field_of,
)

pytestmark = pytest.mark.django_db

PHONE = "+923001234567"


def counted(key):
    refresh_figures()
    return stored_figures()[key]


def came(customer, days_ago):
    Customer.objects.filter(pk=customer.pk).update(
        created_at=timezone.now() - timedelta(days=days_ago)
    )


def test_customers_are_counted_with_the_anonymous_among_them():
    CustomerFactory.create_batch(2)
    CustomerFactory(is_anonymous=True)

    assert counted(CUSTOMERS) == {"all": 3, "anonymous": 1}


def test_newcomers_are_counted_by_day_and_field_of_their_first_identifier():
    first, without, old = CustomerFactory.create_batch(3)
    IdentityFactory(customer=first, of="web", value="a")
    IdentityFactory(customer=first, of="email", value="a@example.com")
    came(without, DAYS - 1)
    came(old, DAYS)

    found = counted(NEWCOMERS)

    today = timezone.localdate()
    assert found == {
        today.isoformat(): {str(field_of("web").pk): 1},
        (today - timedelta(days=DAYS - 1)).isoformat(): {"": 1},
    }


def test_operations_are_counted_by_day_and_kind_without_edits():
    now = timezone.now()
    for kind, at in [
        ("relink", now),
        ("relink", now),
        ("undo", now - timedelta(days=1)),
        ("edit", now),
        ("merge", now - timedelta(days=DAYS)),
    ]:
        Operation.objects.create(kind=kind, at=at)

    found = counted(OPERATIONS)

    today = timezone.localdate()
    assert found == {
        today.isoformat(): {"relink": 2},
        (today - timedelta(days=1)).isoformat(): {"undo": 1},
    }


def test_identifiers_of_several_known_customers_are_ambiguous():
    one, other = [IdentityFactory(value=PHONE).customer for _ in range(2)]

    found = counted(IDENTITIES)

    first = ChannelIdentity.objects.order_by("pk").first()
    assert found == {
        "ambiguous": 1,
        "holders": 2,
        "has_more_holders": False,
        "invalid": 0,
        "most_shared": [{"identity": first.pk, "holders": 2}],
    }
    assert ambiguous_holders() == [one.pk, other.pk]


@pytest.mark.parametrize(
    "values",
    [
        {"is_shared": True},
        {"is_retired": True},
        {"customer__is_anonymous": True},
        {"of": "whatsapp"},
        {"value": "+923007654321"},
    ],
)
def test_identifiers_that_decide_are_not_ambiguous(values):
    IdentityFactory(value=PHONE)
    IdentityFactory(**{"value": PHONE} | values)

    assert counted(IDENTITIES)["ambiguous"] == 0
    assert ambiguous_holders() == []


def test_most_shared_identifiers_come_first_and_are_few():
    for number in range(figures.MOST_SHARED + 1):
        IdentityFactory.create_batch(number + 2, of="web", value=f"visitor {number}")

    most = counted(IDENTITIES)["most_shared"]

    assert [entry["holders"] for entry in most] == [7, 6, 5, 4, 3]


def test_customers_with_an_ambiguous_identifier_are_kept_up_to_a_limit(monkeypatch):
    monkeypatch.setattr("customers.statistics.figures.HOLDERS_KEPT", 2)
    for number in range(3):
        IdentityFactory.create_batch(2, of="web", value=f"visitor {number}")

    found = counted(IDENTITIES)

    assert [found[key] for key in ("ambiguous", "holders", "has_more_holders")] == [3, 2, True]
    assert len(ambiguous_holders()) == 2


def test_invalid_identifiers_and_duplicates_are_counted():
    one = IdentityFactory(is_valid=False).customer
    DuplicatePair.objects.create(first=one, second=CustomerFactory(), score=90)

    assert counted(IDENTITIES)["invalid"] == 1
    assert counted(DUPLICATES) == 1


def test_fields_are_counted_by_the_customers_that_fill_them():
    city = FieldFactory(key="city")
    one, other = CustomerFactory(), CustomerFactory(first_name="", folded_name="")
    ValueFactory(customer=one, field=city)
    IdentityFactory(customer=other, of="web", value="a")
    IdentityFactory(customer=other, of="web", value="b")
    IdentityFactory(customer=one, of="web", value="c", is_retired=True)
    WornLabelFactory(customer=one)
    WornLabelFactory(customer=one)

    assert counted(FILLED) == {
        str(city.pk): 1,
        str(field_of("web").pk): 1,
        str(field_of("firstName").pk): 1,
        str(field_of("labels").pk): 1,
    }


def test_figures_keep_no_values():
    IdentityFactory.create_batch(2, value=PHONE)
    refresh_figures()

    assert PHONE[3:] not in str(list(Figure.objects.values()))


def test_refresh_replaces_what_was_counted():
    refresh_figures()
    Figure.objects.update(computed_at=datetime(2026, 1, 1, tzinfo=UTC))
    CustomerFactory()

    call_command("refresh_figures", stdout=StringIO())

    found = stored_figures()
    assert found[CUSTOMERS]["all"] == 1
    assert found.counted_at > datetime(2026, 1, 2, tzinfo=UTC)
    assert Figure.objects.count() == 11


def test_reading_counts_once_where_nobody_did(django_assert_num_queries):
    CustomerFactory()

    assert read_figures()[CUSTOMERS]["all"] == 1
    CustomerFactory()
    with django_assert_num_queries(1):
        assert read_figures()[CUSTOMERS]["all"] == 1


def test_reading_leaves_a_large_database_to_the_worker(monkeypatch):
    monkeypatch.setattr("customers.statistics.figures.SMALL", 1)
    CustomerFactory.create_batch(2)

    assert read_figures().counted_at is None
    assert not Figure.objects.exists()


def test_reading_leaves_out_who_holds_what_is_ambiguous():
    refresh_figures()

    assert AMBIGUOUS_HOLDERS not in read_figures()
