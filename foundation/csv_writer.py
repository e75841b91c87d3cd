"""CSV in which nothing is left that a spreadsheet would run."""

import csv
import re
from collections.abc import Iterable
from typing import Any

# What spreadsheets take for the begin of a formula, in full width, too.
FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
PHONE = re.compile(r"\+[0-9]{7,15}")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# Text behind the apostrophe by which spreadsheets mark text: a formula, or digits and signs alone.
MARKED = re.compile(r"'+(?:[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]|[0-9][0-9 ().,/:+-]*\Z)")
# A formula that is nothing but a text, by which spreadsheets keep the notation of a number.
TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')


def guarded(text: str) -> str:
    """`text` as no spreadsheet runs it; numbers and phone numbers stay what they are.

    A text that looks guarded already gets another apostrophe, so that `unguarded` returns it.
    """
    runs = FORMULA.match(text) and not PHONE.fullmatch(text) and not NUMBER.fullmatch(text)
    return f"'{text}" if runs or MARKED.match(text) else text


def unguarded(text: str) -> str:
    """The text in a cell: without the mark of a spreadsheet, and as it was before `guarded`."""
    if MARKED.match(text):
        return text[1:]
    if formula := TEXT_FORMULA.fullmatch(text):
        return formula[1].replace('""', '"')
    return text


class Echo:
    """A file that gives back what is written."""

    def write(self, text: str) -> str:
        return text


def first_line(cells: Iterable[str]) -> str:
    """The line that names the columns; spreadsheets take the file for UTF-8 by its mark."""
    return "\ufeff" + csv_line(cells)


def csv_line(cells: Iterable[str]) -> str:
    """A line with its end."""
    # Quoted, for some split at semicolons, after which a formula could begin.
    writer: Any = csv.writer(Echo(), quoting=csv.QUOTE_ALL)
    return writer.writerow([guarded(cell) for cell in cells])
