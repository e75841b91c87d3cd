"""Placeholders created, and anonymous twins deleted, by several callers at once."""

import pytest
from django.core.exceptions import PermissionDenied

from access.actors import Actor
from customers.identification.identify import identify, identify_for_conversation
from customers.identities.ownership import release_identity
from customers.identities.twins import delete_as
from customers.locking import UnknownCustomer
from customers.models import ChannelIdentity, Conversation, Customer, Operation
from customers.permissions import CHANGE, RELINK
from tests.support.factories import IdentityFactory

WRITER = Actor("writer", "1", is_superuser=True)
AMY = Actor("amy", "2", frozenset({CHANGE, RELINK}))
NUMBER = "+923001234567"
THREADS = 20
ROUNDS = range(3)


@pytest.fixture
def holder(transactional_db):
    return IdentityFactory(value=NUMBER).customer


@pytest.fixture
def twin(holder):
    """An anonymous customer with the number of an identified one."""
    return IdentityFactory(value=NUMBER, customer__is_anonymous=True).customer


def test_channel_types_at_once_get_a_placeholder_each(in_threads):
    channels = ("CX_VOICE", "SMS", "WHATSAPP", "EMAIL")

    answers = in_threads(lambda n: identify(channels[n % 4], "unknown", caller=WRITER), THREADS)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert sorted(Customer.objects.values_list("placeholder_for__name", flat=True)) == sorted(
        channels
    )


@pytest.mark.parametrize("round_", ROUNDS)
def test_twin_that_several_delete_at_once_is_deleted_once(in_threads, twin, holder, round_):
    answers = in_threads(lambda _: delete_as(twin, caller=AMY), THREADS)

    done = [answer for answer in answers if isinstance(answer, Operation)]
    late = [answer for answer in answers if isinstance(answer, UnknownCustomer)]
    assert (len(done), len(late)) == (1, THREADS - 1)
    assert [*Operation.objects.all()] == done
    assert [*Customer.objects.all()] == [holder]


@pytest.mark.parametrize("round_", ROUNDS)
def test_identifier_stays_with_one_of_the_two(in_threads, twin, holder, round_):
    """A twin goes only while the identified customer has its number."""

    def one(number):
        if number % 2:
            return delete_as(twin, caller=AMY)
        return release_identity(holder.public_id, "phoneNumber", NUMBER, caller=WRITER)

    deleted, released = in_threads(one, 2)[::-1]

    assert released.kind == "release"
    if isinstance(deleted, PermissionDenied):
        assert [*Customer.objects.filter(is_anonymous=True)] == [twin]
    else:
        # It went first, while the customer had the number.
        assert deleted.pk < released.pk
    assert not ChannelIdentity.objects.filter(customer=holder).exists()


@pytest.mark.parametrize("round_", ROUNDS)
def test_conversation_is_not_lost_with_a_twin(in_threads, twin, holder, round_):
    IdentityFactory(value=NUMBER)

    def one(number):
        if number == 0:
            return delete_as(twin, caller=AMY)
        return identify_for_conversation("SMS", NUMBER, f"c{number}", caller=WRITER)

    deleted, *answers = in_threads(one, THREADS)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    linked = Conversation.objects.values_list("conversation_id", "customer__public_id")
    assert dict(linked) == {
        one["conversation"]["conversationId"]: one["conversation"]["customerId"] for one in answers
    }
    assert isinstance(deleted, Operation | PermissionDenied)
