"""The notation of a spreadsheet column, guessed from its cells."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from foundation.text import folded
from schema_builder import phones

from .notations import NUMERIC_DATE, day_and_time_in, number_in_cell, without_signs
from .reading import DATE_ORDERS

# The share of cells that a guess has to explain.
MOST = 0.9
NUMBERS_TRIED = 50
CELLS_TRIED = 300
YES = frozenset(
    folded(
        "true yes y 1 on x ✓ ✔ ☑ ja j wahr oui vrai si sí vero verdadero sim verdadeiro s"
        " tak prawda ano da да evet doğru ναι kyllä igen نعم ہاں हाँ 是 はい"  # noqa: RUF001 - other alphabets
    ).split()
)
NO = frozenset(
    folded(
        "false no n 0 off ✗ ✘ ☐ nein falsch non faux falso não nao nee nie ne нет"
        " hayır yanlış όχι ei nej nei nem لا نہیں नहीं 否 いいえ"  # noqa: RUF001 - other alphabets
    ).split()
)


def guess_date_order(cells: Sequence[str], otherwise: str = "dmy") -> str:
    """The order that reads most cells, else `otherwise`; empty where no cell needs an order."""
    cells = cells[:CELLS_TRIED]
    if not any(map(is_ordered, cells)):
        return ""

    def read(order: str) -> tuple[int, bool]:
        count = sum(day_and_time_in(cell, order) is not None for cell in cells)
        return count, order == otherwise

    return max(DATE_ORDERS, key=read)


def is_ordered(cell: str) -> bool:
    """True where the order of a date matters."""
    return NUMERIC_DATE.match(cell) is not None


def guess_decimal(cells: Sequence[str], otherwise: str) -> str:
    """The sign that reads most cells as they are usually written, else `otherwise`."""
    cells = cells[:CELLS_TRIED]
    votes = Counter(filter(None, map(decimal_sign, cells)))
    [(sign, count)] = votes.most_common(1) or [("", 0)]
    if count > votes.total() - count:
        return sign
    return otherwise if any(re.search(r"[0-9][.,][0-9]", cell) for cell in cells) else ""


def decimal_sign(cell: str) -> str:
    """The only decimal sign that the cell can have; empty where both would do, or neither."""
    plain, _ = without_signs(cell)
    signs = [sign for sign in ",." if sign in plain and number_in_cell(cell, sign) is not None]
    if len(signs) != 1:
        return ""
    other = {",": ".", ".": ","}[signs[0]]
    # A sign that is there once may stand between thousands.
    return signs[0] if number_in_cell(cell, other) is None else ""


def fits_both_signs(cell: str) -> bool:
    """True where another decimal sign makes another number of the cell, or none of them matters."""
    return all(number_in_cell(cell, sign) is not None for sign in ",.")


def guess_region(numbers: Sequence[str], candidates: Iterable[str]) -> str:
    """The first country in which most numbers exist; empty where none is needed or fits.

    The digits alone do not tell: 020 7946 0000 exists in 16 countries. So only countries that
    the file itself speaks of are candidates.
    """
    local = [number for number in numbers[:NUMBERS_TRIED] if not number.startswith(("+", "00"))]
    for region in candidates:
        exist = sum(phones.exists(number, region) for number in local)
        if local and exist >= MOST * len(local):
            return region
    return ""


def guess_yes_and_no(cells: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of the cells for yes and for no, as they are written."""
    words = dict.fromkeys(map(folded, cells))
    yes = tuple(word for word in words if word in YES)
    return yes, tuple(word for word in words if word in NO and word not in yes)
