"""Changes of the customer schema; each one is a version, and moves the revision."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from .field_validation import (
    check_field,
    fill_length,
    refuse_clearing_pii,
    refuse_fixed,
    refuse_unsearchable,
)
from .models import ChannelType, FieldDefinition, IgnoredIdentifier
from .options import refuse_lost_options
from .versions import lock_schema, record_version


class FieldIsProtected(Exception):
    """A system field cannot be deleted."""

    def __init__(self, field: FieldDefinition):
        super().__init__(f'Field "{field.key}" is a system field.')


@transaction.atomic
def create_field(
    *, author: str = "", channel_types: Sequence[ChannelType] = (), **values: Any
) -> FieldDefinition:
    """Add a field, at the end of the order unless `sort_order` says otherwise.

    Raises ValidationError keyed by model field.
    """
    lock_schema()
    field = add_field(channel_types=channel_types, **values)
    record_version(author=author)
    return field


def add_field(*, channel_types: Sequence[ChannelType] = (), **values: Any) -> FieldDefinition:
    """As `create_field`, within a change that somebody else locks and records."""
    field = new_field(channel_types=channel_types, **values)
    field.save(force_insert=True)
    field.channel_types.set(channel_types)
    return field


def new_field(*, channel_types: Sequence[ChannelType] = (), **values: Any) -> FieldDefinition:
    """The field that `create_field` would add, checked and not saved."""
    field = FieldDefinition(**values)
    if "sort_order" not in values:
        last = FieldDefinition.objects.aggregate(last=Max("sort_order"))["last"] or 0
        field.sort_order = last + 1
    fill_length(field)
    check_field(field, channel_types)
    return field


@transaction.atomic
def change_field(
    field: FieldDefinition,
    *,
    may_clear_pii: bool,
    author: str = "",
    options_may_go: bool = False,
    channel_types: Sequence[ChannelType] | None = None,
    **values: Any,
) -> FieldDefinition:
    """Change a field in place.

    `options_may_go`: the caller sees to the values that have them. Raises ValidationError for a
    change that the field does not allow, keyed by model field, and PermissionDenied where `is_pii`
    would be taken away without the right to.
    """
    lock_schema()
    field = FieldDefinition.objects.select_for_update(no_key=True).get(pk=field.pk)
    alter_field(
        field,
        may_clear_pii=may_clear_pii,
        options_may_go=options_may_go,
        channel_types=channel_types,
        **values,
    )
    save_field(field, channel_types=channel_types, names=values)
    record_version(author=author)
    return field


def save_field(
    field: FieldDefinition,
    *,
    channel_types: Sequence[ChannelType] | None,
    names: Iterable[str],
) -> None:
    """Write the columns `names` of a field that was altered, as its next version."""
    field.version += 1
    field.save(update_fields=[*names, "length", "version"])
    if channel_types is not None:
        field.channel_types.set(channel_types)


def alter_field(
    field: FieldDefinition,
    *,
    may_clear_pii: bool,
    converts: bool = False,
    options_may_go: bool = False,
    channel_types: Sequence[ChannelType] | None = None,
    **values: Any,
) -> None:
    """Put `values` on the field, checked and not saved; raises as `change_field` does.

    `converts`: its values are converted along, so that the type may change where types allow it.
    """
    refuse_fixed(field, values, converts=converts)
    if not options_may_go:
        refuse_lost_options(field, values)
    refuse_clearing_pii(field, values, may_clear_pii)
    refuse_unsearchable(field, values)
    for name, value in values.items():
        setattr(field, name, value)
    fill_length(field)
    serving = list(field.channel_types.all()) if channel_types is None else channel_types
    check_field(field, serving)


@transaction.atomic
def reorder_fields(keys: Iterable[str], *, author: str = "") -> None:
    """Number the fields in the order of `keys`; fields not named follow in their old order.

    Raises ValidationError for an unknown or repeated key.
    """
    lock_schema()
    number_fields(keys)
    record_version(author=author)


def number_fields(keys: Iterable[str]) -> None:
    """As `reorder_fields`, within a change that somebody else locks and records."""
    keys = list(keys)
    fields = {
        field.key: field
        for field in FieldDefinition.objects.select_for_update(no_key=True).order_by(
            "sort_order", "id"
        )
    }
    for key in keys:
        if key not in fields:
            raise ValidationError({"key": f'There is no field "{key}".'})
    if len(set(keys)) != len(keys):
        raise ValidationError({"key": "A field is named twice."})
    named = set(keys)
    rest = [key for key in fields if key not in named]
    for position, key in enumerate([*keys, *rest], start=1):
        fields[key].sort_order = position
    FieldDefinition.objects.bulk_update(fields.values(), ["sort_order"])


@transaction.atomic
def arrange_fields(ids: Sequence[int], *, author: str = "") -> None:
    """Put these fields into the order of `ids`, in the places they hold; all others stay."""
    keys = dict(FieldDefinition.objects.order_by("sort_order", "id").values_list("id", "key"))
    moved = iter([keys[pk] for pk in dict.fromkeys(ids) if pk in keys])
    reorder_fields([next(moved) if pk in ids else key for pk, key in keys.items()], author=author)


@transaction.atomic
def delete_field(field: FieldDefinition, *, author: str = "") -> None:
    """Take a field out of the schema; its key and its label are free again.

    Values of it stay stored, out of everybody's reach, until a version that had the field comes
    back (`schema_builder.publishing`). Raises FieldIsProtected.
    """
    lock_schema()
    discard_field(field)
    record_version(author=author)


def discard_field(field: FieldDefinition) -> None:
    """As `delete_field`, within a change that somebody else locks and records."""
    if field.is_system:
        raise FieldIsProtected(field)
    field.deleted_at = timezone.now()
    field.save(update_fields=["deleted_at"])


@transaction.atomic
def save_schema_row(row: ChannelType | IgnoredIdentifier, *, author: str = "") -> None:
    """Save what belongs to the schema besides the fields."""
    lock_schema()
    row.save()
    record_version(author=author)


@transaction.atomic
def delete_schema_row(row: ChannelType | IgnoredIdentifier, *, author: str = "") -> None:
    """Delete it; raises django's ProtectedError for a channel type with conversations."""
    lock_schema()
    row.delete()
    record_version(author=author)
