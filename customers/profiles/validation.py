"""A customer's fields as a client sends them: checked together, ready to be saved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from customers.error_messages import LOCKED, NO_IDENTITY, UNKNOWN
from customers.labelling.terms import NO_TERMS, LabelAssignment, terms_in
from customers.masking import FieldAccess
from customers.models import ChannelIdentity
from customers.models.identity import IDENTIFIER_LENGTH
from customers.system_fields import ANONYMOUS_FIELD, LABELS_FIELD, NAME_FIELD
from foundation.public_ids import is_public_id
from foundation.text import is_blank, tidied
from labels.aliases import labels_known_as
from labels.models import Label
from schema_builder.models import MOST_IDENTIFIERS, FieldDefinition
from schema_builder.schema import Schema
from schema_builder.types import StoredValue, looks_masked

from .identifiers import Identifier, identifier_in, is_ignored_in
from .options import offering
from .rows import stored_identifier

# Texts that are read of one field: each identifier may come in several spellings.
MOST_TEXTS = 10 * MOST_IDENTIFIERS
TOO_MANY = f"Holds at most {MOST_IDENTIFIERS} values."
MOST_LABELS = 100
REQUIRED = "This field is required."
MASKED = "Hidden from you, and changed meanwhile: reload it, or type a new value."
ALIKE = "Several values look alike to you. Ask somebody who may see them to remove one."


@dataclass
class CustomerState:
    """What a customer has before a write; empty for a new one."""

    first_name: str = ""
    identities: list[ChannelIdentity] = field(default_factory=list)
    # Text by field id.
    values: dict[int, str] = field(default_factory=dict)

    def identities_in(self, definition: FieldDefinition) -> list[ChannelIdentity]:
        return [i for i in self.identities if i.field_id == definition.pk and not i.is_retired]

    def without_held(self, identifiers: Iterable[Identifier]) -> list[Identifier]:
        """Those of the identifiers that the customer does not have yet."""
        held = {(i.field_id, i.match_key) for i in self.identities if not i.is_retired}
        return [one for one in identifiers if (one.field.pk, one.match_key) not in held]


@dataclass
class CleanedFields:
    """The outcome of cleaning: what is absent here stays as it is."""

    first_name: str | None = None
    is_anonymous: bool | None = None
    labels: list[Label] | None = None
    label_terms: LabelAssignment = NO_TERMS
    identities: dict[int, list[Identifier]] = field(default_factory=dict)
    values: dict[int, StoredValue | None] = field(default_factory=dict)

    @property
    def wanted_identifiers(self) -> list[Identifier]:
        return [identifier for found in self.identities.values() for identifier in found]


class BodyCleaner:
    """Cleans one customer body against the schema and collects every problem of it."""

    def __init__(self, schema: Schema, stored: CustomerState, mask: FieldAccess):
        self.schema = schema
        self.stored = stored
        self.mask = mask
        self.problems: dict[str, list[str]] = {}

    def clean(self, body: Mapping[str, Any], *, is_new: bool, partial: bool) -> CleanedFields:
        """The fields that `body` writes.

        `partial`: a field that is absent stays as it is; otherwise it is emptied, and a new
        customer takes the default of a required one. Raises ValidationError keyed by field.
        """
        cleaned = CleanedFields()
        self.refuse_unknown(body)
        for definition in self.schema.fields:
            key = definition.key
            if partial and key not in body:
                continue
            clean = self.clean_locked if self.mask.locks(definition) else self.clean_field
            try:
                clean(definition, body.get(key), cleaned, is_new=is_new)
            except ValidationError as error:
                self.problems[key] = error.messages
        try:
            cleaned.label_terms = terms_in(body)
        except ValidationError as error:
            self.problems |= error.message_dict
        if self.problems:
            raise ValidationError(self.problems)
        return cleaned

    def refuse_unknown(self, body):
        for key in body:
            if key not in self.schema.by_key and key not in settings.RESERVED_FIELD_KEYS:
                self.problems[key] = [UNKNOWN]

    def clean_field(self, definition, raw, cleaned, *, is_new):
        if definition.key == LABELS_FIELD:
            cleaned.labels = clean_labels(raw)
        elif definition.key == ANONYMOUS_FIELD:
            cleaned.is_anonymous = clean_flag(raw)
        elif definition.is_channel_identifier:
            cleaned.identities[definition.pk] = self.clean_identifiers(
                definition, raw, is_new=is_new
            )
        elif definition.key == NAME_FIELD:
            cleaned.first_name = self.clean_name(definition, raw, is_new=is_new)
        elif not self.is_unchanged(definition, raw):
            cleaned.values[definition.pk] = self.clean_value(
                definition, raw, needed=is_new or definition.pk in self.stored.values, is_new=is_new
            )

    def clean_locked(self, definition, raw, cleaned, *, is_new):
        """A field that the caller may not write: left alone, or given its default."""
        if not self.is_as_seen(definition, raw):
            raise ValidationError(LOCKED if self.mask.shows(definition) else UNKNOWN)
        if is_new and definition.is_required:
            value = definition.field_type.clean(definition.default_value, definition)
            if definition.key == NAME_FIELD:
                cleaned.first_name = value.text if value else ""
            elif not definition.is_channel_identifier:
                cleaned.values[definition.pk] = value

    def is_as_seen(self, definition, raw) -> bool:
        """True where `raw` says nothing, or what the caller sees stored."""
        if raw in (None, "", [], [""]):
            return True
        if not self.mask.shows(definition):
            return False
        if definition.is_channel_identifier:
            held = self.stored.identities_in(definition)
            shown = [self.mask(definition, identity.value) for identity in held]
            return sorted(field_texts(raw)) == sorted(shown)
        if definition.key == NAME_FIELD:
            return raw == self.mask(definition, self.stored.first_name)
        return self.is_unchanged(definition, raw)

    def clean_value(self, definition, raw, *, needed, is_new) -> StoredValue | None:
        """The value of one field.

        A required one that never had a value is not `needed`: nobody could write the customer
        any more after a supervisor made the field required.
        """
        refuse_mask(definition, raw, self.mask)
        if not self.mask.hides(definition):
            definition = offering(definition, self.stored.values.get(definition.pk, ""))
        value = definition.field_type.clean(None if raw in ([], [""]) else raw, definition)
        if value is None and is_new and definition.is_required:
            value = definition.field_type.clean(definition.default_value, definition)
        if value is None and definition.is_required and needed:
            raise ValidationError(REQUIRED)
        return value

    def clean_name(self, definition, raw, *, is_new) -> str | None:
        if raw and raw == self.mask(definition, self.stored.first_name):
            return None
        value = self.clean_value(definition, raw, needed=True, is_new=is_new)
        return value.text if value else ""

    def is_unchanged(self, definition, raw) -> bool:
        """True where `raw` is what the caller sees stored, masked or not.

        It is not judged again: rules may have become stricter since.
        """
        text = self.stored.values.get(definition.pk)
        return text is not None and raw == self.mask.to_wire(definition, text)

    def clean_identifiers(self, definition, raw, *, is_new) -> list[Identifier]:
        """The identifiers of one field; those the customer has already are not judged again."""
        held = self.stored.identities_in(definition)
        known_keys = {identity.match_key for identity in held}
        as_stored = {identity.value: identity for identity in held}
        found: dict[str, Identifier] = {}
        texts = field_texts(raw)
        if len(texts) > MOST_TEXTS:
            # Nobody waits for thousands of numbers to be read.
            raise ValidationError(TOO_MANY)
        for text in self.unmasked(definition, held, texts):
            identifier = (
                stored_identifier(definition, as_stored[tidied(text)], self.schema)
                if tidied(text) in as_stored
                else identifier_in(definition, tidied(text), self.schema)
            )
            if identifier.match_key not in known_keys:
                check_identifier(identifier, self.schema)
            found.setdefault(identifier.match_key, identifier)
        if len(found) > MOST_IDENTIFIERS:
            raise ValidationError(TOO_MANY)
        if not found and definition.is_required and (is_new or held):
            raise ValidationError(REQUIRED)
        return list(found.values())

    def unmasked(self, definition, held, texts: list[str]) -> list[str]:
        """`texts` with the masks of what the customer holds read back as what they hide."""
        if not self.mask.hides(definition):
            return texts
        hidden: dict[str, list[str]] = {}
        for identity in held:
            hidden.setdefault(self.mask(definition, identity.value), []).append(identity.value)
        for shown, values in hidden.items():
            if 0 < texts.count(shown) < len(values):
                raise ValidationError(ALIKE)
        read = [hidden[text].pop(0) if hidden.get(text) else text for text in texts]
        for text, before in zip(read, texts, strict=True):
            if text == before:
                refuse_mask(definition, text, self.mask)
        return read


def refuse_mask(definition: FieldDefinition, raw: Any, mask: FieldAccess) -> None:
    """Raise ValidationError for a mask of another value, which would be stored as the value."""
    texts = raw if isinstance(raw, list) else [raw]
    if mask.hides(definition) and any(
        looks_masked(text) for text in texts if isinstance(text, str)
    ):
        raise ValidationError(MASKED)


def check_identifier(identifier: Identifier, schema: Schema) -> None:
    """Raise ValidationError where no customer is to have such an identifier.

    What a channel delivered and identification stored may be written, whatever it is. Costs a
    query where the type refuses the identifier.
    """
    if len(identifier.value) > IDENTIFIER_LENGTH:
        raise ValidationError(f"Ensure this field has no more than {IDENTIFIER_LENGTH} characters.")
    definition = identifier.field
    if is_ignored_in(definition, identifier.value, schema):
        raise ValidationError(NO_IDENTITY.format(identifier.value))
    numbering = schema.numbering[definition.pk]
    try:
        definition.field_type.check_identifier(identifier.value, definition, numbering)
    except ValidationError:
        if not (identifier.identifies and is_delivered(identifier)):
            raise


def is_delivered(identifier: Identifier) -> bool:
    """Return whether a customer has the identifier already."""
    return ChannelIdentity.objects.filter(
        field=identifier.field, match_key=identifier.match_key
    ).exists()


def field_texts(raw: Any) -> list[str]:
    """The identifiers in `raw`, empty ones left out (contract 13.9)."""
    if raw is None:
        return []
    items = raw if isinstance(raw, list) else [raw]
    if not all(isinstance(item, str | None) for item in items):
        raise ValidationError("Must be a list of strings.")
    return [item for item in items if item is not None and not is_blank(item)]


def clean_flag(raw: Any) -> bool | None:
    if raw in (None, "", [], [""]):
        return None
    if isinstance(raw, bool):
        return raw
    if raw in ("true", "false"):
        return raw == "true"
    raise ValidationError("Must be true or false.")


def clean_labels(raw: Any, *, must_exist: bool = False) -> list[Label] | None:
    """Return the labels with the ids in the list `raw`, with ids from before a merge likewise.

    None, which leaves the labels of a customer alone, where `raw` names none. Ids of no label are
    ignored like null, because the label may have been deleted meanwhile (contract 14.7). Where
    they `must_exist`, an id from before a merge is refused like an unknown one.
    """
    if raw in (None, ""):
        return None
    ids = [item for item in raw if item not in (None, "")] if isinstance(raw, list) else [raw]
    if not all(isinstance(item, str) for item in ids):
        raise ValidationError("Must be a list of label ids.")
    if len(ids) > MOST_LABELS:
        raise ValidationError(f"Holds at most {MOST_LABELS} values.")
    labels = labels_known_as(ids, follows_merges=not must_exist)
    for public_id in ids:
        if public_id not in labels and (must_exist or not is_public_id(public_id)):
            raise ValidationError(f'"{public_id}" is not the id of a label.')
    return list(dict.fromkeys(labels.values())) if labels or raw == [] else None
