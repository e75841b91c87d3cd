import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from schema_builder.phones import SHORT_CODE, Numbering, country_of, e164
from schema_builder.renumberings import renumbering_line
from schema_builder.telephony import read_telephone

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = [getattr(PhoneNumberType, name) for name in vars(PhoneNumberType) if name.isupper()]
NOTATIONS = {
    "E.164": PhoneNumberFormat.E164,
    "international": PhoneNumberFormat.INTERNATIONAL,
    "national": PhoneNumberFormat.NATIONAL,
    "tel:": PhoneNumberFormat.RFC3966,
}


def examples(region):
    numbers = (phonenumbers.example_number_for_type(region, kind) for kind in KINDS)
    return [number for number in numbers if number]


def written(number, notation):
    return phonenumbers.format_number(number, NOTATIONS[notation])


@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_example_of_every_region_is_read_in_every_notation(notation):
    misread = [
        (region, text, e164(text, region))
        for region in REGIONS
        for number in examples(region)
        if e164(text := written(number, notation), region) != written(number, "E.164")
    ]

    assert misread == []


@pytest.mark.parametrize("spelling", ["00", "fullwidth", "arabic", "bare", "pluses"])
def test_every_example_is_read_in_other_spellings(spelling):
    spell = {
        "00": lambda text: "00" + text[1:],
        "fullwidth": lambda text: text.translate({ord(c): ord(c) + 0xFEE0 for c in "+0123456789"}),
        "arabic": lambda text: text.translate({0x30 + n: 0x660 + n for n in range(10)}),
        "bare": lambda text: f" {text}\t",
        "pluses": lambda text: text[:3] + "+" + text[3:],
    }[spelling]
    misread = [
        (region, text)
        for region in REGIONS
        for number in examples(region)
        if e164(spell(text := written(number, "E.164")), region) != text
    ]

    assert misread == []


def test_examples_cover_every_region_and_most_kinds():
    counts = [len(examples(region)) for region in REGIONS]

    # What phonenumberslite shipped when this was written; it only ever grows.
    assert len(REGIONS) >= 245
    assert sum(counts) >= 1376
    assert min(counts) >= 2


def test_numbers_of_no_country_are_read():
    entities = phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS
    numbers = [phonenumbers.example_number_for_non_geo_entity(code) for code in sorted(entities)]
    misread = [
        written(number, notation)
        for number in numbers
        for notation in ("E.164", "international", "tel:")
        if e164(written(number, notation)) != written(number, "E.164")
    ]

    assert len(numbers) >= 9
    assert misread == []


