"""The notation of each column of a file: guessed from its cells, shown by examples."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.core.exceptions import ValidationError

from customers.profiles.identifiers import identifier_in
from customers.profiles.validation import check_identifier
from schema_builder import phones
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema
from schema_builder.types import Hints, Reading

from .cells import identifiers_in
from .columns import ImportTarget
from .csv_reader import Table

ROWS_READ = 1000
# Different cells of a column that are read for its examples.
CELLS_TRIED = 200
EXAMPLES = 3
CELLS_WITH_COUNTRY = 50
TOP_LEVEL_DOMAIN = re.compile(r"@\S+\.([a-z]{2})\W*$", re.IGNORECASE)
# Countries whose domain is not their code.
DOMAINS = {"UK": "GB"}


@dataclass(frozen=True, slots=True)
class Example:
    """A cell, and what is read from it or why it cannot be read."""

    cell: str
    text: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Examples:
    """Some cells of a column as they will be read."""

    shown: list[Example]
    # Different cells of the first rows that cannot be read, of how many.
    unread: int
    tried: int
    is_doubtful: bool


def columns_in(table: Table) -> list[list[str]]:
    """The different cells of each column in the first rows, without empty ones."""
    columns: list[dict[str, None]] = [{} for _ in table.header]
    for line in islice(table.lines(), ROWS_READ):
        for column, cell in zip(columns, line.cells, strict=False):
            if cell:
                column[cell] = None
    return [list(column) for column in columns]


def hints_in(table: Table, columns: Sequence[Sequence[str]], schema: Schema) -> Hints:
    """Return hints at the notation: the separator, the countries of numbers and addresses."""
    regions = Counter(region for cells in columns for region in countries_in(cells))
    known = dict.fromkeys(
        region for numbering in schema.numbering.values() if (region := numbering.region)
    )
    # Where commas separate decimals, semicolons separate cells.
    decimal = "," if table.delimiter == ";" else "."
    return Hints(decimal, (*known, *(region for region, _ in regions.most_common())))


def countries_in(cells: Iterable[str]) -> Iterator[str]:
    for cell in islice(cells, CELLS_WITH_COUNTRY):
        if domain := TOP_LEVEL_DOMAIN.search(cell):
            code = domain[1].upper()
            yield DOMAINS.get(code, code)
        elif cell.startswith("+") and (region := phones.country_of(cell)):
            yield region


def guess_reading(target: ImportTarget, cells: Sequence[str], hints: Hints) -> Reading:
    """The notation of a column that is a field with one."""
    definition = target.definition
    if definition is None:
        return Reading()
    return definition.field_type.guess_reading(cells, definition, hints)


def examples_of(
    definition: FieldDefinition, cells: Sequence[str], reading: Reading, schema: Schema
) -> Examples:
    """Three cells as they will be read; a cell that cannot be read is among them."""
    tried = cells[:CELLS_TRIED]
    read = [example_of(definition, cell, reading, schema) for cell in tried]
    unread = [example for example in read if example.problem]
    first = read[: EXAMPLES - 1] if unread else read[:EXAMPLES]
    shown = list(dict.fromkeys([*first, *unread, *read]))[:EXAMPLES]
    is_doubtful = definition.field_type.is_doubtful(tried, reading)
    return Examples(shown, len(unread), len(tried), is_doubtful)


def example_of(definition: FieldDefinition, cell: str, reading: Reading, schema: Schema) -> Example:
    try:
        return Example(cell, text=example_text(definition, cell, reading, schema))
    except ValidationError as error:
        return Example(cell, problem=" ".join(error.messages))


def example_text(definition: FieldDefinition, cell: str, reading: Reading, schema: Schema) -> str:
    """The value in a cell as pages show it. Raises ValidationError."""
    if definition.is_channel_identifier:
        found = [
            identifier_in(definition, text, schema)
            for text in identifiers_in(cell, definition, reading)
        ]
        for identifier in found:
            check_identifier(identifier, schema)
        return ", ".join(identifier.match_key for identifier in found)
    field_type = definition.field_type
    value = field_type.clean(field_type.from_words(cell, definition, reading), definition)
    return field_type.in_words(value.text, definition) if value else ""


def words_to_map(target: ImportTarget, cells: Sequence[str], most: int) -> list[str]:
    """Words of a column that mean no option of its field."""
    definition = target.definition
    if definition is None:
        return []
    return definition.field_type.words_to_map(cells, definition)[:most]


def options_of(definition: FieldDefinition) -> Mapping[str, str]:
    """Labels of the options by value."""
    return {o["value"]: o.get("label") or o["value"] for o in definition.options}
