"""The reasons to take two customers for one person: their words, their weights, their switches.

One table serves the queue of duplicates and the suggestions of the lookup.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db import transaction

from customers.models import DuplicateRule
from schema_builder.models import FieldDefinition
from schema_builder.versions import touch_schema

SAME_IDENTIFIER = "same_identifier"
SHARED_IDENTIFIER = "shared_identifier"
OTHER_CHANNEL = "same_identifier_other_channel"
PHONE_VARIANT = "phone_variant"
SAME_EMAIL = "same_email"
SIMILAR_NAME = "similar_name"
SIMILAR_NAME_AND_VALUE = "similar_name_and_value"
DIFFERENT_GIVEN_NAMES = "different_given_names"
# Reasons that two customers are two people: each lowers the score by its weight in percent.
AGAINST = frozenset([DIFFERENT_GIVEN_NAMES])
# What a family or a household may share.
CONTACTS = frozenset([SAME_IDENTIFIER, OTHER_CHANNEL, PHONE_VARIANT, SAME_EMAIL])
# Scores from which on two customers are surely, or likely, one.
SURE, LIKELY = 85, 60


@dataclass(frozen=True, slots=True)
class Words:
    """A rule as supervisors choose it, and as it is told of a pair and of a suggestion."""

    title: str
    # Where it is used and what switching it off does.
    use: str
    of_pair: str = ""
    of_suggestion: str = ""


WORDS = {
    SAME_IDENTIFIER: Words(
        "The same identifier on one channel",
        "Queue and lookup. Switched off, the queue leaves such pairs out; the lookup still names "
        "the holders of an identifier that several have, because it cannot decide among them.",
        "Both have the same {field}.",
        "Has the same {field}, and so do others.",
    ),
    SHARED_IDENTIFIER: Words(
        "The same identifier, marked as shared",
        "Lookup only. Switched off, a switchboard or a family phone suggests nobody.",
        of_suggestion="Has the same {field}, which is marked as shared.",
    ),
    OTHER_CHANNEL: Words(
        "The same identifier on two channels",
        "Queue and lookup.",
        "One has as {field} what the other has on another channel.",
        "Has the same value as {field}.",
    ),
    PHONE_VARIANT: Words(
        "Two spellings of one phone line",
        "Queue and lookup. The ninth digit of Brazil, the 1 of Mexico, the 9 of Argentina.",
        "The numbers in {field} are two spellings of one line.",
        "Has another spelling of the same number as {field}.",
    ),
    SAME_EMAIL: Words(
        "The same mailbox, in any field and spelling",
        "Queue and lookup. Letter case never counts; with Google neither do dots, nor what "
        "follows a plus, nor which of its two names is written.",
        "The e-mail address in {field} leads to the same mailbox.",
        "Has another spelling of the same mailbox as {field}.",
    ),
    SIMILAR_NAME: Words(
        "Names that are alike, and the same date",
        "Queue only. Titles, accents, the order of words and initials do not matter.",
        "The names are alike, and {field} is the same.",
    ),
    SIMILAR_NAME_AND_VALUE: Words(
        "Names that are alike, and the same value",
        "Queue only. Looks at texts and choices by which customers are searched for, such as a "
        "company or a postal code, unless more than 50 customers share the value.",
        "The names are alike, and {field} is the same.",
    ),
    DIFFERENT_GIVEN_NAMES: Words(
        "Against it: the given names differ",
        "Queue only. Lowers the score of customers who share an identifier or a mailbox by so many "
        "percent, because couples and families do. Short forms, initials, spellings and a changed "
        "family name are no difference.",
        "Against it: the given names differ, as in a family that shares its contacts.",
    ),
}


# A field that is gone, or hidden from the reader.
UNNAMED = "hidden detail"


@dataclass(frozen=True, slots=True)
class Rule:
    weight: int
    is_active: bool


@lru_cache(maxsize=1)
def rules_at(revision: str) -> Mapping[str, Rule]:
    """All rules by key, kept in memory until the schema's revision moves; saving one moves it."""
    rows = DuplicateRule.objects.values_list("key", "weight", "is_active")
    return {key: Rule(weight, is_active) for key, weight, is_active in rows}


def active_weights(revision: str) -> dict[str, int]:
    return {key: rule.weight for key, rule in rules_at(revision).items() if rule.is_active}


@transaction.atomic
def save_rule(rule: DuplicateRule) -> None:
    """Save a rule's switch and weight, and tell every process; the next scan scores anew."""
    rule.save(update_fields=["is_active", "weight"])
    touch_schema()


def near_rule(definition: FieldDefinition) -> str:
    """The rule by which two spellings in a field of this type are one."""
    return SAME_EMAIL if definition.field_type.points_to_person else PHONE_VARIANT


def score_of(rules: Iterable[str], weights: Mapping[str, int]) -> int:
    """Reasons together make surer than each alone, and never quite sure: 0 to 99.

    A reason against it takes its share of that.
    """
    doubt, kept = 1.0, 1.0
    for rule in rules:
        share = 1 - weights.get(rule, 0) / 100
        if rule in AGAINST:
            kept *= share
        else:
            doubt *= share
    return round(min(99, 100 * (1 - doubt)) * kept)
