"""The conditions that a customer list understands (contract 3)."""

from functools import reduce
from operator import or_

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from customers.masking import FieldAccess
from customers.models import AttributeValue, ChannelIdentity, Customer, CustomerAlias, CustomerLabel
from customers.models.querysets import CustomerQuerySet
from customers.system_fields import ANONYMOUS_FIELD, LABELS_FIELD, NAME_FIELD
from foundation.public_ids import is_public_id
from foundation.text import bare, is_blank
from labels.aliases import labels_known_as
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema
from schema_builder.types import LONGEST_TEXT, DateTime

from .text_conditions import part_of_identifier, spelled, spelled_whole

# What is kept of a customer besides the fields, by its name on the wire.
ID = "_id"
RECORD = {ID: "public_id", "createdAt": "created_at", "updatedAt": "updated_at"}
# Keys whose values are ids, separated by commas.
LISTED = (ID, LABELS_FIELD)
# Characters of what is typed into the find box.
FILTER_LENGTH = 200


def filtered(
    customers: CustomerQuerySet, condition: str, schema: Schema, mask: FieldAccess
) -> CustomerQuerySet:
    """`customers` that meet `<key>:<value>`; an empty condition or value keeps them all.

    A value that no customer can have, such as a word for a number, keeps none (contract 14.6).
    Raises ValidationError keyed `paginateQuery` for a key that cannot be searched.
    """
    if not condition:
        return customers
    key, colon, value = condition.partition(":")
    if not colon:
        raise ValidationError({"paginateQuery": "Must be <key>:<value>."})
    field = schema.by_key.get(key)
    if field is None and key not in RECORD:
        raise ValidationError({"paginateQuery": f'Unknown field "{key}".'})
    if is_blank(value):
        return customers
    if field:
        refuse_search(field, mask)
    if len(value) > LONGEST_TEXT and key not in LISTED:
        return customers.none()
    try:
        found = matching_condition(field, value, schema, mask) if field else in_record(key, value)
    except ValidationError:
        return customers.none()
    return customers.filter(found)


def refuse_search(field: FieldDefinition, mask: FieldAccess) -> None:
    """Raise ValidationError keyed `paginateQuery` where the caller may not search by the field."""
    try:
        if field.field_type.is_secret:
            raise ValidationError("Passwords cannot be searched.")
        refuse_guessing(field, mask)
    except ValidationError as error:
        raise ValidationError({"paginateQuery": error.messages}) from None


def in_record(key: str, value: str) -> Q:
    """The condition on what is kept of a customer besides the fields."""
    if key == ID:
        return Q(pk__in=with_ids(listed_ids(value)))
    first, last = DateTime().span_sought(value)
    return Q(**{f"{RECORD[key]}__range": (first, last)})


def with_ids(ids: list[str]) -> QuerySet:
    """Keys of the customers with these ids, or of the survivors of merges that took them."""
    aliases = CustomerAlias.objects.filter(public_id__in=ids)
    return Customer.objects.filter(public_id__in=ids).values("pk").union(aliases.values("customer"))


def matching_condition(
    field: FieldDefinition, value: str, schema: Schema, mask: FieldAccess
) -> Q | Exists:
    """The condition that `field` matches `value`: part of a text, or a typed value.

    Of a field that the caller sees masked only the whole value matches, so that nobody can
    find out a value piece by piece. Raises ValidationError where no value can match.
    """
    hidden = mask.hides(field)
    if field.key == LABELS_FIELD:
        labels = labels_known_as(listed_ids(value)).values()
        return Exists(CustomerLabel.objects.filter(customer=OuterRef("pk"), label__in=labels))
    if field.key == ANONYMOUS_FIELD:
        return Q(is_anonymous=bool(field.field_type.condition(value)["number"]))
    if field.key == NAME_FIELD:
        return value_condition(field, value, hidden, column="folded_name")
    if field.is_channel_identifier:
        held = ChannelIdentity.objects.active().filter(
            identity_condition(field, value, schema, hidden),
            customer=OuterRef("pk"),
            field=field,
        )
        return Exists(held)
    refuse_guessing(field, mask)
    held_values = AttributeValue.objects.filter(value_condition(field, value, hidden))
    return Exists(held_values.filter(customer=OuterRef("pk"), field=field))


def identity_condition(field: FieldDefinition, value: str, schema: Schema, hidden: bool) -> Q:
    exact = Q(match_key=field.field_type.match_key(value, schema.numbering[field.pk]).key)
    if hidden:
        return exact
    return exact | part_of_identifier(field, value)


def refuse_guessing(field: FieldDefinition, mask: FieldAccess) -> None:
    """Raise ValidationError where the whole value is soon found out by asking for each."""
    if mask.hides(field) and field.field_type.is_guessable:
        raise ValidationError(f'You may not search by "{field.key}".')


def value_condition(field: FieldDefinition, value: str, hidden: bool, column: str = "folded") -> Q:
    field_type = field.field_type
    if hidden:
        return spelled_whole(field_type.exact_condition(value), column)
    readings = field_type.spellings(value, field)
    return reduce(or_, (spelled(field_type.condition(text), column) for text in readings))


def listed_ids(value: str) -> list[str]:
    """The ids in `value`, separated by commas. Raises ValidationError where there are none."""
    ids = [bare(part) for part in value.split(",")]
    found = [public_id for public_id in ids if is_public_id(public_id)]
    if not found:
        raise ValidationError("There is no id.")
    return found
