import importlib

import phonenumbers
import pytest
from django.apps import apps

from schema_builder.editing import delete_schema_row, save_schema_row
from schema_builder.models import IgnoredIdentifier
from schema_builder.schema import current_schema
from schema_builder.withheld import comparable

pytestmark = pytest.mark.django_db
SHIPPED = importlib.import_module("schema_builder.migrations.0007_withheld_callers")
MORE = importlib.import_module("schema_builder.migrations.0008_more_withheld_callers")
NEGATIVE = importlib.import_module(
    "schema_builder.migrations.0011_local_numbers_and_negative_nothings"
)


def is_ignored(text, region=""):
    return current_schema().is_ignored(text, region)


@pytest.mark.parametrize(
    "text",
    [
        "anonymous",
        "Anonymous",
        "anonymous@anonymous.invalid",
        "sip:anonymous@anonymous.invalid",
        "sips:anonymous@anonymous.invalid:5061;transport=tls",
        '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=x',
        '"Anonymous"+<sip:anonymous@anonymous.invalid>',
        "Anonymous <sip:anonymous@sbc.example.com;user=phone>",
        "sip:anonymous.invalid",
        "sip:x7f3@anonymous.invalid",
        "sip:unavailable@unknown.invalid",
        "<sip:Restricted@10.0.0.1>",
        "mailto:anonymous@anonymous.invalid",
        "tel:+266696687",
        "+266696687",
        "266696687",
        "00266696687",
        "+266 696 687",
        "sip:+266696687@sbc.example.com",
        "+7378742833",
        "+86282452253",
        "Private Number",
        "PRIVATE-NUMBER",
        "Unknown Caller",
        "No Caller ID",
        "Blocked",
        "Withheld",
        "n.a.",
        "N/A",
        "#N/A",
        "?",
        "???",
        "-",
        "...",
        "(null)",
        "<null>",
        "'null'",
        "NaN",
        "[object Object]",
        "{}",
        "[]",
        "(not set)",
        "undefined",
        "guest",
        "Guest",
        "0000",
        "+0",
        "0-0",
        "ｕｎｋｎｏｗｎ",
        "Rufnummer unterdrückt",
        "RUFNUMMER UNTERDRUCKT",
        "Numéro masqué",
        "NUMERO MASQUE",
        "Número privado",
        "GİZLİ NUMARA",
        "gizli numara",
        "Numer zastrzeżony",
        "Скрытый номер",
        "Номер не определен",
        "رقم خاص",
        "مجهول",
        "非通知",
        "未知号码",
        "발신자 표시 제한",
        "अज्ञात नंबर",
        "ไม่ทราบหมายเลข",
        "άγνωστος αριθμός",
        "ΑΓΝΩΣΤΟΣ ΑΡΙΘΜΟΣ",
        "מספר חסוי",
        # Users that are missing: the host is the same for all callers.
        "sip:",
        "tel:",
        "sip:@sbc.example.com",
        "sip:sbc.example.com",
        "<sip:sbc.example.com:5060;transport=udp>;tag=x",
        "sip:192.168.10.200",
        "sip:[2001:db8::1]:5060",
        '"" <sip:>',
        "+1 000 000 0000",
        "sip:+490000000000@sbc.example.com",
        "${caller}",
        "{{contact.phone}}",
        "%ANI%",
        "UNTERDRUECKT",
        "Rufnummer unterdrueckt",
        "Unbekannte Rufnummer",
        # Persian letters in Arabic words.
        "غیر معروف",
        "رقم مخفي",
        "نا معلوم",
        "Não disponível",
        "Sin identificación",
        "Numéro caché",
        "sip:asterisk@10.0.0.1",
        "No CLI",
        "-1",
        " -1 ",
        "-1.0",
        "\u22121",
        "-2",
        "sip:-1@sbc.example.com",
    ],
)
def test_values_for_contacts_without_an_identity_are_ignored(text):
    assert is_ignored(text)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+4915112345001", ""),
        ("4915112345001", ""),
        ('"Anonymous" <sip:+4915112345001@sbc.example.com>', ""),
        ("sip:+4915112345001@anonymous.invalid", ""),
        ("Private <+4915112345001>", ""),
        ("anonymous@example.com", ""),
        ("no.one@example.com", ""),
        ("guest42", ""),
        ("unknown soldier", ""),
        ("nullpointer", ""),
        ("📞", ""),
        ("1", ""),
        ("-7", ""),
        ("-5550199", ""),
        ("100", ""),
        ("sip:4915112345001", ""),
        ("sip:1001@10.0.0.1", ""),
        ("sip:alice@sbc.example.com", ""),
        ("+18000000000", ""),
        ("100%", ""),
        # Subscribers' numbers in these countries.
        ("7378742833", "US"),
        ("266696687", "PT"),
        ("7748283", "IS"),
    ],
)
def test_everything_else_is_an_identifier(text, region):
    assert not is_ignored(text, region)


def test_keypad_words_are_no_numbers():
    valid = [
        word
        for word in SHIPPED.KEYPAD
        if phonenumbers.is_valid_number(phonenumbers.parse(word, None))
    ]

    assert valid == []


def test_shipped_values_are_stored_once_and_compare_differently_from_the_first_list():
    seeded = importlib.import_module("schema_builder.migrations.0002_system_fields").IGNORED
    words = [word for line in SHIPPED.WORDS.values() for word in line.split(", ")]
    shipped = [*SHIPPED.ADDRESSES, *SHIPPED.KEYPAD, *SHIPPED.NOTHINGS, *SHIPPED.VISITORS, *words]
    shipped += [word for line in MORE.WORDS.values() for word in line.split(", ")]
    shipped += NEGATIVE.VALUES
    keys = [comparable(value) for value in shipped]

    assert len(set(keys)) == len(keys)
    assert not set(keys) & {comparable(value) for value in seeded}
    assert IgnoredIdentifier.objects.filter(value__in=shipped).count() == len(shipped)


def test_an_upgrade_keeps_what_a_supervisor_edited():
    IgnoredIdentifier.objects.filter(value="private").delete()
    IgnoredIdentifier.objects.create(value="Our test line")
    before = set(IgnoredIdentifier.objects.values_list("value", flat=True))

    SHIPPED.add(apps, None)

    assert set(IgnoredIdentifier.objects.values_list("value", flat=True)) == before


def test_a_supervisor_decides_about_the_list():
    row = IgnoredIdentifier.objects.get(value="guest")
    delete_schema_row(row)
    save_schema_row(IgnoredIdentifier(value="+49 30 1234567"))

    assert not is_ignored("guest")
    assert is_ignored("sip:+49301234567@sbc.example.com")
    assert is_ignored("49301234567")
