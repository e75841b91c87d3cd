"""Charts of days, with the same numbers as a table for those who cannot see a chart."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from customers.statistics.figures import DAILY, DAYS, first_day

# Each to be told from the others, and to be seen on white and on near-black.
COLORS = ("#0d9488", "#3b82f6", "#d97706", "#db2777", "#8b5cf6", "#84a02c")
REST_COLOR = "#8b93a1"
TEXT_COLOR = "#7d8796"


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    color: str
    counts: list[int]
    link: str

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked bars, a bar a day."""

    title: str
    series: list[Series]
    # Where the days lead; None where no list is of one day.
    day_link: Callable[[str], str] | None

    @property
    def is_empty(self) -> bool:
        return not any(series.total for series in self.series)

    @property
    def summary(self) -> str:
        parts = ", ".join(f"{series.name} {series.total}" for series in self.series)
        return f"{self.title}. In {DAYS} days: {parts or 'none'}."

    @property
    def data(self) -> str:
        datasets = [
            {"label": s.name, "data": s.counts, "backgroundColor": s.color} for s in self.series
        ]
        labels = [f"{day.day} {day:%b}" for day in days()]
        return json.dumps({"labels": labels, "datasets": datasets})

    @property
    def options(self) -> str:
        return json.dumps(OPTIONS)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Newest day first."""
        rows = [
            {
                "day": day,
                "link": self.day_link(day.isoformat()) if self.day_link else "",
                "counts": (counts := [series.counts[place] for series in self.series]),
                "total": sum(counts),
            }
            for place, day in enumerate(days())
        ]
        return rows[::-1]


AXIS = {
    "stacked": True,
    "border": {"display": False},
    "ticks": {"color": TEXT_COLOR, "maxTicksLimit": 6, "maxRotation": 0, "precision": 0},
}
OPTIONS = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "maxBarThickness": 16,
    "interaction": {"mode": "index", "intersect": False},
    "plugins": {"legend": {"display": False}},
    "scales": {
        "x": AXIS | {"grid": {"display": False}},
        "y": AXIS | {"beginAtZero": True, "grid": {"lineWidth": 1}},
    },
}


def days() -> list[date]:
    first = first_day().date()
    return [first + timedelta(days=number) for number in range(DAYS)]


def series_of(
    counted: DAILY, names: Mapping[str, str], links: Mapping[str, str]
) -> Iterable[Series]:
    """A series for each key in `names`, coloured in their order."""
    shown = [day.isoformat() for day in days()]
    for place, (key, name) in enumerate(names.items()):
        color = COLORS[place] if place < len(COLORS) else REST_COLOR
        counts = [counted.get(day, {}).get(key, 0) for day in shown]
        yield Series(name, color, counts, links[key])
