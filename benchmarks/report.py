"""Medians of the rounds, as a table for people and as JSON for programs."""

from dataclasses import asdict, fields
from statistics import median

from .load import Round

OURS, TYPICAL, FLOOR = "lookup", "lookup, typical REST framework", "lookup, no framework"
LIST, CREATE = "page of 25 by city", "create"
RATIOS = [
    # title, numerator, denominator, aim
    ("lookup : typical REST framework", OURS, TYPICAL, 5.0),
    ("lookup : no framework", OURS, FLOOR, 0.4),
]


def medians(rounds: dict[str, list[Round]]) -> dict[str, Round]:
    return {
        name: Round(
            **{field.name: median(getattr(r, field.name) for r in found) for field in fields(Round)}
        )
        for name, found in rounds.items()
    }


def ratios(figures: dict[str, Round]) -> dict[str, float]:
    return {
        title: figures[above].requests_per_second / figures[below].requests_per_second
        for title, above, below, _ in RATIOS
    }


def as_text(figures: dict[str, Round]) -> str:
    lines = [f"{'':<34}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}"]
    lines += [
        f"{name:<34}{r.requests_per_second:>9.0f}{r.p50_ms:>9.2f}{r.p99_ms:>9.2f}"
        f"{r.cpu_us_per_request:>9.0f}"
        for name, r in figures.items()
    ]
    lines.append("")
    found = ratios(figures)
    lines += [
        f"{title:<34}{found[title]:>8.2f}x   aim {aim:g}x: {'met' if found[title] >= aim else 'missed'}"
        for title, *_, aim in RATIOS
    ]
    return "\n".join(lines)


def as_json(figures: dict[str, Round], rounds: dict[str, list[Round]], conditions: dict) -> dict:
    return {
        "conditions": conditions,
        "medians": {name: asdict(found) for name, found in figures.items()},
        "rounds": {name: [asdict(r) for r in found] for name, found in rounds.items()},
        "ratios": ratios(figures),
    }
