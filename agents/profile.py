"""What the profile page of one customer shows."""

from dataclasses import dataclass, field
from typing import Any

from access.actors import Caller
from customers.conversations.display import shown_identifier
from customers.labelling.channels import describe_channels
from customers.labelling.rules import handled_by
from customers.masking import FieldAccess
from customers.models import ChannelIdentity, Conversation, Customer
from customers.permissions import VIEW_CONVERSATIONS
from customers.system_fields import BUILT_IN, NAME_FIELD
from labels.contact_limits import limits_of
from labels.models import DEFAULT_PRIORITY, Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema, held_schema

from .rows import avatar_of, icon_of, worn_chips

CONVERSATIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of a customer. Its type says which template draws it."""

    field: FieldDefinition
    icon: str
    text: str = ""
    is_hidden: bool = False
    identity: ChannelIdentity | None = None
    is_locked: bool = False

    @property
    def templates(self) -> list[str]:
        drawn_as = "hidden" if self.is_hidden else self.field.type
        return [f"agents/values/_{drawn_as}.html", "agents/values/_text.html"]

    @property
    def link(self) -> str:
        """What a click on the value opens: a call, a letter, a page; "" for nothing."""
        field_type = self.field.field_type
        if self.is_hidden or (self.identity and self.identity.is_retired):
            return ""
        key = self.identity.match_key if self.identity else field_type.match_key(self.text).key
        return field_type.link(self.text, key)

    @property
    def may_edit(self) -> bool:
        """Whether the field is edited where it is shown, by who may change customers."""
        return not (self.is_locked or self.field.is_channel_identifier)

    @property
    def chosen(self) -> list[str]:
        """The labels of the options in a value that chooses some."""
        labels = {o["value"]: o.get("label") or o["value"] for o in self.field.options}
        return [labels.get(value, value) for value in self.text.split("\n")]


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together: those with a value, required ones without, other empty ones."""

    name: str
    filled: list[FieldRow] = field(default_factory=list)
    missing: list[FieldRow] = field(default_factory=list)
    empty: list[FieldRow] = field(default_factory=list)

    def add(self, row: FieldRow) -> None:
        if row.text:
            self.filled.append(row)
        else:
            (self.missing if row.field.is_required else self.empty).append(row)


@dataclass(frozen=True, slots=True)
class ConversationRow:
    conversation: Conversation
    identifier: str


def profile_of(customer: Customer, schema: Schema, mask: FieldAccess, viewer) -> dict[str, Any]:
    """The context of the profile page; the number of statements does not depend on the schema."""
    name = mask(schema.by_key[NAME_FIELD], customer.first_name)
    return {
        "customer": customer,
        "name": name,
        "avatar": avatar_of(name, customer.public_id),
        "identities": identity_section(customer, schema, mask),
        "sections": sections_of(customer, schema, mask),
    } | conversations_of(customer, schema, mask, viewer)


def identity_section(customer: Customer, schema: Schema, mask: FieldAccess) -> Section:
    """What the customer is known by, in schema order; retired identifiers last."""
    section = Section("Identities")
    held: dict[int, list[ChannelIdentity]] = {}
    for identity in customer.identities.order_by("id"):
        held.setdefault(identity.field_id, []).append(identity)
    for definition in schema.identifier_fields:
        icon, hidden = icon_of(definition), mask.hides(definition)
        locked = mask.locks(definition)
        for identity in held.get(definition.pk, []):
            text = mask(definition, identity.value)
            section.filled.append(FieldRow(definition, icon, text, hidden, identity, locked))
        if definition.pk not in held:
            section.add(FieldRow(definition, icon))
    section.filled.sort(key=lambda row: row.identity is not None and row.identity.is_retired)
    return section


def sections_of(customer: Customer, schema: Schema, mask: FieldAccess) -> list[Section]:
    values = dict(customer.values.values_list("field_id", "text"))
    sections: dict[str, Section] = {}
    for definition in schema.fields:
        if definition.is_channel_identifier or definition.key in BUILT_IN:
            continue
        section = sections.setdefault(definition.section, Section(definition.section))
        section.add(field_row(definition, values.get(definition.pk, ""), mask))
    return list(sections.values())


def field_row(definition: FieldDefinition, text: str, mask: FieldAccess) -> FieldRow:
    """A field that is no identifier; an empty one hides nothing."""
    icon, locked = definition.field_type.icon, mask.locks(definition)
    if not text:
        return FieldRow(definition, icon, is_locked=locked)
    shown = mask(definition, text)
    return FieldRow(definition, icon, shown, mask.hides(definition), is_locked=locked)


def conversations_of(
    customer: Customer, schema: Schema, mask: FieldAccess, viewer
) -> dict[str, Any]:
    """The newest conversations and how many there are; nothing for who may not see them."""
    if not viewer.has_perm(VIEW_CONVERSATIONS):
        return {"sees_conversations": False}
    newest = customer.conversations.select_related("channel_type").order_by(
        "-last_activity_at", "-id"
    )
    rows = list(newest[:CONVERSATIONS_SHOWN])
    count = len(rows) if len(rows) < CONVERSATIONS_SHOWN else customer.conversations.count()
    return {
        "sees_conversations": True,
        "conversations": [
            ConversationRow(row, shown_identifier(row, schema, mask)) for row in rows
        ],
        "conversation_count": count,
    }


@dataclass(frozen=True, slots=True)
class OfferedLabels:
    """Labels that may be put on; those of a group together, the others first."""

    group: str
    is_exclusive: bool
    labels: list[Label] = field(default_factory=list)


def worn_labels(customer: Customer, viewer: Caller) -> dict[str, Any]:
    rows = customer.worn_labels.select_related("label")
    worn = list(rows.prefetch_related("label__assignable_by"))
    labels = [row.label for row in worn]
    return {
        "may_take_off": {label.public_id for label in handled_by(viewer, labels)},
        "chips": worn_chips(worn),
        "priority": max((label.priority for label in labels), default=DEFAULT_PRIORITY),
        "contact_limits": [
            (limit.label, describe_channels(limit.channels, held_schema()))
            for limit in limits_of((label.name, label.do_not_contact) for label in labels)
        ],
    }


def labels_to_offer(customer: Customer, viewer: Caller) -> list[OfferedLabels]:
    """What the viewer may put on the customer. Three statements, whatever their number."""
    labels = (
        Label.objects.filter(is_archived=False)
        .exclude(pk__in=customer.worn_labels.values("label"))
        .select_related("group")
        .prefetch_related("assignable_by")
        .order_by("group__name", "name", "id")
    )
    offers: dict[int | None, OfferedLabels] = {None: OfferedLabels("", is_exclusive=False)}
    for label in handled_by(viewer, labels):
        name = label.group.name if label.group else ""
        offers.setdefault(label.group_id, OfferedLabels(name, label.is_exclusive))
        offers[label.group_id].labels.append(label)
    return [offer for offer in offers.values() if offer.labels]
