"""Small things that the agent pages draw: icons and times."""

import re
from datetime import UTC, date, datetime

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince

register = template.Library()

SPRITE = "agents/icons.svg"
UNKNOWN = "dot"


def drawn_icons() -> frozenset[str]:
    with open(str(finders.find(SPRITE)), encoding="utf-8") as sprite:
        return frozenset(re.findall(r'<symbol id="([\w-]+)"', sprite.read()))


ICONS = drawn_icons()


@register.simple_tag
def icon(name: str) -> str:
    """An icon of ours; channel types may name one that we have not drawn."""
    known = name if name in ICONS else UNKNOWN
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static(SPRITE),
        known,
    )


@register.filter
def moment(text: str) -> date | datetime:
    """A stored date or moment, to be formatted."""
    if len(text) == len("2000-01-31"):
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).astimezone(UTC)


@register.filter
def ago(when: datetime) -> str:
    if (timezone.now() - when).total_seconds() < 60:
        return "just now"
    return f"{timesince(when, depth=1)} ago"


@register.filter
def undo_of(message) -> dict[str, str] | None:
    """What a message offers to take back, and where that leads; None for other messages."""
    tag, *rest = (message.extra_tags or "").split(" ")
    if tag != "undo":
        return None
    operation, back = [*rest, ""][:2]
    return {"operation": operation, "back": back}
