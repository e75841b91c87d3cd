import pytest

from customers.models import ChannelIdentity, IdentifierReading
from customers.search_keys import rereading
from customers.search_keys.rereading import read_all_again, rules_of
from schema_builder.models import ChannelType
from schema_builder.schema import current_schema
from schema_builder.versions import touch_schema
from tests.support.factories import CustomerFactory, IdentityFactory, field_of

pytestmark = pytest.mark.django_db
NUMBER = "+4915112345001"


def stored(value, match_key, **values):
    """An identity as former rules wrote it."""
    return IdentityFactory(value=value, match_key=match_key, near_key=None, **values)


def default_region(channel_type, region):
    ChannelType.objects.filter(name=channel_type).update(default_region=region)
    touch_schema()


def keys():
    rows = ChannelIdentity.objects.order_by("id")
    return list(rows.values_list("match_key", "near_key", "is_valid"))


@pytest.mark.parametrize(
    ("key", "value", "before", "after"),
    [
        ("whatsapp", "4915112345001", ("4915112345001", False), (NUMBER, None, True)),
        (
            "whatsapp",
            "4915112345001@c.us",
            ("4915112345001@c.us", False),
            (NUMBER, None, True),
        ),
        ("whatsapp", "923001234567", ("+49923001234567", True), ("+923001234567", None, True)),
        (
            "phoneNumber",
            "tel:7042;phone-context=b.example",
            ("7042", True),
            ("7042@b.example", None, True),
        ),
        ("phoneNumber", "sip:A@B", ("sip:A@B", False), ("A@b", None, True)),
        (
            "phoneNumber",
            "+92341 9005ba521",
            ("+923419005521", True),
            ("+92341 9005ba521", None, False),
        ),
        ("phoneNumber", "555-0199", ("+15550199", True), ("555-0199", None, False)),
        ("phoneNumber", "0300 1234567", ("+923001234567", True), ("+923001234567", None, True)),
        (
            "phoneNumber",
            "+229 95 12 34 56",
            ("+22995123456", True),
            ("+22995123456", "+2290195123456", True),
        ),
        (
            "email",
            "Ema <ema@b.example>",
            ("ema <ema@b.example>", False),
            ("ema@b.example", None, True),
        ),
        ("web", "Abc", ("Abc", True), ("Abc", None, True)),
    ],
)
def test_stored_identifier_is_read_by_the_rules_of_today(key, value, before, after):
    default_region("SMS", "US")
    stored(value, before[0], is_valid=before[1], of=key)

    list(read_all_again())

    assert keys() == [after]


def test_identifiers_are_read_once_for_each_set_of_rules():
    list(read_all_again())
    stored("4915112345001", "4915112345001", is_valid=False)

    assert list(read_all_again()) == []

    assert keys() == [("4915112345001", None, False)]
    assert IdentifierReading.objects.get().rules == rules_of(current_schema())


def test_identifiers_are_read_again_after_a_default_region_was_set():
    list(read_all_again())
    stored("0300 1234567", "0300 1234567", is_valid=False)
    stored("0300 7654321", "+493007654321")
    default_region("SMS", "PK")

    assert list(read_all_again()) == [2]

    assert keys() == [("+923001234567", None, True), ("+493007654321", None, True)]


def test_reading_begins_anew_where_the_rules_changed_again(monkeypatch):
    monkeypatch.setattr(rereading, "BATCH", 1)
    for number in ("0300 1234567", "0300 7654321"):
        stored(number, number, is_valid=False)
    steps = read_all_again()
    next(steps)
    steps.close()
    default_region("SMS", "PK")

    assert list(read_all_again()) == [1, 1]

    assert [is_valid for *_, is_valid in keys()] == [True, True]


def test_reading_goes_on_where_it_was_stopped(monkeypatch):
    monkeypatch.setattr(rereading, "BATCH", 2)
    for n in range(3):
        stored(f"491511234500{n}", f"491511234500{n}", is_valid=False)

    steps = read_all_again()
    assert next(steps) == 2
    steps.close()

    assert [is_valid for *_, is_valid in keys()] == [True, True, False]
    assert list(read_all_again()) == [1]
    assert [is_valid for *_, is_valid in keys()] == [True, True, True]


@pytest.mark.parametrize("is_anonymous", [False, True])
def test_identifier_stays_where_its_place_is_taken(is_anonymous):
    customer = CustomerFactory(is_anonymous=is_anonymous)
    other = CustomerFactory(is_anonymous=True) if is_anonymous else customer
    stored("4915112345001", "4915112345001", is_valid=False, customer=customer)
    IdentityFactory(value=NUMBER, customer=other)

    list(read_all_again())

    assert keys() == [("4915112345001", None, False), (NUMBER, None, True)]


def test_identifier_of_an_inactive_field_stays():
    stored("4915112345001", "4915112345001", is_valid=False, of="voice")
    field_of("voice").__class__.objects.filter(key="voice").update(is_active=False)
    touch_schema()

    list(read_all_again())

    assert keys() == [("4915112345001", None, False)]


def test_identifier_that_was_deleted_or_changed_meanwhile_stays_so():
    gone = stored("4915112345001", "4915112345001", is_valid=False)
    changed = stored("4915112345002", "4915112345002", is_valid=False)
    batch = rereading.identities_after(0)
    gone.delete()
    ChannelIdentity.objects.filter(pk=changed.pk).update(value="w1", match_key="w1")

    rereading.reread_batch(batch, current_schema())

    assert keys() == [("w1", None, False)]
