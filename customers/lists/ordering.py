"""The orders of a customer list (contract 3), and where a page in one of them begins.

A customer has a position, and its key decides between equal positions. A page that begins after a
position and a key loses and repeats nothing, whatever is inserted or deleted meanwhile.
"""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    DecimalField,
    F,
    Field,
    FloatField,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Left

from access.denials import PermissionMissing
from customers.masking import VIEW_PII, FieldAccess
from customers.models import AttributeValue, ChannelIdentity, CustomerLabel
from customers.models.querysets import CustomerQuerySet
from customers.models.value import SORTED_LENGTH
from customers.system_fields import ANONYMOUS_FIELD, LABELS_FIELD, NAME_FIELD
from schema_builder.models import FieldDefinition
from schema_builder.schema import Schema

from .list_query import ID, RECORD

# The annotation that holds the position of a customer.
POSITION = "list_position"
DIRECTIONS = ("asc", "desc")
CURSOR_SALT = "customers.lists.ordering"
# As the database compares numbers: SQLite keeps those with a fraction as floats.
NUMBERS: dict[str, Field] = {
    "postgresql": DecimalField(max_digits=30, decimal_places=10),
    "sqlite": FloatField(),
}


@dataclass(frozen=True, slots=True)
class Place:
    """What customers are ordered by: an expression, and the type of its values.

    `is_sparse`: some customers have none; they come last in either direction.
    """

    expression: Any
    kind: Field
    is_sparse: bool = True


@dataclass(frozen=True, slots=True)
class ListOrder:
    """One order of a customer list, as `sort` names it; by key alone without a place."""

    sort: str
    is_descending: bool
    place: Place | None = None
    # The field and its type; positions of another one cannot be compared with.
    source: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a row that `cursor` needs."""
        return ("pk", POSITION) if self.place else ("pk",)

    def of(self, customers: CustomerQuerySet) -> CustomerQuerySet:
        """`customers` in this order."""
        by_key = "-id" if self.is_descending else "id"
        if self.place is None:
            return customers.order_by(by_key)
        last = self.place.is_sparse or None
        by = F(POSITION).desc if self.is_descending else F(POSITION).asc
        positioned = customers.annotate(**{POSITION: self.place.expression})
        return positioned.order_by(by(nulls_last=last), by_key)

    def cursor(self, pk: int, position: Any = None) -> str:
        """Return the opaque text by which a page begins after this customer."""
        stored = None if position is None else str(position)
        return signing.dumps([self.sort, self.source, pk, stored], salt=CURSOR_SALT)

    def after(self, customers: CustomerQuerySet, cursor: str) -> CustomerQuerySet:
        """`customers`, which `of` has put in order, from the one after `cursor` on.

        Raises ValidationError keyed `after`.
        """
        try:
            sort, source, pk, position = signing.loads(cursor, salt=CURSOR_SALT)
        except (signing.BadSignature, ValueError):
            raise ValidationError({"after": "Is no cursor of this list."}) from None
        if sort != self.sort:
            raise ValidationError({"after": f'Is a cursor of another order: sort="{sort}".'})
        if source != self.source:
            raise ValidationError({"after": "The field was changed since: begin without a cursor."})
        return customers.filter(self.beyond(pk, position))

    def beyond(self, pk: int, position: str | None) -> Q:
        compare = "lt" if self.is_descending else "gt"
        by_key = Q(**{f"id__{compare}": pk})
        if self.place is None:
            return by_key
        if position is None:
            return Q(**{f"{POSITION}__isnull": True}) & by_key
        value = self.place.kind.to_python(position)
        # The index is entered at the position; the rest says which of the equal ones are left out.
        from_here = Q(**{f"{POSITION}__{compare}e": value})
        condition = from_here & (Q(**{f"{POSITION}__{compare}": value}) | by_key)
        return condition | Q(**{f"{POSITION}__isnull": True}) if self.place.is_sparse else condition


NEWEST_FIRST = ListOrder("", is_descending=True)


def order_named(sort: str, schema: Schema, mask: FieldAccess) -> ListOrder:
    """Return the order that `<key>:asc|desc` names; newest first if it is empty.

    Customers without a value come last. Raises ValidationError keyed `sort`, also for a password,
    and PermissionDenied for a field that the caller sees masked: the order would reveal values.
    """
    if not sort:
        return NEWEST_FIRST
    key, _, direction = sort.partition(":")
    field = schema.by_key.get(key)
    if field is None and key not in RECORD:
        raise ValidationError({"sort": f'Unknown field "{key}".'})
    if direction not in DIRECTIONS:
        raise ValidationError({"sort": "Must be <key>:asc or <key>:desc."})
    if field and field.field_type.is_secret:
        raise ValidationError({"sort": "Passwords cannot be sorted."})
    if field and mask.hides(field):
        if field.is_pii and not mask.sees_pii:
            raise PermissionMissing(VIEW_PII, f'sort by "{key}"')
        raise PermissionDenied(f'You do not have permission to sort by "{key}".')
    place = position_of(field) if field else place_in_record(key)
    source = f"{field.pk} {field.type}" if field else ""
    return ListOrder(sort, direction == "desc", place, source)


def ordered(
    customers: CustomerQuerySet, sort: str, schema: Schema, mask: FieldAccess
) -> CustomerQuerySet:
    """`customers` in the order that `order_named` returns."""
    return order_named(sort, schema, mask).of(customers)


def place_in_record(key: str) -> Place:
    kind = CharField() if key == ID else DateTimeField()
    return Place(F(RECORD[key]), kind, is_sparse=False)


def position_of(field: FieldDefinition) -> Place:
    if field.key == NAME_FIELD:
        return Place(Left("folded_name", SORTED_LENGTH), CharField(), is_sparse=False)
    if field.key == ANONYMOUS_FIELD:
        return Place(F("is_anonymous"), BooleanField(), is_sparse=False)
    if field.key == LABELS_FIELD:
        rows = CustomerLabel.objects.filter(customer=OuterRef("pk")).order_by("label__name")
        return first_of(rows.values("label__name"), CharField())
    if field.is_channel_identifier:
        held = (
            ChannelIdentity.objects.active()
            .filter(customer=OuterRef("pk"), field=field)
            .order_by("id")
        )
        return first_of(held.values("match_key"), CharField())
    values = AttributeValue.objects.filter(customer=OuterRef("pk"), field=field)
    column = field.field_type.sort_column
    if column == "folded":
        return first_of(values.values(sorted_text=Left("folded", SORTED_LENGTH)), CharField())
    is_number = column == "number"
    return first_of(
        values.values(column), NUMBERS[connection.vendor] if is_number else DateTimeField()
    )


def first_of(rows: Any, kind: Field) -> Place:
    return Place(Subquery(rows[:1], output_field=kind), kind)
