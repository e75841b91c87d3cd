"""What roles may see and write of a field.

A role without a word on a field neither limits it nor lifts what another role of the same person
says: more roles of the silent kind never show more. Personal data stays masked for who may not see
it, whatever is said here.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from .models import FieldDefinition


class Visibility(models.TextChoices):
    """From least to most."""

    HIDDEN = "hidden", "Hidden"
    MASKED = "masked", "Masked"
    READ = "read", "Can see"
    WRITE = "write", "Can see and change"


RANKS = {level: rank for rank, level in enumerate(Visibility)}


def allowed_by(said: Mapping[str, str], roles: Collection[int]) -> Visibility:
    """The most that one of the roles of which something is said allows; all, where none is."""
    levels = [Visibility(said[str(role)]) for role in roles if str(role) in said]
    return max(levels, key=RANKS.__getitem__, default=Visibility.WRITE)


def visibility_for(field: "FieldDefinition", roles: Collection[int]) -> Visibility:
    """What somebody with these roles may do with the field."""
    return allowed_by(field.role_visibility, roles)


def is_visible(field: "FieldDefinition", roles: Collection[int]) -> bool:
    """Whether somebody with these roles may know of the field at all."""
    return visibility_for(field, roles) != Visibility.HIDDEN


def visible_fields(
    fields: Iterable["FieldDefinition"], roles: Collection[int]
) -> list["FieldDefinition"]:
    """The fields of which these roles may know at all."""
    return [field for field in fields if is_visible(field, roles)]


def visibility_problems(field: "FieldDefinition") -> Iterable[str]:
    """What is wrong with the visibility that is set for a field.

    A role that was deleted since does no harm, so nobody has to tidy up after it.
    """
    levels = field.role_visibility
    if not isinstance(levels, dict):
        yield "Must be an object of role and visibility."
        return
    for level in levels.values():
        if level not in Visibility.values:
            yield f'"{level}" is none of {", ".join(Visibility.values)}.'
    if levels and field.is_for_everybody:
        yield "Everybody sees this field."
    elif field.is_system and Visibility.HIDDEN in levels.values():
        yield "A system field can be masked, but not hidden."
