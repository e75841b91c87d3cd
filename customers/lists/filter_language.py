"""The language of filters: rows of subject, operator and operands, all of which must hold.

As JSON a filter is a list of lists, `[["city", "is", "Lahore"], ["labels", "any", id, id]]`. It
stands so in addresses and saved filters, and whoever has one gets its customers by `selection`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from access.actors import Caller
from customers.masking import visible_schema_and_mask
from customers.models import Customer
from customers.models.querysets import CustomerQuerySet
from customers.system_fields import LABELS_FIELD
from foundation.text import hostile_characters, is_blank
from labels.aliases import surviving_ids

from .criteria import FilterField, FilterFields
from .list_query import FILTER_LENGTH

MOST_ROWS = 20
MOST_OPERANDS = 50
# Characters of a whole filter, so that it fits into an address.
LONGEST_FILTER = 6000
BROKEN = "This filter cannot be read."
UNNAMED = "A field that you may not see"


@dataclass(frozen=True, slots=True)
class FilterRow:
    """One row of a filter; it says nothing about whether it makes sense."""

    subject: str
    operator: str
    operands: tuple[str, ...] = ()

    def as_json(self) -> list[str]:
        return [self.subject, self.operator, *self.operands]


Filter = tuple[FilterRow, ...]


def parse_rows(text: str) -> Filter:
    """The filter in an address; none for an empty text. Raises ValidationError."""
    if not text:
        return ()
    if len(text) > LONGEST_FILTER:
        raise ValidationError("This filter is too long.")
    try:
        return read_filter(json.loads(text))
    except (ValueError, RecursionError):
        raise ValidationError(BROKEN) from None


def read_filter(raw: Any) -> Filter:
    """The filter in decoded JSON, its shape checked. Raises ValidationError."""
    if not isinstance(raw, list):
        raise ValidationError(BROKEN)
    if len(raw) > MOST_ROWS:
        raise ValidationError(f"A filter has at most {MOST_ROWS} rows.")
    return tuple(read_row(row) for row in raw)


def read_row(raw: Any) -> FilterRow:
    if not isinstance(raw, list) or not 2 <= len(raw) <= MOST_OPERANDS + 2:
        raise ValidationError(BROKEN)
    for text in raw:
        if not isinstance(text, str) or hostile_characters(text):
            raise ValidationError(BROKEN)
        if len(text) > FILTER_LENGTH:
            raise ValidationError(f"A filter looks for at most {FILTER_LENGTH} characters.")
    subject, operator, *operands = raw
    return FilterRow(subject, operator, tuple(operands))


def with_surviving_labels(rows: Filter) -> Filter:
    """Return the rows with survivors in place of labels that were merged; one query for labels."""
    ids = {operand for row in rows if row.subject == LABELS_FIELD for operand in row.operands}
    survivors = surviving_ids(ids) if ids else {}
    return tuple(
        replace(row, operands=tuple(dict.fromkeys(survivors.get(one, one) for one in row.operands)))
        if row.subject == LABELS_FIELD
        else row
        for row in rows
    )


def as_text(rows: Filter) -> str:
    """The filter as it stands in an address."""
    return json.dumps([row.as_json() for row in rows], ensure_ascii=False, separators=(",", ":"))


def condition_of(rows: Filter, subjects: FilterFields) -> Q:
    """What the filter asks of customers. Raises ValidationError with a line for each bad row."""
    condition, problems = Q(), []
    for row in rows:
        try:
            condition &= Q(condition_of_row(row, subjects))
        except ValidationError as error:
            problems += [f"{label_of(row, subjects)}: {text}" for text in error.messages]
    if problems:
        raise ValidationError(problems)
    return condition


def condition_of_row(row: FilterRow, subjects: FilterFields) -> Any:
    subject = subjects.get(row.subject)
    check_operands(row, subject)
    return subject.condition(row.operator, list(row.operands))


def check_operands(row: FilterRow, subject: FilterField) -> None:
    wanted = subject.operator(row.operator).operands
    given = len(row.operands)
    if (given == 0 and wanted != 0) or any(is_blank(operand) for operand in row.operands):
        raise ValidationError("Say what to look for.")
    if wanted is not None and given != wanted:
        raise ValidationError(f"Takes {wanted} values, not {given}.")
    known = {value for value, _ in subject.choices}
    for operand in row.operands:
        if known and operand not in known:
            raise ValidationError(f'"{operand}" is not one of the options.')


def label_of(row: FilterRow, subjects: FilterFields) -> str:
    """What a message calls the subject: a field that may not be asked about keeps its key."""
    subject = subjects.by_key.get(row.subject)
    return subject.label if subject else "Filter"


def selection(rows: Filter, caller: Caller) -> CustomerQuerySet:
    """The customers that meet the filter, as `caller` may ask. Raises ValidationError."""
    subjects = FilterFields(*visible_schema_and_mask(caller))
    return Customer.objects.filter(condition_of(rows, subjects))


def describe_filter(
    rows: Sequence[FilterRow], subjects: FilterFields, labels: dict[str, str]
) -> list[str]:
    """Each row as people read it; `labels` are the names of labels by id."""
    return [describe_row(row, subjects, labels) for row in rows]


def describe_row(row: FilterRow, subjects: FilterFields, labels: dict[str, str]) -> str:
    subject = subjects.by_key.get(row.subject)
    if subject is None:
        # Neither what is hidden from the reader, nor what was looked for in it.
        return UNNAMED
    operator = next((o for o in subject.operators if o.key == row.operator), None)
    known = dict(subject.choices) | labels
    operands = [known.get(operand, operand) for operand in row.operands]
    unit = f" {operator.unit}" if operator and operator.unit else ""
    joined = (" and " if row.operator == "between" else ", ").join(operands)
    return f"{subject.label} {operator.label if operator else row.operator} {joined}{unit}".strip()
