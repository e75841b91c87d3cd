"""Conversations of other components, linked to the customers they are with."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from customers.locking import lock_by_public_id
from customers.models import Conversation, Customer
from foundation.text import bare, is_blank
from schema_builder.models import ChannelType

CONVERSATION_ID_LENGTH = 100


class LinkedElsewhere(Exception):
    """The conversation is with another customer; only a relink moves it."""

    def __init__(self, conversation: Conversation):
        super().__init__(
            f"The conversation is linked to customer {conversation.customer.public_id}; "
            "relink it to change that."
        )


@transaction.atomic
def link_conversation(
    conversation_id: str,
    *,
    customer: str | None = None,
    channel_type: ChannelType | None = None,
    details: Mapping[str, Any],
) -> tuple[Conversation, bool]:
    """Link a conversation, or bring its details up to date. (conversation, whether it is new).

    `details` are model fields. Doing it again changes nothing. A known conversation may be named
    with an id from before a merge, because its customer stays. Raises LinkedElsewhere,
    ValidationError for a new one without customer or channel type, UnknownCustomer, and
    CustomerMerged for a new one.
    """
    conversation_id = cleaned_id(conversation_id)
    known = Conversation.objects.filter(conversation_id=conversation_id).first()
    is_known = known is not None
    wanted = lock_by_public_id([customer], follows_merges=is_known)[customer] if customer else None
    if known is None:
        return open_conversation(conversation_id, wanted, channel_type, details)
    known = Conversation.objects.select_for_update().get(pk=known.pk)
    if wanted and known.customer_id != wanted.pk:
        raise LinkedElsewhere(known)
    changes = dict(details) | ({"channel_type": channel_type} if channel_type else {})
    for name, value in changes.items():
        setattr(known, name, value)
    known.save(update_fields=list(changes))
    return known, False


def cleaned_id(conversation_id: str) -> str:
    """Return the id without invisible characters. Raises ValidationError for what is no id."""
    if is_blank(conversation_id):
        raise ValidationError({"conversationId": "This field may not be blank."})
    if len(conversation_id) > CONVERSATION_ID_LENGTH:
        raise ValidationError(
            {"conversationId": f"At most {CONVERSATION_ID_LENGTH} characters are possible."}
        )
    return bare(conversation_id)


def open_conversation(conversation_id, customer, channel_type, details):
    problems = {}
    if customer is None:
        problems["customerId"] = "This field is required for a new conversation."
    if channel_type is None:
        problems["channelType"] = "This field is required for a new conversation."
    if problems:
        raise ValidationError(problems)
    conversation, is_new = Conversation.objects.get_or_create(
        conversation_id=conversation_id,
        defaults={"customer": customer, "channel_type": channel_type, **details},
    )
    if conversation.customer_id != customer.pk:
        raise LinkedElsewhere(conversation)
    return conversation, is_new


def link_if_new(
    conversation_id: str, customer_pk: int, channel_type: ChannelType, identifier: str
) -> str:
    """Link a conversation that nobody has linked yet. The id of the customer it is with."""
    conversation, _ = Conversation.objects.get_or_create(
        conversation_id=conversation_id,
        defaults={
            "customer_id": customer_pk,
            "channel_type": channel_type,
            "identifier": identifier,
        },
    )
    return Customer.objects.values_list("public_id", flat=True).get(pk=conversation.customer_id)
