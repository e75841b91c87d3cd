"""Get Customer By Channel Identifier: who is this, and who else might it be (contract 13.5)."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from access.actors import Caller
from access.denials import check_permissions
from customers.conversations.linking import cleaned_id, link_if_new
from customers.documents import document
from customers.masking import FieldAccess, visible_to
from customers.models import Customer
from customers.permissions import CHANGE
from customers.profiles.identifiers import Identifier, identifiers_for, is_ignored_on, missing_on
from customers.profiles.lifecycle import AnonymousHolderExists
from customers.statistics.lookup_counts import note_ambiguous
from labels.contact_limits import forbids
from schema_builder.models import ChannelType
from schema_builder.schema import (
    Schema,
    current_schema,
    held_schema,
    load_schema,
    one_moment,
    schema_held,
)

from .candidates import candidates, highest_priority, strictest_limits
from .first_contact import create_anonymous
from .lookup import Holder, HoldersFound, read_holders
from .matching import (
    AMBIGUOUS,
    ANONYMOUS,
    MATCHED,
    MatchResult,
    cleaned_identifier,
    explained,
    finalize_suggestions,
    match_result,
)
from .without_identity import create_without_identity, find_without_identity

TRIES = 4


class IdentificationContended(Exception):
    """Other requests created or changed the customer at every try; the caller may ask again."""

    def __init__(self, channel_type: str):
        super().__init__("Temporarily unavailable, try again.")
        # For the log, which never holds the identifier.
        self.contended = f"the customer of an identifier on {channel_type}"


@transaction.atomic
def identify_for_conversation(
    channel_type: str, identifier: str, conversation_id: str, *, caller: Caller
) -> dict[str, Any]:
    """As `identify`, and link the conversation to the customer in the same transaction.

    A conversation that is linked already stays where it is: somebody may have relinked it.
    """
    check_permissions(caller, CHANGE, action="link conversations")
    conversation_id = cleaned_id(conversation_id)
    for _ in range(TRIES):
        savepoint = transaction.savepoint()
        answer = identify(channel_type, identifier, caller=caller, conversation_id=conversation_id)
        if linked_to := link_identified(answer, channel_type, identifier, conversation_id):
            answer["conversation"] = {"conversationId": conversation_id, "customerId": linked_to}
            transaction.savepoint_commit(savepoint)
            return answer
        transaction.savepoint_rollback(savepoint)
    raise IdentificationContended(channel_type)


def link_identified(
    answer: dict[str, Any], channel_type: str, identifier: str, conversation_id: str
) -> str | None:
    """Link the conversation; return the id of its customer, or None if the answer is out of date.

    The identified customer may have been merged or deleted meanwhile. A customer that was created
    for the conversation alone is given up if another request has linked the conversation.
    """
    public_id = answer["customer"]["_id"]
    customer = Customer.objects.select_for_update().filter(public_id=public_id).first()
    if customer is None:
        return None
    linked_to = link_if_new(
        conversation_id,
        customer.pk,
        held_schema().channel_types[channel_type],
        cleaned_identifier(identifier),
    )
    is_without_identity = "reason" in answer["identification"]
    return None if is_without_identity and linked_to != public_id else linked_to


def identify(
    channel_type: str, identifier: str, *, caller: Caller, conversation_id: str = ""
) -> dict[str, Any]:
    """The reply of the contract: the customer, suggestions, and why.

    A first contact creates an anonymous customer, the same one for everybody who asks at once. A
    contact without an identity gets the customer of its conversation, or a placeholder.
    A known customer costs one statement. Raises ValidationError keyed by query parameter,
    NotAllowedToCreate and IdentificationContended.
    """
    identifier = cleaned_identifier(identifier)
    if answer := identify_once(channel_type, identifier, caller, conversation_id):
        return answer
    # A first contact that waited for a change of the schema finds it changed, however often it
    # tries: hence no other change may begin meanwhile.
    with schema_held():
        for _ in range(TRIES):
            if answer := identify_once(channel_type, identifier, caller, conversation_id):
                return answer
    raise IdentificationContended(channel_type)


def identify_known(channel_type: str, identifier: str, *, caller: Caller) -> dict[str, Any] | None:
    """As `identify`; None if a customer would have to be created, or the schema is changing."""
    return identify_once(channel_type, cleaned_identifier(identifier), caller, "", may_create=False)


def identify_once(
    channel_type: str,
    identifier: str,
    caller: Caller,
    conversation_id: str,
    *,
    may_create: bool = True,
) -> dict[str, Any] | None:
    """Return the reply, or None if another request changed the schema or created the customer.

    Without `may_create` also None for a first contact.
    """
    reading = read_current(channel_type, identifier)
    if reading is None:
        return None
    schema, known = reading.schema, reading.known
    channel = schema.channel_types[channel_type]
    found = (
        match_result(reading.found) if known else find_without_identity(channel, conversation_id)
    )
    if found.holder:
        return answer_of(reading, found, found.holder, channel_type, caller)
    if not may_create:
        return None
    try:
        # Answered before the commit: an error then means that nothing was created.
        with transaction.atomic():
            holder = create_holder(found, known, channel, schema, caller)
            return answer_of(reading, found, holder, channel_type, caller) if holder else None
    except AnonymousHolderExists:
        return None


@dataclass(frozen=True, slots=True)
class IdentifyReading:
    """The schema, the identifier as it reads it, and the holders in the database."""

    schema: Schema
    is_ignored: bool
    known: list[Identifier]
    found: HoldersFound
    # Whether the holders are of the moment of the schema.
    is_current: bool


def read_current(channel_type: str, identifier: str) -> IdentifyReading | None:
    """Return a current reading; None if the schema changes while a transaction of ours reads it.

    One statement as long as the schema in memory is current.
    """
    reading = read_by(schema_with(channel_type), channel_type, identifier)
    if not reading.is_current:
        with one_moment():
            # Not the one in memory: another thread may have put an older one there.
            schema = schema_with(channel_type, load_schema())
            reading = read_by(schema, channel_type, identifier)
    return reading if reading.is_current else None


def read_by(schema: Schema, channel_type: str, identifier: str) -> IdentifyReading:
    is_ignored = is_ignored_on(channel_type, identifier, schema)
    known = [] if is_ignored else identifiers_for(channel_type, identifier, schema)
    found = read_holders((i.field.pk, i.match_key) for i in known)
    return IdentifyReading(schema, is_ignored, known, found, found.revision == schema.revision)


def answer_of(
    reading: IdentifyReading, found: MatchResult, holder: Holder, channel_type: str, caller: Caller
) -> dict[str, Any]:
    """Return the reply, and count an ambiguous lookup."""
    finalize_suggestions(found, reading.known, reading.schema)
    answer = reply(found, holder, channel_type, reading.schema, caller)
    if found.outcome == AMBIGUOUS:
        note_ambiguous(channel_type)
    if not reading.known:
        reason = not_stored_reason(channel_type, reading.schema, reading.is_ignored)
        answer["identification"]["reason"] = reason
    return answer


def create_holder(
    found: MatchResult,
    known: list[Identifier],
    channel_type: ChannelType,
    schema: Schema,
    caller: Caller,
) -> Holder | None:
    """Create the customer of a first contact; return None if the schema changed meanwhile.

    Raises NotAllowedToCreate, and AnonymousHolderExists where another request was faster.
    """
    if known:
        return create_anonymous(known, schema, caller)
    return create_without_identity(found, channel_type, schema, caller)


def schema_with(channel_type: str, schema: Schema | None = None) -> Schema:
    """A schema that knows the channel type; raises ValidationError where there is none."""
    schema = schema or held_schema()
    if channel_type not in schema.channel_types:
        schema = current_schema()
    if channel_type not in schema.channel_types:
        known = ", ".join(schema.channel_types)
        raise ValidationError(
            {"channelType": f'Unknown channel type "{channel_type}". Known are: {known}.'}
        )
    return schema


def reply(
    found: MatchResult, holder: Holder, channel_type: str, schema: Schema, caller: Caller
) -> dict[str, Any]:
    mask, known = FieldAccess(caller), visible_to(caller, schema)
    matched_by = None
    # Of a field that is hidden from the caller not even the key is told.
    field = known.by_id.get(holder.field_id)
    if field and found.outcome in (MATCHED, ANONYMOUS):
        matched_by = {
            "field": field.key,
            "identifier": mask(field, holder.value),
            "rule": "same_identifier",
        }
    rows = candidates(found, holder)
    priority, limits = highest_priority(rows), strictest_limits(rows)
    return {
        "customer": document(holder.row, known, mask),
        "customerSuggestions": [
            document(suggestion.holder.row, known, mask) for suggestion in found.suggestions
        ],
        "identification": {
            "outcome": found.outcome,
            "matchedBy": matched_by,
            "suggestions": [explained(suggestion, known) for suggestion in found.suggestions],
            "priority": {
                "value": priority.value,
                "label": priority.label,
                "customers": priority.customers,
            },
            "doNotContact": {
                "applies": forbids(limits, channel_type),
                "labels": [
                    {"label": one.label, "channels": one.channels, "customers": one.customers}
                    for one in limits
                ],
            },
        },
    }


def not_stored_reason(channel_type: str, schema: Schema, ignored: bool) -> str:
    if ignored:
        return "The identifier stands for nobody, so it was neither looked up nor stored."
    if schema.serving[channel_type]:
        missing = missing_on(channel_type, schema)
        return f"{missing}, so the identifier was neither looked up nor stored."
    return f"No identifier field serves {channel_type}, so the identifier was not stored."
