"""Customers as CSV, as their reader may see them, read page by page while it is sent."""

import csv
import re
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from .columns import Sheet

EXPORT = "customers.export_customer"
BATCH = 500
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


def csv_lines(customers: QuerySet, sheet: Sheet) -> Iterator[str]:
    """The lines of the file, newest customer first; memory does not grow with their number."""
    # Quoted, for some split at semicolons, after which a formula could begin.
    writer: Any = csv.writer(Echo(), quoting=csv.QUOTE_ALL)
    # Spreadsheets take the file for UTF-8 by this mark.
    yield "\ufeff" + writer.writerow([guarded(column.label) for column in sheet.columns])
    last = None
    while batch := list(after(customers, last)[:BATCH]):
        for line in sheet.lines(batch):
            yield writer.writerow([guarded(sheet.text(line, c)) for c in sheet.columns])
        last = batch[-1].pk


def after(customers: QuerySet, last: int | None) -> QuerySet:
    rows = customers.order_by("-pk")
    return rows if last is None else rows.filter(pk__lt=last)
