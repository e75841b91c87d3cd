"""The anonymous customer that a first contact leaves behind (contract 13.6)."""

from access.actors import Caller
from access.denials import PermissionMissing
from customers.history.events import CustomerEventType, publish_customer_event
from customers.models import Customer
from customers.permissions import ADD
from customers.profiles.anonymity import default_name
from customers.profiles.identifiers import Identifier
from customers.profiles.lifecycle import insert_customer
from customers.profiles.rows import document_rows
from customers.system_fields import BUILT_IN
from schema_builder.schema import Schema, schema_for_writing
from schema_builder.types import StoredValue

from .lookup import Holder


class NotAllowedToCreate(PermissionMissing):
    """A first contact by a credential that may not write."""

    def __init__(self):
        super().__init__(ADD, "create a customer for this identifier, which no customer has")


def create_anonymous(known: list[Identifier], schema: Schema, caller: Caller) -> Holder | None:
    """Create an anonymous customer with the identifier; call it in a transaction.

    Returns None if the schema changed meanwhile. Raises NotAllowedToCreate, and
    AnonymousHolderExists, which ends the transaction.
    """
    check_may_create(caller)
    if schema_for_writing().revision != schema.revision:
        return None
    customer = insert_customer(
        first_name=default_name(schema),
        is_anonymous=True,
        # One field only: racing requests choose the same first field, so they meet there.
        identifiers=known[:1],
        values=default_values(schema),
        author=caller.get_username(),
        source="identification",
    )
    publish_customer_event(customer, CustomerEventType.CREATED)
    return holder_of(customer)


def check_may_create(caller: Caller) -> None:
    """Raise NotAllowedToCreate for a credential that may not write."""
    if not caller.has_perm(ADD):
        raise NotAllowedToCreate


def holder_of(customer: Customer) -> Holder:
    """Return the customer as the lookup returns it, without an identifier. One query."""
    [row] = document_rows(customer.pk)
    return Holder(customer.pk, customer.is_anonymous, 0, "", "", False, row)


def default_values(schema: Schema) -> dict[int, StoredValue]:
    """Defaults of the required fields (contract 13.6)."""
    cleaned = {
        field.pk: field.field_type.clean(field.default_value, field)
        for field in schema.fields
        if field.is_required and not field.is_channel_identifier and field.key not in BUILT_IN
    }
    return {field_id: value for field_id, value in cleaned.items() if value}
