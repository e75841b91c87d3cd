"""The rows that an import refused: kept with their reasons, grouped, written as a file."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

from django.db.models import QuerySet

from customers.labelling.rules import NEEDS_REASON
from customers.labelling.terms import REASON
from customers.models import ImportReject
from customers.system_fields import LABELS_FIELD
from foundation.cells import LOST_DIGITS, is_shortened
from foundation.csv_writer import csv_line, first_line
from jobs.models import Job
from schema_builder.schema import Schema, current_schema

from .columns import ID
from .importer import Refusal
from .matching import WHOLE_ROW
from .options import Rules

REJECTS_IN_A_QUERY = 1000
LONGEST_VALUE = 100
OTHER_NAMES = {ID: "Id", REASON: "Reason for the labels", WHOLE_ROW: ""}
REASON_REMEDY = "Write one in the box for the whole file, or choose a column that holds it."


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason for refusing a row: the field, the reason without the value, the value."""

    field: str
    cause: str
    value: str

    def __str__(self) -> str:
        value = f'"{self.value}"' if self.value else ""
        place = " ".join(filter(None, (self.field, value)))
        return f"{place}: {self.cause}" if place else self.cause


@dataclass(slots=True)
class Group:
    """The rows that were refused for one reason in one field."""

    field: str
    cause: str
    # The first of them.
    line: int
    value: str
    count: int = 0


def keep_rejects(job: Job, refused: Iterable[Refusal], rules: Rules) -> None:
    schema = current_schema()
    rejects = []
    for row in refused:
        problems = list(row_problems(row, rules, schema))
        rejects.append(
            ImportReject(
                job=job,
                line=row.line,
                cells=row.cells,
                reason=" ".join(map(str, problems)),
                problems=[[one.field, one.cause, one.value] for one in problems],
            )
        )
    ImportReject.objects.bulk_create(rejects)


def row_problems(row: Refusal, rules: Rules, schema: Schema) -> Iterator[Problem]:
    for key, messages in row.problems.items():
        definition = schema.by_key.get(key)
        name = definition.label if definition else OTHER_NAMES.get(key, key)
        cells = [cell for k, cell in zip(rules.columns, row.cells, strict=False) if k == key]
        value = " ".join(filter(None, cells))
        for message in messages:
            cause = LOST_DIGITS if is_shortened(value) else without_value(message, value)
            remedy = REASON_REMEDY if key == LABELS_FIELD and NEEDS_REASON in message else ""
            if definition and value and cause != LOST_DIGITS:
                remedy = remedy or definition.field_type.remedy_for(value)
            yield Problem(name, f"{cause} {remedy}".strip(), value[:LONGEST_VALUE])


def without_value(message: str, value: str) -> str:
    """The message without the value that it begins with, so that equal reasons are equal."""
    match = re.match(r'"(.+?)" (.+)', message, re.DOTALL)
    if not match or match[1] not in value:
        return message
    return match[2][0].upper() + match[2][1:]


def groups_of(job: Job, most: int | None = None) -> list[Group]:
    """The first `most` refused rows by field and reason, the most frequent reason first."""
    return group_rejects(rejects_of(job)[:most])


def rejects_of(job: Job) -> QuerySet:
    """(key, line, problems, reason) of the refused rows, in the order of the file."""
    rows = ImportReject.objects.filter(job=job).order_by("line")
    return rows.values_list("pk", "line", "problems", "reason")


def group_rejects(rejects: Iterable[tuple[int, int, list, str]]) -> list[Group]:
    """A row with several problems counts for each of them."""
    found: dict[tuple[str, str], Group] = {}
    for _, line, problems, reason in rejects:
        for field, cause, value in problems or [("", reason, "")]:
            found.setdefault((field, cause), Group(field, cause, line, value)).count += 1
    return sorted(found.values(), key=lambda group: (-group.count, group.line))


def reject_lines(job: Job, header: list[str]) -> Iterator[str]:
    """The refused rows as CSV, grouped by field and reason, to be corrected and imported again.

    The columns behind those of the file say why, and how many rows have the same problem.
    """
    yield first_line([*header, "Line", "Field", "Reason", "Rows with this problem"])
    numbers = ordered_rejects(job)
    for start in range(0, len(numbers), REJECTS_IN_A_QUERY):
        batch = dict(numbers[start : start + REJECTS_IN_A_QUERY])
        rows = ImportReject.objects.in_bulk(batch)
        for pk, group in batch.items():
            row = rows[pk]
            cells = (row.cells + [""] * len(header))[: max(len(header), len(row.cells))]
            yield csv_line([*cells, str(row.line), group.field, row.reason, str(group.count)])


def ordered_rejects(job: Job) -> list[tuple[int, Group]]:
    """(key of a refused row, its first group), in the order of the groups, then of the file."""
    rejects = list(rejects_of(job))
    groups = group_rejects(rejects)
    rank = {(group.field, group.cause): number for number, group in enumerate(groups)}
    found = []
    for pk, _, problems, reason in rejects:
        keys = [(field, cause) for field, cause, _ in problems] or [("", reason)]
        found.append((min(rank[key] for key in keys), pk))
    found.sort(key=itemgetter(0))
    return [(pk, groups[first]) for first, pk in found]
