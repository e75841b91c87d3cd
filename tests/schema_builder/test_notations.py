"""Dates and numbers as spreadsheets of many countries write them, and the notation of columns."""

from datetime import date, time

import pytest

from schema_builder.types import Hints
from schema_builder.types.guessing import (
    guess_date_order,
    guess_decimal,
    guess_region,
    guess_yes_and_no,
)
from schema_builder.types.notations import day_and_time_in, day_in, number_in_cell, time_in

DAY = date(1973, 3, 18)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        *((text, "dmy") for text in ("18/03/1973", "18.3.1973", "18-03-1973", "18. 3. 1973")),
        *((text, "mdy") for text in ("03/18/1973", "3/18/1973", "3-18-1973")),
        *(
            (text, order)
            for text in ("1973-03-18", "1973/3/18", "19730318")
            for order in ("", "mdy")
        ),
        *(
            (text, "")
            for text in ("18 March 1973", "18-Mar-1973", "Mar 18, 1973", "18th march 1973")
        ),
    ],
)
def test_days_are_read(text, order):
    assert day_in(text, order) == DAY


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("18/03/1973", ""),
        ("18/03/1973", "mdy"),
        ("18/03/1973", "ymd"),
        ("31/02/1973", "dmy"),
        ("18/03/73", "dmy"),
        ("18/03-1973", "dmy"),
        ("18 Foo 1973", "dmy"),
        ("26741", "dmy"),
        ("1973", "dmy"),
        ("", "dmy"),
    ],
)
def test_other_texts_are_no_days(text, order):
    assert day_in(text, order) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("18.03.1973", (DAY, time())),
        ("18.03.1973 00:00:00", (DAY, time())),
        ("18.03.1973 14:05", (DAY, time(14, 5))),
        ("18.03.1973, 2:05:09 PM", (DAY, time(14, 5, 9))),
        ("18 March 1973 12:00 a.m.", (DAY, time(0, 0))),
        ("1973-03-18T14:05:00.000", (DAY, time(14, 5))),
        ("18.03.1973 25:00", None),
        ("18.03.1973 13:00 pm", None),
        ("now", None),
    ],
)
def test_moments_are_read(text, found):
    assert day_and_time_in(text, "dmy") == found


def test_a_time_needs_a_colon():
    assert (time_in("1405"), time_in("09:30")) == (None, time(9, 30))


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1.234,50", ",", "1234.50"),
        ("1 234,50 €", ",", "1234.50"),
        ("1\u202f234,5", ",", "1234.5"),
        ("EUR 12.345.678,9", ",", "12345678.9"),
        ("-3,5", ",", "-3.5"),
        ("3,5-", ",", "-3.5"),
        (",5", ",", "0.5"),
        ("1234", ",", "1234"),
        ("1,234.50", ".", "1234.50"),
        ("$1,234", ".", "1234"),
        ("12,34,567.5", ".", "1234567.5"),
        ("1'234.5", ".", "1234.5"),
        ("(1,234.50)", ".", "-1234.50"),
        ("\u22125.5 USD", ".", "-5.5"),
        ("+7", ".", "7"),
    ],
)
def test_numbers_are_read(text, decimal, number):
    assert number_in_cell(text, decimal) == number


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("1.5", ","),
        ("1,5", "."),
        ("1.23.456,7", ","),
        ("1,2,3", "."),
        ("12 %", "."),
        ("x", "."),
        ("--5", "."),
        ("", "."),
        ("€", "."),
        ("4.4E+11", "."),
    ],
)
def test_other_texts_are_no_numbers(text, decimal):
    assert number_in_cell(text, decimal) is None


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["18/03/1973", "01/02/1980"], "dmy"),
        (["03/18/1973", "01/02/1980"], "mdy"),
        (["01/02/1980", "03/04/1985"], "dmy"),
        (["18.03.1973 14:05"], "dmy"),
        (["1973-03-18", "1980/01/02"], ""),
        (["18 March 1973"], ""),
        (["x", ""], ""),
        ([], ""),
    ],
)
def test_date_orders_are_guessed(cells, order):
    assert guess_date_order(cells) == order


@pytest.mark.parametrize(
    ("regions", "order"), [(("US", "GB"), "mdy"), (("GB", "US"), "dmy"), ((), "dmy")]
)
def test_a_date_that_fits_two_orders_is_read_as_the_country_of_the_file_writes_it(regions, order):
    assert guess_date_order(["01/02/1980"], Hints(regions=regions).date_order) == order
    assert guess_date_order(["18/02/1980"], Hints(regions=regions).date_order) == "dmy"


@pytest.mark.parametrize(
    ("cells", "otherwise", "decimal"),
    [
        (["1.234,50"], ".", ","),
        (["12,5", "1.234"], ".", ","),
        (["1,234.50"], ",", "."),
        (["0.5", "1.5", "1,000"], ",", "."),
        (["1.234", "5.678"], ",", ","),
        (["1.234", "5.678"], ".", "."),
        (["1,5", "2.5"], ".", "."),
        (["12", "1234", "x"], ",", ""),
        ([], ",", ""),
    ],
)
def test_decimal_signs_are_guessed(cells, otherwise, decimal):
    assert guess_decimal(cells, otherwise) == decimal


@pytest.mark.parametrize(
    ("numbers", "candidates", "region"),
    [
        (["020 7946 0000", "020 7946 0001"], ["GB"], "GB"),
        (["0151 12345678"], ["GB", "DE"], "DE"),
        (["020 7946 0000"], [], ""),
        (["020 7946 0000"], ["XX", "ES"], ""),
        (["+44 20 7946 0000", "0044 20 7946 0000"], ["GB"], ""),
    ],
)
def test_countries_are_guessed_among_those_that_the_file_speaks_of(numbers, candidates, region):
    assert guess_region(numbers, candidates) == region


@pytest.mark.parametrize(
    ("cells", "yes", "no"),
    [
        (["ja", "nein", "JA"], ("ja",), ("nein",)),
        (["Oui", "non", "peut-être"], ("oui",), ("non",)),
        (["1", "0"], ("1",), ("0",)),
        (["да", "нет"], ("да",), ("нет",)),
        (["X", ""], ("x",), ()),
        (["hmm"], (), ()),
    ],
)
def test_words_for_yes_and_no_are_guessed(cells, yes, no):
    assert guess_yes_and_no(cells) == (yes, no)
