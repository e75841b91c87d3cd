"""Options of a field: what they have to be, and which of them go."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from foundation.colors import COLOR_PATTERN
from foundation.text import bare, is_blank, tidied

from .models import FieldDefinition

OPTION_PARTS = {"value", "label", "color"}
MAY_BE_IN_USE = (
    "An option that goes may be in use: take it away in the schema builder, which asks what takes"
    " its place."
)


def lost_options(field: FieldDefinition, values: Mapping[str, Any]) -> list[str]:
    """Values of the options that the field would no longer have; whatever a client sent."""
    options = values.get("options", field.options)
    sent = options if isinstance(options, list) else []
    kept = [option.get("value") for option in sent if isinstance(option, dict)]
    return [option["value"] for option in field.options if option["value"] not in kept]


def refuse_lost_options(field: FieldDefinition, values: Mapping[str, Any]) -> None:
    """Raise ValidationError where an option goes: nobody here knows who has chosen it."""
    if lost_options(field, values):
        raise ValidationError({"options": MAY_BE_IN_USE})


def tidied_options(options: Any, known: Collection[str]) -> Any:
    """Return options without invisible characters in their texts, but for `known` values.

    Customers may have those. Whatever is no list of options stays as it is.
    """
    if not isinstance(options, list):
        return options
    return [
        tidied_parts(option)
        if isinstance(option, dict) and option.get("value") not in known
        else option
        for option in options
    ]


def tidied_parts(option: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tidied(part) if isinstance(part, str) and part == part.strip() else part
        for name, part in option.items()
    }


def is_option_value(value: str) -> bool:
    return value.strip() == value and not is_blank(value)


def options_problems(options: object):
    if not isinstance(options, list) or not options:
        yield "options", "A choice needs at least one option."
        return
    if not all(isinstance(option, dict) for option in options):
        yield "options", "Every option is an object with a value."
        return
    values = [option.get("value") for option in options]
    if not all(isinstance(value, str) and is_option_value(value) for value in values):
        yield "options", "Every option needs a value."
    elif len({bare(value) for value in values if value}) != len(values):
        yield "options", "An option is there twice."
    elif any({",", "\n"} & set(value) for value in values if value):
        yield "options", "An option may not hold a comma or a new line."
    elif problem := next(filter(None, map(option_problem, options)), None):
        yield "options", problem


def option_problem(option: dict[str, Any]) -> str | None:
    """What is wrong with an option besides its value."""
    if unknown := option.keys() - OPTION_PARTS:
        return f'Unknown part of an option "{min(unknown)}".'
    if not isinstance(option.get("label", ""), str):
        return "The label of an option is a text."
    color = option.get("color", "#000000")
    if not isinstance(color, str) or not re.match(COLOR_PATTERN, color):
        return "The color of an option is a colour such as #a9a9a9."
    return None