@pytest.mark.parametrize(
    ("text", "region", "read"),
    [
        ("0300 1234567", "PK", "+923001234567"),
        ("0300 1234567", "", None),
        ("+44 20 7946 0958", "PK", "+442079460958"),
        ("+44 (0)20 7946 0958", "", "+442079460958"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("+390612345678", "", "+390612345678"),
        ("tel:7042;phone-context=+49", "", "+497042"),
        ("0061 2 1234 5678", "AU", "+61212345678"),
        ("00 44 20 7946 0958", "US", "+442079460958"),
        ("+92 300 1234567 ext. 12", "", "+923001234567"),
        ("+92 300 1234567;ext=12", "", "+923001234567"),
        ("agent@sip.example.com", "PK", None),
        ("", "PK", None),
        ("+", "", None),
        ("+0", "", None),
        ("+999123456789", "", None),
        ("+9230012345678901234", "", None),
        ("12", "PK", None),
        ("9" * 10_000, "PK", None),
        ("0300 1234567", "XX", None),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_number_is_read_or_not(text, region, read):
    assert e164(text, region) == read


@pytest.mark.parametrize(
    ("spellings", "line"),
    [
        (["+5511987654321", "+551187654321"], "+5511987654321"),
        (["+551133334444"], None),
        (["+5215512345678", "+525512345678"], "+525512345678"),
        (["+5491123456789", "+541123456789"], "+5491123456789"),
        (["+2290195123456", "+22995123456"], "+2290195123456"),
        (["+2250707123456", "+22507123456"], "+22507123456"),
        (["+923001234567"], None),
    ],
)
def test_all_spellings_of_a_line_have_one_key(spellings, line):
    assert {renumbering_line(spelling) for spelling in spellings} == {line}


# Deliveries of an E.164 number by a channel: its text, and how the channel writes numbers.
DELIVERIES = {
    "WhatsApp digits": lambda number, region: (digits(number), Numbering("", True)),
    "WhatsApp digits, region": lambda number, region: (digits(number), Numbering(region, True)),
    "WhatsApp JID": lambda number, region: (
        f"{digits(number)}:7@s.whatsapp.net",
        Numbering(region, True),
    ),
    "digits": lambda number, region: (digits(number), Numbering()),
    "digits, region": lambda number, region: (digits(number), Numbering(region)),
    "SIP URI": lambda number, region: (
        f'"A" <sip:{written(number, "E.164")}@sbc.example.com;user=phone>;tag=x',
        Numbering(),
    ),
    "national, region": lambda number, region: (written(number, "national"), Numbering(region)),
    "national, WhatsApp": lambda number, region: (
        written(number, "national"),
        Numbering(region, True),
    ),
}
AS_SHORT_AS_SHORT_CODES = {("IR", "+989601")}
# Eight digits are the fewest that are read with country code where no channel says that all are.
FEWER_THAN_EIGHT_DIGITS = {
    ("IR", "+989601"),
    ("NL", "+3114020"),
    ("NO", "+4702000"),
    ("NU", "+6837012"),
    ("SJ", "+4702000"),
    ("TA", "+2908999"),
    ("TK", "+6903101"),
    ("TK", "+6907290"),
}
# The same digits are a number of the region, and the region goes first: area code 55 of Brazil,
# 622 of Indonesia.
NATIONAL_NUMBERS_AS_WELL = {("BR", "+5540041234"), ("ID", "+62218350123")}
EXCEPTIONS = {
    "WhatsApp digits": AS_SHORT_AS_SHORT_CODES,
    "WhatsApp digits, region": AS_SHORT_AS_SHORT_CODES,
    "WhatsApp JID": AS_SHORT_AS_SHORT_CODES,
    "digits": FEWER_THAN_EIGHT_DIGITS,
    "digits, region": AS_SHORT_AS_SHORT_CODES | NATIONAL_NUMBERS_AS_WELL,
}


def digits(number):
    return written(number, "E.164").removeprefix("+")


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_every_example_of_every_region_has_one_key_however_it_is_delivered(delivery):
    misread = {
        (region, written(number, "E.164"))
        for region in REGIONS
        for number in examples(region)
        if read_telephone(*DELIVERIES[delivery](number, region)).key != written(number, "E.164")
    }

    assert misread == EXCEPTIONS.get(delivery, set())


@pytest.mark.parametrize("delivery", EXCEPTIONS)
def test_example_that_is_read_otherwise_is_no_number_of_another_line(delivery):
    """It is a short code, or says that it may lack an area code: no other line has its key."""
    others = EXCEPTIONS[delivery] - NATIONAL_NUMBERS_AS_WELL
    readings = [
        read_telephone(*DELIVERIES[delivery](number, region))
        for region in REGIONS
        for number in examples(region)
        if (region, written(number, "E.164")) in others
    ]

    assert len(readings) >= len(others)
    assert all(reading.is_local or SHORT_CODE.fullmatch(reading.key) for reading in readings)


@pytest.mark.parametrize(
    ("text", "region", "is_international", "read"),
    [
        ("4915112345001", "", False, "+4915112345001"),
        ("4915112345001", "DE", False, "+4915112345001"),
        ("49 1511 2345001", "DE", False, "+4915112345001"),
        ("923001234567", "DE", True, "+923001234567"),
        ("923001234567", "DE", False, "+49923001234567"),
        ("551187654321", "DE", True, "+551187654321"),
        ("5215512345678", "", False, "+5215512345678"),
        ("22507123456", "DE", True, "+22507123456"),
        ("22995123456", "", False, "+22995123456"),
        ("03001234567", "PK", True, "+923001234567"),
        ("015112345001", "DE", True, "+4915112345001"),
        ("305 555 0123", "US", True, "+13055550123"),
        ("4915112345", "", False, None),
        ("0000000", "", True, None),
        ("1234567890123456", "", True, None),
        ("68849", "DE", False, None),
        ("345678", "DE", False, None),
        ("030123", "DE", False, "+4930123"),
        ("555-0199", "US", False, None),
        ("5550199", "US", True, None),
        ("+1 555-0199", "", False, "+15550199"),
        ("7946 0958", "GB", False, None),
        ("3812 3456", "BR", False, None),
        ("9374 4000", "AU", False, None),
        ("496 0123", "GB", False, None),
        ("212 34 56", "TR", False, None),
        ("13 11 14", "AU", False, "+61131114"),
        ("376312345", "US", False, "+376312345"),
        ("+55 3812 3456", "", False, "+5538123456"),
        ("+4915112345001.0", "", False, "+4915112345001"),
        ("4915112345001.00", "DE", False, "+4915112345001"),
        ("030.1234567", "DE", False, "+49301234567"),
    ],
)
def test_digits_are_read_with_country_code_or_in_the_region(text, region, is_international, read):
    assert e164(text, region, is_international=is_international) == read


@pytest.mark.parametrize(
    ("text", "region", "read"),
    [
        ("+1 800 FLOWERS", "", "+18003569377"),
        ("1-800-flowers", "US", "+18003569377"),
        ("+1 800 GO FLOWERS", "", None),
        ("+92341 9005ba521", "", None),
        ("+92 3OO 1234567", "", None),
        ("BANK24", "DE", None),
        ("Telekom24", "DE", None),
        ("24 BANK", "DE", None),
        ("Telekom", "DE", None),
        ("+92 300 1234567 extension 12", "", "+923001234567"),
        ("+92 300 1234567 x12", "", "+923001234567"),
        ("+92 300 1234567x12", "", "+923001234567"),
        ("+92 300 1234567 (ext. 12)", "", "+923001234567"),
        ("+7 495 1234567 доб. 12", "", "+74951234567"),
        ("+1 800 FLOWERS ext. 12", "", "+18003569377"),
        ("+1 800 ЦВЕТЫ", "", None),
        ("Tel. +92 300 1234567", "", None),
    ],
)
def test_letters_are_read_in_vanity_words_and_extensions_only(text, region, read):
    assert e164(text, region) == read


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("011 15 2345 6789", "AR"),
        ("+54 11 15 2345 6789", ""),
        ("+54 9 11 2345-6789", ""),
    ],
)
def test_the_15_of_argentina_is_read_as_the_9(text, region):
    assert e164(text, region) == "+5491123456789"


@pytest.mark.parametrize(
    "text", ["+4915112340101.0", "+4915112340101,00", "4915112340101.0", '="+4915112340101"']
)
def test_a_number_that_a_spreadsheet_changed_is_read_as_it_was(text):
    assert e164(text) == "+4915112340101"


def test_a_number_that_a_spreadsheet_shortened_is_none():
    assert e164("4.41632E+11", "DE") is None


@pytest.mark.parametrize(
    ("text", "country"), [("+4915112340101", "DE"), ("015112340101", None), ("x", None)]
)
def test_the_country_of_a_number_is_known(text, country):
    assert country_of(text) == country
