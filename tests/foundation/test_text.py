import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.text import (
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
    "text", ["", " ", "\t\r\n", "\u00a0\u2003", "\u200b\u200e", "\ufeff", "\x00\x1f"]
)
def test_invisible_text_is_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", " . ", "\u202ea", "\u0301", "0"])
def test_visible_text_is_not_blank(text):
    assert not is_blank(text)


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
