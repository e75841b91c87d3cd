"""Get Customer By Channel Identifier: who is this, and who else might it be (contract 13.5)."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from access.actors import Caller
from foundation.text import hostile_characters, is_blank, tidied
from schema_builder.snapshot import (
    Schema,
    current_schema,
    held_schema,
    load_schema,
    schema_for_writing,
)
from schema_builder.types import StoredValue

from .anonymity import default_name
from .contact import forbids
from .conversations import check_id, link_if_new
from .decisions import told_apart_from
from .documents import contact_limits, document, leading_label
from .events import Fate, publish_fate
from .identifiers import Identifier, identifiers_for, near_places, other_places
from .lifecycle import AnonymousHolderExists, insert_customer
from .lookup import Holder, read_holders
from .lookup_counts import note_ambiguous
from .masking import Mask, known_to
from .models import Customer
from .models.identity import IDENTIFIER_LENGTH
from .rules import (
    OTHER_CHANNEL,
    SAME_IDENTIFIER,
    SHARED_IDENTIFIER,
    UNNAMED,
    WORDS,
    Rule,
    near_rule,
    rules_at,
)
from .values import BUILT_IN

MATCHED, ANONYMOUS, AMBIGUOUS, CREATED = "matched", "anonymous", "ambiguous", "created"
ADD_CUSTOMER = "customers.add_customer"
CHANGE_CUSTOMER = "customers.change_customer"
TRIES = 4


class NotAllowedToCreate(PermissionDenied):
    """A first contact by a credential that may not write."""

    def __init__(self):
        super().__init__("Nobody has this identifier, and you may not create customers.")


@dataclass(slots=True)
class Suggestion:
    holder: Holder
    rule: str


@dataclass(slots=True)
class Finding:
    """Who was found, before it is shown to anybody."""

    outcome: str
    holder: Holder | None
    suggestions: list[Suggestion] = dataclasses.field(default_factory=list)


class IdentificationContended(Exception):
    """Schema or holders changed at every try; the caller may simply ask again."""

    def __init__(self):
        super().__init__("Temporarily unavailable, try again.")


@transaction.atomic
def identify_for_conversation(
    channel_type: str, identifier: str, conversation_id: str, *, caller: Caller
) -> dict[str, Any]:
    """As `identify`, and link the conversation to the customer in the same transaction.

    A conversation that is linked already stays where it is: somebody may have relinked it.
    """
    if not caller.has_perm(CHANGE_CUSTOMER):
        raise PermissionDenied("You may not link conversations.")
    check_id(conversation_id)
    for _ in range(TRIES):
        attempt = transaction.savepoint()
        answer = identify(channel_type, identifier, caller=caller)
        public_id = answer["customer"]["_id"]
        customer = Customer.objects.select_for_update().filter(public_id=public_id).first()
        if customer is not None:
            answer["conversation"] = {
                "conversationId": conversation_id,
                "customerId": link_if_new(
                    conversation_id,
                    customer.pk,
                    held_schema().channel_types[channel_type],
                    cleaned_identifier(identifier),
                ),
            }
            transaction.savepoint_commit(attempt)
            return answer
        # It was merged away or deleted since we read it.
        transaction.savepoint_rollback(attempt)
    raise IdentificationContended


def identify(channel_type: str, identifier: str, *, caller: Caller) -> dict[str, Any]:
    """The reply of the contract: the customer, suggestions, and why.

    A first contact creates an anonymous customer, the same one for everybody who asks at once.
    A known customer costs one statement. Raises ValidationError keyed by query parameter,
    NotAllowedToCreate and IdentificationContended.
    """
    identifier = cleaned_identifier(identifier)
    schema = schema_with(channel_type)
    for _ in range(TRIES):
        ignored = schema.is_ignored(identifier)
        known = [] if ignored else identifiers_for(channel_type, identifier, schema)
        revision, holders = read_holders((i.field.pk, i.match_key) for i in known)
        if revision != schema.revision:
            load_schema()
            schema = schema_with(channel_type)
            continue
        found = finding(holders)
        holder = found.holder or create_anonymous(known, schema, caller)
        if holder is None:
            # Somebody else created the anonymous customer first, or changed the schema: the
            # next read finds it.
            continue
        if found.outcome in (ANONYMOUS, CREATED):
            found.suggestions += near_matches(known, schema, found)
        found.suggestions = with_active_rules(found.suggestions, schema)
        if found.holder:
            found.suggestions = without_told_apart(holder, found.suggestions)
        answer = reply(found, holder, channel_type, schema, caller)
        if found.outcome == AMBIGUOUS:
            note_ambiguous(channel_type)
        if not known:
            answer["identification"]["reason"] = not_stored_reason(channel_type, ignored)
        return answer
    raise IdentificationContended


def cleaned_identifier(identifier: str) -> str:
    problem = hostile_characters(identifier)
    identifier = tidied(identifier)
    if is_blank(identifier):
        problem = "This parameter is required."
    elif len(identifier) > IDENTIFIER_LENGTH:
        problem = f"Ensure this field has no more than {IDENTIFIER_LENGTH} characters."
    if problem:
        raise ValidationError({"customerChannelIdentifier": problem})
    return identifier


def schema_with(channel_type: str) -> Schema:
    """A schema that knows the channel type; raises ValidationError where there is none."""
    schema = held_schema()
    if channel_type not in schema.channel_types:
        schema = current_schema()
    if channel_type not in schema.channel_types:
        known = ", ".join(schema.channel_types)
        raise ValidationError(
            {"channelType": f'Unknown channel type "{channel_type}". Known are: {known}.'}
        )
    return schema


def finding(holders: list[Holder]) -> Finding:
    """Contract 13.5: one identified holder decides; several suggest; a shared one never decides."""
    decisive = [holder for holder in holders if not holder.is_shared]
    identified = [holder for holder in decisive if not holder.is_anonymous]
    anonymous = next((holder for holder in decisive if holder.is_anonymous), None)
    if len(identified) == 1:
        return Finding(MATCHED, identified[0])
    suggestions = [Suggestion(holder, SAME_IDENTIFIER) for holder in identified]
    suggestions += [
        Suggestion(holder, SHARED_IDENTIFIER)
        for holder in holders
        if holder.is_shared and not holder.is_anonymous
    ]
    if identified:
        return Finding(AMBIGUOUS, anonymous, suggestions)
    return Finding(ANONYMOUS if anonymous else CREATED, anonymous, suggestions)


def create_anonymous(known: list[Identifier], schema: Schema, caller: Caller) -> Holder | None:
    """A new anonymous customer with the identifier; None where the caller has to read again.

    That is where one came into being meanwhile, or the schema moved.

    Raises NotAllowedToCreate.
    """
    if not caller.has_perm(ADD_CUSTOMER):
        raise NotAllowedToCreate
    try:
        with transaction.atomic():
            if schema_for_writing().revision != schema.revision:
                return None
            customer = insert_customer(
                first_name=default_name(schema),
                is_anonymous=True,
                # One field only: the first is the same for everybody, so that racers meet there.
                identifiers=known[:1],
                values=default_values(schema),
                author=caller.get_username(),
                source="identification",
            )
            publish_fate(customer, Fate.CREATED)
    except AnonymousHolderExists:
        return None
    row = Customer.objects.filter(pk=customer.pk).documents().get()
    return Holder(customer.pk, True, 0, "", "", False, row)


def default_values(schema: Schema) -> dict[int, StoredValue]:
    """Defaults of the required fields (contract 13.6)."""
    cleaned = {
        field.pk: field.field_type.clean(field.default_value, field)
        for field in schema.fields
        if field.is_required and not field.is_channel_identifier and field.key not in BUILT_IN
    }
    return {field_id: value for field_id, value in cleaned.items() if value}


def near_matches(known: list[Identifier], schema: Schema, found: Finding) -> list[Suggestion]:
    """Identified customers that hold the same thing elsewhere or spelled otherwise."""
    places = other_places(known, schema)
    if not places:
        return []
    _, holders = read_holders(places, near_places(known, schema))
    seen = {suggestion.holder.customer_pk for suggestion in found.suggestions}
    return [
        Suggestion(holder, rule_of(holder, places, schema))
        for holder in holders
        if not holder.is_anonymous and holder.customer_pk not in seen
    ]


def rule_of(holder: Holder, places: list[tuple[int, str]], schema: Schema) -> str:
    if (holder.field_id, holder.match_key) in places:
        return OTHER_CHANNEL
    return near_rule(schema.by_id[holder.field_id])


def with_active_rules(suggestions: list[Suggestion], schema: Schema) -> list[Suggestion]:
    """The suggestions whose rules are switched on.

    The holders of an identifier that several have stay: the outcome would be of no use without.
    """
    rules: Mapping[str, Rule] = rules_at(schema.revision) if suggestions else {}
    return [
        suggestion
        for suggestion in suggestions
        if suggestion.rule == SAME_IDENTIFIER or rules[suggestion.rule].is_active
    ]


def without_told_apart(holder: Holder, suggestions: list[Suggestion]) -> list[Suggestion]:
    """The suggestions of whom nobody has said that it is not the same person."""
    apart = told_apart_from(holder.customer_pk) if suggestions else set()
    return [suggestion for suggestion in suggestions if suggestion.holder.customer_pk not in apart]


def reply(
    found: Finding, holder: Holder, channel_type: str, schema: Schema, caller: Caller
) -> dict[str, Any]:
    mask, known = Mask(caller), known_to(caller, schema)
    matched_by = None
    # Of a field that is hidden from the caller not even the key is told.
    field = known.by_id.get(holder.field_id)
    if field and found.outcome in (MATCHED, ANONYMOUS):
        matched_by = {
            "field": field.key,
            "identifier": mask(field, holder.value),
            "rule": "same_identifier",
        }
    priority, label = leading_label(holder.row)
    limits = contact_limits(holder.row)
    return {
        "customer": document(holder.row, known, mask),
        "customerSuggestions": [
            document(suggestion.holder.row, known, mask) for suggestion in found.suggestions
        ],
        "identification": {
            "outcome": found.outcome,
            "matchedBy": matched_by,
            "suggestions": [explained(suggestion, known) for suggestion in found.suggestions],
            "priority": {"value": priority, "label": label},
            "doNotContact": {
                "applies": forbids(limits, channel_type),
                "labels": [{"label": limit.label, "channels": limit.channels} for limit in limits],
            },
        },
    }


def explained(suggestion: Suggestion, schema: Schema) -> dict[str, Any]:
    """Why it is suggested; `schema` as the caller may know it."""
    definition = schema.by_id.get(suggestion.holder.field_id)
    label = definition.label if definition else UNNAMED
    return {
        "customerId": suggestion.holder.public_id,
        "rule": suggestion.rule,
        "score": rules_at(schema.revision)[suggestion.rule].weight,
        "reason": WORDS[suggestion.rule].of_suggestion.format(field=label),
    }


def not_stored_reason(channel_type: str, ignored: bool) -> str:
    if ignored:
        return "The identifier stands for nobody, so it was neither looked up nor stored."
    return f"No identifier field serves {channel_type}, so the identifier was not stored."
