"""Cells as each type reads them in the notation of their column."""

import pytest
from django.core.exceptions import ValidationError

from schema_builder.models import FieldDefinition
from schema_builder.types import TYPES, Hints, Reading, reading_from

OPTIONS = [{"value": "g", "label": "Gold"}, {"value": "s|t", "label": "Silver; new"}]
DMY, COMMA = Reading(date_order="dmy"), Reading(decimal=",")
MAPPED = Reading(options={"premium": "g"})


def definition(kind):
    return FieldDefinition(type=kind, options=OPTIONS if "choice" in kind else [])


def read(kind, cell, reading):
    return TYPES[kind].from_words(cell, definition(kind), reading)


@pytest.mark.parametrize(
    ("kind", "cell", "reading", "value"),
    [
        ("date", "18.03.1973", DMY, "1973-03-18"),
        ("date", "18.03.1973 00:00", DMY, "1973-03-18"),
        ("date", "1973-03-18", DMY, "1973-03-18"),
        ("datetime", "18.03.1973 14:05", DMY, "1973-03-18T14:05:00"),
        ("datetime", "18.03.1973", DMY, "1973-03-18T00:00:00"),
        ("datetime", "1973-03-18T14:05:00+02:00", DMY, "1973-03-18T14:05:00+02:00"),
        ("number", "1.234,50", COMMA, "1234.50"),
        ("number", "1234.50", Reading(), "1234.50"),
        ("boolean", "Ja", Reading(yes=("ja",)), "true"),
        ("boolean", "nö", Reading(no=("nö",)), "false"),
        ("boolean", "YES", Reading(), "true"),
        ("boolean", "True", Reading(), "true"),
        ("phonenumber", "0151 12340101", Reading(region="DE"), "+4915112340101"),
        ("phonenumber", "+44 20 7946 0000", Reading(region="DE"), "+44 20 7946 0000"),
        ("phonenumber", "call me", Reading(region="DE"), "call me"),
        ("choice", "PREMIUM", MAPPED, "g"),
        ("choice", "silver; NEW", MAPPED, "s|t"),
        ("choice", "other", MAPPED, "other"),
        ("multichoice", "Premium, gold", MAPPED, ["g", "g"]),
        ("multichoice", "Silver; new", MAPPED, ["s|t"]),
        ("multichoice", '"s|t"; "Gold"', MAPPED, ["s|t", "g"]),
        ("string", "18.03.1973", DMY, "18.03.1973"),
    ],
)
def test_cells_are_read_in_the_notation_of_their_column(kind, cell, reading, value):
    assert read(kind, cell, reading) == value


@pytest.mark.parametrize(
    ("kind", "cell", "reading", "problem"),
    [
        ("date", "18.03.1973 14:05", DMY, "Has a time of day, and the field holds a day only."),
        ("date", "26741", DMY, "The number of a day, as spreadsheets count them, is no date."),
        ("date", "18.03.73", DMY, "The year needs four digits."),
        ("date", "31.02.1973", DMY, "Not a date in the order day, month, year."),
        ("date", "18.03.1973", Reading(), "Not a date in the order year, month, day."),
        ("datetime", "soon", DMY, "Not a date in the order day, month, year."),
        ("number", "1,5", Reading(decimal="."), "Not a number with a decimal point."),
        ("number", "1.5", COMMA, "Not a number with a decimal comma."),
        ("boolean", "hmm", Reading(), "Neither a word for yes nor one for no."),
    ],
)
def test_cells_that_do_not_fit_are_refused(kind, cell, reading, problem):
    with pytest.raises(ValidationError) as error:
        read(kind, cell, reading)

    assert error.value.messages == [problem]


@pytest.mark.parametrize(
    ("kind", "cells", "guessed", "is_doubtful"),
    [
        ("date", ["03/04/1980"], {"date_order": "dmy"}, True),
        ("datetime", ["18/04/1980 14:05"], {"date_order": "dmy"}, False),
        ("number", ["1.234"], {"decimal": "."}, True),
        ("number", ["1.234,5"], {"decimal": ","}, False),
        ("boolean", ["Ja", "nein"], {"yes": ("ja",), "no": ("nein",)}, False),
        ("phonenumber", ["0151 12340101"], {"region": "DE"}, False),
        ("choice", ["go-ld", "premium"], {"options": {"go-ld": "g"}}, False),
        ("multichoice", ["GÖLD, Gold; x"], {"options": {"göld": "g"}}, False),
        ("string", ["03/04/1980"], {}, False),
    ],
)
def test_notations_are_guessed_by_the_type(kind, cells, guessed, is_doubtful):
    field_type = TYPES[kind]

    reading = field_type.guess_reading(cells, definition(kind), Hints(regions=("DE",)))

    assert reading.to_json() == guessed
    assert reading_from(reading.to_json()) == reading
    assert field_type.is_doubtful(cells, reading) is is_doubtful


@pytest.mark.parametrize(
    ("kind", "cell", "parts"),
    [
        ("email", "a@x.de, b@x.de", ["a@x.de", "b@x.de"]),
        ("email", '"a;b"@x.de', ['"a;b"@x.de']),
        ("email", "Case, Ema <ema@x.de>", ["Case, Ema <ema@x.de>"]),
        ("ip", "192.0.2.1; ::1", ["192.0.2.1", "::1"]),
        ("phonenumber", "+49 30 123456, ext. 5", ["+49 30 123456, ext. 5"]),
        ("phonenumber", "sip:+4930123456@x.de;user=phone", ["sip:+4930123456@x.de;user=phone"]),
        ("phonenumber", '"+49 30 123456"; "a;b"', ["+49 30 123456", "a;b"]),
        ("string", "a|b; c", ["a|b; c"]),
        ("alphanumeric", "a; b", ["a; b"]),
    ],
)
def test_only_types_without_separators_in_their_values_cut_cells(kind, cell, parts):
    assert TYPES[kind].parts_of(cell) == parts
    assert TYPES[kind].parts_of(TYPES[kind].joined(parts)) == parts
