"""Parts of a conversation that pages and the API show: last contact, masked identifier."""

from datetime import datetime

from django.db.models import Max

from customers.masking import FieldAccess
from customers.models import Conversation
from customers.permissions import VIEW_CONVERSATIONS
from schema_builder.schema import Schema


def last_contacts(public_ids: list[str], viewer) -> dict[str, datetime]:
    """Return the last contact by customer id; nothing if the viewer may not see conversations."""
    if not viewer.has_perm(VIEW_CONVERSATIONS):
        return {}
    conversations = Conversation.objects.filter(customer__public_id__in=public_ids)
    return dict(conversations.values_list("customer__public_id").annotate(Max("last_activity_at")))


def shown_identifier(
    conversation: Conversation, schema: Schema, mask: FieldAccess, *, withheld: str = ""
) -> str:
    """Return the identifier of a conversation, masked as the fields of its channel type are.

    Without such a field, a caller who sees no personal data gets `withheld`.
    """
    serving = schema.serving.get(conversation.channel_type.name, ())
    hiding = next((definition for definition in serving if mask.hides(definition)), None)
    if hiding:
        return mask(hiding, conversation.identifier)
    known = serving or mask.sees_pii or not conversation.identifier
    return conversation.identifier if known else withheld
