"""Customers side by side, field by field."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from customers.masking import FieldAccess, shown_name
from customers.models import AttributeValue, ChannelIdentity, Conversation, Customer, CustomerLabel
from customers.profiles.anonymity import default_name
from customers.system_fields import ANONYMOUS_FIELD, BUILT_IN, LABELS_FIELD, NAME_FIELD
from labels.models import Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

from .profile import FieldRow
from .rows import Avatar, Chip, avatar_of, chips_of, icon_of


@dataclass(frozen=True, slots=True)
class ComparisonColumn:
    """One of the customers."""

    customer: Customer
    name: str
    avatar: Avatar
    is_kept: bool
    chips: list[Chip]
    conversations: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What one customer has of one field; several rows where it is an identifier."""

    public_id: str
    is_kept: bool
    rows: list[FieldRow] = field(default_factory=list)
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """One field of all the customers."""

    definition: FieldDefinition
    icon: str
    cells: list[Cell]
    differs: bool
    may_choose: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    columns: list[ComparisonColumn]
    lines: list[ComparisonLine]

    @property
    def kept(self) -> ComparisonColumn:
        return next(column for column in self.columns if column.is_kept)

    @property
    def others(self) -> list[ComparisonColumn]:
        return [column for column in self.columns if not column.is_kept]

    @property
    def chips(self) -> list[Chip]:
        """All labels, each once."""
        return list(
            {chip.public_id: chip for column in self.columns for chip in column.chips}.values()
        )

    @property
    def conversations(self) -> int:
        return sum(column.conversations for column in self.columns)


class Comparer:
    """Reads everything that is compared; the statements grow with nobody."""

    def __init__(
        self, customers: Sequence[Customer], kept: Customer, schema: Schema, mask: FieldAccess
    ):
        self.customers, self.kept = customers, kept
        self.schema, self.mask = schema, mask
        pks = [customer.pk for customer in customers]
        self.identities: dict[tuple[int, int], list[ChannelIdentity]] = defaultdict(list)
        for identity in ChannelIdentity.objects.filter(customer__in=pks).order_by("id"):
            self.identities[identity.customer_id, identity.field_id].append(identity)
        rows = AttributeValue.objects.filter(customer__in=pks)
        self.values: dict[tuple[int, int], str] = {
            (row.customer_id, row.field_id): row.text for row in rows
        }
        self.labels: dict[int, list[Label]] = defaultdict(list)
        for worn in CustomerLabel.objects.filter(customer__in=pks).select_related("label"):
            self.labels[worn.customer_id].append(worn.label)
        counts = Conversation.objects.filter(customer__in=pks).values_list("customer")
        self.conversations: dict[int, int] = dict(counts.annotate(Count("pk")))

    def compare(self, choices: Mapping[str, str]) -> Comparison:
        """Side by side; `choices` tells by field key whose value was chosen."""
        lines = [
            self.line(definition, choices.get(definition.key, ""))
            for definition in self.schema.fields
            if definition.key not in (ANONYMOUS_FIELD, LABELS_FIELD)
        ]
        return Comparison(
            [self.column(customer) for customer in self.customers],
            [line for line in lines if any(cell.rows for cell in line.cells)],
        )

    def column(self, customer: Customer) -> ComparisonColumn:
        name = shown_name(customer.first_name, self.schema, self.mask)
        return ComparisonColumn(
            customer=customer,
            name=name,
            avatar=avatar_of(name, customer.public_id),
            is_kept=customer.pk == self.kept.pk,
            chips=chips_of(self.labels[customer.pk]),
            conversations=self.conversations.get(customer.pk, 0),
        )

    def line(self, definition: FieldDefinition, choice: str) -> ComparisonLine:
        texts = {customer.pk: self.texts(definition, customer) for customer in self.customers}
        given = [customer for customer in self.customers if texts[customer.pk]]
        differs = len({tuple(sorted(key for key, _, _ in texts[c.pk])) for c in given}) > 1
        may_choose = (
            not (definition.is_channel_identifier or self.mask.locks(definition)) and differs
        )
        chosen = self.chosen(definition, given, choice)
        icon = (
            icon_of(definition) if definition.is_channel_identifier else definition.field_type.icon
        )
        hidden = self.mask.hides(definition)
        cells = [
            Cell(
                customer.public_id,
                customer.pk == self.kept.pk,
                [
                    FieldRow(definition, icon, self.mask(definition, text), hidden, identity)
                    for _, text, identity in texts[customer.pk]
                ],
                chosen is not None and customer.pk == chosen.pk,
            )
            for customer in self.customers
        ]
        return ComparisonLine(definition, icon, cells, differs, may_choose)

    def texts(self, definition, customer) -> list[tuple[str, str, ChannelIdentity | None]]:
        """(what is compared, what is shown, the identity) of the customer in a field."""
        if definition.is_channel_identifier:
            held = self.identities[customer.pk, definition.pk]
            return [(identity.match_key, identity.value, identity) for identity in held]
        if definition.key == NAME_FIELD:
            text = customer.first_name
        else:
            text = self.values.get((customer.pk, definition.pk), "")
        return [(text, text, None)] if text else []

    def chosen(self, definition, given: list[Customer], choice: str) -> Customer | None:
        """Whose value stays: what was chosen, else the survivor's, else the first that is there."""
        by_choice = [customer for customer in given if customer.public_id == choice]
        if definition.key == NAME_FIELD:
            default = default_name(self.schema)
            named = [customer for customer in given if customer.first_name != default]
            given = named or given
        kept = [customer for customer in given if customer.pk == self.kept.pk]
        return next(iter([*by_choice, *kept, *given]), None)


def choosable(schema: Schema) -> set[str]:
    """Keys of the fields of which a merge keeps one value."""
    return {
        f.key for f in schema.fields if not f.is_channel_identifier and f.key not in BUILT_IN
    } | {NAME_FIELD}


def result_rows(document: Mapping[str, Any], schema: Schema, mask: FieldAccess) -> list[FieldRow]:
    """The fields of a customer's document, as they are drawn."""
    rows = []
    for definition in schema.fields:
        if definition.key in (ANONYMOUS_FIELD, LABELS_FIELD, NAME_FIELD):
            continue
        icon = (
            icon_of(definition) if definition.is_channel_identifier else definition.field_type.icon
        )
        wire = document.get(definition.key)
        for text in wire_texts(wire, definition):
            rows.append(FieldRow(definition, icon, text, mask.hides(definition)))
    return rows


def wire_texts(wire: Any, definition: FieldDefinition) -> list[str]:
    if wire is None or wire == "":
        return []
    if isinstance(wire, bool):
        return ["true" if wire else "false"]
    if isinstance(wire, list | tuple):
        texts = [str(item) for item in wire]
        return texts if definition.is_channel_identifier or not texts else ["\n".join(texts)]
    return [str(wire)]
