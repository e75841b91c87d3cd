"""Types whose values are chosen among options."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from foundation.cells import joined, quoted_items, separated
from foundation.text import bare, folded, is_blank

from . import operators
from .base import Definition, FieldType
from .reading import AS_EXPORTED, Reading

PLACEHOLDER = "Option 1"
# Options that a refusal names at most.
MOST_NAMED = 10


class Choosing(FieldType):
    """What choosing one and choosing several have in common."""

    has_options = True
    is_guessable = True
    operators = operators.CHOICES

    reads_by = ("options",)
    remedy = "Choose an option for it among those of the column, or correct the cell."

    def in_words(self, text, definition):
        return ", ".join(labels_of(text.split("\n"), definition))

    def in_cell(self, text, definition):
        names = exported_names(definition)
        return names.get(text, text)

    def from_words(self, text, definition, reading=AS_EXPORTED):
        return value_of(text, definition, reading)

    def words_to_map(self, cells, definition):
        known = named_values(definition)
        words = {folded(word): word for cell in cells for word in self.words(cell, definition)}
        return [word for key, word in words.items() if key not in known]

    def words(self, cell: str, definition: Definition) -> list[str]:
        return [cell]

    def guess_reading(self, cells, definition, hints):
        """Nothing is mapped that is not spelled like an option."""
        alike = {letters_of(name): value for name, value in named_values(definition).items()}
        words = self.words_to_map(cells, definition)
        return Reading(
            options={folded(w): alike[letters_of(w)] for w in words if letters_of(w) in alike}
        )

    def first_options(self, default):
        """The default, else a placeholder: no choice is without options."""
        text = default if isinstance(default, str) else ""
        values = dict.fromkeys(bare(value) for value in re.split(r"[,\n]", text))
        return [{"value": value} for value in values if value] or [{"value": PLACEHOLDER}]

    def spellings(self, raw, definition):
        """As typed, and the values of the options whose labels contain it."""
        part = folded(raw)
        labelled = [(folded(o.get("label") or ""), o["value"]) for o in definition.options]
        return [raw, *(value for label, value in labelled if part in label)]


def offered_option(text: str, definition: Definition) -> str:
    """Return the option that looks like `text`. Raises ValidationError where there is none."""
    options = {bare(option["value"]): option["value"] for option in definition.options}
    if text not in options:
        raise ValidationError(
            f'"{text}" is not one of the options{first_named(filter(None, options))}.'
        )
    return options[text]


def first_named(values: Iterable[str]) -> str:
    """`: a, b, c`, with the number of those left out; empty where there are none."""
    named = list(values)
    more = len(named) - MOST_NAMED
    shown = ", ".join(named[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    return f": {shown}" if shown else ""


def labels_of(values: list[str], definition: Definition) -> list[str]:
    labels = {o["value"]: o.get("label") or o["value"] for o in definition.options}
    return [labels.get(value, value) for value in values]


def named_values(definition: Definition) -> dict[str, str]:
    """Values of the options by folded label or value; a label wins over a value."""
    return {folded(name): value for name, value in exact_values(definition).items()}


def exact_values(definition: Definition) -> dict[str, str]:
    values = {o["value"]: o["value"] for o in definition.options}
    return values | {o["label"]: o["value"] for o in definition.options if o.get("label")}


def exported_names(definition: Definition) -> dict[str, str]:
    """The name of each option that is read as this option: its label, else its value."""
    known = exact_values(definition)
    values = [o["value"] for o in definition.options]
    named = zip(values, labels_of(values, definition), strict=True)
    return {value: label if known[label] == value else value for value, label in named}


def value_of(word: str, definition: Definition, reading: Reading) -> str:
    """The value of the option that the word means; a word that means none stays as it is."""
    if (value := exact_values(definition).get(word)) is not None:
        return value
    known = named_values(definition) | dict(reading.options)
    return known.get(folded(word), word)


def letters_of(name: str) -> str:
    """A name without accents, spaces and punctuation."""
    plain = unicodedata.normalize("NFKD", folded(name))
    return "".join(c for c in plain if c.isalnum())


class Choice(Choosing):
    key = "choice"
    label = "Choice"
    icon = "radio_button_checked"
    supports_names_if_searchable = True
    about = "One of the options that you list."
    example = "Gold"
    converts_to = frozenset({"string", "multichoice"})
    widget = forms.Select

    def asked(self, operator, operands):
        return {"folded__in": [folded(operand) for operand in operands]}

    def parse(self, text, definition):
        return super().parse(offered_option(text, definition), definition)

    def examples(self, definition):
        return definition.options[0]["value"] if definition.options else ""

    def replaced(self, text, mapping):
        return mapping.get(text, text)

    def chosen(self, text):
        return [text]


class MultiChoice(Choosing):
    """Several options, stored as their values one a line: no option may hold a newline."""

    key = "multichoice"
    label = "Several choices"
    icon = "checklist"
    about = "Any number of the options that you list."
    example = "Music, Travel"
    widget = forms.SelectMultiple
    blank: Any = ()

    def text_of(self, raw):
        chosen = raw.split(",") if isinstance(raw, str) else raw
        if not isinstance(chosen, list | tuple) or not all(isinstance(c, str) for c in chosen):
            raise ValidationError("Must be a list of options.")
        return "\n".join(dict.fromkeys(bare(c) for c in chosen if not is_blank(c)))

    def parse(self, text, definition):
        chosen = [offered_option(one, definition) for one in text.split("\n")]
        return super().parse("\n".join(chosen), definition)

    def to_wire(self, text):
        return text.split("\n")

    def in_cell(self, text, definition):
        names = exported_names(definition)
        chosen = [names.get(value, value) for value in text.split("\n")]
        return joined(chosen, lambda cell: self.words_in(cell, definition, AS_EXPORTED))

    def from_words(self, text, definition, reading=AS_EXPORTED):
        words = self.words_in(text, definition, reading)
        return [value_of(word, definition, reading) for word in words]

    def words_in(self, text, definition, reading):
        """The names of options in a cell: one name where all of the cell is one and no list."""
        if (items := quoted_items(text)) is not None:
            return items
        words = separated(text)
        known = named_values(definition).keys() | reading.options.keys()
        is_list = all(folded(word) in known for word in words)
        return words if is_list or folded(text) not in known else [text]

    def words(self, cell, definition):
        return self.words_in(cell, definition, AS_EXPORTED)

    def asked(self, operator, operands):
        # A whole line of the stored text; the trigram index reads patterns, too.
        lines = "|".join(re.escape(folded(operand)) for operand in operands)
        return {"folded__regex": rf"(^|\n)({lines})(\n|$)"}

    def raw_of(self, text):
        return text.split("\n")

    def examples(self, definition):
        return "\n".join(option["value"] for option in definition.options[:2])

    def replaced(self, text, mapping):
        kept = [mapping.get(chosen, chosen) for chosen in text.split("\n")]
        return "\n".join(dict.fromkeys(option for option in kept if option))

    def chosen(self, text):
        return text.split("\n")
