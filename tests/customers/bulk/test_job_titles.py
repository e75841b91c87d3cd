import pytest

from access.actors import Actor
from customers.background.bulk import enqueue_bulk
from customers.bulk.change import BulkChange
from customers.models import Customer
from tests.support.factories import CustomerFactory, FieldFactory, LabelFactory

pytestmark = pytest.mark.django_db

SUE = Actor("sue", "1", is_superuser=True)
TIERS = [{"value": "gold", "label": "Gold tier"}]


def titled(**change):
    CustomerFactory.create_batch(2)
    return enqueue_bulk(Customer.objects.all(), BulkChange(**change), caller=SUE).title


@pytest.mark.parametrize(
    ("options", "raw", "title"),
    [
        ({}, "Kabul", "Home town → Kabul: 2 customers"),
        ({}, "", "Empty Home town: 2 customers"),
        ({"length": 99}, "x" * 99, f"Home town → {'x' * 60}…: 2 customers"),
        ({"type": "choice", "options": TIERS}, "gold", "Home town → Gold tier: 2 customers"),
        ({"type": "boolean"}, "true", "Home town → Yes: 2 customers"),
        ({"is_pii": True}, "Kabul", "Set Home town: 2 customers"),
        ({"role_visibility": {"1": "masked"}}, "Kabul", "Set Home town: 2 customers"),
        ({"role_visibility": {"1": "read"}}, "Kabul", "Home town → Kabul: 2 customers"),
        ({"role_visibility": {"1": "hidden"}}, "Kabul", "Change: 2 customers"),
    ],
)
def test_title_tells_the_value_where_everybody_sees_it(options, raw, title):
    FieldFactory(key="town", label="Home town", **options)

    assert titled(fields={"town": raw}) == title


def test_title_of_several_fields_names_them():
    FieldFactory(key="town", label="Town")
    FieldFactory(key="iban", label="IBAN", is_pii=True)

    assert titled(fields={"town": "Ulm", "iban": "DE1"}) == "Town → Ulm, Set IBAN: 2 customers"


def test_title_names_built_in_fields_and_identifiers_that_are_emptied():
    title = titled(fields={"firstName": "Amy", "phoneNumber": []})

    assert title == "Set First name, Empty Phone number: 2 customers"


def test_title_names_labels_and_is_cut():
    on, off = LabelFactory(name="VIP"), LabelFactory(name="x" * 90)
    more = [LabelFactory(name=letter * 90) for letter in "yz"]

    short = titled(add=[on.public_id], remove=[off.public_id])
    long = titled(add=[label.public_id for label in [off, *more]])

    assert short == f"Label VIP, Take off label {'x' * 90}: 2 customers"
    assert (len(long), long.endswith(": 4 customers")) == (200, True)
