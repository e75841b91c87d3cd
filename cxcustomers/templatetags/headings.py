"""The heading of a page of the admin: the way there, in the words of the side bar."""

from typing import Any

from django import template

from foundation.side_bar import words_for

register = template.Library()


@register.filter
def as_in_side_bar(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The theme's parts: a link to the app, one to the list, and maybe one to the row."""
    words = words_for(str(parts[1]["link"])) if len(parts) > 1 else None
    if words is None:
        return parts
    group, page = words
    return [{"title": group}, {**parts[1], "title": page}, *parts[2:]]
