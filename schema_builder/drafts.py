"""The draft that supervisors share: what they want of the schema, unseen by agents until published."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from foundation.public_ids import new_public_id
from foundation.text import folded

from .documents import FieldDocument, by_id, current_fields
from .draft_validation import Checker
from .exceptions import DraftChanged, FieldIsActive, FieldMoved, UnknownField
from .models import SchemaDraft
from .plans import Plan, Rebased, full_plan, rebased
from .versions import latest_version, lock_schema, version_number

THE_DRAFT = 1
# A form that arranges them all has two inputs for each, and Django takes a thousand.
MOST_FIELDS = 400


@dataclass
class Draft:
    """The draft as it is, or the schema itself where nobody has begun one."""

    # What a caller states to say which state of the draft it knows.
    token: str
    base: list[FieldDocument]
    fields: list[FieldDocument]
    mappings: dict[str, dict[str, str]] = field(default_factory=dict)
    source: str = ""
    updated_by: str = ""
    updated_at: Any = None

    @property
    def is_begun(self) -> bool:
        return self.updated_at is not None

    def plan(self) -> Plan:
        """What the draft changes of what it was begun from."""
        return full_plan(self.base, self.fields, self.mappings)

    def rebased(self) -> Rebased:
        """The draft as it would change the schema of now. Two queries."""
        return rebased(self.base, self.fields, current_fields())

    def document(self, public_id: str) -> FieldDocument:
        """Raises UnknownField."""
        try:
            return by_id(self.fields)[public_id]
        except KeyError:
            raise UnknownField from None

    def with_field(self, document: FieldDocument) -> "Draft":
        """The same draft, with one of its fields as the document says; raises UnknownField."""
        self.document(document["id"])
        fields = [document if one["id"] == document["id"] else one for one in self.fields]
        return replace(self, fields=fields)

    def refuse_moved(self, opened: FieldDocument) -> None:
        """Raises FieldMoved where the field is not as it was opened, and UnknownField."""
        now = self.document(opened["id"])
        if now != opened:
            raise FieldMoved(opened, now, last_hand(self))

    def replace(self, document: FieldDocument) -> None:
        """Put the document where the field of its id is, or after the last of its section."""
        ids = [one["id"] for one in self.fields]
        if document["id"] in ids:
            self.fields[ids.index(document["id"])] = document
            return
        if len(ids) >= MOST_FIELDS:
            raise ValidationError({"label": f"A schema has at most {MOST_FIELDS} fields."})
        places = [at for at, one in enumerate(self.fields) if one["section"] == document["section"]]
        self.fields.insert(places[-1] + 1 if places else len(ids), document)


def read_draft() -> Draft:
    """The draft, or what one would begin with."""
    row = SchemaDraft.objects.filter(pk=THE_DRAFT).first()
    if row is None:
        fields = current_fields()
        return Draft(f"v{version_number()}", fields, copy.deepcopy(fields))
    return Draft(
        row.token,
        row.base,
        row.fields,
        row.mappings,
        row.source,
        row.updated_by,
        row.updated_at,
    )


@transaction.atomic
def edit_draft(known: str | None, author: str, change: Callable[[Draft], None]) -> Draft:
    """Let `change` edit the draft, and keep it.

    Raises DraftChanged where the draft is not as the caller knows it, and whatever `change` does.
    None is for a change that looks for itself whether it still fits.
    """
    lock_schema()
    draft = read_draft() if known is None else locked_draft(known)
    change(draft)
    # A mapping is about options that go; what is there again needs none.
    draft.mappings = {key: said for key, said in draft.mappings.items() if said}
    if draft.fields == draft.base:
        forget_draft()
    else:
        keep(draft, author)
    return read_draft()


def locked_draft(known: str) -> Draft:
    """The draft, of which nobody else changes anything before the transaction ends."""
    draft = read_draft()
    if draft.token != known:
        raise DraftChanged(last_hand(draft))
    return draft


def last_hand(draft: Draft) -> str:
    """Who edited the draft last or, where there is none, changed the schema."""
    version = None if draft.is_begun else latest_version()
    return version.author if version else draft.updated_by


def keep(draft: Draft, author: str) -> None:
    SchemaDraft.objects.update_or_create(
        pk=THE_DRAFT,
        defaults={
            "token": new_public_id(),
            "base": draft.base,
            "fields": draft.fields,
            "mappings": draft.mappings,
            "source": draft.source,
            "updated_by": author,
            "updated_at": timezone.now(),
        },
    )


def forget_draft() -> None:
    SchemaDraft.objects.filter(pk=THE_DRAFT).delete()


@transaction.atomic
def discard_draft(known: str) -> None:
    """Drop what nobody has published. Raises DraftChanged."""
    lock_schema()
    locked_draft(known)
    forget_draft()


def put_field(
    document: FieldDocument, *, may_clear_pii: bool, opened: FieldDocument | None = None
) -> Callable[[Draft], None]:
    """The edit that adds or replaces one field; raises as `Checker.check` does.

    `opened` is the field as the caller knows it; raises FieldMoved where it is another by now.
    """

    def change(draft: Draft) -> None:
        if opened is not None:
            draft.refuse_moved(opened)
        draft.replace(Checker(may_clear_pii).check(document, draft.fields))

    return change


def duplicate_field(public_id: str) -> Callable[[Draft], None]:
    """The edit that adds a copy of a field, right behind it, that serves no channel yet."""

    def change(draft: Draft) -> None:
        original = draft.document(public_id)
        number = next(
            n
            for n in range(2, MOST_FIELDS + 3)
            if not is_taken(draft, f"{original['key'][:60]}{n}", f"{original['label'][:46]} {n}")
        )
        copied = original | {
            "id": new_public_id(),
            "key": f"{original['key'][:60]}{number}",
            "label": f"{original['label'][:46]} {number}",
            "channel_types": [],
            "is_active": True,
        }
        at = [one["id"] for one in draft.fields].index(public_id)
        draft.fields.insert(at + 1, copied)

    return change


def is_taken(draft: Draft, key: str, label: str) -> bool:
    return any(one["key"] == key or folded(one["label"]) == folded(label) for one in draft.fields)


def switch_field(public_id: str, *, is_active: bool) -> Callable[[Draft], None]:
    """The edit that hides a field everywhere, or shows it again."""

    def change(draft: Draft) -> None:
        document = draft.document(public_id) | {"is_active": is_active}
        draft.replace(Checker(may_clear_pii=True).check(document, draft.fields))

    return change


def remove_field(
    public_id: str, *, typed_key: str, opened: FieldDocument | None = None
) -> Callable[[Draft], None]:
    """The edit that deletes a field, which has to be inactive; what is new just goes.

    Raises FieldIsActive, ValidationError where the key was not typed, and as `put_field` does.
    """

    def change(draft: Draft) -> None:
        if opened is not None:
            draft.refuse_moved(opened)
        document = draft.document(public_id)
        published = by_id(draft.base).get(public_id)
        if published and (published["is_active"] or document["is_active"]):
            raise FieldIsActive(document["label"])
        if published and typed_key.strip() != document["key"]:
            raise ValidationError({"key": f"Type {document['key']} to delete the field."})
        draft.fields = [one for one in draft.fields if one["id"] != public_id]
        draft.mappings.pop(public_id, None)

    return change


def map_options(public_id: str, mapping: dict[str, str]) -> Callable[[Draft], None]:
    """The edit that says what values get in place of options that go; "" leaves them empty.

    Raises ValidationError for options that are not there.
    """

    def change(draft: Draft) -> None:
        published = by_id(draft.base).get(public_id, {"options": []})
        there = {option["value"] for option in draft.document(public_id)["options"]}
        gone = {option["value"] for option in published["options"]} - there
        if not mapping.keys() <= gone or not set(mapping.values()) <= there | {""}:
            raise ValidationError({"options": "Choose among the options that stay."})
        draft.mappings[public_id] = draft.mappings.get(public_id, {}) | mapping

    return change


def load_fields(
    fields: Sequence[FieldDocument], source: str, *, may_clear_pii: bool
) -> Callable[[Draft], None]:
    """The edit that wants all of `fields`, and nothing else; raises as `Checker.check_all`."""

    def change(draft: Draft) -> None:
        draft.fields = Checker(may_clear_pii).check_all(fields)
        draft.source, draft.mappings = source, {}

    return change


def keep_ours() -> Callable[[Draft], None]:
    """The edit that begins the draft anew from the schema of now, all its changes kept."""

    def change(draft: Draft) -> None:
        draft.fields, draft.base = draft.rebased().fields, current_fields()

    return change
