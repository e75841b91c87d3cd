"""Who an identifier stands for, and who else it might be: read and judged, nothing is written."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from customers.duplicates.decisions import not_duplicates_of
from customers.duplicates.rules import (
    OTHER_CHANNEL,
    SAME_IDENTIFIER,
    SHARED_IDENTIFIER,
    UNNAMED,
    WORDS,
    Rule,
    near_rule,
    rules_at,
)
from customers.models.identity import IDENTIFIER_LENGTH
from customers.profiles.identifiers import Identifier, near_places, other_places
from foundation.text import hostile_characters, is_blank, tidied
from schema_builder.schema import Schema

from .crowds import Row, labelled_holders
from .lookup import Holder, HoldersFound, Place, read_holders

MATCHED, ANONYMOUS, AMBIGUOUS, CREATED = "matched", "anonymous", "ambiguous", "created"
# A customer that stands for every contact without an identity on the channel type.
PLACEHOLDER = "placeholder"


@dataclass(slots=True)
class Suggestion:
    holder: Holder
    rule: str


@dataclass(slots=True)
class MatchResult:
    """Who was found, before it is shown to anybody."""

    outcome: str
    holder: Holder | None
    suggestions: list[Suggestion] = dataclasses.field(default_factory=list)
    # Whether more customers may hold the identifier than were read.
    may_have_more: bool = False
    # Further customers: their contact limits and priorities count as well.
    candidates: list[Holder] = dataclasses.field(default_factory=list)
    # Rows of those among them that were not read because there are too many.
    more_candidates: list[Row] = dataclasses.field(default_factory=list)


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


def match_result(read: HoldersFound) -> MatchResult:
    """Contract 13.5: one identified holder decides; several suggest; a shared one never decides."""
    decisive = [holder for holder in read.holders if not holder.is_shared]
    identified = [holder for holder in decisive if not holder.is_anonymous]
    anonymous = next((holder for holder in decisive if holder.is_anonymous), None)
    if len(identified) == 1:
        return MatchResult(MATCHED, identified[0])
    suggestions = [Suggestion(holder, SAME_IDENTIFIER) for holder in identified]
    suggestions += [
        Suggestion(holder, SHARED_IDENTIFIER)
        for holder in read.holders
        if holder.is_shared and not holder.is_anonymous
    ]
    outcome = AMBIGUOUS if identified else ANONYMOUS if anonymous else CREATED
    return MatchResult(outcome, anonymous, suggestions, may_have_more=read.may_have_more)


def finalize_suggestions(found: MatchResult, known: list[Identifier], schema: Schema) -> None:
    """Add near matches, and leave out decided pairs and suggestions of inactive rules.

    A customer that an inactive rule does not suggest is a candidate all the same. With more
    holders than are read, one more statement reads the labels of all of them.
    """
    places = [(one.field.pk, one.match_key) for one in known]
    near: list[Place] = []
    if found.outcome in (ANONYMOUS, CREATED) and (elsewhere := other_places(known, schema)):
        near = near_places(known, schema)
        add_near_matches(found, elsewhere, near, schema)
        places += elsewhere
    apart = apart_from(found)
    found.suggestions = [one for one in found.suggestions if one.holder.customer_pk not in apart]
    found.candidates = [suggestion.holder for suggestion in found.suggestions]
    if found.may_have_more and found.outcome != MATCHED:
        found.more_candidates = labelled_holders(places, near, besides=apart)
    found.suggestions = with_active_rules(found.suggestions, schema)


def add_near_matches(
    found: MatchResult, places: list[Place], near: list[Place], schema: Schema
) -> None:
    """Suggest identified customers that hold the same thing elsewhere or spelled otherwise."""
    read = read_holders(places, near)
    found.may_have_more |= read.may_have_more
    seen = {suggestion.holder.customer_pk for suggestion in found.suggestions}
    found.suggestions += [
        Suggestion(holder, rule_of(holder, places, schema))
        for holder in read.holders
        if not holder.is_anonymous and holder.customer_pk not in seen
    ]


def rule_of(holder: Holder, places: list[Place], schema: Schema) -> str:
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


def apart_from(found: MatchResult) -> set[int]:
    """Keys of the customers that are known to be other people than the holder."""
    if found.holder and found.suggestions:
        return not_duplicates_of(found.holder.customer_pk)
    return set()


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
