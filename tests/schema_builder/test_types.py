from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from schema_builder.models import FieldDefinition
from schema_builder.types import TYPES, StoredValue

OPTIONS = [{"value": "gold"}, {"value": "silver"}]
DAY = datetime(2026, 11, 23, tzinfo=UTC)


def definition(kind, **values):
    options = OPTIONS if "choice" in kind else []
    return FieldDefinition(**{"type": kind, "options": options} | values)


def cleaned(kind, raw, **values):
    return TYPES[kind].clean(raw, definition(kind, **values))


def problem(kind, raw, **values):
    with pytest.raises(ValidationError) as error:
        cleaned(kind, raw, **values)
    return error.value.messages


def text(value):
    return StoredValue(value, folded=value.casefold())


def number(value):
    return StoredValue(value, number=Decimal(value))


STORED = [
    ("string", "Ulm", text("Ulm")),
    ("string", " Zoe\u0308 ", text("Zo\u00eb")),
    ("string", 5, text("5")),
    ("string", 1.5, text("1.5")),
    ("string", "two\nlines", text("two\nlines")),
    ("string", "x" * 1000, text("x" * 1000)),
    ("string", "STRASSE", StoredValue("STRASSE", folded="strasse")),
    ("string", "Straße", StoredValue("Straße", folded="strasse")),
    ("string", "Ｕｌｍ", StoredValue("Ｕｌｍ", folded="ulm")),
    ("alphanumeric", "A1 b2", text("A1 b2")),
    ("alphanumeric", "Zoë ٣", text("Zoë ٣")),
    ("name", "Zoë O'Neill-Ünal", text("Zoë O'Neill-Ünal")),
    ("name", "x" * 200, text("x" * 200)),
    ("number", "42", number("42")),
    ("number", 42, number("42")),
    ("number", "-1.50", number("-1.50")),
    ("number", "+7", number("+7")),
    ("number", "007", number("007")),
    ("number", ".5", number(".5")),
    ("number", "2147483647", number("2147483647")),
    ("number", "-2147483647", number("-2147483647")),
    ("boolean", True, StoredValue("true", number=Decimal(1))),
    ("boolean", False, StoredValue("false", number=Decimal(0))),
    ("boolean", "TRUE", StoredValue("true", number=Decimal(1))),
    ("email", "Zed@Example.com", text("Zed@Example.com")),
    ("email", "zed+tag@example.co.uk", text("zed+tag@example.co.uk")),
    ("phonenumber", "+92 300 1234567", text("+92 300 1234567")),
    ("phonenumber", "tel:+92-300-1234567", text("tel:+92-300-1234567")),
    ("ip", "192.0.2.1", text("192.0.2.1")),
    ("ip", "2001:DB8::1", text("2001:DB8::1")),
    ("ip", "2001:0DB8::0:1", StoredValue("2001:0DB8::0:1", folded="2001:db8::1")),
    ("email", "\u00f1o\u00f1\u00f3@example.com", text("\u00f1o\u00f1\u00f3@example.com")),
    (
        "email",
        "zed@xn--bcher-kva.example",
        StoredValue("zed@xn--bcher-kva.example", folded="zed@b\u00fccher.example"),
    ),
    ("password", "Secret 1", StoredValue("Secret 1")),
    ("url", "https://Example.com/a?b=c", text("https://Example.com/a?b=c")),
    ("date", "2026-11-23", StoredValue("2026-11-23", timestamp=DAY)),
    ("date", "2024-02-29", StoredValue("2024-02-29", timestamp=datetime(2024, 2, 29, tzinfo=UTC))),
    (
        "datetime",
        "2026-11-23T10:30",
        StoredValue("2026-11-23T10:30:00Z", timestamp=DAY.replace(hour=10, minute=30)),
    ),
    (
        "datetime",
        "2026-11-23 10:30:00+05:00",
        StoredValue("2026-11-23T05:30:00Z", timestamp=DAY.replace(hour=5, minute=30)),
    ),
    (
        "datetime",
        "2026-11-23T00:00:00.25Z",
        StoredValue("2026-11-23T00:00:00.250Z", timestamp=DAY.replace(microsecond=250_000)),
    ),
    ("choice", "gold", text("gold")),
    ("multichoice", ["gold", "silver"], text("gold\nsilver")),
    ("multichoice", "gold,silver", text("gold\nsilver")),
    ("multichoice", ["gold", "gold", ""], text("gold")),
]


