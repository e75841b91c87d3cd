"""The schema as a document: every field an object that JSON keeps exactly, in order."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from .models import ChannelType, FieldDefinition
from .types import plain_number

# What a field document says besides its id, by the names of the model.
ATTRIBUTES = (
    "key",
    "label",
    "description",
    "type",
    "length",
    "min_value",
    "max_value",
    "pattern",
    "options",
    "is_required",
    "default_value",
    "is_pii",
    "mask_start",
    "mask_end",
    "role_visibility",
    "is_searchable",
    "is_channel_identifier",
    "channel_types",
    "section",
    "is_active",
)
LIMITS = ("min_value", "max_value")

# {"id": public id, attribute: value, …}
FieldDocument = dict[str, Any]


def document_of(field: FieldDefinition, channel_types: Iterable[ChannelType]) -> FieldDocument:
    """The document of a field that serves these channel types."""
    found = {name: getattr(field, name) for name in ATTRIBUTES if name != "channel_types"}
    for name in LIMITS:
        found[name] = None if found[name] is None else plain_number(found[name])
    served = sorted(channel.name for channel in channel_types)
    return {"id": field.public_id, **found, "channel_types": served}


def current_fields() -> list[FieldDocument]:
    """The fields as they are now, in order, inactive ones included. Two queries."""
    fields = FieldDefinition.objects.order_by("sort_order", "id").prefetch_related("channel_types")
    return [document_of(field, field.channel_types.all()) for field in fields]


def deleted_fields(ids: Iterable[str]) -> dict[str, FieldDocument]:
    """Those of the fields that were deleted, by id, as they were then."""
    fields = FieldDefinition.everything.filter(public_id__in=list(ids), deleted_at__isnull=False)
    return {
        field.public_id: document_of(field, field.channel_types.all())
        for field in fields.prefetch_related("channel_types")
    }


def values_of(document: FieldDocument) -> dict[str, Any]:
    """What the model keeps in columns of its own: all but the id and the channel types."""
    found = {name: document[name] for name in ATTRIBUTES if name != "channel_types"}
    for name in LIMITS:
        found[name] = None if found[name] is None else Decimal(found[name])
    return found


def field_of(document: FieldDocument, known: FieldDefinition | None = None) -> FieldDefinition:
    """The field that a document describes, not saved; `known` lends it its key and what is fixed."""
    field = FieldDefinition(public_id=document["id"], **values_of(document))
    if known is not None:
        field.pk, field.is_system, field.version = known.pk, known.is_system, known.version
    return field


def by_id(fields: Iterable[FieldDocument]) -> dict[str, FieldDocument]:
    return {document["id"]: document for document in fields}
