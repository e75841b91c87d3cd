"""What identification would do, and what each role would see of it; nothing is written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group

from access.actors import Actor, Caller
from access.permission_labels import permission_name
from customers.documents import document
from customers.masking import FieldAccess, shown_name, visible_to
from customers.permissions import CHANGE
from customers.profiles.identifiers import Identifier, identifiers_for, is_ignored_on, missing_on
from customers.system_fields import ANONYMOUS_FIELD, LABELS_FIELD
from labels.contact_limits import ContactLimit, forbids
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

from .candidates import Priority, candidates, highest_priority, strictest_limits
from .lookup import Holder, read_holders
from .matching import (
    AMBIGUOUS,
    ANONYMOUS,
    CREATED,
    MATCHED,
    PLACEHOLDER,
    MatchResult,
    cleaned_identifier,
    explained,
    finalize_suggestions,
    match_result,
)
from .without_identity import find_without_identity

VERDICTS = {
    MATCHED: "One customer has this identifier, so it is this one.",
    ANONYMOUS: "Somebody without a name came by this identifier before.",
    AMBIGUOUS: "Several customers have this identifier, so an anonymous one is used and they are suggested.",
    CREATED: "Nobody has this identifier, so a new anonymous customer would be created.",
}
IGNORED = "This is on the list of ignored identifiers"
UNSERVED = "No field serves this channel"
WITHOUT_IDENTITY = {
    CREATED: "{}, so a new anonymous customer would be created.",
    PLACEHOLDER: "{}, so the placeholder of the channel type answers. With a conversationId, "
    "the conversation gets an anonymous customer of its own.",
}


@dataclass(frozen=True, slots=True)
class RoleView:
    """What a role sees of one field."""

    text: str
    is_shown: bool = True
    is_masked: bool = False
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class RoleViewLine:
    """One field, as each of the roles sees it."""

    field: FieldDefinition
    sights: list[RoleView]


@dataclass(frozen=True, slots=True)
class Suggested:
    public_id: str
    name: str
    score: int
    reason: str


@dataclass
class Simulation:
    """The outcome of an identification under one schema."""

    outcome: str
    verdict: str
    readings: list[Identifier]
    public_id: str = ""
    name: str = ""
    priority: Priority = field(default_factory=Priority)
    limits: list[ContactLimit] = field(default_factory=list)
    is_forbidden: bool = False
    suggestions: list[Suggested] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    lines: list[RoleViewLine] = field(default_factory=list)
    # Names of the customer and of all candidates, by id.
    names: dict[str, str] = field(default_factory=dict)

    def priority_customers(self) -> list[tuple[str, str]]:
        return self.named(self.priority.customers)

    def limits_by_customer(self) -> list[tuple[ContactLimit, list[tuple[str, str]]]]:
        return [(limit, self.named(limit.customers)) for limit in self.limits]

    def named(self, public_ids: Iterable[str]) -> list[tuple[str, str]]:
        """(id, name) of the candidates with these ids."""
        return [(public_id, self.names[public_id]) for public_id in public_ids]


def simulate_lookup(
    channel_type: str, identifier: str, schema: Schema, *, viewer: Caller
) -> Simulation:
    """Identify without writing, as `schema` would have it; `viewer` sees no more than may be.

    A fixed number of queries for any number of fields. Raises ValidationError keyed
    `customerChannelIdentifier` for what no channel could deliver.
    """
    identifier = cleaned_identifier(identifier)
    channel = schema.channel_types[channel_type]
    is_ignored = is_ignored_on(channel_type, identifier, schema)
    known = [] if is_ignored else identifiers_for(channel_type, identifier, schema)
    found = found_by(known, schema) if known else find_without_identity(channel, "")
    schema_known, mask = visible_to(viewer, schema), FieldAccess(viewer)
    readings = [one for one in known if one.field.pk in schema_known.by_id]
    obstacle = "" if known else obstacle_on(channel_type, schema, is_ignored=is_ignored)
    rehearsal = Simulation(found.outcome, verdict_of(found, obstacle), readings)
    rehearsal.suggestions = [
        suggested(suggestion.holder, explained(suggestion, schema_known), schema, mask)
        for suggestion in found.suggestions
    ]
    rows = candidates(found, found.holder)
    rehearsal.names = {row[0]: shown_name(row[1], schema, mask) for row in rows}
    rehearsal.priority, rehearsal.limits = highest_priority(rows), strictest_limits(rows)
    rehearsal.is_forbidden = forbids(rehearsal.limits, channel_type)
    if found.holder:
        add_customer(rehearsal, found.holder, schema, viewer)
    return rehearsal


def found_by(known: list[Identifier], schema: Schema) -> MatchResult:
    found = match_result(read_holders((one.field.pk, one.match_key) for one in known))
    finalize_suggestions(found, known, schema)
    return found


def obstacle_on(channel_type: str, schema: Schema, *, is_ignored: bool) -> str:
    """Return why an identifier on the channel type identifies no customer."""
    if is_ignored:
        return IGNORED
    return missing_on(channel_type, schema) if schema.serving[channel_type] else UNSERVED


def verdict_of(found: MatchResult, obstacle: str) -> str:
    if obstacle:
        return WITHOUT_IDENTITY[found.outcome].format(obstacle)
    return VERDICTS[found.outcome]


def suggested(holder: Holder, why: dict[str, Any], schema: Schema, mask: FieldAccess) -> Suggested:
    name = shown_name(holder.row[1], schema, mask)
    return Suggested(holder.public_id, name, why["score"], why["reason"])


def add_customer(rehearsal: Simulation, holder: Holder, schema: Schema, viewer: Caller) -> None:
    rehearsal.public_id = holder.public_id
    rehearsal.name = shown_name(holder.row[1], schema, FieldAccess(viewer))
    roles = role_actors()
    rehearsal.roles = [actor.name for actor in roles]
    rehearsal.lines = role_view_lines(holder, schema, roles, viewer)


def role_actors() -> list[Actor]:
    """Of each role somebody who has it and no other."""
    groups = Group.objects.order_by("name", "id").prefetch_related("permissions__content_type")
    return [
        Actor(
            group.name,
            "",
            frozenset(map(permission_name, group.permissions.all())),
            frozenset({group.pk}),
        )
        for group in groups
    ]


def role_view_lines(
    holder: Holder, schema: Schema, roles: list[Actor], viewer: Caller
) -> list[RoleViewLine]:
    """What each role sees of what the customer has; nothing that the viewer may not know."""
    known, mask = visible_to(viewer, schema), FieldAccess(viewer)
    own = document(holder.row, known, mask)
    theirs = [document(holder.row, visible_to(role, schema), FieldAccess(role)) for role in roles]
    return [
        RoleViewLine(
            definition, [role_view(definition, own, doc, role, mask) for role, doc in pairs]
        )
        for definition in known.fields
        if definition.key not in (ANONYMOUS_FIELD, LABELS_FIELD) and own[definition.key]
        for pairs in [list(zip(roles, theirs, strict=True))]
    ]


def role_view(
    definition: FieldDefinition,
    own: dict[str, Any],
    document: dict[str, Any],
    role: Actor,
    mask: FieldAccess,
) -> RoleView:
    theirs = FieldAccess(role)
    if not theirs.shows(definition):
        return RoleView("", is_shown=False)
    # What is masked for the viewer stays so in every column.
    value = own[definition.key] if mask.hides(definition) else document[definition.key]
    is_masked = mask.hides(definition) or theirs.hides(definition)
    return RoleView(
        listed(value) if is_masked else describe_value(definition, value),
        is_masked=theirs.hides(definition),
        is_locked=theirs.locks(definition) or not role.has_perm(CHANGE),
    )


def listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def describe_value(definition: FieldDefinition, value: Any) -> str:
    """A value of a document as people read it in a list."""
    if definition.is_channel_identifier:
        return listed(value)
    return definition.field_type.in_words(definition.field_type.text_of(value), definition)