@pytest.mark.parametrize(("kind", "raw", "stored"), STORED, ids=lambda value: ascii(value)[:30])
def test_value_is_stored(kind, raw, stored):
    assert cleaned(kind, raw) == stored


def test_every_type_is_tested():
    assert {kind for kind, _, _ in STORED} == TYPES.keys()


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("empty", [None, ""])
def test_empty_value_is_none(kind, empty):
    assert cleaned(kind, empty) is None


@pytest.mark.parametrize("kind", TYPES.keys() - {"boolean"})
@pytest.mark.parametrize("blank", [" ", "\t\n", "\u200b", "\u2060\u00ad"])
def test_invisible_value_is_none(kind, blank):
    assert cleaned(kind, blank) is None


@pytest.mark.parametrize(
    ("kind", "raw", "message"),
    [
        ("string", {}, "Not a valid string."),
        ("string", ["Ulm"], "Not a valid string."),
        ("string", True, "Not a valid string."),
        ("string", "x" * 1001, "Ensure this field has no more than 1000 characters."),
        ("alphanumeric", "a-b", "Only letters, digits and spaces are allowed."),
        ("name", "a\nb", "Must be a single line."),
        ("name", "x" * 201, "Ensure this field has no more than 200 characters."),
        ("number", "many", "A valid number is required."),
        ("number", "1,5", "A valid number is required."),
        ("number", "1_0", "A valid number is required."),
        ("number", "0x10", "A valid number is required."),
        ("number", "٤٢", "A valid number is required."),
        ("number", "nan", "A valid number is required."),
        ("number", "Infinity", "A valid number is required."),
        ("number", "--1", "A valid number is required."),
        ("number", ".", "A valid number is required."),
        ("number", "1e19", "A valid number is required."),
        ("number", "1e-11", "A valid number is required."),
        ("number", "0.12345678901", "A valid number is required."),
        ("number", "1" * 29, "Ensure that there are no more than 28 digits in total."),
        ("number", "2147483648", "Ensure this value is less than or equal to 2147483647."),
        ("number", "-2147483648", "Ensure this value is greater than or equal to -2147483647."),
        ("boolean", "maybe", "Must be true or false."),
        ("boolean", 1, "Must be true or false."),
        ("boolean", " ", "Must be true or false."),
        ("boolean", [], "Must be true or false."),
        ("email", "zed", "Enter a valid email address."),
        ("email", "zed@", "Enter a valid email address."),
        ("email", "z ed@example.com", "Enter a valid email address."),
        ("email", "zed@example.com\nbcc: x", "Enter a valid email address."),
        ("email", "me@xn--0.tld", "Enter a valid email address."),
        ("email", f"{'z' * 65}@example.com", "Enter a valid email address."),
        ("email", f"zed@{'z' * 64}.com", "Enter a valid email address."),
        ("ip", "fe80::1%eth0", "Enter a valid IPv4 or IPv6 address."),
        *(
            (
                "datetime",
                f"1990-12-31T10:00:00{offset}",
                "Datetime has wrong format. Use YYYY-MM-DDThh:mm[:ss][Z or +hh:mm].",
            )
            for offset in ("+10:60", "-10:99", "+1060", "+24:00", "+10")
        ),
        ("phonenumber", "12", "Not a phone number."),
        (
            "phonenumber",
            "0300 1234567",
            "The country code is missing. Write the number in international form, such as"
            " +92 300 1234567.",
        ),
        (
            "phonenumber",
            "agent@sip",
            'Not a phone number: it holds the letters "agent", "sip". Write the number in'
            " international form, such as +92 300 1234567.",
        ),
        ("ip", "256.0.0.1", "Enter a valid IPv4 or IPv6 address."),
        ("ip", "192.0.2.0/24", "Enter a valid IPv4 or IPv6 address."),
        ("url", "javascript:alert(1)", "Enter a valid URL."),
        ("url", "ftp://example.com", "Enter a valid URL."),
        ("url", "https://", "Enter a valid URL."),
        ("date", "2023-02-29", "Date has wrong format. Use YYYY-MM-DD."),
        ("date", "0000-00-00", "Date has wrong format. Use YYYY-MM-DD."),
        ("date", "10000-01-01", "Date has wrong format. Use YYYY-MM-DD."),
        ("date", "20261123", "Date has wrong format. Use YYYY-MM-DD."),
        ("date", "2026-11-23\n", None),
        ("date", "٢٠٢٦-11-23", "Date has wrong format. Use YYYY-MM-DD."),
        (
            "datetime",
            "2026-11-23",
            "Datetime has wrong format. Use YYYY-MM-DDThh:mm[:ss][Z or +hh:mm].",
        ),
        (
            "datetime",
            "2026-11-23T23:59:60Z",
            "Datetime has wrong format. Use YYYY-MM-DDThh:mm[:ss][Z or +hh:mm].",
        ),
        ("datetime", "9999-12-31T23:59:59-14:00", "Datetime value out of range."),
        ("datetime", "0001-01-01T00:00:00+14:00", "Datetime value out of range."),
        ("choice", "iron", '"iron" is not one of the options: gold, silver.'),
        ("choice", "Gold", '"Gold" is not one of the options: gold, silver.'),
        ("multichoice", ["gold", "iron"], '"iron" is not one of the options: gold, silver.'),
        ("multichoice", [5], "Must be a list of options."),
        ("multichoice", {}, "Must be a list of options."),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_value_is_refused(kind, raw, message):
    if message is None:
        assert cleaned(kind, raw).text == raw.strip()
    else:
        assert problem(kind, raw) == [message]


def test_length_limits_a_text():
    assert cleaned("string", "x" * 5, length=5) == text("x" * 5)
    assert problem("string", "x" * 6, length=5) == [
        "Ensure this field has no more than 5 characters."
    ]


def test_length_counts_characters():
    assert cleaned("string", "👩‍👧", length=3) == StoredValue(
        "👩‍👧", folded="👩‍👧".replace("\u200d", "")
    )


def test_refused_option_names_the_first_ten():
    many = [{"value": f"o{n}"} for n in range(1, 13)]
    first = "o1, o2, o3, o4, o5, o6, o7, o8, o9, o10"

    assert problem("choice", "iron", options=many[:10]) == [
        f'"iron" is not one of the options: {first}.'
    ]
    assert problem("choice", "iron", options=many) == [
        f'"iron" is not one of the options: {first} and 2 more.'
    ]
    assert problem("choice", "iron", options=[]) == ['"iron" is not one of the options.']


def test_range_limits_a_number():
    limits = {"min_value": Decimal("1"), "max_value": Decimal("9.5000000000")}

    assert cleaned("number", "9.5", **limits) == number("9.5")
    assert problem("number", "0", **limits) == ["Ensure this value is greater than or equal to 1."]
    assert problem("number", "9.6", **limits) == ["Ensure this value is less than or equal to 9.5."]


def test_pattern_has_to_match_the_whole_value():
    assert cleaned("string", "AB12", pattern="[A-Z]{2}[0-9]{2}") == text("AB12")
    assert problem("string", "xAB12", pattern="[A-Z]{2}[0-9]{2}") == [
        "Does not have the required format."
    ]


def test_hostile_pattern_takes_no_time():
    assert problem("string", "a" * 999 + "b", pattern="(a+)+") == [
        "Does not have the required format."
    ]


@pytest.mark.parametrize(
    ("kind", "stored", "shown"),
    [
        ("string", "Ulm", "Ulm"),
        ("number", "042.50", "042.50"),
        ("boolean", "true", True),
        ("boolean", "false", False),
        ("date", "2026-11-23", "2026-11-23"),
        ("multichoice", "gold\nsilver", ["gold", "silver"]),
    ],
)
def test_value_is_given_out(kind, stored, shown):
    assert TYPES[kind].to_wire(stored) == shown


@pytest.mark.parametrize(
    ("kind", "stored", "masked"),
    [
        ("string", "Betelgeuse", "Bet*******"),
        ("string", "Ulm", "***"),
        ("string", "U", "*"),
        ("name", "Zaphod", "Zap***"),
        ("number", "12345", "***"),
        ("number", "4", "***"),
        ("boolean", "true", "***"),
        ("date", "1986-04-12", "***"),
        ("datetime", "1986-04-12T09:30:00Z", "***"),
        ("choice", "gold", "***"),
        ("multichoice", "gold\nsilver", "***"),
        ("email", "trillian@heartofgold.example", "tril****@***************mple"),
        ("email", "zed@example.com", "***************"),
        ("email", "trillian@ab.c", "*************"),
        ("email", "no address", "**********"),
        ("phonenumber", "+923001234567", "***********67"),
        ("phonenumber", "12", "**"),
        ("password", "x", "********"),
        ("url", "https://example.com", "htt****************"),
    ],
)
def test_value_is_masked(kind, stored, masked):
    assert TYPES[kind].mask(stored) == masked


@pytest.mark.parametrize("kind", TYPES)
def test_mask_shows_less_than_half_of_a_long_value(kind):
    stored = "abcdefghij@klmnopqrst"

    shown = [c for c in TYPES[kind].mask(stored) if c not in "*@"]

    assert len(shown) <= 8


@pytest.mark.parametrize(
    ("kind", "raw", "key", "is_valid"),
    [
        ("string", " Zoe\u0308 ", "Zo\u00eb", True),
        ("alphanumeric", "AbC", "AbC", True),
        ("ip", "192.0.2.1", "192.0.2.1", True),
        ("email", "Zed@EXAMPLE.com", "zed@example.com", True),
        ("email", "Zed+Tag@example.com", "zed+tag@example.com", True),
        ("email", "zed@B\u00dcCHER.example", "zed@b\u00fccher.example", True),
        ("email", "zed@XN--BCHER-KVA.example", "zed@b\u00fccher.example", True),
        ("email", "N\u0303o\u0301@Example.com", "\u00f1\u00f3@example.com", True),
        ("email", '"zed"@example.com', "zed@example.com", True),
        ("email", "zed@office.local", "zed@office.local", True),
        ("email", "zed@[192.0.2.1]", "zed@[192.0.2.1]", True),
        ("email", "No Address", "no address", False),
        ("email", "me@xn--0.tld", "me@xn--0.tld", False),
        ("email", f"{'z' * 65}@example.com", f"{'z' * 65}@example.com", False),
        ("email", f"zed@{'z' * 64}.com", f"zed@{'z' * 64}.com", False),
        ("ip", "2001:DB8::1", "2001:db8::1", True),
        ("ip", "2001:0db8:0:0:0:0:0:1", "2001:db8::1", True),
        ("ip", "::FFFF:192.0.2.1", "192.0.2.1", True),
        ("ip", "fe80::1%eth0", "fe80::1%eth0", False),
        ("ip", "192.0.2.256", "192.0.2.256", False),
        ("phonenumber", "0092 300 1234567", "+923001234567", True),
        ("phonenumber", "Agent@sip", "Agent@sip", False),
    ],
)
def test_identifier_is_compared_by_its_key(kind, raw, key, is_valid):
    match = TYPES[kind].match_key(raw)

    assert (match.key, match.is_valid) == (key, is_valid)


@pytest.mark.parametrize("kind", [kind for kind, of in TYPES.items() if of.may_identify])
def test_key_of_a_key_is_itself(kind):
    for raw in ("Zed@Example.com", "+92 300 1234567", "Zoe\u0308", "2001:DB8::1"):
        key = TYPES[kind].match_key(raw).key

        assert TYPES[kind].match_key(key).key == key


def test_types_that_may_identify_are_those_of_the_contract():
    assert {kind for kind, of in TYPES.items() if of.may_identify} == {
        "alphanumeric",
        "email",
        "ip",
        "phonenumber",
        "string",
    }


@pytest.mark.parametrize("kind", TYPES)
def test_registry_knows_a_type_by_its_key(kind):
    assert TYPES[kind].key == kind
    assert TYPES[kind].label
