"""What it takes to get from one schema to another, and drafts brought up to date."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .documents import ATTRIBUTES, FieldDocument, by_id, deleted_fields

Mappings = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class FieldChange:
    """One field before and after; None before it is there, and after it is gone."""

    before: FieldDocument | None
    after: FieldDocument | None
    # It was deleted, and comes back with its values; `before` is what it was then.
    is_restored: bool = False
    # Options that go, and what values get in their place.
    mapping: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return (self.after or self.before or {})["id"]

    @property
    def label(self) -> str:
        """What people know the field by, which is its label of before."""
        return (self.before or self.after or {})["label"]

    @property
    def is_added(self) -> bool:
        return self.before is None

    @property
    def is_removed(self) -> bool:
        return self.after is None

    @property
    def attributes(self) -> dict[str, tuple[Any, Any]]:
        """(before, after) of each attribute that changes, of a field that is there at both ends."""
        if self.before is None or self.after is None:
            return {}
        return {
            name: (self.before[name], self.after[name])
            for name in ATTRIBUTES
            if self.before[name] != self.after[name]
        }

    @property
    def removed_options(self) -> list[str]:
        """Values of the options that go, of a field that stays one of options."""
        old, new = self.attributes.get("options", ([], []))
        if "type" in self.attributes and not new:
            return []
        kept = {option["value"] for option in new}
        return [option["value"] for option in old if option["value"] not in kept]

    @property
    def converts(self) -> bool:
        """Whether values become values of another type."""
        return "type" in self.attributes

    @property
    def rewrites(self) -> bool:
        """Whether values of customers have to be looked at, and written, along with it."""
        return self.converts or bool(self.removed_options)


@dataclass(frozen=True)
class Plan:
    """Everything that changes, and the order in which the fields are then."""

    changes: tuple[FieldChange, ...]
    order: tuple[str, ...]
    is_reordered: bool

    def __bool__(self) -> bool:
        return bool(self.changes) or self.is_reordered

    def __len__(self) -> int:
        return len(self.changes) + self.is_reordered

    @property
    def rewrites(self) -> bool:
        return any(change.rewrites for change in self.changes)


def plan_from(
    now: Sequence[FieldDocument],
    wanted: Sequence[FieldDocument],
    mappings: Mappings | None = None,
    deleted: Mapping[str, FieldDocument] | None = None,
) -> Plan:
    """How to get from `now` to `wanted`; fields among `deleted` come back, others are new."""
    old, new, gone = by_id(now), by_id(wanted), deleted or {}
    changes = [FieldChange(old[key], None) for key in old if key not in new]
    for key, document in new.items():
        before = old.get(key) or gone.get(key)
        restored = key not in old and key in gone
        if restored or before != document:
            mapping = (mappings or {}).get(key, {})
            changes.append(FieldChange(before, document, restored, mapping))
    stay = [key for key in old if key in new]
    is_reordered = stay != [key for key in new if key in old]
    return Plan(tuple(changes), tuple(new), is_reordered)


def full_plan(
    now: Sequence[FieldDocument],
    wanted: Sequence[FieldDocument],
    mappings: Mappings | None = None,
) -> Plan:
    """As `plan_from`, with what is known of the deleted fields. At most two queries."""
    known = by_id(now)
    missing = [document["id"] for document in wanted if document["id"] not in known]
    return plan_from(now, wanted, mappings, deleted_fields(missing) if missing else {})


@dataclass(frozen=True)
class Rebased:
    """A draft as it would be had it been begun now; in a conflict it has the last word."""

    fields: list[FieldDocument]
    conflicts: list[str]


def rebased(
    base: Sequence[FieldDocument],
    wanted: Sequence[FieldDocument],
    now: Sequence[FieldDocument],
) -> Rebased:
    """The changes from `base` to `wanted`, made to `now`.

    Attributes that only one side touched are taken from it; a conflict is one that both did.
    """
    was, ours, theirs = by_id(base), by_id(wanted), by_id(now)
    found: dict[str, FieldDocument] = {}
    conflicts: list[str] = []
    for key in {**theirs, **ours}:
        merged, told = merged_field(was.get(key), ours.get(key), theirs.get(key))
        conflicts += told
        if merged is not None:
            found[key] = merged
    order, told = merged_order(list(was), list(ours), list(theirs), found)
    return Rebased([found[key] for key in order], conflicts + told)


def merged_field(
    was: FieldDocument | None, ours: FieldDocument | None, theirs: FieldDocument | None
) -> tuple[FieldDocument | None, list[str]]:
    """The field with the changes of both sides, and where they differ."""
    if was is None or ours == theirs:
        return ours or theirs, []
    if ours is None:
        told = [] if theirs == was else [f"“{was['label']}” is deleted, but was changed meanwhile."]
        return None, told
    if theirs is None:
        if ours == was:
            return None, []
        return ours, [f"“{was['label']}” is changed, but was deleted meanwhile."]
    merged, told = dict(theirs), []
    for name in ATTRIBUTES:
        if ours[name] != was[name]:
            merged[name] = ours[name]
            if theirs[name] not in (was[name], ours[name]):
                told.append(f"“{was['label']}”: {attribute_name(name)} was changed meanwhile.")
    return merged, told


def merged_order(
    was: list[str], ours: list[str], theirs: list[str], found: Iterable[str]
) -> tuple[list[str], list[str]]:
    """The keys of `found` in the order of the side that moved fields, and whether both did."""
    there = set(found)
    moved = in_both(ours, was) != in_both(was, ours)
    others_moved = in_both(theirs, was) != in_both(was, theirs)
    first, second = (ours, theirs) if moved else (theirs, ours)
    order = [key for key in first if key in there]
    for place, key in enumerate(second):
        if key in there and key not in order:
            # Behind what it followed there.
            before = next((k for k in reversed(second[:place]) if k in order), None)
            order.insert(order.index(before) + 1 if before else 0, key)
    differs = moved and others_moved and in_both(ours, theirs) != in_both(theirs, ours)
    return order, ["The order of the fields was changed meanwhile."] if differs else []


def in_both(keys: list[str], others: list[str]) -> list[str]:
    known = set(others)
    return [key for key in keys if key in known]


def attribute_name(name: str) -> str:
    """An attribute as people call it."""
    return ATTRIBUTE_NAMES.get(name, name.removeprefix("is_").replace("_", " "))


ATTRIBUTE_NAMES = {
    "min_value": "smallest value",
    "max_value": "largest value",
    "default_value": "default",
    "is_pii": "personal data",
    "mask_start": "mask",
    "mask_end": "mask",
    "role_visibility": "visibility for roles",
    "is_channel_identifier": "channel identifier",
}
