"""The customer of a contact that has no identity: a withheld number, a channel without a field.

A contact with a conversation id has an anonymous customer of its own. The setting of the channel
type decides about all others: one placeholder for all of them, or a new customer for each.
"""

from access.actors import Caller
from customers.history.events import CustomerEventType, publish_customer_event
from customers.models import Conversation, Customer
from customers.models.customer import folded_name
from schema_builder.models import ChannelType, WithoutIdentity
from schema_builder.schema import Schema, schema_for_writing

from .first_contact import check_may_create, create_anonymous, holder_of
from .lookup import Holder
from .matching import ANONYMOUS, CREATED, MATCHED, PLACEHOLDER, MatchResult

NAME = "Withheld caller, {}"


def find_without_identity(channel_type: ChannelType, conversation_id: str) -> MatchResult:
    """Return the customer of the conversation, or the placeholder of the channel type.

    The holder is None where it has yet to be created. One query, two for a conversation.
    """
    if conversation_id:
        return find_by_conversation(conversation_id)
    if channel_type.without_identity == WithoutIdentity.NEW_CUSTOMER:
        return MatchResult(CREATED, None)
    placeholder = Customer.objects.filter(placeholder_for=channel_type.pk).first()
    return MatchResult(PLACEHOLDER, holder_of(placeholder) if placeholder else None)


def find_by_conversation(conversation_id: str) -> MatchResult:
    found = Conversation.objects.filter(conversation_id=conversation_id)
    conversation = found.select_related("customer").first()
    if conversation is None:
        return MatchResult(CREATED, None)
    customer = conversation.customer
    return MatchResult(ANONYMOUS if customer.is_anonymous else MATCHED, holder_of(customer))


def create_without_identity(
    found: MatchResult, channel_type: ChannelType, schema: Schema, caller: Caller
) -> Holder | None:
    """Create the customer that was not found; call it in a transaction.

    Returns None if the schema changed meanwhile. Raises NotAllowedToCreate.
    """
    if found.outcome != PLACEHOLDER:
        return create_anonymous([], schema, caller)
    check_may_create(caller)
    if schema_for_writing().revision != schema.revision:
        return None
    return holder_of(get_or_create_placeholder(channel_type, caller.get_username()))


def get_or_create_placeholder(channel_type: ChannelType, author: str) -> Customer:
    """Return the placeholder of the channel type; simultaneous calls create one."""
    name = NAME.format(channel_type.label)
    placeholder, is_new = Customer.objects.get_or_create(
        placeholder_for=channel_type,
        defaults={
            "first_name": name,
            "folded_name": folded_name(name),
            "is_anonymous": True,
            "created_by": author,
            "updated_by": author,
        },
    )
    if is_new:
        publish_customer_event(placeholder, CustomerEventType.CREATED)
    return placeholder
