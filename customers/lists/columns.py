"""The columns that a list of customers can have, and what stands in them for one reader.

Whatever columns are chosen, a page of customers costs at most one query for each table they need.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from access.actors import Caller
from customers.conversations.display import last_contacts
from customers.masking import FieldAccess
from customers.models import AttributeValue, ChannelIdentity, ColumnChoice, Customer, CustomerLabel
from customers.permissions import VIEW_CONVERSATIONS
from customers.system_fields import ANONYMOUS_FIELD, BUILT_IN, LABELS_FIELD, NAME_FIELD
from labels.models import DEFAULT_PRIORITY, Label
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

from .criteria import CREATED, RECORD_SECTION, UPDATED

# No key of the schema starts with a dot.
IDENTIFIERS, LAST_CONVERSATION = ".identifiers", ".lastConversation"
ID, PRIORITY = "_id", "priority"
CREATED_BY, UPDATED_BY = "createdBy", "updatedBy"
RECORD = {
    ID: "Id",
    PRIORITY: "Priority",
    CREATED: "Created",
    CREATED_BY: "Created by",
    UPDATED: "Updated",
    UPDATED_BY: "Updated by",
}
BY_DEFAULT = (NAME_FIELD, IDENTIFIERS, LABELS_FIELD, UPDATED)
MOST_COLUMNS = 20


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list; `definition` where it is a field of the schema."""

    key: str
    label: str
    section: str
    definition: FieldDefinition | None = None


def list_columns(schema: Schema, viewer: Caller) -> dict[str, Column]:
    """Every column that the viewer can have, by its key, in the order of the schema."""
    found = [Column(IDENTIFIERS, "Identifiers", "Summary")]
    if viewer.has_perm(VIEW_CONVERSATIONS):
        found.append(Column(LAST_CONVERSATION, "Last conversation", "Summary"))
    found += [
        Column(definition.key, definition.label, definition.section or "Details", definition)
        for definition in schema.fields
        if not definition.field_type.is_secret
    ]
    found += [Column(key, label, RECORD_SECTION) for key, label in RECORD.items()]
    return {column.key: column for column in found}


def picked(keys: Iterable[str], known: dict[str, Column]) -> list[Column]:
    """The columns with these keys, each once, without those that are gone."""
    return [known[key] for key in dict.fromkeys(keys) if key in known][:MOST_COLUMNS]


def chosen_columns(user, known: dict[str, Column]) -> list[Column]:
    """The columns that the user chose, else the usual ones."""
    choice = ColumnChoice.objects.filter(user=user.pk).values_list("keys", flat=True).first()
    return picked(choice or (), known) or picked(BY_DEFAULT, known)


def choose_columns(user, columns: Sequence[Column]) -> None:
    """Keep these for the user; none are the usual ones again."""
    keys = [column.key for column in columns]
    if keys and keys != list(BY_DEFAULT):
        ColumnChoice.objects.update_or_create(user_id=user.pk, defaults={"keys": keys})
    else:
        ColumnChoice.objects.filter(user=user.pk).delete()


@dataclass(slots=True)
class TableRow:
    """What was read of one customer, as its reader may see it."""

    customer: Customer
    identities: list[tuple[FieldDefinition, str]] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    last_contact: datetime | None = None

    @property
    def priority(self) -> int:
        return max((label.priority for label in self.labels), default=DEFAULT_PRIORITY)


class CustomerTable:
    """Customers as lines of the chosen columns."""

    def __init__(
        self, columns: Sequence[Column], schema: Schema, mask: FieldAccess, viewer: Caller
    ):
        self.columns = columns
        self.keys = {column.key for column in columns}
        self.schema = schema
        self.mask = mask
        self.viewer = viewer
        self.definitions = [column.definition for column in columns if column.definition]

    def lines(self, customers: Sequence[Customer]) -> list[TableRow]:
        """Four queries at most."""
        lines = {customer.pk: TableRow(customer) for customer in customers}
        self.read_identities(lines)
        self.read_labels(lines)
        self.read_values(lines)
        if LAST_CONVERSATION in self.keys:
            contacts = last_contacts([c.public_id for c in customers], self.viewer)
            for line in lines.values():
                line.last_contact = contacts.get(line.customer.public_id)
        return list(lines.values())

    def read_identities(self, lines: dict[int, TableRow]) -> None:
        """In the order of the schema."""
        shown = [d for d in self.definitions if d.is_channel_identifier]
        if IDENTIFIERS in self.keys:
            shown = list(self.schema.identifier_fields)
        if not shown:
            return
        places = {definition.pk: place for place, definition in enumerate(shown)}
        rows = (
            ChannelIdentity.objects.active()
            .filter(customer__in=lines.keys(), field__in=places)
            .values_list("customer", "field", "value")
        )
        for pk, field_id, value in sorted(rows.order_by("id"), key=lambda row: places[row[1]]):
            definition = self.schema.by_id[field_id]
            lines[pk].identities.append((definition, self.mask(definition, value)))

    def read_labels(self, lines: dict[int, TableRow]) -> None:
        """Heaviest first."""
        if not self.keys & {LABELS_FIELD, PRIORITY}:
            return
        worn = CustomerLabel.objects.filter(customer__in=lines.keys()).select_related("label")
        for row in worn.order_by("-label__priority", "label__name"):
            lines[row.customer_id].labels.append(row.label)

    def read_values(self, lines: dict[int, TableRow]) -> None:
        shown = {
            d.pk: d
            for d in self.definitions
            if not d.is_channel_identifier and d.key not in BUILT_IN
        }
        if not shown:
            return
        rows = AttributeValue.objects.filter(customer__in=lines.keys(), field__in=shown)
        for pk, field_id, text in rows.values_list("customer", "field", "text"):
            definition = shown[field_id]
            hidden = self.mask.hides(definition)
            told = self.mask(definition, text)
            lines[pk].values[definition.key] = told if hidden else self.value_text(definition, text)

    def value_text(self, definition: FieldDefinition, text: str) -> str:
        return definition.field_type.in_words(text, definition)

    def identifiers_text(self, definition: FieldDefinition, values: Sequence[str]) -> str:
        return ", ".join(values)

    def labels_text(self, names: Sequence[str]) -> str:
        return ", ".join(names)

    def text(self, line: TableRow, column: Column) -> str:
        """What stands in a cell, in plain text."""
        definition = column.definition
        if definition is None:
            return self.record_text(line, column.key)
        if column.key == NAME_FIELD:
            return self.mask(definition, line.customer.first_name)
        if column.key == ANONYMOUS_FIELD:
            return "Yes" if line.customer.is_anonymous else "No"
        if column.key == LABELS_FIELD:
            return self.labels_text([label.name for label in line.labels])
        if definition.is_channel_identifier:
            values = [value for held, value in line.identities if held == definition]
            return self.identifiers_text(definition, values)
        return line.values.get(column.key, "")

    def record_text(self, line: TableRow, key: str) -> str:
        customer = line.customer
        if key == IDENTIFIERS:
            return ", ".join(value for _, value in line.identities)
        moments = {
            CREATED: customer.created_at,
            UPDATED: customer.updated_at,
            LAST_CONVERSATION: line.last_contact,
        }
        if key in moments:
            moment = moments[key]
            return moment.strftime("%Y-%m-%d %H:%M") if moment else ""
        return {
            ID: customer.public_id,
            PRIORITY: str(line.priority),
            CREATED_BY: customer.created_by,
            UPDATED_BY: customer.updated_by,
        }[key]
