"""A conversation moved to another customer, with what goes along (contract 7)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from access.actors import Caller
from customers.error_messages import LOCKED, NO_IDENTITY
from customers.history.recording import images, record
from customers.labelling.rules import DroppedLabel, unite_labels
from customers.locking import CustomersContended, lock_by_public_id, refuse_former_ids
from customers.masking import FieldAccess
from customers.models import ChannelIdentity, Conversation, Customer, CustomerAlias, Operation
from customers.profiles.anonymity import anonymous_rivals, take_over_from_anonymous
from customers.profiles.identifiers import Identifier, identifiers_for, is_ignored_in
from customers.profiles.rows import new_identity, stored_identifier
from customers.undo.undo import bump_versions
from foundation.text import bare
from schema_builder.models import MOST_IDENTIFIERS
from schema_builder.schema import Schema, current_schema, schema_for_writing

TRIES = 5
FULL = f"The customer holds {MOST_IDENTIFIERS} values of this field already."

# A field and a key in it: of one customer it stands for one identity.
Place = tuple[int, str]


class UnknownConversation(Exception):
    """No conversation with this id has been linked."""

    def __init__(self, conversation_id: str):
        super().__init__(f'There is no conversation "{conversation_id}".')


@dataclass(frozen=True, slots=True)
class RelinkRequest:
    """What goes along with the conversation; None for `move_past_conversations` means: where the
    identity is added and the former customer is anonymous, as the contract's client does."""

    target: str
    add_identity: bool = False
    move_past_conversations: bool | None = None
    absorb_anonymous: bool = True
    reason: str = ""


@dataclass
class Relinked:
    """What a relink did, or would do."""

    source: str
    target: str
    operation: Operation | None = None
    moved_conversations: list[str] = field(default_factory=list)
    added_identities: list[dict[str, Any]] = field(default_factory=list)
    dropped_identities: list[dict[str, Any]] = field(default_factory=list)
    # What the absorbed customer had and the target could not take over.
    dropped_labels: list[DroppedLabel] = field(default_factory=list)
    dropped_values: list[dict[str, Any]] = field(default_factory=list)
    deleted_customer: str | None = None


def relink_conversation(
    conversation_id: str, request: RelinkRequest, *, caller: Caller, dry_run: bool = False
) -> Relinked:
    """Move the conversation to `request.target`, in one transaction.

    A `dry_run` does the same and takes it back. Relinking to the same customer writes nothing.
    Raises UnknownConversation, UnknownCustomer, CustomerMerged and CustomersContended.
    """
    with transaction.atomic():
        schema_for_writing()
        relink = lock_parties(conversation_id, request)
        if relink.source.pk != relink.target.pk:
            relink.run(caller)
        if dry_run:
            transaction.set_rollback(True)
            relink.outcome.operation = None
    return relink.outcome


def lock_parties(conversation_id: str, request: RelinkRequest) -> "Relink":
    """The relink, with everybody it concerns locked."""
    for _ in range(TRIES):
        attempt = transaction.savepoint()
        if relink := try_to_lock(conversation_id, request):
            transaction.savepoint_commit(attempt)
            return relink
        transaction.savepoint_rollback(attempt)
    raise CustomersContended


def try_to_lock(conversation_id: str, request: RelinkRequest) -> "Relink | None":
    """Customers first, like everywhere; None where the conversation went elsewhere meanwhile."""
    conversation = find_conversation(conversation_id)
    source_id = conversation.customer.public_id

    def relink_of(locked: Mapping[str, Customer]) -> Relink:
        return Relink(conversation, locked[source_id], locked[request.target], request)

    locked = lock_by_public_id(
        [source_id, request.target],
        along=lambda locked: relink_of(locked).rivals(),
        # The caller names the target alone: the source may have been merged meanwhile.
        follows_merges=True,
    )
    refuse_former_ids({request.target: locked[request.target]})
    again = Conversation.objects.select_for_update().filter(pk=conversation.pk).first()
    there = again is not None and again.customer_id == locked[source_id].pk
    return relink_of(locked) if there else None


def find_conversation(conversation_id: str) -> Conversation:
    found = Conversation.objects.filter(conversation_id=bare(conversation_id))
    conversation = found.select_related("customer", "channel_type").first()
    if conversation is None:
        raise UnknownConversation(conversation_id)
    return conversation


