from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from access.actors import Actor
from customers.conversations.linking import LinkedElsewhere, link_conversation
from customers.identification.identify import identify_for_conversation
from customers.locking import CustomerMerged, UnknownCustomer
from customers.models import Conversation, Customer
from schema_builder.models import ChannelType
from tests.support.factories import CustomerFactory, IdentityFactory
from tests.support.operations import SAM, conversations_of, linked, merged

pytestmark = pytest.mark.django_db
NUMBER = "+923001234567"
MOMENT = datetime(2026, 5, 1, 12, tzinfo=UTC)


def sms():
    return ChannelType.objects.get(name="SMS")


def link(conversation_id, customer=None, channel_type=None, **details):
    return link_conversation(
        conversation_id,
        customer=customer and customer.public_id,
        channel_type=channel_type,
        details=details,
    )


def test_a_new_conversation_is_linked():
    customer = CustomerFactory()

    conversation, is_new = link("c1", customer, sms(), identifier=NUMBER, opened_at=MOMENT)

    stored = Conversation.objects.get(conversation_id="c1")
    assert (stored, is_new) == (conversation, True)
    assert (stored.customer, stored.channel_type) == (customer, sms())
    assert (stored.identifier, stored.direction, stored.opened_at) == (NUMBER, "inbound", MOMENT)


def test_linking_again_changes_nothing():
    customer = CustomerFactory()
    first, _ = link("c1", customer, sms(), identifier=NUMBER)
    before = Conversation.objects.values().get()

    again, is_new = link("c1", customer, sms(), identifier=NUMBER)

    assert (again.pk, is_new) == (first.pk, False)
    assert Conversation.objects.values().get() == before
    assert Customer.objects.get(pk=customer.pk).version == 0


def test_details_are_brought_up_to_date():
    customer = CustomerFactory()
    link("c1", customer, sms(), identifier=NUMBER)

    link("c1", closed_at=MOMENT)

    stored = Conversation.objects.get()
    assert (stored.identifier, stored.closed_at) == (NUMBER, MOMENT)


def test_a_merged_id_is_refused_for_a_new_conversation():
    survivor, duplicate = CustomerFactory(), CustomerFactory()
    merged(survivor, duplicate)

    with pytest.raises(CustomerMerged, match=survivor.public_id):
        link("c1", duplicate, sms())

    assert not Conversation.objects.exists()


def test_a_conversation_of_another_is_not_taken():
    owner, other = CustomerFactory(), CustomerFactory()
    link("c1", owner, sms())

    with pytest.raises(LinkedElsewhere) as caught:
        link("c1", other, sms())

    expected = (
        f"The conversation is linked to customer {owner.public_id}; relink it to change that."
    )
    assert str(caught.value) == expected
    assert conversations_of(owner) == ["c1"]


def test_a_new_one_needs_customer_and_channel_type():
    with pytest.raises(ValidationError) as caught:
        link("c1")

    problem = ["This field is required for a new conversation."]
    assert caught.value.message_dict == {"customerId": problem, "channelType": problem}
    assert not Conversation.objects.exists()


def test_an_unknown_customer_is_refused():
    with pytest.raises(UnknownCustomer):
        link("c1", CustomerFactory.build(), sms())


@pytest.mark.parametrize("length", [1, 100])
def test_ids_up_to_100_characters_are_possible(length):
    _, is_new = link("x" * length, CustomerFactory(), sms())

    assert is_new


def test_longer_ids_are_refused():
    with pytest.raises(ValidationError) as caught:
        link("x" * 101, CustomerFactory(), sms())

    assert caught.value.message_dict == {"conversationId": ["At most 100 characters are possible."]}


def identified(conversation_id="c1", identifier=NUMBER, caller=SAM):
    return identify_for_conversation("SMS", identifier, conversation_id, caller=caller)


def test_identification_links_the_conversation():
    customer = IdentityFactory(value=NUMBER).customer

    answer = identified()

    assert answer["conversation"] == {"conversationId": "c1", "customerId": customer.public_id}
    stored = Conversation.objects.get()
    assert (stored.customer, stored.identifier, stored.channel_type) == (customer, NUMBER, sms())


def test_identification_again_leaves_a_relinked_conversation_where_it_is():
    owner = CustomerFactory()
    linked("c1", owner)
    IdentityFactory(value=NUMBER)

    answer = identified()

    assert answer["conversation"]["customerId"] == owner.public_id
    assert answer["customer"]["_id"] != owner.public_id


def test_a_first_contact_creates_customer_and_conversation():
    answer = identified()

    customer = Customer.objects.get(public_id=answer["customer"]["_id"])
    assert customer.is_anonymous
    assert conversations_of(customer) == ["c1"]


def test_a_conversation_id_that_is_too_long_creates_nobody():
    with pytest.raises(ValidationError):
        identified("x" * 101)

    assert not Customer.objects.exists()


def test_who_may_not_change_customers_links_nothing():
    reader = Actor("reader", "2", frozenset({"customers.add_customer"}))

    with pytest.raises(PermissionDenied):
        identified(caller=reader)

    assert not Customer.objects.exists()
