"""Types whose values are chosen among options."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from foundation.text import is_blank, tidied

from .base import FieldType


class Choice(FieldType):
    key = "choice"
    label = "Choice"
    icon = "radio_button_checked"
    about = "One of the options that you list."
    example = "Gold"
    converts_to = frozenset({"string", "multichoice"})
    is_guessable = True
    has_options = True
    widget = forms.Select

    def parse(self, text, definition):
        if text not in {option["value"] for option in definition.options}:
            raise ValidationError(f'"{text}" is not one of the options.')
        return super().parse(text, definition)

    def examples(self, definition):
        return definition.options[0]["value"] if definition.options else ""

    def replaced(self, text, mapping):
        return mapping.get(text, text)

    def chosen(self, text):
        return [text]


class MultiChoice(FieldType):
    """Several options, stored as their values one a line: no option may hold a newline."""

    key = "multichoice"
    label = "Several choices"
    icon = "checklist"
    about = "Any number of the options that you list."
    example = "Music, Travel"
    is_guessable = True
    has_options = True
    widget = forms.SelectMultiple
    blank: Any = ()

    def text_of(self, raw):
        chosen = raw.split(",") if isinstance(raw, str) else raw
        if not isinstance(chosen, list | tuple) or not all(isinstance(c, str) for c in chosen):
            raise ValidationError("Must be a list of options.")
        return "\n".join(dict.fromkeys(tidied(c) for c in chosen if not is_blank(c)))

    def parse(self, text, definition):
        known = {option["value"] for option in definition.options}
        for chosen in text.split("\n"):
            if chosen not in known:
                raise ValidationError(f'"{chosen}" is not one of the options.')
        return super().parse(text, definition)

    def to_wire(self, text):
        return text.split("\n")

    def raw_of(self, text):
        return text.split("\n")

    def examples(self, definition):
        return "\n".join(option["value"] for option in definition.options[:2])

    def replaced(self, text, mapping):
        kept = [mapping.get(chosen, chosen) for chosen in text.split("\n")]
        return "\n".join(dict.fromkeys(option for option in kept if option))

    def chosen(self, text):
        return text.split("\n")
