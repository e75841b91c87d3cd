"""The conditions and orders that a customer list understands (contract 3)."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import CharField, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Left

from foundation.public_ids import is_public_id
from foundation.text import folded
from schema_builder.models import FieldDefinition
from schema_builder.snapshot import Schema

from .masking import Mask
from .models import AttributeValue, ChannelIdentity, CustomerLabel
from .models.value import SORTED_LENGTH
from .querysets import CustomerQuerySet
from .values import ANONYMOUS_FIELD, LABELS_FIELD, NAME_FIELD, clean_flag

FILTER_LENGTH = 200
# Fewer digits than this would match every number.
FEWEST_DIGITS = 3


def filtered(
    customers: CustomerQuerySet, condition: str, schema: Schema, mask: Mask
) -> CustomerQuerySet:
    """`customers` that meet `<key>:<value>`; an empty condition or value keeps them all.

    Raises ValidationError keyed `paginateQuery`.
    """
    if not condition:
        return customers
    key, colon, value = condition.partition(":")
    if not colon:
        raise ValidationError({"paginateQuery": "Must be <key>:<value>."})
    if len(value) > FILTER_LENGTH:
        raise ValidationError(
            {"paginateQuery": f"Ensure this field has no more than {FILTER_LENGTH} characters."}
        )
    field = schema.by_key.get(key)
    if field is None:
        raise ValidationError({"paginateQuery": f'Unknown field "{key}".'})
    if not value.strip():
        return customers
    try:
        return customers.filter(matching(field, value, schema, mask))
    except ValidationError as error:
        raise ValidationError({"paginateQuery": error.messages}) from None


def matching(field: FieldDefinition, value: str, schema: Schema, mask: Mask) -> Q | Exists:
    """The condition that `field` matches `value`: part of a text, or a typed value.

    Of a field that the caller sees masked only the whole value matches, so that nobody can
    find out a value piece by piece.
    """
    hidden = mask.hides(field)
    if field.key == LABELS_FIELD:
        return Exists(
            CustomerLabel.objects.filter(
                customer=OuterRef("pk"), label__public_id__in=label_ids(value)
            )
        )
    if field.key == ANONYMOUS_FIELD:
        return Q(is_anonymous=clean_flag(value))
    if field.key == NAME_FIELD:
        return Q(folded_name=folded(value)) if hidden else Q(folded_name__contains=folded(value))
    if field.is_channel_identifier:
        held = ChannelIdentity.objects.filter(
            identity_condition(field, value, schema, hidden),
            customer=OuterRef("pk"),
            field=field,
            is_retired=False,
        )
        return Exists(held)
    refuse_guessing(field, mask)
    held_values = AttributeValue.objects.filter(value_condition(field, value, hidden))
    return Exists(held_values.filter(customer=OuterRef("pk"), field=field))


def identity_condition(field: FieldDefinition, value: str, schema: Schema, hidden: bool) -> Q:
    exact = Q(match_key=field.field_type.match_key(value, schema.numbering[field.pk]).key)
    if hidden:
        return exact
    digits = "".join(str(int(c)) for c in value if c.isdecimal())
    condition = exact | Q(value__icontains=value.strip())
    if len(digits) >= FEWEST_DIGITS and field.field_type.matches_digits:
        condition |= Q(match_key__contains=digits)
    return condition


def refuse_guessing(field: FieldDefinition, mask: Mask) -> None:
    """Raise ValidationError where the whole value is soon found out by asking for each."""
    if mask.hides(field) and field.field_type.is_guessable:
        raise ValidationError(f'You may not search by "{field.key}".')


def value_condition(field: FieldDefinition, value: str, hidden: bool) -> Q:
    field_type = field.field_type
    return Q(**(field_type.exact_condition(value) if hidden else field_type.condition(value)))


def label_ids(value: str) -> list[str]:
    ids = [part.strip() for part in value.split(",") if part.strip()]
    for public_id in ids:
        if not is_public_id(public_id):
            raise ValidationError(f'"{public_id}" is not the id of a label.')
    return ids


def ordered(customers: CustomerQuerySet, sort: str, schema: Schema, mask: Mask) -> CustomerQuerySet:
    """`customers` in the order `<key>:asc|desc`; newest first where it is empty.

    Who has no value comes last. Raises ValidationError keyed `sort`, and PermissionDenied for a
    field whose values the caller may not see: their order would give them away.
    """
    if not sort:
        return customers.newest_first()
    key, _, direction = sort.partition(":")
    field = schema.by_key.get(key)
    if field is None:
        raise ValidationError({"sort": f'Unknown field "{key}".'})
    if direction not in ("asc", "desc"):
        raise ValidationError({"sort": "Must be <key>:asc or <key>:desc."})
    if mask.hides(field):
        raise PermissionDenied(f'You may not sort by "{key}".')
    expression: Any = sort_expression(field)
    if direction == "desc":
        return customers.order_by(expression.desc(nulls_last=True), "-id")
    return customers.order_by(expression.asc(nulls_last=True), "id")


def sort_expression(field: FieldDefinition) -> Any:
    if field.key == NAME_FIELD:
        return Left("folded_name", SORTED_LENGTH)
    if field.key == ANONYMOUS_FIELD:
        return F("is_anonymous")
    if field.key == LABELS_FIELD:
        worn = CustomerLabel.objects.filter(customer=OuterRef("pk")).order_by("label__name")
        return Subquery(worn.values("label__name")[:1], output_field=CharField())
    if field.is_channel_identifier:
        held = ChannelIdentity.objects.filter(
            customer=OuterRef("pk"), field=field, is_retired=False
        ).order_by("id")
        return Subquery(held.values("match_key")[:1], output_field=CharField())
    values = AttributeValue.objects.filter(customer=OuterRef("pk"), field=field)
    column = field.field_type.sort_column
    if column == "folded":
        return Subquery(values.values(sorted_text=Left("folded", SORTED_LENGTH))[:1])
    return Subquery(values.values(column)[:1])
