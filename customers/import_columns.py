"""What the columns of an imported file are, and a row of it as a customer body."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from access.actors import Caller
from foundation.text import folded
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.snapshot import Schema

from .identifiers import Identifier, identifier_in, is_ignored_in
from .masking import Mask, seen_by
from .values import LABELS_FIELD, NAME_FIELD

# The column that names customers by their id; a column left out has an empty key.
ID = "_id"
# What columns are called besides keys and labels.
OTHER_NAMES = {
    "id": ID,
    "customer id": ID,
    "name": NAME_FIELD,
    "full name": NAME_FIELD,
    "customer name": NAME_FIELD,
    "phone": "phoneNumber",
    "telephone": "phoneNumber",
    "mobile": "phoneNumber",
    "mobile number": "phoneNumber",
    "mail": "email",
    "email address": "email",
}
# Several identifiers or labels in one cell; the last is how an export writes them.
SEPARATORS = re.compile(r"\s*[;|\n]\s*|,\s+")
NOTHING = "Choose a field for at least one column."
TWICE = "Two columns are chosen for it, and it holds one value."
UNKNOWN = "There is no such field, or you may not write it."


@dataclass(frozen=True, slots=True)
class Target:
    """What a column can be; `definition` is None for the id."""

    key: str
    label: str
    section: str
    definition: FieldDefinition | None = None

    @property
    def takes_several(self) -> bool:
        return self.definition is not None and (
            self.definition.is_channel_identifier or self.key == LABELS_FIELD
        )


def targets_for(caller: Caller) -> dict[str, Target]:
    """By key, in the order of the schema: what the caller may write and sees unmasked.

    Of a masked field, who was changed and who was not would tell what they have.
    """
    schema, mask = seen_by(caller)
    targets = [Target(ID, "Id", "Record")]
    targets += [
        Target(field.key, field.label, field.section or "Details", field)
        for field in schema.fields
        if is_open(field, mask)
    ]
    return {target.key: target for target in targets}


def is_open(field: FieldDefinition, mask: Mask) -> bool:
    return not mask.locks(field) and not mask.hides(field)


def guess_columns(header: Sequence[str], targets: Mapping[str, Target]) -> list[str]:
    """The key for each column by its name, empty where nothing is called so."""
    by_name = {bare(name): targets[key] for name, key in OTHER_NAMES.items() if key in targets}
    by_name |= {bare(target.label): target for target in targets.values()}
    by_name |= {bare(target.key): target for target in targets.values()}
    taken: set[str] = set()
    guessed = []
    for name in header:
        target = by_name.get(bare(name))
        free = target is not None and (target.takes_several or target.key not in taken)
        key = target.key if target and free else ""
        taken.add(key)
        guessed.append(key)
    return guessed


def bare(name: str) -> str:
    """A name as it is compared: without spaces, signs and the number of a repetition."""
    return re.sub(r"\(\d+\)$|[\W_]", "", folded(name))


def check_columns(columns: Sequence[str], targets: Mapping[str, Target]) -> None:
    """Raise ValidationError keyed by what the columns are said to be."""
    used = [key for key in columns if key]
    problems: dict[str, list[str]] = {}
    for key in dict.fromkeys(used):
        if key not in targets:
            problems[key] = [UNKNOWN]
        elif used.count(key) > 1 and not targets[key].takes_several:
            problems[key] = [f"{targets[key].label}: {TWICE}"]
    if not set(used) - {ID}:
        problems["columns"] = [NOTHING]
    if problems:
        raise ValidationError(problems)


class RowReader:
    """Reads rows whose columns are these."""

    def __init__(self, columns: Sequence[str], schema: Schema):
        self.columns = columns
        self.schema = schema
        self.labels: dict[str, Label] = {}
        if LABELS_FIELD in columns:
            labels = Label.objects.select_related("group").order_by("-id")
            self.labels = {folded(label.name): label for label in labels}

    def read(self, cells: Sequence[str]) -> dict[str, Any]:
        """The cells by key: labels themselves, several identifiers as a list; none is empty.

        Raises ValidationError keyed by field.
        """
        found: dict[str, Any] = {}
        for key, cell in zip(self.columns, cells, strict=True):
            if key and cell:
                self.read_cell(key, cell, found)
        return found

    def read_cell(self, key: str, cell: str, found: dict[str, Any]) -> None:
        definition = self.schema.by_key.get(key)
        if key == LABELS_FIELD:
            found.setdefault(key, []).extend(self.labels_in(cell))
        elif definition is None:
            found[key] = cell
        elif definition.is_channel_identifier:
            found.setdefault(key, []).extend(parts_of(cell))
        else:
            found[key] = definition.field_type.from_words(cell, definition)

    def labels_in(self, cell: str) -> list[Label]:
        names = [cell] if folded(cell) in self.labels else parts_of(cell)
        unknown = [name for name in names if folded(name) not in self.labels]
        if unknown:
            raise ValidationError({LABELS_FIELD: [f'There is no label "{unknown[0]}".']})
        return [self.labels[folded(name)] for name in names]

    def identifiers(self, body: Mapping[str, Any]) -> list[Identifier]:
        """What of a body says who somebody is; junk that channels send is left out."""
        found = (
            identifier_in(definition, text, self.schema)
            for definition in self.schema.identifier_fields
            for text in body.get(definition.key, ())
            if not is_ignored_in(definition, text, self.schema)
        )
        return [identifier for identifier in found if identifier.identifies]


def parts_of(cell: str) -> Iterable[str]:
    return [part for part in SEPARATORS.split(cell) if part.strip()]
