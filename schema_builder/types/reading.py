"""The notation of one spreadsheet column."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

DATE_ORDERS = {
    "dmy": "Day, month, year",
    "mdy": "Month, day, year",
    "ymd": "Year, month, day",
}
DECIMAL_SIGNS = {",": "Comma: 1.234,50", ".": "Point: 1,234.50"}


@dataclass(frozen=True, slots=True)
class Reading:
    """The notation of a column; an empty part means the notation of an export."""

    date_order: str = ""
    decimal: str = ""
    # Two-letter country of numbers without country code.
    region: str = ""
    # Folded words.
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    # Value of an option by the folded word that the file has for it.
    options: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}


AS_EXPORTED = Reading()


def reading_from(stored: Mapping[str, Any]) -> Reading:
    """The reading that `Reading.to_json` described."""
    words = {name: tuple(stored.get(name, ())) for name in ("yes", "no")}
    return Reading(**{**stored, **words})


@dataclass(frozen=True, slots=True)
class Hints:
    """Hints at the notation of a column from the rest of its file."""

    # Where a number fits both decimal signs.
    decimal: str = "."
    # Countries that the file speaks of, most frequent first.
    regions: tuple[str, ...] = ()

    @property
    def date_order(self) -> str:
        """The order of a date that fits several."""
        return "mdy" if self.regions[:1] == ("US",) else "dmy"
