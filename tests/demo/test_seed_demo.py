from datetime import UTC, date, datetime

import phonenumbers
import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Max, Min

from access.actors import Actor
from customers.duplicates.rules import CONTACTS, LIKELY
from customers.identification.identify import identify
from customers.models import (
    AttributeValue,
    ChannelIdentity,
    Conversation,
    Customer,
    DuplicatePair,
)
from customers.profiles.identifiers import identifier_in
from demo.names import LOCALES
from demo.people import TWICE_IN
from demo.schema import FIELDS
from foundation.text import folded
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import current_schema
from schema_builder.types import StoredValue

pytestmark = pytest.mark.django_db
READER = Actor("reader", "1", permissions=frozenset({"customers.view_customer"}))


def seed(customers=300, **options):
    call_command("seed_demo", customers=customers, today=date(2026, 3, 1), **options)


def everything():
    """Rows of the demo without the ids that differ by run."""
    names = Customer.objects.order_by("id").values_list(
        "first_name", "is_anonymous", "version", "created_at", "updated_at"
    )
    identities = ChannelIdentity.objects.order_by("id").values_list(
        "customer__created_at", "field__key", "value", "match_key", "trust", "verified_at"
    )
    values = AttributeValue.objects.order_by("customer", "field").values_list(
        "customer__created_at", "field__key", "text"
    )
    talks = Conversation.objects.order_by("id").values_list(
        "customer__created_at", "channel_type__name", "identifier", "opened_at", "closed_at"
    )
    return list(names), list(identities), list(values), list(talks)


def test_same_seed_makes_the_same_customers():
    seed(seed=7)
    first = everything()
    Customer.objects.all().delete()

    seed(seed=7)

    assert everything() == first


def test_other_seed_makes_other_customers():
    seed(10, seed=1)
    names = set(Customer.objects.values_list("first_name", flat=True))

    seed(10, seed=2, append=True)

    added = Customer.objects.order_by("id").values_list("first_name", flat=True)[10:]
    assert len(added) == 10
    assert not set(added) <= names


def test_rows_are_what_production_writes():
    seed()

    schema = current_schema()
    for identity in ChannelIdentity.objects.select_related("customer"):
        read = identifier_in(schema.by_id[identity.field_id], identity.value, schema)
        assert (read.match_key, read.is_valid) == (identity.match_key, identity.is_valid)
        assert identity.is_valid
        assert identity.is_anonymous == identity.customer.is_anonymous
    for value in AttributeValue.objects.all():
        field = schema.by_id[value.field_id]
        assert field.field_type.clean(wire(field, value.text), field) == StoredValue(
            value.text, value.folded, value.number, value.timestamp
        )
    for customer in Customer.objects.all():
        assert customer.folded_name == folded(customer.first_name)


def wire(field, text):
    return text.split("\n") if field.type == "multichoice" else text


def test_people_are_many_sided():
    seed(1000)

    anonymous = Customer.objects.filter(is_anonymous=True)
    assert 50 < anonymous.count() < 110
    assert set(anonymous.values_list("first_name", flat=True)) == {"Jane Doe"}
    used = set(ChannelIdentity.objects.values_list("field__key", flat=True))
    assert used == {
        "phoneNumber",
        "email",
        "whatsapp",
        "web",
        "facebook",
        "instagram",
        "twitter",
        "telegram",
        "viber",
    }
    filled = set(AttributeValue.objects.values_list("field__key", flat=True))
    assert filled == {definition["key"] for definition in FIELDS}
    assert set(FieldDefinition.objects.values_list("type", flat=True)) >= {
        definition["type"] for definition in FIELDS
    }
    assert Conversation.objects.values("channel_type").distinct().count() >= 8


def test_some_identities_are_held_by_exactly_two():
    seed(1000)

    holders = ChannelIdentity.objects.values("field", "match_key").annotate(count=Count("id"))
    counts = [row["count"] for row in holders]
    assert max(counts) == 2
    assert 0.005 < counts.count(2) / len(counts) < 0.03


