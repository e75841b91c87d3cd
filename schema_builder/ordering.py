"""The order of the fields in the draft, and the sections that they stand in."""

from collections.abc import Callable, Sequence

from django.core.exceptions import ValidationError

from foundation.text import tidied

from .documents import by_id
from .drafts import Draft

SECTION_LENGTH = 50


def arrange(places: Sequence[tuple[str, str]]) -> Callable[[Draft], None]:
    """The edit that puts fields into this order of (id, section); raises ValidationError."""

    def change(draft: Draft) -> None:
        known = by_id(draft.fields)
        if sorted(public_id for public_id, _ in places) != sorted(known):
            raise ValidationError({"order": "Name every field once."})
        draft.fields = [
            known[public_id] | {"section": section_name(section)} for public_id, section in places
        ]

    return change


def rename_section(old: str, new: str) -> Callable[[Draft], None]:
    """The edit that gives a section another name; one that is there already takes its fields.

    Raises ValidationError where no field is in the section any more.
    """

    def change(draft: Draft) -> None:
        name = section_name(new)
        if old not in {one["section"] for one in draft.fields}:
            raise ValidationError({"section": "The section is no longer there."})
        draft.fields = [
            one | {"section": name} if one["section"] == old else one for one in draft.fields
        ]

    return change


def section_name(name: str) -> str:
    """Raises ValidationError for what is no name of a section."""
    name = tidied(name)
    if len(name) > SECTION_LENGTH:
        raise ValidationError({"section": f"At most {SECTION_LENGTH} characters."})
    return name
