"""CSV in which nothing is left that a spreadsheet would run."""

import csv
import re
from collections.abc import Iterable
from typing import Any

# What spreadsheets take for the begin of a formula, in full width, too.
FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
PHONE = re.compile(r"\+[0-9]{7,15}")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def guarded(text: str) -> str:
    """`text` as no spreadsheet runs it; numbers and phone numbers stay what they are."""
    if FORMULA.match(text) and not PHONE.fullmatch(text) and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def unguarded(text: str) -> str:
    """`text` as it was before `guarded`."""
    return text[1:] if text[:1] == "'" and guarded(text[1:]) == text else text


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
