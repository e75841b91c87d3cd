import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.invisible import IGNORABLE_RANGES
from foundation.text import (
    bare,
    folded,
    hostile_characters,
    hostile_number,
    hostile_paths,
    is_blank,
    tidied,
)


@pytest.mark.parametrize(
    ("text", "search_form"),
    [
        (" Zed ", "zed"),
        ("Straße", "strasse"),
        ("ＺＥＤ", "zed"),
        ("ﬁ", "fi"),
        ("Zoe\u0308", "zo\u00eb"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("İ", "i\u0307"),
        ("", ""),
    ],
)
def test_folded_text_ignores_letter_case_and_width(text, search_form):
    assert folded(text) == search_form


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert folded(folded(text)) == folded(text)


@given(st.text())
def test_tidied_text_is_composed_without_space_around(text):
    assert tidied(text) == tidied(tidied(text))
    assert unicodedata.is_normalized("NFC", tidied(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\t\r\n",
        "\u00a0\u2003",
        "\u200b\u200e",
        "\ufeff",
        "\x00\x1f",
        "\u3164",
        "\u2800",
        "\u00ad \u061c",
        "\u200c\u200d\ufe0f",
        "\U000e0067",
    ],
)
def test_invisible_text_is_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", " . ", "\u202ea", "\u0301", "0"])
def test_visible_text_is_not_blank(text):
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("\u202aAmina\u202c \u200bYusuf\u200b", "Amina Yusuf"),
        ("Am\u00adi\u034fna", "Amina"),
        ("V\u200dI\u200cP\ufe0f", "VIP"),
        ("\u200f\u0639\u0644\u06cc\u061c", "\u0639\u0644\u06cc"),
        (" \u3164 ", ""),
    ],
)
def test_tidied_text_has_no_invisible_characters(text, stored):
    assert tidied(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        "\u0d28\u0d28\u0d4d\u200d\u0d35",
        "\U0001f469\u200d\U0001f4bb Office",
        "\u2764\ufe0f\u200d\U0001f525",
        "1\ufe0f\u20e3",
        "\u845b\U000e0100\u57ce",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ],
    ids=["Persian", "Malayalam", "profession", "burning heart", "keycap", "ideograph", "flag"],
)
def test_tidied_text_keeps_what_shapes_words_and_emoji(text):
    assert tidied(text) == text


@pytest.mark.parametrize("character", [first for first, _ in IGNORABLE_RANGES], ids=hex)
def test_no_ignorable_character_is_in_data_or_compared(character):
    text = f"{chr(character)}ab{chr(character)}c\U0001f469{chr(character)}\U0001f4bb"

    assert bare(text) == "abc\U0001f469\U0001f4bb"
    assert folded(text) == folded("ABC\U0001f469\U0001f4bb")


@given(st.text())
def test_bare_text_is_composed_and_visible(text):
    assert bare(text) == bare(bare(text))
    assert bare(tidied(text)) == bare(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\x00", "Null characters are not allowed."),
        ("\ud800", "Surrogate characters are not allowed: U+D800."),
        ("a\udfffb", "Surrogate characters are not allowed: U+DFFF."),
        ("\U0001f600\uffff\x01", None),
        ("", None),
    ],
)
def test_hostile_characters_are_named(text, reason):
    assert hostile_characters(text) == reason


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (0, None),
        (-0.0, None),
        (True, None),
        (1e-300, None),
        (10**18 - 1, None),
        (10**18, "Ensure that there are no more than 18 digits in total."),
        (-(10**18), "Ensure that there are no more than 18 digits in total."),
        (10**4000, "Ensure that there are no more than 18 digits in total."),
        (1e18, "Ensure that there are no more than 18 digits in total."),
        (float("inf"), "A valid number is required."),
        (float("-inf"), "A valid number is required."),
        (float("nan"), "A valid number is required."),
    ],
    ids=lambda value: str(value)[:20],
)
def test_hostile_numbers_are_named(number, reason):
    assert hostile_number(number) == reason


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        ({"a": ["x", {"b": "\x00"}]}, [("a[1].b", "Null characters are not allowed.")]),
        ("\x00", [("", "Null characters are not allowed.")]),
        (["\ud800"], [("[0]", "Surrogate characters are not allowed: U+D800.")]),
        ({"\x00": "\x00"}, [("\\x00", "Null characters are not allowed.")]),
        ({"a": {"b": [1, None, True, "fine"]}}, []),
        (
            {"a": "\x00", "b": 10**20},
            [
                ("a", "Null characters are not allowed."),
                ("b", "Ensure that there are no more than 18 digits in total."),
            ],
        ),
    ],
)
def test_hostile_paths_say_where_it_stands(document, paths):
    assert list(hostile_paths(document)) == paths
