"""Types whose values are chosen among options."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from foundation.text import bare, folded, is_blank

from . import operators
from .base import Definition, FieldType

PLACEHOLDER = "Option 1"


class Choosing(FieldType):
    """What choosing one and choosing several have in common."""

    has_options = True
    is_guessable = True
    operators = operators.CHOICES

    def in_words(self, text, definition):
        return ", ".join(labels_of(text.split("\n"), definition))

    def from_words(self, text, definition):
        return values_of([text], definition)[0]

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
        raise ValidationError(f'"{text}" is not one of the options.')
    return options[text]


def labels_of(values: list[str], definition: Definition) -> list[str]:
    labels = {o["value"]: o.get("label") or o["value"] for o in definition.options}
    return [labels.get(value, value) for value in values]


def values_of(words: list[str], definition: Definition) -> list[str]:
    """The values that these labels or values stand for; what is neither stays as it is."""
    values = {folded(o.get("label") or o["value"]): o["value"] for o in definition.options}
    values |= {folded(o["value"]): o["value"] for o in definition.options}
    return [values.get(folded(word), word) for word in words]


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

    def from_words(self, text, definition):
        words = [word for word in re.split(r"[,;|\n]", text) if not is_blank(word)]
        return values_of(words, definition)

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
