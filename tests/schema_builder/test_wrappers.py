import pytest

from schema_builder.wrappers import sip_address, unwrapped_email, unwrapped_telephone

NUMBER = "+4915112345001"


@pytest.mark.parametrize(
    "text",
    [
        "sip:+4915112345001@sbc.example.com;user=phone",
        "sip:+4915112345001@sbc.example.com:5060;transport=tls?subject=a@b",
        "sips:+4915112345001@sbc.example.com",
        "SIP:+4915112345001@sbc.example.com",
        "sip:+4915112345001;ext=12@sbc.example.com",
        "sip:+4915112345001:secret@sbc.example.com",
        "sip:%2B4915112345001@sbc.example.com",
        "sip:+4915112345001",
        "<sip:+4915112345001@sbc.example.com>;tag=1c8f",
        "<sip:+4915112345001@sbc.example.com",
        '"W" <sip:+4915112345001@sbc.example.com;user=phone>;tag=x',
        '"Case, \\"E\\" <E>" <sip:+4915112345001@sbc.example.com>',
        "Ema Case <sips:+4915112345001@sbc.example.com>",
        "Ema Case <+4915112345001>",
        '"Ema" +4915112345001',
        "+4915112345001 (Ema Case)",
        "+4915112345001+(Ema+Case)",
        '+4915112345001 "Ema Case"',
        "tel:+4915112345001;ext=12",
        "tel:+4915112345001;phone-context=example.com",
        "<tel:+4915112345001>",
        "whatsapp:+4915112345001",
        "+4915112345001@sbc.example.com",
        " +4915112345001\t",
    ],
)
def test_telephone_wrapper_is_removed(text):
    assert unwrapped_telephone(text) == NUMBER


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("4915112345001@s.whatsapp.net", "4915112345001"),
        ("4915112345001@c.us", "4915112345001"),
        ("4915112345001:12@s.whatsapp.net", "4915112345001"),
        ("4915112345001_1:12@s.whatsapp.net", "4915112345001"),
        ("4915112345001.0:12@s.whatsapp.net", "4915112345001"),
        ("4915112345001:99@hosted", "4915112345001"),
        ("4915112345001@10.1.2.3:5060", "4915112345001"),
        ("tel:7042;phone-context=+49", "+497042"),
        ("tel:863-1234;phone-context=+1-914", "+19148631234"),
        ("tel:863-1234;phone-context=+1-914-555", "+19145558631234"),
        ("tel:+4915112345001;phone-context=+1-914", "+4915112345001"),
        ("sip:863-1234;phone-context=+1-914@gw.example.net;user=phone", "+19148631234"),
        ("tel:7042;phone-context=example.com", "7042"),
        ("sip:alice@example.com", "alice"),
        ("sip:anonymous@anonymous.invalid", "anonymous"),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=x', "anonymous"),
        ("sip:anonymous.invalid", "anonymous.invalid"),
        ("rcs:+4915112345001", "+4915112345001"),
        ("4915112@10.1.2.3", "4915112"),
        ("123456789012345:7@lid", "123456789012345@lid"),
        ("12036304@g.us", "12036304@g.us"),
    ],
)
def test_user_part_is_returned(text, inner):
    assert unwrapped_telephone(text) == inner


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip:",
        "sip:;tag=x",
        "<>",
        "0300 1234567",
        "+49 (0)30 1234567",
        "(020) 7946 0958",
        "+1 (800) FLOWERS",
        "US.1349512345",
        "BANK24",
        "Private Number",
        "(null)",
        "1234567890@qq.com",
        "agent@sip.example.com",
        # Extensions of two telephone systems.
        "1001@10.1.2.3",
    ],
)
def test_text_without_wrapper_stays(text):
    assert unwrapped_telephone(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "ema.case@example.com",
        "Ema Case <ema.case@example.com>",
        '"Case, Ema" <ema.case@example.com>',
        '"Ema <E> Case" <ema.case@example.com>',
        "<ema.case@example.com>",
        "Ema Case <mailto:ema.case@example.com>",
        "mailto:ema.case@example.com",
        "MAILTO:ema.case%40example.com?subject=Hi",
        "ema.case@example.com.",
        "ema.case@example.com,",
        " ema.case@example.com; ",
        "Ema Case <ema.case@example.com>,",
        "ema.case@example.com (Ema)",
        "'ema.case@example.com'",
        '"ema.case@example.com."',
    ],
)
def test_email_wrapper_is_removed(text):
    assert unwrapped_email(text) == "ema.case@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no address",
        '"a b"@example.com',
        "a@example.com, b@example.com",
        "A <a@example.com>, B <b@example.com>",
        "<>",
        "(not set)",
    ],
)
def test_email_without_wrapper_stays(text):
    assert unwrapped_email(text) == text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("sip:Alice@Example.COM;transport=tcp", "Alice@example.com"),
        ('"A" <sips:alice:pw@example.com:5061>;tag=x', "alice@example.com"),
        ("sip:alice@example.com:5060", "alice@example.com"),
        ("sip:alice@example.com:5080", "alice@example.com:5080"),
        ("sip:example.com", None),
        ("alice@example.com", None),
        ("tel:+4915112345001", None),
        ("tel:7042;phone-context=Example.com", "7042@example.com"),
        ("<tel:7042;isub=1;phone-context=example.com>", "7042@example.com"),
        ("sip:7042;phone-context=example.com@gw.example.net;user=phone", "7042@example.com"),
        ("tel:863-1234;phone-context=+1-914", None),
    ],
)
def test_sip_address_is_user_and_host(text, address):
    assert sip_address(text) == address
