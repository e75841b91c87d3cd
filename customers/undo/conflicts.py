"""What stands in the way of putting rows back: whatever somebody has changed since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from customers.history.recording import (
    OWNED,
    Image,
    Images,
    batches,
    changed_columns,
    content,
    image_of,
)
from customers.models import RowChange

from .conflict_context import ConflictContext, Place

# Columns of a value that only a change of its type fills or empties while the text stays.
TYPED_COLUMNS = {"folded", "number", "timestamp"}


@dataclass(frozen=True, slots=True)
class UndoConflict:
    """A row that cannot be put back, and why."""

    table: str
    row: int
    reason: str
    # Public id of the later operation that changed the row last, if one did.
    operation: str | None = None


class UndoConflicts:
    """What stands in the way of putting rows back.

    A row that has to stay may be in the way of another one, so all are looked at again until
    nothing is found any more. `vetoed` have to stay, for the reasons given.
    """

    def __init__(self, changes: list[RowChange], now: Images, vetoed: Mapping[Place, str]):
        self.changes = {(change.table, change.row): change for change in changes}
        self.now = now | elsewhere(self.changes.keys() - now.keys())
        self.wanted = {
            place: wanted_image(change, self.now.get(place))
            for place, change in self.changes.items()
            if change.before
        }
        returning = [(self.changes[place], wanted) for place, wanted in self.wanted.items()]
        self.around = ConflictContext(returning, self.now)
        self.reasons = dict(vetoed)

    def collisions(self) -> list[UndoConflict]:
        while found := self.look():
            self.reasons |= found
        later = later_operations([self.changes[place] for place in self.reasons])
        return [
            UndoConflict(*place, self.reasons[place], later.get(place))
            for place in self.changes
            if place in self.reasons
        ]

    def look(self) -> dict[Place, str]:
        return {
            place: reason
            for place, change in self.changes.items()
            if place not in self.reasons and (reason := self.obstacle(change))
        }

    def moves(self, place: Place) -> bool:
        """Whether the row is put back, as far as is known."""
        return place in self.changes and place not in self.reasons

    def obstacle(self, change: RowChange) -> str | None:
        current = self.now.get((change.table, change.row))
        if change.after is None and current is not None:
            return f"The {noun(change.table)} is there again."
        if change.after is not None:
            if current is None:
                return f"The {noun(change.table)} was removed since."
            if is_changed(change, current):
                return f"The {noun(change.table)} was changed again since."
        if change.before is None:
            return self.obstacle_to_removal(change)
        wanted = self.wanted[change.table, change.row]
        return (
            self.lost_owner(change, wanted)
            or self.lost_reference(change, wanted)
            or self.taken_id(change)
            or self.taken_place(change, wanted)
            or self.crowded_group(change, wanted)
            or self.taken_identifier(change, wanted)
        )

    def obstacle_to_removal(self, change: RowChange) -> str | None:
        if change.table == "customer":
            for table, row in self.around.owned.get(change.row, []):
                if not self.moves((table, row)):
                    return f"The customer still has another {noun(table)}."
        return None

    def lost_owner(self, change: RowChange, wanted: Image) -> str | None:
        if change.table == "customer":
            return None
        owner: Place = "customer", wanted[OWNED[change.table][1]]
        if owner in self.now or self.moves(owner):
            return None
        return f"The customer of the {noun(change.table)} is gone."

    def lost_reference(self, change: RowChange, wanted: Image) -> str | None:
        model = self.around.lost_reference(wanted)
        if model is None:
            return None
        lost = str(model._meta.verbose_name)
        whose = "" if lost == change.table else f" of the {noun(change.table)}"
        return f"The {lost}{whose} was deleted since."

    def all_move(self, table: str, rows: Iterable[int]) -> bool:
        return all(self.moves((table, row)) for row in rows)

    def taken_id(self, change: RowChange) -> str | None:
        """Whether a customer's id leads to another one since, and goes on doing so."""
        if self.all_move("alias", self.around.aliases_in_the_way(change)):
            return None
        return "The id of the customer leads to another one since."

    def taken_place(self, change: RowChange, wanted: Image) -> str | None:
        """Whether a unique place that the row needs has been taken by another row."""
        if self.all_move(change.table, self.around.holders(change, wanted)):
            return None
        return f"Another {noun(change.table)} has taken its place since."

    def crowded_group(self, change: RowChange, wanted: Image) -> str | None:
        """Whether a label has been put on since that excludes the one to be put back."""
        returns = change.after is None or "customer_id" in changed_columns(change)
        if change.table != "label" or not returns:
            return None
        if self.all_move("label", self.around.excluding(wanted)):
            return None
        return "Another label of its group was put on since."

    def taken_identifier(self, change: RowChange, wanted: Image) -> str | None:
        """Whether an identifier comes back to an anonymous customer while another one has it."""
        if change.after is not None or not self.is_anonymous(change, wanted):
            return None
        if self.all_move("identity", self.around.held_anonymously(wanted)):
            return None
        return "Another anonymous customer has got the identifier since."

    def is_anonymous(self, change: RowChange, wanted: Image) -> bool:
        """Whether the row is an identity that decides for a customer who will be anonymous."""
        if change.table != "identity" or wanted["is_shared"] or wanted["is_retired"]:
            return False
        owner: Place = "customer", wanted["customer_id"]
        image = self.now.get(owner, {})
        if self.moves(owner):
            image = self.wanted.get(owner, image)
        return bool(image.get("is_anonymous"))


