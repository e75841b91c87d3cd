"""Wanted fields, checked by the rules that hold everywhere before they are in the draft."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError

from .documents import FieldDocument, field_of
from .field_validation import (
    check_field,
    fill_length,
    refuse_clearing_pii,
    refuse_fixed,
    refuse_unsearchable,
)
from .models import ChannelType, FieldDefinition


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
            refuse_unsearchable(known, document)
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
