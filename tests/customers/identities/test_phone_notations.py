import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from access.actors import Actor
from customers.identification.identify import identify
from customers.models import ChannelIdentity, Customer
from schema_builder.models import ChannelType
from schema_builder.versions import touch_schema

WRITER = Actor("writer", "1", frozenset({"customers.add_customer"}))
NOTATIONS = [
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.RFC3966,
]


def customer_of(text):
    return identify("SMS", text, caller=WRITER)["customer"]["_id"]


@pytest.mark.django_db
def test_one_line_is_one_customer_in_every_region_and_notation():
    asked, split = 0, []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        ChannelType.objects.filter(name="SMS").update(default_region=region)
        touch_schema()
        for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is None:
                continue
            texts = [phonenumbers.format_number(number, notation) for notation in NOTATIONS]
            asked += len(texts)
            if len({customer_of(text) for text in texts}) != 1:
                split.append((region, texts))

    lines = ChannelIdentity.objects.count()
    assert split == []
    assert asked >= 245 * 4
    assert ChannelIdentity.objects.filter(is_valid=True).count() == lines
    assert Customer.objects.count() == lines
