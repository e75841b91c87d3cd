"""What is shown of conversations: the last contact, the masked identifier."""

from datetime import datetime

from django.db.models import Max

from customers.masking import FieldAccess
from customers.models import Conversation
from customers.permissions import VIEW_CONVERSATIONS
from schema_builder.schema import Schema


def last_contacts(public_ids: list[str], viewer) -> dict[str, datetime]:
    """When each was last in touch; empty for who may not see conversations."""
    if not viewer.has_perm(VIEW_CONVERSATIONS):
        return {}
    conversations = Conversation.objects.filter(customer__public_id__in=public_ids)
    return dict(conversations.values_list("customer__public_id").annotate(Max("last_activity_at")))


def shown_identifier(
    conversation: Conversation, schema: Schema, mask: FieldAccess, *, withheld: str = ""
) -> str:
    """The other side of a conversation, masked as the fields that its channel serves.

    `withheld` stands for one that no field serves, where the caller sees no personal data.
    """
    serving = schema.serving.get(conversation.channel_type.name, ())
    hiding = next((definition for definition in serving if mask.hides(definition)), None)
    if hiding:
        return mask(hiding, conversation.identifier)
    known = serving or mask.sees_pii or not conversation.identifier
    return conversation.identifier if known else withheld
