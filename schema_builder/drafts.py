"""The draft that supervisors share: what they want of the schema, unseen by agents until published."""

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from foundation.public_ids import new_public_id
from foundation.text import folded, tidied

from .documents import FieldDocument, by_id, current_fields, field_of
from .editing import check_field, fill_length, refuse_clearing_pii, refuse_fixed
from .models import ChannelType, FieldDefinition, SchemaDraft
from .plans import Plan, Rebased, full_plan, rebased
from .versions import lock_schema, version_number

THE_DRAFT = 1
SECTION_LENGTH = 50
# A form that arranges them all has two inputs for each, and Django takes a thousand.
MOST_FIELDS = 400


class DraftChanged(Exception):
    """Somebody else edited the draft, or published, since the caller looked."""

    def __init__(self, by: str = ""):
        who = f"{by} has" if by else "Somebody has"
        super().__init__(
            f"{who} changed the schema meanwhile. Look at it as it is now, then repeat."
        )


class FieldIsActive(Exception):
    """Only a field that nobody sees any more may be deleted."""

    def __init__(self, label: str):
        super().__init__(f"“{label}” is in use: deactivate it first, and publish.")


class UnknownField(Exception):
    """The draft has no such field."""

    def __init__(self):
        super().__init__("The field is no longer there.")


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
def edit_draft(known: str, author: str, change: Callable[[Draft], None]) -> Draft:
    """Let `change` edit the draft, and keep it.

    Raises DraftChanged where the draft is not as the caller knows it, and whatever `change` does.
    """
    lock_schema()
    draft = locked_draft(known)
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
        raise DraftChanged(draft.updated_by)
    return draft


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


def put_field(document: FieldDocument, *, may_clear_pii: bool) -> Callable[[Draft], None]:
    """The edit that adds or replaces one field; raises as `Checker.check` does."""

    def change(draft: Draft) -> None:
        draft.replace(Checker(may_clear_pii).check(document, draft.fields))

    return change


class Checker:
    """Checks field documents against the schema they are wanted for. Two queries for all."""

    def __init__(self, may_clear_pii: bool):
        self.may_clear_pii = may_clear_pii
        fields = FieldDefinition.objects.prefetch_related("channel_types")
        self.published = {one.public_id: one for one in fields}
        self.channels = {one.name: one for one in ChannelType.objects.order_by("id")}

    def check(self, document: FieldDocument, fields: Iterable[FieldDocument]) -> FieldDocument:
        """The document, complete, if its field fits among `fields`.

        Raises ValidationError keyed by model field, and PermissionDenied where it takes the PII
        mark away without the right to.
        """
        known = self.published.get(document["id"])
        field = field_of(document, known)
        if known is not None:
            refuse_fixed(known, document, converts=True)
            refuse_clearing_pii(known, document, self.may_clear_pii)
            if known.is_system and known.is_searchable and not field.is_searchable:
                raise ValidationError({"is_searchable": "A system field stays searchable."})
        unknown = [name for name in document["channel_types"] if name not in self.channels]
        if unknown:
            raise ValidationError({"channel_types": f"There is no channel type {unknown[0]}."})
        fill_length(field)
        others = [(one["key"], one["label"]) for one in fields if one["id"] != document["id"]]
        check_field(field, [self.channels[name] for name in document["channel_types"]], others)
        return document | {"length": field.length}

    def check_all(self, fields: Sequence[FieldDocument]) -> list[FieldDocument]:
        """As `check`, for a whole schema; the problems are keyed by field and model field."""
        problems: dict[str, list[str]] = {}
        checked = []
        for document in fields:
            try:
                checked.append(self.check(document, fields))
            except ValidationError as error:
                for name, messages in error.message_dict.items():
                    problems[f"{document['key']}.{name}"] = messages
        if problems:
            raise ValidationError(problems)
        return checked


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


def remove_field(public_id: str, *, typed_key: str) -> Callable[[Draft], None]:
    """The edit that deletes a field, which has to be inactive; what is new just goes.

    Raises FieldIsActive, and ValidationError where the key was not typed.
    """

    def change(draft: Draft) -> None:
        document = draft.document(public_id)
        published = by_id(draft.base).get(public_id)
        if published and (published["is_active"] or document["is_active"]):
            raise FieldIsActive(document["label"])
        if published and typed_key.strip() != document["key"]:
            raise ValidationError({"key": f"Type {document['key']} to delete the field."})
        draft.fields = [one for one in draft.fields if one["id"] != public_id]
        draft.mappings.pop(public_id, None)

    return change


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
    """The edit that gives a section another name; one that is there already takes its fields."""

    def change(draft: Draft) -> None:
        name = section_name(new)
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
