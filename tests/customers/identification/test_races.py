import pytest

from access.actors import Actor
from customers.identification.identify import identify
from customers.models import AmbiguousLookup, ChannelIdentity, Customer
from customers.preferences import merge_setting, setting_of
from customers.profiles.lifecycle import CustomerChanged, create_customer, update_customer
from schema_builder.models import FieldDefinition
from schema_changes.field_deletion import retire_field
from tests.support.factories import CustomerFactory, FieldFactory, IdentityFactory

WRITER = Actor("writer", "1", is_superuser=True)
# Servers of PostgreSQL take a hundred connections by default.
THREADS = 40
ASKS = 5
CROWD = THREADS * ASKS
ROUNDS = 5


def spelling(number):
    """One of 256 notations of one number: its bits say where a space stands."""
    spaced = "".join(
        digit + " " * (number >> place & 1) for place, digit in enumerate("1234567890")
    )
    return f"{('+49 30 ', '0049-30-', '+49 (0)30/', 'tel:+49-30-')[number % 4]}{spaced}"


@pytest.fixture
def asked_at_once(in_threads):
    """The answers for the identifiers 0 to 199, from threads that begin together."""

    def ask(channel_type, identifier_of):
        def one(thread):
            numbers = range(thread, CROWD, THREADS)
            return [identify(channel_type, identifier_of(n), caller=WRITER) for n in numbers]

        found = in_threads(one, THREADS)
        assert [answers for answers in found if isinstance(answers, Exception)] == []
        return [answer for answers in found for answer in answers]

    return ask


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_first_contacts_at_once_create_one_customer(asked_at_once, round_):
    answers = asked_at_once("WEB", lambda _: f"w{round_}")

    outcomes = [answer["identification"]["outcome"] for answer in answers]
    assert (outcomes.count("created"), outcomes.count("anonymous")) == (1, CROWD - 1)
    assert all(answer["customer"] == answers[0]["customer"] for answer in answers)
    assert (Customer.objects.count(), ChannelIdentity.objects.count()) == (1, 1)


def test_first_contacts_in_many_spellings_create_one_customer(asked_at_once):
    assert len({spelling(n) for n in range(CROWD)}) == CROWD

    answers = asked_at_once("SMS", spelling)

    outcomes = [answer["identification"]["outcome"] for answer in answers]
    assert (outcomes.count("created"), outcomes.count("anonymous")) == (1, CROWD - 1)
    assert all(answer["customer"] == answers[0]["customer"] for answer in answers)
    assert [*ChannelIdentity.objects.values_list("match_key", flat=True)] == ["+49301234567890"]
    assert Customer.objects.count() == 1


def test_lookups_of_an_ambiguous_identifier_create_one_anonymous_customer(asked_at_once):
    IdentityFactory.create_batch(2, of="web", value="w1")

    answers = asked_at_once("WEB", lambda _: "w1")

    assert {answer["identification"]["outcome"] for answer in answers} == {"ambiguous"}
    assert all(answer == answers[0] for answer in answers)
    assert Customer.objects.filter(is_anonymous=True).count() == 1
    assert Customer.objects.count() == 3
    counted = AmbiguousLookup.objects.values_list("channel_type", "lookups")
    assert [*counted] == [("WEB", CROWD)]


def test_first_contacts_of_many_create_one_customer_each(asked_at_once):
    answers = asked_at_once("WEB", lambda n: f"w{n % 20}")

    found = {(answer["customer"]["web"][0], answer["customer"]["_id"]) for answer in answers}
    assert len(found) == 20
    assert (Customer.objects.count(), ChannelIdentity.objects.count()) == (20, 20)


def test_a_first_contact_meets_a_new_customer(in_threads):
    def one(number):
        if number % 2:
            return create_customer({"firstName": "Zed", "web": ["w1"]}, caller=WRITER)
        return identify("WEB", "w1", caller=WRITER)

    answers = in_threads(one, 20)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert Customer.objects.filter(is_anonymous=False).count() == 10
    assert Customer.objects.filter(is_anonymous=True).count() <= 1


def test_updates_from_one_version_let_one_win(in_threads):
    customer = CustomerFactory(first_name="Zed")

    answers = in_threads(
        lambda n: update_customer(
            customer, {"firstName": f"Zed {n}"}, caller=WRITER, known_version=0
        ),
        20,
    )

    won = [answer for answer in answers if isinstance(answer, Customer)]
    lost = [answer for answer in answers if isinstance(answer, CustomerChanged)]
    customer.refresh_from_db()
    assert (len(won), len(lost)) == (1, 19)
    assert (customer.first_name, customer.version) == (won[0].first_name, 1)


def test_updates_without_version_are_all_counted(in_threads):
    customer = CustomerFactory(first_name="Zed")

    def one(number):
        return update_customer(customer, {"web": [f"w{number}"]}, caller=WRITER, partial=True)

    answers = in_threads(one, 20)

    customer.refresh_from_db()
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert (customer.version, customer.identities.count()) == (20, 1)


def test_anonymous_customers_that_get_one_identifier_leave_one_holder(in_threads):
    rows = CustomerFactory.create_batch(10, first_name="Jane Doe", is_anonymous=True)
    body = {"web": ["w1"], "isAnonymous": True}

    in_threads(lambda n: update_customer(rows[n], body, caller=WRITER, partial=True), 10)

    assert ChannelIdentity.objects.filter(match_key="w1").count() == 1


def test_settings_written_at_once_are_all_kept(in_threads):
    answers = in_threads(lambda n: merge_setting("amy", {f"key{n}": n}), 20)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert setting_of("amy") == {f"key{n}": n for n in range(20)}


def test_a_field_that_goes_takes_what_is_just_written_along(in_threads):
    field = FieldFactory(key="handle", is_channel_identifier=True, serves=["WEB"])

    def one(number):
        if number == 0:
            return retire_field(field, force=True, caller=WRITER)
        return identify("WEB", f"w{number}", caller=WRITER)

    answers = in_threads(one, 10)

    assert [answer for answer in answers[1:] if isinstance(answer, Exception)] == []
    assert not FieldDefinition.objects.filter(key="handle").exists()
    assert Customer.objects.count() == 9