@dataclass
class Relink:
    """The steps of one relink between two locked customers."""

    conversation: Conversation
    source: Customer
    target: Customer
    request: RelinkRequest

    def __post_init__(self):
        self.outcome = Relinked(source=self.source.public_id, target=self.target.public_id)

    def rivals(self) -> set[int]:
        """Keys of the customers that lose an identifier to the target."""
        schema = current_schema()
        wanted = identifying(self.offered_identifiers(schema), schema)
        return anonymous_rivals(self.target, wanted)

    def run(self, caller: Caller) -> None:
        schema = current_schema()
        offered = self.offered_identifiers(schema)
        wanted = identifying(offered, schema)
        pks = {self.source.pk, self.target.pk, *anonymous_rivals(self.target, wanted)}
        before = images(pks)
        author = caller.get_username()
        self.move_conversations()
        self.add_identities(wanted, FieldAccess(caller))
        self.drop_ignored(offered, wanted)
        if self.request.absorb_anonymous and self.source.is_anonymous:
            self.absorb_source()
        bump_versions(pks, author, before)
        self.outcome.operation = record(
            Operation.Kind.RELINK,
            before=before,
            after=images(pks),
            actor=author,
            reason=self.request.reason,
        )

    def move_conversations(self) -> None:
        move_past = self.request.move_past_conversations
        if move_past is None:
            move_past = self.request.add_identity and self.source.is_anonymous
        moved = self.source.conversations.all()
        if not move_past:
            moved = moved.filter(pk=self.conversation.pk)
        self.outcome.moved_conversations = list(
            moved.order_by("id").values_list("conversation_id", flat=True)
        )
        moved.update(customer=self.target)

    def offered_identifiers(self, schema: Schema) -> list[Identifier]:
        """The conversation's identity, and of an anonymous source all that it has."""
        if not self.request.add_identity:
            return []
        wanted = self.conversation_identifiers(schema)[:1]
        if self.source.is_anonymous and self.request.absorb_anonymous:
            rows = self.source.identities.active().select_related("field")
            wanted += [stored_identifier(row.field, row, schema) for row in rows.order_by("id")]
        return wanted

    def add_identities(self, wanted: list[Identifier], mask: FieldAccess) -> None:
        """What the target may have and has room for; what it had retired is in use again."""
        held = {(row.field_id, row.match_key): row for row in self.target.identities.all()}
        seen = {place for place, row in held.items() if not row.is_retired}
        counts = Counter(field for field, _ in seen)
        added = []
        for identifier in wanted:
            if identity_key(identifier) in seen:
                continue
            seen.add(identity_key(identifier))
            if mask.locks(identifier.field):
                self.drop_identity(identifier, LOCKED)
            elif counts[identifier.field.pk] >= MOST_IDENTIFIERS:
                self.drop_identity(identifier, FULL)
            else:
                counts[identifier.field.pk] += 1
                added.append(identifier)
        self.give(added, held)

    def give(self, added: list[Identifier], held: Mapping[Place, ChannelIdentity]) -> None:
        if self.target.is_anonymous:
            take_over_from_anonymous(self.target, added)
        retired = [held[identity_key(one)].pk for one in added if identity_key(one) in held]
        ChannelIdentity.objects.filter(pk__in=retired).update(is_retired=False)
        ChannelIdentity.objects.bulk_create(
            new_identity(self.target, one, source="relink")
            for one in added
            if identity_key(one) not in held
        )
        self.outcome.added_identities = [entry_of(one) for one in added]

    def conversation_identifiers(self, schema: Schema) -> list[Identifier]:
        identifier = self.conversation.identifier
        if not identifier:
            return []
        return identifiers_for(self.conversation.channel_type.name, identifier, schema)

    def drop_ignored(self, offered: list[Identifier], wanted: list[Identifier]) -> None:
        """Report the identities that no customer is to have."""
        ignored = {identity_key(one): one for one in offered if one not in wanted}
        for one in ignored.values():
            self.drop_identity(one, NO_IDENTITY.format(one.value))

    def drop_identity(self, identifier: Identifier, reason: str) -> None:
        self.outcome.dropped_identities.append(entry_of(identifier) | {"reason": reason})

    def absorb_source(self) -> None:
        """Delete the anonymous source if nothing is left that happened with it."""
        if self.source.conversations.exists():
            return
        kept = set(self.target.identities.values_list("field_id", "match_key"))
        known = {entry["identifier"] for entry in self.outcome.dropped_identities}
        for row in self.source.identities.select_related("field").order_by("id"):
            if (row.field_id, row.match_key) not in kept and row.value not in known:
                self.outcome.dropped_identities.append(
                    {
                        "field": row.field,
                        "identifier": row.value,
                        "reason": "It was not to be added.",
                    }
                )
        self.outcome.dropped_labels = unite_labels(self.target, [self.source]).dropped
        self.move_values()
        self.outcome.deleted_customer = self.source.public_id
        pk, public_id = self.source.pk, self.source.public_id
        CustomerAlias.objects.filter(customer=pk).update(customer=self.target)
        self.source.delete()
        CustomerAlias.objects.create(public_id=public_id, customer=self.target)

    def move_values(self) -> None:
        """Values that the target lacks are its own now; where both have one, the target's stays."""
        held = dict(self.target.values.values_list("field_id", "text"))
        self.source.values.exclude(field__in=held).update(customer=self.target)
        for row in self.source.values.select_related("field").order_by("field_id"):
            if row.text != held[row.field_id]:
                self.outcome.dropped_values.append(
                    {
                        "field": row.field,
                        "value": row.text,
                        "reason": "The customer has another value.",
                    }
                )


def identity_key(identifier: Identifier) -> Place:
    return identifier.field.pk, identifier.match_key


def identifying(offered: list[Identifier], schema: Schema) -> list[Identifier]:
    """Leave out values that channels send for contacts without an identity."""
    return [one for one in offered if not is_ignored_in(one.field, one.value, schema)]


def entry_of(identifier: Identifier) -> dict[str, Any]:
    return {"field": identifier.field, "identifier": identifier.value}