def test_likely_duplicates_with_one_contact_are_people_who_exist_twice():
    seed(1000)
    keys = Customer.objects.order_by("id").values_list("pk", flat=True)
    known = set(keys[:3])
    serials = {pk: 1 + number for number, pk in enumerate(keys)}

    call_command("find_duplicates")

    sharing = [
        pair
        for pair in DuplicatePair.objects.select_related("first", "second")
        if pair.first_id not in known
        and not CONTACTS.isdisjoint(reason["rule"] for reason in pair.reasons)
    ]
    twice = [
        serials[pair.second_id] % TWICE_IN == 0 or pair.first.first_name == pair.second.first_name
        for pair in sharing
    ]
    assert [pair.score >= LIKELY for pair in sharing] == twice
    assert {True, False} == set(twice)


def test_times_lie_before_today_and_in_order():
    seed(200)

    today = datetime(2026, 3, 1, tzinfo=UTC)
    customers = Customer.objects.aggregate(Min("created_at"), Max("updated_at"))
    assert customers["created_at__min"] >= datetime(2023, 3, 2, tzinfo=UTC)
    assert customers["updated_at__max"] <= today
    assert Conversation.objects.aggregate(Max("last_activity_at"))["last_activity_at__max"] <= today
    assert not Conversation.objects.filter(opened_at__lt=F("customer__created_at")).exists()
    assert not Conversation.objects.filter(closed_at__lt=F("opened_at")).exists()


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.region)
def test_numbers_are_valid_where_the_name_comes_from(locale):
    numbers = [phonenumbers.parse(locale.mobile(serial)) for serial in range(1, 300)]

    assert all(phonenumbers.is_valid_number_for_region(n, locale.region) for n in numbers)
    assert len({number.national_number for number in numbers}) == len(numbers)


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.region)
def test_names_have_a_latin_form(locale):
    assert all(name.latin for name in [*locale.given_names, *locale.family_names])


def test_amina_is_complete():
    seed(1)

    amina = Customer.objects.get()
    answer = identify("WHATSAPP", "+923001234567", caller=READER)
    assert answer["identification"]["outcome"] == "matched"
    assert answer["customer"]["_id"] == amina.public_id
    assert answer["customer"]["firstName"] == "Amina Siddiqui"
    assert answer["customer"]["phoneNumber"] == ["+923001234567"]
    assert answer["customer"]["email"] == ["amina@example.com"]
    assert answer["customer"]["labelNames"] == ["Premium", "VIP"]
    assert all(answer["customer"][definition["key"]] for definition in FIELDS)
    assert amina.conversations.count() == 4
    assert amina.conversations.filter(closed_at=None).count() == 1


def test_the_grants_are_ambiguous():
    seed(3)

    writer = Actor("writer", "2", is_superuser=True)
    answer = identify("CX_VOICE", "+442079460958", caller=writer)
    assert answer["identification"]["outcome"] == "ambiguous"
    assert [c["firstName"] for c in answer["customerSuggestions"]] == [
        "Oliver Grant",
        "Sophie Grant",
    ]


def test_refuses_to_mix_with_customers():
    seed(1)

    with pytest.raises(CommandError, match="--append"):
        seed(1)

    assert Customer.objects.count() == 1


def test_append_keeps_the_known_people_single():
    seed(3)

    seed(50, append=True)

    assert Customer.objects.count() == 53
    assert Customer.objects.filter(first_name="Amina Siddiqui").count() == 1


@pytest.mark.parametrize("customers", [0, -5])
def test_refuses_less_than_one_customer(customers):
    with pytest.raises(CommandError, match="1 or more"):
        seed(customers)


def test_refuses_what_is_no_day():
    with pytest.raises(CommandError, match="not a date"):
        call_command("seed_demo", "--today", "tomorrow")


def test_what_a_supervisor_made_stays():
    Label.objects.create(name="VIP", color="#000000", priority=2)
    FieldDefinition.objects.create(key="city", label="Town", type="number", sort_order=50)

    seed(1)

    assert Label.objects.get(name="VIP").priority == 2
    assert not AttributeValue.objects.filter(field__key="city").exists()


def test_says_which_field_stands_in_the_way():
    FieldDefinition.objects.create(key="town", label="City", type="string", sort_order=50)

    with pytest.raises(CommandError, match="Cannot add the demo's fields"):
        seed(1)

    assert not Customer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_batches_overlap_on_a_server():
    seed(4100)

    assert Customer.objects.count() == 4100
