import pytest
from django.core.exceptions import ValidationError

from customers.identities.ownership import (
    TooManyIdentifiers,
    claim_identity,
    flag_identity,
    release_identity,
)
from customers.locking import UnknownCustomer
from customers.models import ChannelIdentity, Customer, Operation
from customers.profiles.lifecycle import create_customer
from tests.support.operations import SAM, everything, identifiers_of, undone

pytestmark = pytest.mark.django_db


def customer(name="Amina", **fields):
    return create_customer({"firstName": name, **fields}, caller=SAM)


def test_claim_takes_an_identity_from_everybody_else_and_names_them():
    amina, oliver, sophie = customer(), customer("O", web=["w1"]), customer("S", web=["w1"])

    claimed = claim_identity(amina.public_id, "web", "w1", caller=SAM, reason="Her browser")

    assert claimed.former_owners == [oliver.public_id, sophie.public_id]
    assert list(ChannelIdentity.objects.values_list("customer", flat=True)) == [amina.pk]
    assert (claimed.operation.kind, claimed.operation.reason) == ("claim", "Her browser")
    assert set(Customer.objects.values_list("version", flat=True)) == {1}


def test_claim_can_be_taken_back():
    amina = customer()
    customer("Oliver", web=["w1"])
    before = everything()

    claimed = claim_identity(amina.public_id, "web", "w1", caller=SAM)
    undone(claimed.operation)

    assert everything() == before


def test_claim_of_what_one_alone_holds_writes_nothing():
    amina = customer(web=["w1"])

    claimed = claim_identity(amina.public_id, "web", "w1", caller=SAM)

    assert (claimed.operation, claimed.former_owners) == (None, [])
    assert not Operation.objects.exists()


def test_claim_of_an_eleventh_value_is_refused():
    amina = customer(web=[f"w{number}" for number in range(10)])
    customer("Oliver", web=["more"])
    before = everything()

    with pytest.raises(TooManyIdentifiers) as refused:
        claim_identity(amina.public_id, "web", "more", caller=SAM)

    assert str(refused.value) == '"Web" holds 10 values already.'
    assert everything() == before


def test_claim_revives_what_was_retired():
    amina = customer(web=["w1"])
    flag_identity(amina.public_id, "web", "w1", {"is_retired": True}, caller=SAM)

    claim_identity(amina.public_id, "web", "w1", caller=SAM)

    assert not ChannelIdentity.objects.get().is_retired


@pytest.mark.parametrize(
    ("key", "value", "attribute"),
    [("nope", "w1", "field"), ("firstName", "w1", "field"), ("web", "unknown", "identifier")],
)
def test_claim_of_what_is_no_identifier_is_refused(key, value, attribute):
    amina = customer()

    with pytest.raises(ValidationError) as refused:
        claim_identity(amina.public_id, key, value, caller=SAM)

    assert list(refused.value.message_dict) == [attribute]


def test_claim_for_nobody_is_refused():
    with pytest.raises(UnknownCustomer):
        claim_identity("0" * 24, "web", "w1", caller=SAM)


def test_release_takes_an_identity_off_and_can_be_taken_back():
    amina = customer(web=["w1", "w2"])
    before = everything()

    operation = release_identity(amina.public_id, "web", "w1", caller=SAM)

    assert identifiers_of(amina) == {"web": ["w2"]} or "w1" not in str(identifiers_of(amina))
    undone(operation)
    assert everything() == before


def test_release_of_what_is_not_held_is_refused():
    amina = customer(web=["w1"])

    with pytest.raises(ValidationError) as refused:
        release_identity(amina.public_id, "web", "w2", caller=SAM)

    assert refused.value.message_dict == {
        "identifier": ["The customer does not have this identifier."]
    }


def test_marks_are_written_as_one_operation():
    amina = customer(web=["w1"])

    operation = flag_identity(
        amina.public_id, "web", "w1", {"trust": "verified", "is_shared": True}, caller=SAM
    )

    identity = ChannelIdentity.objects.get()
    assert (identity.trust, identity.is_shared, identity.verified_by) == ("verified", True, "sam")
    assert identity.verified_at is not None
    assert operation.kind == "edit"
    amina.refresh_from_db()
    assert amina.version == 1


def test_one_identity_of_a_field_is_primary():
    amina = customer(web=["w1", "w2"])
    for value in ("w1", "w2"):
        flag_identity(amina.public_id, "web", value, {"is_primary": True}, caller=SAM)

    primary = ChannelIdentity.objects.filter(is_primary=True)

    assert [identity.value for identity in primary] == ["w2"]


def test_primary_mark_can_be_taken_off():
    amina = customer(web=["w1"])
    flag_identity(amina.public_id, "web", "w1", {"is_primary": True}, caller=SAM)

    flag_identity(amina.public_id, "web", "w1", {"is_primary": False}, caller=SAM)

    assert not ChannelIdentity.objects.filter(is_primary=True).exists()


@pytest.mark.parametrize("mark", ["is_shared", "is_retired"])
def test_anonymous_customer_keeps_what_it_is_found_by(mark):
    anonymous = create_customer({"web": ["w1"]}, caller=SAM)

    with pytest.raises(ValidationError) as refused:
        flag_identity(anonymous.public_id, "web", "w1", {mark: True}, caller=SAM)

    assert list(refused.value.message_dict) == [mark]
