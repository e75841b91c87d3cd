import pytest
from django.core.exceptions import ValidationError

from customers.locking import CustomerMerged, UnknownCustomer
from customers.models import Customer, Operation
from customers.profiles.lifecycle import AnonymousHolderExists
from tests.support.factories import CustomerFactory, FieldFactory, IdentityFactory, ValueFactory
from tests.support.operations import (
    conversations_of,
    everything,
    identifiers_of,
    linked,
    merged,
    split,
    undone,
    values_of,
)

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"
OTHER = "+923007654321"


@pytest.fixture
def two_in_one():
    """One record of two people."""
    customer = IdentityFactory(value=NUMBER).customer
    IdentityFactory(value=OTHER, customer=customer)
    for key, text in (("city", "Lahore"), ("street", "Mall Road")):
        ValueFactory(customer=customer, field=FieldFactory(key=key), text=text)
    linked("c1", customer)
    linked("c2", customer)
    return customer


PARTS = {
    "first_name": "Amina",
    "identities": [("phoneNumber", OTHER)],
    "fields": ["city"],
    "conversations": ["c2"],
}


def test_chosen_parts_move_to_a_new_customer(two_in_one):
    answer = split(two_in_one, **PARTS, reason="Two sisters.")

    new = Customer.objects.get(public_id=answer.customer)
    assert answer.source == two_in_one.public_id
    assert answer.moved == {"identities": 1, "values": 1, "conversations": 1}
    assert (new.first_name, new.folded_name, new.is_anonymous) == ("Amina", "amina", False)
    assert (new.created_by, new.updated_by) == ("sam", "sam")
    assert identifiers_of(new) == [("phoneNumber", OTHER)]
    assert identifiers_of(two_in_one) == [("phoneNumber", NUMBER)]
    assert (values_of(new), values_of(two_in_one)) == ({"city": "Lahore"}, {"street": "Mall Road"})
    assert (conversations_of(new), conversations_of(two_in_one)) == (["c2"], ["c1"])
    assert answer.operation == Operation.objects.get()
    assert (answer.operation.kind, answer.operation.reason) == ("split", "Two sisters.")


def test_without_a_name_the_new_customer_is_anonymous(two_in_one):
    answer = split(two_in_one, identities=[("phoneNumber", OTHER)])

    new = Customer.objects.get(public_id=answer.customer)
    assert (new.first_name, new.is_anonymous) == ("Jane Doe", True)
    assert [identity.is_anonymous for identity in new.identities.all()] == [True]


def test_a_name_makes_an_anonymous_customers_part_identified():
    source = IdentityFactory(value=NUMBER, customer__is_anonymous=True).customer

    answer = split(source, first_name="Amina", identities=[("phoneNumber", NUMBER)])

    new = Customer.objects.get(public_id=answer.customer)
    assert not new.is_anonymous
    assert [identity.is_anonymous for identity in new.identities.all()] == [False]


def test_the_version_of_the_source_moves(two_in_one):
    split(two_in_one, conversations=["c1"])

    assert Customer.objects.get(pk=two_in_one.pk).version == two_in_one.version + 1


def test_a_merged_id_is_refused(two_in_one):
    duplicate = CustomerFactory()
    merged(two_in_one, duplicate)

    with pytest.raises(CustomerMerged, match=two_in_one.public_id):
        split(duplicate, conversations=["c1"])


@pytest.mark.parametrize(
    ("parts", "problems"),
    [
        ({}, {"identities": ["Choose something to move."]}),
        (
            {"identities": [("phoneNumber", "+1")]},
            {"identities": ['The customer does not have "phoneNumber: +1".']},
        ),
        (
            {"fields": ["planet"], "conversations": ["c9"]},
            {
                "attributes": ['The customer does not have "planet".'],
                "conversations": ['The customer does not have "c9".'],
            },
        ),
        (
            {"conversations": ["c1"], "first_name": "x" * 201},
            {"firstName": ["Ensure this field has no more than 200 characters."]},
        ),
    ],
)
def test_what_cannot_be_moved_is_refused(two_in_one, parts, problems):
    before = everything()

    with pytest.raises(ValidationError) as caught:
        split(two_in_one, **parts)

    assert caught.value.message_dict == problems
    assert everything() == before


def test_parts_of_others_are_refused(two_in_one):
    linked("c3", CustomerFactory())

    with pytest.raises(ValidationError):
        split(two_in_one, conversations=["c3"])


def test_a_second_anonymous_holder_is_refused(two_in_one):
    IdentityFactory(value=OTHER, customer__is_anonymous=True)
    before = everything()

    with pytest.raises(AnonymousHolderExists):
        split(two_in_one, identities=[("phoneNumber", OTHER)])

    assert everything() == before
    split(two_in_one, first_name="Amina", identities=[("phoneNumber", OTHER)])


def test_an_unknown_customer_is_refused():
    with pytest.raises(UnknownCustomer):
        split(CustomerFactory.build(), conversations=["c1"])


def test_a_dry_run_shows_exactly_what_will_happen(two_in_one):
    before = everything()

    tried = split(two_in_one, dry_run=True, **PARTS)

    assert (everything(), Operation.objects.count()) == (before, 0)
    done = split(two_in_one, **PARTS)
    assert (tried.source, tried.moved) == (done.source, done.moved)
    assert (tried.customer, tried.operation) == (None, None)


def test_an_undo_brings_every_row_back(two_in_one):
    before = everything()
    split(two_in_one, **PARTS)
    after = everything()

    undone()
    assert everything() == before

    undone()
    assert everything() == after
