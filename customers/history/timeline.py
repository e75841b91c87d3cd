"""Operations as people read them: a sentence each, and every difference below it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from access.actors import Caller
from customers.masking import UNNAMED, FieldAccess
from customers.models import Customer, CustomerLabel, Operation, RowChange
from customers.permissions import RIGHTS
from customers.system_fields import NAME_FIELD
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

from .descriptions import OperationDescriber
from .phrases import flag_phrases, named_customers, phrase, until
from .recording import Image

MOST_DIFFERENCES = 40
PHRASES_IN_A_TITLE = 2
ICONS = {
    Operation.Kind.EDIT: "edit",
    Operation.Kind.RELINK: "link",
    Operation.Kind.MERGE: "merge",
    Operation.Kind.SPLIT: "split",
    Operation.Kind.CLAIM: "tag",
    Operation.Kind.RELEASE: "tag",
    Operation.Kind.BULK: "checklist",
    Operation.Kind.DELETE: "close",
    Operation.Kind.ABSORB: "close",
    Operation.Kind.IMPORT: "add",
    Operation.Kind.UNDO: "undo",
}
LABELS = {"alias": "Old id"}
YES_NO = {"true": "Yes", "false": "No"}
AGAIN = ("done again", "undone")


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of a diff table; whose it was and is, where that is not the same customer."""

    what: str
    before: Any
    after: Any
    before_of: str = ""
    after_of: str = ""
    row: tuple[str, int] = ("", 0)
    # The key of the field: the row of a customer shows more than one.
    field: str | None = None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One operation in the stream of a customer."""

    public_id: str
    icon: str
    title: str
    actor: str
    at: datetime
    reason: str
    is_undone: bool
    may_undo: bool
    differences: list[Difference] = field(default_factory=list)
    left_out: int = 0


class Timeline:
    """Tells operations about one customer; the statements do not grow with their number."""

    def __init__(self, schema: Schema, mask: FieldAccess, viewer: Caller):
        self.teller = OperationDescriber(schema, mask)
        self.mask = mask
        self.name_field = schema.by_key[NAME_FIELD]
        self.viewer = viewer
        self.by_key = {field.key: field for field in self.teller.fields.values()}

    def entries(self, operations: Iterable[Operation], about: str) -> list[TimelineEntry]:
        operations = list(operations)
        chains = chains_of(operations)
        names = self.names_in(operations)
        return [
            self.entry(operation, about, names, *chains[operation.pk]) for operation in operations
        ]

    def entry(
        self, operation, about: str, names: dict[str, str], kind: str, undos: int
    ) -> TimelineEntry:
        told = self.differences(operation)
        shown = [self.shown(row, change, names) for row, change in told[:MOST_DIFFERENCES]]
        if operation.is_bulk and not about:
            shown = [with_owner(line, row, names) for line, row in zip(shown, told, strict=False)]
        return TimelineEntry(
            public_id=operation.public_id,
            icon=ICONS[operation.kind],
            title=entry_title(operation, [row for _, row in told], about, names, kind, undos),
            actor=operation.actor,
            at=operation.at,
            reason=operation.reason,
            is_undone=operation.undone_by_id is not None,
            may_undo=operation.undone_by_id is None
            and self.viewer.has_perm(RIGHTS[Operation.Kind(kind)]),
            differences=shown,
            left_out=len(told) - len(shown),
        )

    def differences(self, operation: Operation) -> list[tuple[RowChange, dict[str, Any]]]:
        """The visible differences, each with the row it is of."""
        known = {row.customer_pk: row.public_id for row in operation.customers.all()}
        return [
            (change, self.worded(told) | {"marks": flag_phrases(change)})
            for change in operation.changes.all()
            for told in self.teller.tell(change, known)
        ]

    def worded(self, told: dict[str, Any]) -> dict[str, Any]:
        """The difference with the words that pages use for its field and values."""
        field = self.by_key.get(told["field"])
        return told | {
            "label": field.label if field else LABELS.get(told["what"], told["what"].capitalize()),
            "before": display_value(told["before"], field),
            "after": display_value(told["after"], field),
        }

    def shown(self, change: RowChange, told: dict[str, Any], names: dict[str, str]) -> Difference:
        before, after = told["before"] or "", mark_phrases(told["after"] or "", told["marks"])
        moved = told["from"] != told["to"] and told["from"] and told["to"]
        return Difference(
            what=told["label"],
            before=before,
            after=after,
            before_of=names.get(told["from"], "") if moved else "",
            after_of=names.get(told["to"], "") if moved else "",
            row=(change.table, change.row),
            field=told["field"],
        )

    def as_it_returns(self, line: Difference, change: RowChange, worn: CustomerLabel) -> Difference:
        """The line of a label that comes back with how long it stays, where it had an end."""
        if not (change.before or {}).get("expires_at"):
            return line
        return replace(line, before=f"{line.before} ({until(worn.expires_at) or 'for good'})")

    def by_now(self, line: Difference, change: RowChange, image: Image | None) -> Difference:
        """The line with what stands there today in place of what the operation wrote."""
        if image is None:
            return replace(line, after="", after_of="")
        came = RowChange(table=change.table, row=change.row, after=image)
        told = {told["field"]: self.worded(told) for told in self.teller.tell(came, {})}
        after = told[line.field]["after"] or "" if line.field in told else ""
        marks = flag_phrases(RowChange(table=change.table, before=change.before, after=image))
        owner = self.owner_by_now(line, change, image)
        return replace(line, after=mark_phrases(after, marks), after_of=owner)

    def owner_by_now(self, line: Difference, change: RowChange, image: Image) -> str:
        before, after, now = (
            self.teller.owner(change.table, of or {}) for of in (change.before, change.after, image)
        )
        if now == after:
            return line.after_of
        return line.before_of if now == before else "somebody else"

    def names_in(self, operations: list[Operation]) -> dict[str, str]:
        """Names by id, also of those who are gone; masked."""
        found: dict[str, str] = {}
        for operation in operations:
            for change in operation.changes.all():
                if change.table == "customer":
                    image: Image = change.after or change.before or {}
                    found.setdefault(image["public_id"], image["first_name"])
        wanted = {row.public_id for operation in operations for row in operation.customers.all()}
        alive = Customer.objects.filter(public_id__in=wanted)
        found |= dict(alive.values_list("public_id", "first_name"))
        return {
            public_id: self.mask(self.name_field, name) or UNNAMED
            for public_id, name in found.items()
        }


def mark_phrases(text: Any, marks: list[str]) -> Any:
    return f"{text} ({', '.join(marks)})" if marks else text


def with_owner(line: Difference, told: tuple[RowChange, dict[str, Any]], names) -> Difference:
    """The line with the name of whose row it is, among the rows of many."""
    _, row = told
    return replace(line, what=f"{line.what} of {names.get(row['to'] or row['from'], 'somebody')}")


def chains_of(operations: list[Operation]) -> dict[int, tuple[str, int]]:
    """By key: the kind at the bottom of a chain of undos, and how many undos lie on it.

    A statement for each level, whatever the number of operations.
    """
    kinds = {operation.pk: (operation.kind, operation.takes_back_id) for operation in operations}
    while missing := {below for _, below in kinds.values() if below} - kinds.keys():
        rows = Operation.objects.filter(pk__in=missing).values_list("pk", "kind", "takes_back_id")
        kinds |= {pk: (kind, below) for pk, kind, below in rows}
    found = {}
    for operation in operations:
        kind, below = kinds[operation.pk]
        undos = 0
        while below:
            kind, below = kinds[below]
            undos += 1
        found[operation.pk] = (kind, undos)
    return found


def entry_title(operation, told, about: str, names, kind: str, undos: int) -> str:
    """The operation in one sentence, as the customer `about` saw it."""
    if kind == Operation.Kind.MERGE:
        title = merge_title(told, about, names, undos)
    elif kind == Operation.Kind.SPLIT:
        title = split_title(told, about, names, undos)
    elif kind == Operation.Kind.RELINK:
        title = relink_title(told, about, names)
    elif kind == Operation.Kind.DELETE:
        title = "Deleted" if about else f"{how_many(operation)} deleted"
    elif kind == Operation.Kind.ABSORB:
        title = "Anonymous twin deleted"
    else:
        words = import_title if kind == Operation.Kind.IMPORT else edit_title
        title = words(told, about, names)
        title = f"{AGAIN[undos % 2].capitalize()}: {title}" if undos else title
        return title if about or not operation.is_bulk else f"{how_many(operation)}: {title}"
    return f"{title}: {AGAIN[undos % 2]}" if undos else title


def edit_title(told, about, names) -> str:
    phrases = list(dict.fromkeys(filter(None, (phrase(row, about, names) for row in told))))
    more = len(phrases) - PHRASES_IN_A_TITLE
    title = " · ".join(phrases[:PHRASES_IN_A_TITLE]) or "Changed"
    return f"{title} · {more} more" if more > 0 else title


def import_title(told, about, names) -> str:
    if any(row["before"] for row in told):
        return f"Imported: {edit_title(told, about, names)}"
    return "Imported"


def how_many(operation: Operation) -> str:
    count = len(operation.customers.all())
    return f"{count} customers" if count != 1 else "1 customer"


def merge_title(told, about, names, undos) -> str:
    came, went = named_customers(told)
    parties = went if undos % 2 == 0 else came
    others = [names.get(public_id, "somebody") for public_id in parties if public_id != about]
    if about in parties:
        return "Merged into another customer"
    return f"{' and '.join(others) or 'Somebody'} merged in"


def split_title(told, about, names, undos) -> str:
    came, went = named_customers(told)
    parts = came if undos % 2 == 0 else went
    if about in parts:
        return "Split off from another customer"
    return f"{' and '.join(names.get(part, 'somebody') for part in parts) or 'Somebody'} split off"


def relink_title(told, about, names) -> str:
    moved = [row for row in told if row["what"] == "conversation" and row["from"] != row["to"]]
    what = "Conversation" if len(moved) == 1 else f"{len(moved)} conversations"
    if not moved:
        return "Conversation linked"
    source, target = moved[0]["from"], moved[0]["to"]
    if target == about:
        return f"{what} moved here from {names.get(source, 'somebody')}"
    return f"{what} moved to {names.get(target, 'somebody')}"


def display_value(value: Any, field: FieldDefinition | None) -> Any:
    """A stored value as people read it; None stays what is not there."""
    if value is None or field is None:
        return value
    if isinstance(value, bool) or isinstance(field.field_type.to_wire(value), bool):
        return YES_NO.get(str(value).lower(), value)
    labels = {option["value"]: option.get("label") or option["value"] for option in field.options}
    return ", ".join(labels.get(text, text) for text in str(value).split("\n"))
