"""Cells that hold several identifiers, for types whose values hold no separator."""

import re
from collections.abc import Callable

from foundation.cells import quoted_items, separated

PARAMETER = re.compile(r"[A-Za-z-]+=")


def cut_where(cell: str, is_value: Callable[[str], bool]) -> list[str]:
    """The cell cut at its separators if every part is a value by itself, else the whole cell."""
    items = quoted_items(cell)
    if items is not None:
        return items
    parts = separated(cell)
    return parts if all(map(is_value, parts)) else [cell]


def is_number(text: str) -> bool:
    """True for a part that can be a number by itself: no extension, no parameter of a URI."""
    return sum(map(str.isdecimal, text)) > 2 and not PARAMETER.match(text)