def conflicts_of(
    changes: list[RowChange], now: Images, vetoed: Mapping[Place, str] = {}
) -> list[UndoConflict]:
    """The rows that cannot be put back, of customers who are locked, with those `vetoed`."""
    return UndoConflicts(changes, now, vetoed).collisions()


def noun(table: str) -> str:
    return "old id" if table == "alias" else table


def wanted_image(change: RowChange, current: Image | None) -> Image:
    """The row as it will be once it is put back; later changes of other columns stay."""
    before: Image = change.before or {}
    return (current or before) | {name: before[name] for name in changed_columns(change)}


def is_changed(change: RowChange, current: Image) -> bool:
    """Whether somebody wrote what the operation wrote, or gave the row to somebody else."""
    after: Image = change.after or {}
    owner = OWNED[change.table][1]
    columns = {*(changed_columns(change) if change.before else content(change.table, after)), owner}
    if change.table == "value" and "text" in columns:
        columns |= TYPED_COLUMNS
    return any(current.get(name) != after.get(name) for name in columns)


def elsewhere(places: Iterable[Place]) -> Images:
    """Rows that have gone to customers who had no part in the operation."""
    found: Images = {}
    rows: dict[str, list[int]] = {}
    for table, row in places:
        rows.setdefault(table, []).append(row)
    for table, pks in rows.items():
        model, _ = OWNED[table]
        for some in batches(pks):
            for image in model._default_manager.filter(pk__in=some).values():
                found[table, image["id"]] = image_of(image)
    return found


def later_operations(changes: Iterable[RowChange]) -> dict[Place, str]:
    """By row, the last operation after that of `changes` that changed it and is in force."""
    found: dict[Place, str] = {}
    rows: dict[tuple[str, int], list[int]] = {}
    for change in changes:
        rows.setdefault((change.table, change.operation_id), []).append(change.row)
    for (table, operation), pks in rows.items():
        for some in batches(pks):
            later = RowChange.objects.filter(
                table=table, row__in=some, operation__gt=operation, operation__undone_by=None
            ).order_by("operation")
            for row, public_id in later.values_list("row", "operation__public_id"):
                found[table, row] = public_id
    return found


def describe_conflict(collision: UndoConflict) -> dict[str, Any]:
    return {
        "what": collision.table,
        "reason": collision.reason,
        "operation": collision.operation,
    }
