"""Changes of the schema in words, for people who read what was done or what would be."""

from collections.abc import Callable, Mapping
from typing import Any

from .plans import FieldChange, Plan, attribute_name
from .types import TYPES
from .visibility import Visibility

# {primary key of a role as text: name}
Roles = Mapping[str, str]

# Attributes that are a yes or no: what is said of a field that becomes so, or no longer is.
SWITCHES = {
    "is_required": ("required", "no longer required"),
    "is_pii": ("personal data", "no longer personal data"),
    "is_searchable": ("searchable", "no longer searchable"),
    "is_channel_identifier": ("channel identifier", "no longer a channel identifier"),
    "is_active": ("active again", "hidden everywhere"),
}


def plan_in_words(plan: Plan, roles: Roles) -> list[str]:
    """A line for each thing that changes."""
    lines = [line for change in plan.changes for line in change_in_words(change, roles)]
    return [*lines, "The order of the fields changed."] if plan.is_reordered else lines


def change_in_words(change: FieldChange, roles: Roles) -> list[str]:
    if change.is_added:
        return [f"“{change.label}” added"]
    if change.is_removed:
        return [f"“{change.label}” deleted"]
    lines = [f"“{change.label}” restored"] if change.is_restored else []
    told = []
    for name, (old, new) in change.attributes.items():
        if name == "length" and change.converts:
            # Follows from the type.
            continue
        if phrase := phrase_of(name, old, new, roles):
            told.append(phrase)
    return lines + [f"{change.label}: {phrase}" for phrase in dict.fromkeys(told)]


def phrase_of(name: str, old: Any, new: Any, roles: Roles) -> str:
    if name in SWITCHES:
        return SWITCHES[name][0 if new else 1]
    if name in PHRASES:
        return PHRASES[name](old, new)
    if name == "role_visibility":
        return visibility_phrase(old, new, roles)
    what = attribute_name(name)
    if old in (None, "", []):
        return f"{what} {shown_setting(new)}"
    return (
        f"no {what}"
        if new in (None, "", [])
        else f"{what} {shown_setting(old)} → {shown_setting(new)}"
    )


def shown_setting(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"“{value}”" if isinstance(value, str) and not value.isdecimal() else str(value)


def options_phrase(old: list[dict[str, str]], new: list[dict[str, str]]) -> str:
    before, after = [o["value"] for o in old], [o["value"] for o in new]
    parts = []
    if added := [field_name(o) for o in new if o["value"] not in before]:
        parts.append(f"added {', '.join(added)}")
    if gone := [field_name(o) for o in old if o["value"] not in after]:
        parts.append(f"removed {', '.join(gone)}")
    return f"options {'; '.join(parts)}" if parts else "options changed"


def field_name(option: dict[str, str]) -> str:
    return f"“{option.get('label') or option['value']}”"


def channels_phrase(old: list[str], new: list[str]) -> str:
    added = [f"with {name}" for name in new if name not in old]
    gone = [f"without {name}" for name in old if name not in new]
    return f"channel types {', '.join(added + gone)}"


def visibility_phrase(old: dict[str, str], new: dict[str, str], roles: Roles) -> str:
    parts = [
        f"{roles.get(role, 'A role that is gone')}: {level_of(new, role)}"
        for role in sorted(old.keys() | new.keys(), key=lambda role: roles.get(role, ""))
        if old.get(role) != new.get(role)
    ]
    return "; ".join(parts)


def level_of(said: dict[str, str], role: str) -> str:
    return str(Visibility(said[role]).label).lower() if role in said else "no limit of its own"


def type_name(key: str) -> str:
    return TYPES[key].label if key in TYPES else key


PHRASES: dict[str, Callable[[Any, Any], str]] = {
    "label": lambda old, new: f"now called “{new}”",
    "key": lambda old, new: f"key {old} → {new}",
    "type": lambda old, new: f"{type_name(old)} → {type_name(new)}",
    "section": lambda old, new: f"moved to section “{new}”",
    "options": options_phrase,
    "channel_types": channels_phrase,
    "description": lambda old, new: "description changed",
    "pattern": lambda old, new: "has to match a pattern" if new else "no pattern",
    "mask_start": lambda old, new: "mask changed",
    "mask_end": lambda old, new: "mask changed",
}
