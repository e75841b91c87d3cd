import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from schema_builder.phones import e164, line_of

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
        (["+923001234567"], None),
    ],
)
def test_all_spellings_of_a_line_have_one_key(spellings, line):
    assert {line_of(spelling) for spelling in spellings} == {line}


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
