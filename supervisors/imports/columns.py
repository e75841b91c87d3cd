"""The columns of an uploaded file as the page shows them: field, notation, examples."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from access.actors import Caller
from customers.imports.columns import guess_columns, targets_in
from customers.imports.csv_reader import read_table
from customers.imports.notations import (
    Examples,
    columns_in,
    examples_of,
    guess_reading,
    hints_in,
    words_to_map,
)
from customers.masking import visible_schema_and_mask
from customers.models import CustomerImport
from schema_builder.types import AS_EXPORTED, Reading, reading_from

from .forms import NotationForm, RulesForm, column_name

ROWS_SHOWN = 3
LONGEST_SHOWN = 60
MOST_WORDS_TO_MAP = 20
LONGEST_WORD = 100


@dataclass
class Notation:
    """The notation of one column; without a form where its field has none."""

    form: NotationForm | None = None
    reading: Reading = AS_EXPORTED
    examples: Examples | None = None

    def is_valid(self) -> bool:
        return self.form is None or not self.form.is_bound or self.form.is_valid()


class ColumnsPage:
    """The columns of an upload with their notations. Raises UnreadableFile."""

    def __init__(self, caller: Caller, upload: CustomerImport):
        self.upload = upload
        self.schema, mask = visible_schema_and_mask(caller)
        self.targets = targets_in(self.schema, mask)
        content = bytes(upload.content or b"")
        self.table = read_table(content, upload.encoding, upload.delimiter)
        self.cells = columns_in(self.table)

    @cached_property
    def hints(self):
        return hints_in(self.table, self.cells, self.schema)

    def form(self, data: Mapping[str, Any] | None) -> RulesForm:
        rules = self.upload.rules
        columns = rules.get("columns") or guess_columns(self.upload.header, self.targets)
        form = RulesForm(data, header=self.upload.header, targets=self.targets, columns=columns)
        if rules:
            form.initial = {"policy": rules["policy"], "reason": rules["reason"]}
        return form

    def first_cells(self) -> list[list[str]]:
        """By column, the first cells of the file, cut short."""
        rows = [line.cells for line in islice(self.table.lines(), ROWS_SHOWN)]
        return [
            [row[place][:LONGEST_SHOWN] for row in rows if place < len(row)]
            for place in range(len(self.upload.header))
        ]

    def notations(self, form: RulesForm, data: Mapping[str, Any] | None) -> list[Notation]:
        keys = [field.value() or "" for field in form.columns()]
        return [self.notation(place, key, data) for place, key in enumerate(keys)]

    def notation(self, place: int, key: str, data: Mapping[str, Any] | None) -> Notation:
        """Return the notation that was sent for this field, else the last one or a guess."""
        target = self.targets.get(key)
        if target is None or target.definition is None or not target.reads_by:
            return Notation()
        prefix, cells = column_name(place), self.cells[place]
        is_sent = data is not None and data.get(f"{prefix}-key") == key
        reading = self.reading_before(place, key) or guess_reading(target, cells, self.hints)
        words = [
            word
            for word in words_to_map(target, cells, MOST_WORDS_TO_MAP)
            if len(word) <= LONGEST_WORD
        ]
        form = NotationForm(
            data if is_sent else None, prefix=prefix, target=target, words=words, reading=reading
        )
        if is_sent and form.is_valid():
            reading = form.reading()
        examples = examples_of(target.definition, cells, reading, self.schema)
        return Notation(form, reading, examples)

    def reading_before(self, place: int, key: str) -> Reading | None:
        """The notation that was checked last, if the column was this field."""
        rules = self.upload.rules
        readings = rules.get("readings", ())
        if place < len(readings) and rules["columns"][place] == key:
            return reading_from(readings[place])
        return None
