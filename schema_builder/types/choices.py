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
    is_guessable = True
    supports_names_if_searchable = True
    has_options = True
    widget = forms.Select

    def parse(self, text, definition):
        if text not in {option["value"] for option in definition.options}:
            raise ValidationError(f'"{text}" is not one of the options.')
        return super().parse(text, definition)


class MultiChoice(FieldType):
    """Several options, stored as their values one a line: no option may hold a newline."""

    key = "multichoice"
    label = "Several choices"
    icon = "checklist"
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
