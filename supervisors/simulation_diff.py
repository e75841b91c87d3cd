"""What the rule bench shows, and what of it the draft of the schema would change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from customers.identification.simulation import Simulation

OUTCOME = "outcome"
# {part of a rehearsal: what becomes of it}
Marks = Mapping[str, str]


@dataclass(frozen=True)
class SimulationDiff:
    """One rehearsal, with a word at each part that is otherwise under the other schema."""

    title: str
    rehearsal: Simulation
    # False where there is nothing to compare with.
    is_compared: bool = False
    marks: Marks = field(default_factory=dict)

    @property
    def outcome_mark(self) -> str:
        return self.marks.get(OUTCOME, "")

    def readings(self) -> Iterator[tuple[Any, str]]:
        for one in self.rehearsal.readings:
            yield one, self.marks.get(f"reading {one.field.public_id}", "")

    def suggestions(self) -> Iterator[tuple[Any, str]]:
        for one in self.rehearsal.suggestions:
            yield one, self.marks.get(f"suggestion {one.public_id}", "")

    def lines(self) -> Iterator[tuple[Any, str, list[tuple[Any, str]]]]:
        """(line, mark of the field, (sight, mark) of each role)."""
        for line in self.rehearsal.lines:
            place = f"sight {line.field.public_id}"
            sights = [
                (sight, self.marks.get(f"{place} {role}", ""))
                for role, sight in zip(self.rehearsal.roles, line.sights, strict=True)
            ]
            yield line, self.marks.get(place, ""), sights


def with_differences(today: SimulationDiff, planned: SimulationDiff) -> list[SimulationDiff]:
    """The two with what changes marked in each."""
    old, new = simulation_parts(today.rehearsal), simulation_parts(planned.rehearsal)
    going = {
        part: "Changes" if part in new else "Goes" for part in old if old[part] != new.get(part)
    }
    coming = {
        part: "Changed" if part in old else "New" for part in new if new[part] != old.get(part)
    }
    return [
        SimulationDiff(today.title, today.rehearsal, True, going),
        SimulationDiff(planned.title, planned.rehearsal, True, coming),
    ]


def simulation_parts(rehearsal: Simulation) -> dict[str, Any]:
    """What may differ, by the part of the page where it stands."""
    parts: dict[str, Any] = {
        OUTCOME: (
            rehearsal.outcome,
            rehearsal.verdict,
            rehearsal.public_id,
            rehearsal.name,
            rehearsal.priority,
            rehearsal.limits,
        )
    }
    for reading in rehearsal.readings:
        said = (reading.field.label, reading.match_key, reading.is_valid)
        parts[f"reading {reading.field.public_id}"] = said
    for suggestion in rehearsal.suggestions:
        parts[f"suggestion {suggestion.public_id}"] = suggestion
    for line in rehearsal.lines:
        place = f"sight {line.field.public_id}"
        parts[place] = (line.field.label, line.sights)
        parts |= {
            f"{place} {role}": sight
            for role, sight in zip(rehearsal.roles, line.sights, strict=True)
        }
    return parts
