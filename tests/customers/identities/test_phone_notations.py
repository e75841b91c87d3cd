import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from access.actors import Actor
from customers.identification.identify import identify
from customers.models import ChannelIdentity, Customer
from schema_builder.models import ChannelType
from schema_builder.versions import touch_schema

WRITER = Actor("writer", "1", frozenset({"customers.add_customer"}))
E164 = PhoneNumberFormat.E164
KINDS = [getattr(PhoneNumberType, name) for name in vars(PhoneNumberType) if name.isupper()]
NOTATIONS = [
    E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.RFC3966,
]


def customer_of(text):
    return identify("SMS", text, caller=WRITER)["customer"]["_id"]


def spellings(number):
    """The number in each notation, and as channels deliver it."""
    texts = [phonenumbers.format_number(number, notation) for notation in NOTATIONS]
    digits = texts[0].removeprefix("+")
    delivered = [digits, f"{digits}:7@s.whatsapp.net", f"<sip:{texts[0]}@sbc.example.com>;tag=x"]
    return [*texts, *delivered]


def examples(region):
    """The example numbers of all kinds, once each."""
    numbers = (phonenumbers.example_number_for_type(region, kind) for kind in KINDS)
    return {phonenumbers.format_number(number, E164): number for number in numbers if number}


# Spellings that are read as something else, and why.
EXCEPTIONS = {
    # Numbers of the region as well, which goes first: area codes 55 of Brazil, 622 of Indonesia.
    ("BR", "5540041234"),
    ("ID", "62218350123"),
    # Six digits are a short code.
    ("IR", "989601"),
    ("IR", "989601:7@s.whatsapp.net"),
}


@pytest.mark.django_db
def test_one_line_is_one_customer_in_every_region_and_notation():
    asked, split = 0, set()
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        ChannelType.objects.filter(name="SMS").update(default_region=region)
        touch_schema()
        for number in examples(region).values():
            expected, *others = spellings(number)
            customer = customer_of(expected)
            asked += len(others)
            split |= {(region, text) for text in others if customer_of(text) != customer}

    lines = ChannelIdentity.objects.count()
    assert split == EXCEPTIONS
    assert asked >= 245 * 2 * 6
    assert ChannelIdentity.objects.filter(is_valid=True).count() == lines
    assert Customer.objects.count() == lines
