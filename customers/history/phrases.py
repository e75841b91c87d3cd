"""What became of one row, in words."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import date_format

from customers.models import RowChange
from customers.models.identity import Trust
from customers.system_fields import ANONYMOUS_FIELD

FLAGS = {
    "is_shared": ("shared", "no longer shared"),
    "is_retired": ("retired", "in use again"),
    "is_primary": ("primary", "no longer primary"),
}
LONGEST_VALUE = 60


def flag_phrases(change: RowChange) -> list[str]:
    """What was marked on an identity that stayed one, and until when a label holds."""
    if change.table == "label":
        ends_at = (change.after or {}).get("expires_at")
        return [until(datetime.fromisoformat(ends_at))] if ends_at else []
    if change.table != "identity" or not change.before or not change.after:
        return []
    before, after = change.before, change.after
    marks = [
        words[0] if after[column] else words[1]
        for column, words in FLAGS.items()
        if column in before and column in after and before[column] != after[column]
    ]
    if before.get("trust") != after.get("trust"):
        marks.append(Trust(after["trust"]).label.lower())
    return marks


def until(ends_at: datetime | None) -> str:
    return f"until {date_format(ends_at, 'j M Y')}" if ends_at else ""


def phrase(told: Mapping[str, Any], about: str, names: Mapping[str, str]) -> str:
    """One difference as part of a sentence about the customer `about`; empty for side effects."""
    return PHRASES[told["what"]](told, about, names)


def of_field(told, about, names) -> str:
    if told["field"] == ANONYMOUS_FIELD:
        return "anonymous again" if told["after"] == "Yes" else "no longer anonymous"
    before, after = short(told["before"]), short(told["after"])
    return f"{told['label']}: {before or '—'} → {after or '—'}"


def of_identity(told, about, names) -> str:
    value = f"{told['label']} {short(told['after'] or told['before'])}"
    source, target = told["from"], told["to"]
    if source and target and source != target:
        direction = ("from", source) if target == about else ("to", target)
        return f"{value} moved {direction[0]} {names.get(direction[1], 'somebody')}"
    if told["before"] is None:
        return f"{value} added"
    if told["after"] is None:
        return f"{value} removed"
    if told["marks"]:
        return f"{value} {', '.join(told['marks'])}"
    return f"{told['label']}: {short(told['before'])} → {short(told['after'])}"


def of_label(told, about, names) -> str:
    if told["after"] is None:
        return f"Label {told['before'] or 'that is gone'} taken off"
    source, target = told["from"], told["to"]
    if told["before"] is not None and source == target:
        return f"Label {told['after']} {' '.join(told['marks']) or 'for good'}"
    return f"Label {told['after']} put on"


def of_conversation(told, about, names) -> str:
    return "Conversation moved" if told["from"] != told["to"] else ""


PHRASES = {
    "customer": of_field,
    "value": of_field,
    "identity": of_identity,
    "label": of_label,
    "conversation": of_conversation,
    "alias": lambda told, about, names: "",
}


def short(value: Any) -> str:
    text = "" if value is None else str(value).replace("\n", ", ")
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def named_customers(told: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """(ids of the customers that came to be, ids of those that ceased)."""
    rows = [row for row in told if row["what"] == "customer"]
    came = [row["to"] for row in rows if not row["from"]]
    went = [row["from"] for row in rows if not row["to"]]
    return list(dict.fromkeys(came)), list(dict.fromkeys(went))
