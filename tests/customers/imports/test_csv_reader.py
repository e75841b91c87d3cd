"""Bytes read as a table, whatever program saved them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.imports.csv_reader import (
    UnreadableFile,
    decoded,
    guess_delimiter,
    guess_encoding,
    read_table,
)
from foundation.csv_writer import csv_line, first_line, guarded, unguarded

TEXT = "Name,City\nJürgen,Köln\n"


def table_of(content, **known):
    if isinstance(content, str):
        content = content.encode()
    encoding = known.get("encoding") or guess_encoding(content)
    delimiter = known.get("delimiter") or guess_delimiter(decoded(content, encoding))
    return read_table(content, encoding, delimiter)


def rows_of(table):
    return [(line.number, line.cells) for line in table.lines()]


@pytest.mark.parametrize(
    ("saved_as", "guessed"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings_are_guessed(saved_as, guessed):
    content = TEXT.encode(saved_as)

    assert guess_encoding(content) == guessed
    table = table_of(content)
    assert table.header == ["Name", "City"]
    assert rows_of(table) == [(2, ["Jürgen", "Köln"])]


def test_scripts_beyond_latin_are_read():
    assert rows_of(table_of("Name,City\nعائشہ,لاہور\n")) == [(2, ["عائشہ", "لاہور"])]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_guessed(delimiter):
    text = f'Name{delimiter}City\n"Khan{delimiter} Amal"{delimiter}Ulm, Bonn\n'

    table = table_of(text)

    assert table.delimiter == delimiter
    assert rows_of(table)[0][1][0] == f"Khan{delimiter} Amal"


def test_one_column_needs_no_delimiter():
    assert rows_of(table_of("Phone\n1\n2\n")) == [(2, ["1"]), (3, ["2"])]


def test_line_ends_quotes_and_empty_rows_are_read_as_spreadsheets_write_them():
    text = 'Name,Note\r\n"Amal ""A""","one\r\ntwo"\r\n,\r\n\r\n Bea ,\u200b\r\n'

    assert rows_of(table_of(text)) == [(2, ['Amal "A"', "one\r\ntwo"]), (6, ["Bea", ""])]


def test_uneven_rows_stay_uneven():
    assert rows_of(table_of("a,b\n1,2\n1\n1,2,3\n")) == [
        (2, ["1", "2"]),
        (3, ["1"]),
        (4, ["1", "2", "3"]),
    ]


def test_headers_are_told_apart():
    assert table_of("Phone,,Phone,phone\n1,2,3,4\n").header == [
        "Phone",
        "Column 2",
        "Phone (2)",
        "phone",
    ]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1-800", "-x", "@a", "\uff1dx", "'quoted'", "+923001234567", "-5", ""]
)
def test_a_guard_is_taken_off_again(text):
    assert unguarded(guarded(text)) == text


def test_bytes_of_another_encoding_are_refused_with_their_line():
    with pytest.raises(UnreadableFile, match=r"^Line 3: not text in UTF-8\.$"):
        read_table(b"Name\nAmal\n\xff\n", "utf-8-sig", ",")


def test_a_broken_row_far_down_is_found_when_the_rows_are_counted():
    table = table_of("a,b\n" + "1,2\n" * 50 + '"1,2\n')

    with pytest.raises(UnreadableFile, match=r"^Line 52: a quote is opened and never closed\.$"):
        table.count()


@given(st.text(st.sampled_from("'=+-@019 .,x\"|"), max_size=8).map(str.strip))
def test_guarded_texts_are_read_back(text):
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["'=1+1", "''=1", "'+4915112340101", "'80", '="+49"', "'"])
def test_texts_that_look_marked_survive_export_and_import(text):
    table = table_of(first_line(["Note", "Web"]) + csv_line([text, "w1"]))

    assert rows_of(table) == [(2, [text, "w1"])]


@pytest.mark.parametrize(
    ("text", "delimiter", "first"),
    [
        ("sep=;\r\nA,B;C\r\n1;2\r\n", ";", 3),
        ('"sep=|"\nA,B|C\n1|2\n', "|", 3),
        ("sep=:\nA;C\n1;2\n", ";", 3),
        ("SEP=\t\nA\tC\n1\t2\n", "\t", 3),
        ("sep=x y\nA;C\n1;2\n", ";", 2),
    ],
)
def test_the_line_that_names_the_separator_is_honoured(text, delimiter, first):
    table = table_of(text)

    assert table.delimiter == delimiter
    assert rows_of(table)[-1] == (3, ["1", "2"])
    assert rows_of(table)[0][0] == first
