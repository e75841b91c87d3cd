"""Delimited text as spreadsheets save it: its encoding and separator guessed, its rows read."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from foundation.csv_writer import unguarded
from foundation.text import hostile_characters, is_blank, tidied

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 200
# Names of Python's codecs; the first takes a byte order mark or none.
ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "utf-16-le": "UTF-16, little-endian",
    "utf-16-be": "UTF-16, big-endian",
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1256": "Windows-1256 (Arabic)",
}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
# The line by which Excel is told the separator.
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[^\S\r\n]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
# Archives, among them workbooks, and workbooks of old.
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
LINES_TO_GUESS = 20
BYTES_TO_GUESS = 4096
# What the parser says of a quote without end.
UNCLOSED = "unexpected end of data"


class UnreadableFile(Exception):
    """The file is no table that could be imported; the message says where and why."""


@dataclass(frozen=True, slots=True)
class CSVRow:
    """One row, and the line of the file where it begins."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read as rows."""

    text: str
    delimiter: str
    header: list[str]

    def lines(self) -> Iterator[CSVRow]:
        """The rows below the header; empty ones are passed over. Raises UnreadableFile."""
        return islice(records(self.text, self.delimiter), 1, None)

    def count(self) -> int:
        """How many rows there are. Raises UnreadableFile for a file that breaks off, or is long."""
        counted = sum(1 for _ in islice(self.lines(), MOST_ROWS + 1))
        if counted > MOST_ROWS:
            raise UnreadableFile(f"The file has more than {MOST_ROWS:,} rows: split it.")
        if not counted:
            raise UnreadableFile("There is no row below the header.")
        return counted


def guess_encoding(content: bytes) -> str:
    """The encoding that the bytes speak for. Raises UnreadableFile for a workbook."""
    if content.startswith(WORKBOOKS):
        raise UnreadableFile("This is a workbook or an archive: save it as CSV first.")
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if content.startswith(mark):
            return encoding
    start = content[:BYTES_TO_GUESS]
    # Every other byte of Latin text in UTF-16 is zero.
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if start[first::2].count(0) > len(start) // 4 > start[1 - first :: 2].count(0):
            return encoding
    try:
        content.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def decoded(content: bytes, encoding: str) -> str:
    """Raises UnreadableFile where the bytes are no such text."""
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"Line {line}: not text in {ENCODINGS[encoding]}.") from None
    if problem := hostile_characters(text):
        line = text.count("\n", 0, max(text.find("\x00"), 0)) + 1
        raise UnreadableFile(f"Line {line}: {problem}")
    return text


def guess_delimiter(text: str) -> str:
    """The separator that the file names or, where it names none of those, the one that cuts the
    first lines into most columns, alike in most of them.
    """
    named = SEPARATOR_LINE.match(text)
    if named and named[1] in DELIMITERS:
        return named[1]

    def columns(delimiter: str) -> tuple[int, int]:
        try:
            lines = list(islice(records(text, delimiter), LINES_TO_GUESS))
        except UnreadableFile:
            return 0, 0
        widths = Counter(len(line.cells) for line in lines)
        [(width, times)] = widths.most_common(1) or [(0, 0)]
        return (times, width) if width > 1 else (0, 0)

    return max(DELIMITERS, key=columns)


def read_table(content: bytes, encoding: str, delimiter: str) -> Table:
    """Raises UnreadableFile."""
    text = decoded(content, encoding)
    first = next(records(text, delimiter), None)
    if first is None:
        raise UnreadableFile("The file is empty.")
    if len(first.cells) > MOST_COLUMNS:
        raise UnreadableFile(f"The file has more than {MOST_COLUMNS} columns.")
    return Table(text, delimiter, unique_names(first.cells))


def unique_names(header: list[str]) -> list[str]:
    """The names of the columns, each once and none empty."""
    names: list[str] = []
    for place, cell in enumerate(header, 1):
        name = cell or f"Column {place}"
        again = sum(1 for other in header[: place - 1] if cell and other == cell)
        names.append(f"{name} ({again + 1})" if again else name)
    return names


def records(text: str, delimiter: str) -> Iterator[CSVRow]:
    """Rows with something in them, the header first. Raises UnreadableFile."""
    named = SEPARATOR_LINE.match(text)
    rows = text[named.end() :] if named else text
    first = 2 if named else 1
    reader = csv.reader(io.StringIO(rows, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + first
        try:
            cells = [cleaned(cell) for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableFile(f"Line {number}: {line_problem(error)}") from None
        if any(cells):
            yield CSVRow(number, cells)


def cleaned(cell: str) -> str:
    """The text of a cell; what shows nothing is nothing."""
    text = "" if is_blank(cell) else unguarded(tidied(cell)).strip()
    return "" if is_blank(text) else text


def line_problem(error: csv.Error) -> str:
    text = str(error)
    if text == UNCLOSED:
        return "a quote is opened and never closed."
    if "field limit" in text:
        return "a cell is too long, or a quote is never closed."
    return "a quote ends before its cell does." if re.search("expected after", text) else f"{text}."
