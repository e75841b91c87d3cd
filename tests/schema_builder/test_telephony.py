import phonenumbers
import pytest

from schema_builder.phones import INTERNATIONAL, MOST_LOCAL_DIGITS, UNKNOWN_NUMBERING, Numbering
from schema_builder.telephony import TelephoneReading, read_telephone

NOT_A_NUMBER = "Not a phone number."
NO_COUNTRY_CODE = f"The country code is missing. {INTERNATIONAL}"
NO_AREA_CODE = f"The area code is missing. {INTERNATIONAL}"
NO_AREA_CODE_OR_REGION = f"The area code is missing, or no default region is set. {INTERNATIONAL}"


def letters(found):
    return f"Not a phone number: it holds the letters {found}. {INTERNATIONAL}"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("US.13491208655302741918", "US.13491208655302741918"),
        ("US.ENT.11815799212886844830", "US.ENT.11815799212886844830"),
        ("68849", "68849"),
        ("٦٨٨٤٩", "68849"),
        ("1001", "1001"),
        ("sip:1001@PBX.example.com;user=phone", "1001@pbx.example.com"),
        ("sip:alice@example.com", "alice@example.com"),
        ('"Alice" <sips:alice@example.com:5061;transport=tls>;tag=x', "alice@example.com"),
        ("sip:alice@example.com:5070", "alice@example.com:5070"),
        ("123456789012345:7@lid", "123456789012345@lid"),
        ("tel:7042;phone-context=example.com", "7042@example.com"),
    ],
)
@pytest.mark.parametrize("region", ["", "DE", "US"])
def test_handle_is_well_formed(text, key, region):
    assert read_telephone(text, Numbering(region)) == TelephoneReading(key)


@pytest.mark.parametrize(
    ("text", "region", "key", "problem"),
    [
        ("12", "", "12", NOT_A_NUMBER),
        ("+999", "", "+999", NOT_A_NUMBER),
        ("0300 1234567", "", "0300 1234567", NO_COUNTRY_CODE),
        ("03001234567", "", "03001234567", NO_COUNTRY_CODE),
        ("sip:03001234567@sbc.example.com", "", "03001234567", NO_COUNTRY_CODE),
        ("BANK24", "DE", "BANK24", letters('"BANK"')),
        ("+92341 9005ba521", "", "+92341 9005ba521", letters('"ba"')),
        ("+92 3OO 12E4567", "", "+92 3OO 12E4567", letters('"OO", "E"')),
        ("agent@sip", "", "agent@sip", letters('"agent", "sip"')),
        ("XX.13491208655302741918", "", "XX.13491208655302741918", letters('"XX"')),
        ("120363041234567890@g.us", "", "120363041234567890@g.us", letters('"g", "us"')),
    ],
)
def test_other_text_is_kept_with_the_reason(text, region, key, problem):
    assert read_telephone(text, Numbering(region)) == TelephoneReading(key, problem)


@pytest.mark.parametrize(
    "text", ["923001234567@s.whatsapp.net", "923001234567:3@c.us", "whatsapp:923001234567"]
)
def test_digits_in_a_whatsapp_wrapper_are_international_on_every_channel(text):
    assert read_telephone(text, Numbering("DE")) == TelephoneReading("+923001234567")


@pytest.mark.parametrize(
    "text", ["555-0199", "5550199", "sip:5550199@sbc.example.com", "555-0199 ext. 12"]
)
@pytest.mark.parametrize("is_international", [False, True])
def test_number_without_area_code_is_local(text, is_international):
    reading = read_telephone(text, Numbering("US", is_international))

    assert (reading.problem, reading.is_local) == (NO_AREA_CODE, True)


@pytest.mark.parametrize(
    "text",
    [
        "555-0199",
        "5550199",
        "7946 0958",
        "3812-3456",
        "496 0123",
        "555\u20110199",
        "(555) 0199",
        "030 1234",
        "55 501",
        "12/34567",
        "sip:5550199@sbc.example.com",
        "tel:5550199;phone-context=example.com",
        "555-0199 ext. 12",
    ],
)
@pytest.mark.parametrize("is_international", [False, True])
def test_number_that_may_lack_its_area_code_is_local_without_region(text, is_international):
    reading = read_telephone(text, Numbering("", is_international))

    assert (reading.problem, reading.is_local) == (NO_AREA_CODE_OR_REGION, True)


@pytest.mark.parametrize(
    "text",
    [
        # With area code, in an installation of one country.
        "030 1234567",
        "020 7946 0958",
        "0555 0199",
        "(305) 555-0199",
        "305 555 0199",
        "8 (495) 123-45-67",
        # Extensions and short codes.
        "12",
        "100",
        "2001",
        "68849",
        "345678",
        "tel:7042;phone-context=example.com",
        # Numbers with country code.
        "+1 555 0199",
        "0049 555 0199",
        "67620123",
        # No numbers.
        "1234_567",
        "BANK24",
    ],
)
def test_other_number_is_not_local_without_region(text):
    assert not read_telephone(text, UNKNOWN_NUMBERING).is_local


def test_no_country_has_longer_local_numbers():
    plans = map(phonenumbers.PhoneMetadata.metadata_for_region, phonenumbers.SUPPORTED_REGIONS)
    lengths = {most for plan in plans for most in plan.general_desc.possible_length_local_only}

    assert max(lengths) == MOST_LOCAL_DIGITS
