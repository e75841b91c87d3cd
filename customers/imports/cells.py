"""The cells of an imported row as a customer body."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from customers.profiles.identifiers import Identifier, identifier_in, is_ignored_in
from customers.profiles.validation import check_identifier
from customers.system_fields import BUILT_IN, LABELS_FIELD
from foundation.cells import LOST_DIGITS, is_shortened, quoted_items, separated
from foundation.text import folded
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema
from schema_builder.types import AS_EXPORTED, Reading

# Groups that Google itself puts contacts in, such as "* myContacts".
SYSTEM_GROUP = "* "


class RowReader:
    """Reads rows whose columns are these, each in its notation."""

    def __init__(self, columns: Sequence[str], readings: Sequence[Reading], schema: Schema):
        self.columns = columns
        self.readings = [*readings, *[AS_EXPORTED] * (len(columns) - len(readings))]
        self.schema = schema
        self.labels = LabelNames() if LABELS_FIELD in columns else None

    def read(self, cells: Sequence[str]) -> dict[str, Any]:
        """The cells by key: labels themselves, several identifiers as a list; none is empty.

        Raises ValidationError with the problems of all cells, keyed by field.
        """
        found: dict[str, Any] = {}
        problems: dict[str, list[str]] = {}
        for key, cell, reading in zip(self.columns, cells, self.readings, strict=True):
            try:
                if key and cell:
                    self.read_cell(key, cell, reading, found)
            except ValidationError as error:
                problems.setdefault(key, []).extend(error.messages)
        if problems:
            raise ValidationError(self.problems_of(found) | problems)
        return found

    def problems_of(self, body: Mapping[str, Any]) -> dict[str, list[str]]:
        """The problems of single values, so that a row that is refused names all of them."""
        problems = {}
        for key, value in body.items():
            definition = self.schema.by_key.get(key)
            if definition is None or key in BUILT_IN:
                continue
            try:
                if definition.is_channel_identifier:
                    for text in value:
                        check_identifier(identifier_in(definition, text, self.schema), self.schema)
                else:
                    definition.field_type.clean(value, definition)
            except ValidationError as error:
                problems[key] = error.messages
        return problems

    def read_cell(self, key: str, cell: str, reading: Reading, found: dict[str, Any]) -> None:
        definition = self.schema.by_key.get(key)
        if key == LABELS_FIELD and self.labels:
            found.setdefault(key, []).extend(self.labels.named_in(cell))
        elif definition is None:
            found[key] = cell
        elif definition.is_channel_identifier:
            found.setdefault(key, []).extend(identifiers_in(cell, definition, reading))
        else:
            found[key] = definition.field_type.from_words(cell, definition, reading)

    def identifiers(self, body: Mapping[str, Any]) -> list[Identifier]:
        """The identifiers of a body by which its customer is found; ignored ones are left out."""
        found = (
            identifier_in(definition, text, self.schema)
            for definition in self.schema.identifier_fields
            for text in body.get(definition.key, ())
            if not is_ignored_in(definition, text, self.schema)
        )
        return [identifier for identifier in found if identifier.identifies]


def identifiers_in(cell: str, definition: FieldDefinition, reading: Reading) -> list[str]:
    """Raise ValidationError for a number that lost digits in a spreadsheet."""
    if quoted_items(cell) is None and is_shortened(cell):
        raise ValidationError(LOST_DIGITS)
    field_type = definition.field_type
    return [field_type.from_words(part, definition, reading) for part in field_type.parts_of(cell)]


class LabelNames:
    """The labels that there are, by name."""

    def __init__(self):
        # Upper and lower case differ in names; the oldest of those that are alike wins.
        labels = list(Label.objects.select_related("group").order_by("-id"))
        self.exact = {label.name: label for label in labels}
        self.folded = {folded(label.name): label for label in labels}

    def named_in(self, cell: str) -> list[Label]:
        """The labels that a cell names: several by a list, else one by the whole cell.

        Raises ValidationError.
        """
        listed = quoted_items(cell)
        names = separated(cell) if listed is None else listed
        names = [name for name in names if not self.is_system_group(name)]
        if listed is None and not all(map(self.get, names)) and self.get(cell):
            names = [cell]
        for name in names:
            if not self.get(name):
                raise ValidationError(f'There is no label "{name}".')
        return [label for name in names if (label := self.get(name))]

    def get(self, name: str) -> Label | None:
        return self.exact.get(name) or self.folded.get(folded(name))

    def is_system_group(self, name: str) -> bool:
        return name.startswith(SYSTEM_GROUP) and not self.get(name)
