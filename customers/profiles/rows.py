"""Rows of what a customer has, made of what is to be written; an identifier made of a row."""

from django.db.models import QuerySet

from customers.models import AttributeValue, ChannelIdentity, Customer
from foundation.compiled import compiled
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema
from schema_builder.types import StoredValue

from .identifiers import Identifier, identifies


@compiled
def document_rows(pk: int) -> QuerySet:
    """Return the row of the customer's document, if it is there."""
    return Customer.objects.filter(pk=pk).documents()


def new_identity(customer: Customer, identifier: Identifier, source: str = "") -> ChannelIdentity:
    return ChannelIdentity(
        customer=customer,
        field=identifier.field,
        value=identifier.value,
        match_key=identifier.match_key,
        near_key=identifier.near_key,
        is_valid=identifier.is_valid,
        is_anonymous=customer.is_anonymous,
        source=source,
    )


def stored_identifier(
    field: FieldDefinition, identity: ChannelIdentity, schema: Schema
) -> Identifier:
    """Return an identity of `field` as it was read when it was stored."""
    return Identifier(
        field,
        identity.value,
        identity.match_key,
        identity.is_valid,
        identifies=identifies(field.pk, identity.match_key, schema),
    )


def new_value(customer: Customer, field_id: int, value: StoredValue) -> AttributeValue:
    return AttributeValue(
        customer=customer,
        field_id=field_id,
        text=value.text,
        folded=value.folded,
        number=value.number,
        timestamp=value.timestamp,
        near_key=value.near_key,
    )
