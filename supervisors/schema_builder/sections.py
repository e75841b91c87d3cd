"""Sections without fields: of the draft is a section only with one, so whoever made them keeps them."""

from collections.abc import Iterable

from django.http import HttpRequest

from foundation.text import hostile_characters
from schema_builder.ordering import section_name

KEPT = "builder_sections"
MOST = 20


def kept_sections(request: HttpRequest) -> list[str]:
    return request.session.get(KEPT, [])


def keep_sections(request: HttpRequest, names: Iterable[str]) -> None:
    """Keep these, too. Raises ValidationError for what is no name of a section."""
    wanted = [section_name(name) for name in names if not hostile_characters(name)]
    kept = [name for name in dict.fromkeys([*kept_sections(request), *wanted]) if name]
    if kept != kept_sections(request):
        request.session[KEPT] = kept[-MOST:]


def drop_section(request: HttpRequest, name: str) -> None:
    if name in kept_sections(request):
        request.session[KEPT] = [one for one in kept_sections(request) if one != name]
