"""Cells that spreadsheets would run."""

import pytest

from foundation.csv_writer import csv_line, guarded


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("+923001234567", "+923001234567"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-9.5", "-9.5"),
        ("-9.5-1", "'-9.5-1"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("\uff0b1", "'\uff0b1"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_cells_that_spreadsheets_would_run_are_guarded(text, written):
    assert guarded(text) == written


def test_line_is_quoted_and_guarded():
    assert csv_line(["a;=b", "=1", 'say "hi"']) == '"a;=b","\'=1","say ""hi"""\r\n'
