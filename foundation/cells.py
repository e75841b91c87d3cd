"""Several texts in one cell of a spreadsheet, written so that they are read back as they were."""

import re
from collections.abc import Callable, Sequence

QUOTED = r'"((?:[^"]|"")*)"'
QUOTED_ITEM = re.compile(QUOTED)
QUOTED_LIST = re.compile(rf"{QUOTED}(?:\s*[;,|\n]\s*{QUOTED})*")
# The last is how Google writes several values of a contact.
SEPARATOR = re.compile(r"\s*[;|\n]\s*|,\s+|\s+:::\s+")
# A long number in the notation that spreadsheets switch to: the other digits are lost.
SHORTENED = re.compile(r"[-+]?[0-9]([.,][0-9]+)?E\+?[0-9]{1,3}", re.IGNORECASE)
LOST_DIGITS = (
    "A spreadsheet such as Excel shortened this number, and the other digits are lost. Format"
    " the column as text in the spreadsheet, enter the number again and save the file."
)


def quoted_items(cell: str) -> list[str] | None:
    """The items of a cell in which each item is in double quotes; None for any other cell."""
    if not QUOTED_LIST.fullmatch(cell):
        return None
    return [item.replace('""', '"') for item in QUOTED_ITEM.findall(cell) if item]


def separated(cell: str) -> list[str]:
    """The cell cut at each separator."""
    return [part for part in (part.strip() for part in SEPARATOR.split(cell)) if part]


def is_shortened(cell: str) -> bool:
    """True for a number such as 4.41632E+11."""
    return SHORTENED.fullmatch(cell) is not None


def joined(items: Sequence[str], read: Callable[[str], list[str]]) -> str:
    """The items as one cell; each is in double quotes where `read` would not return them."""
    plain = ", ".join(items)
    if quoted_items(plain) is None and not is_shortened(plain) and read(plain) == list(items):
        return plain
    return "; ".join(f'"{item.replace(chr(34), chr(34) * 2)}"' for item in items)
