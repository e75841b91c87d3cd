"""Who an identifier stands for, and who else it might be: read and judged, nothing is written."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from foundation.text import hostile_characters, is_blank, tidied
from schema_builder.snapshot import Schema

from .decisions import told_apart_from
from .identifiers import Identifier, near_places, other_places
from .lookup import Holder, read_holders
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

MATCHED, ANONYMOUS, AMBIGUOUS, CREATED = "matched", "anonymous", "ambiguous", "created"
# A customer that stands for every contact without an identity on the channel type.
PLACEHOLDER = "placeholder"


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
    # The customers whose contact limits and priority count besides those of `holder`.
    candidates: list[Holder] = dataclasses.field(default_factory=list)


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


def settle_suggestions(found: Finding, known: list[Identifier], schema: Schema) -> None:
    """Add near matches, and leave out decided pairs and suggestions of inactive rules.

    A customer that an inactive rule does not suggest is a candidate all the same.
    """
    if found.outcome in (ANONYMOUS, CREATED):
        found.suggestions += near_matches(known, schema, found)
    if found.holder:
        found.suggestions = without_told_apart(found.holder, found.suggestions)
    found.candidates = [suggestion.holder for suggestion in found.suggestions]
    found.suggestions = with_active_rules(found.suggestions, schema)


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
