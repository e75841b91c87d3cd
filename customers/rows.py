"""What a customer has, as rows that are still to be written."""

from datetime import datetime

from labels.models import Label
from schema_builder.types import StoredValue

from .identifiers import Identifier
from .label_terms import Terms
from .models import AttributeValue, ChannelIdentity, Customer, CustomerLabel


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


def new_worn_label(
    customer: Customer, label: Label, terms: Terms, author: str, now: datetime
) -> CustomerLabel:
    return CustomerLabel(
        customer=customer,
        label=label,
        assigned_at=now,
        assigned_by=author,
        expires_at=terms.end_of(label, now),
        reason=terms.reason,
    )
