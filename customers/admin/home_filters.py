"""Filters of the customer list behind the numbers of the home page.

They read the schema that the list has made sure of for this request.
"""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from customers.figures import ambiguous_holders, first_day
from customers.models import AttributeValue, ChannelIdentity, Customer, CustomerLabel
from customers.models.value import SORTED_LENGTH
from customers.values import ANONYMOUS_FIELD, LABELS_FIELD, NAME_FIELD
from foundation.adminkit import DropdownFilter
from foundation.periods import PeriodFilter
from schema_builder.models import FieldDefinition
from schema_builder.snapshot import held_schema

# So many of the newest customers are asked for the channel they came by.
MOST_NEWCOMERS = 5_000


class CreatedFilter(PeriodFilter):
    title = "day of creation"
    parameter_name = "created"
    column = "created_at"


class NewcomerFilter(DropdownFilter):
    """Who came in the days that the home page counts, by the field of the first identifier."""

    title = "channel they were new on"
    parameter_name = "new_by"
    without = "none"

    def lookups(self, request, model_admin):
        fields = held_schema().identifier_fields
        return [*((field.key, field.label) for field in fields), (self.without, "No channel")]

    def queryset(self, request, queryset):
        if not self.value():
            return None
        field = None if self.value() == self.without else field_of(self.value()).pk
        newcomers = Customer.objects.filter(created_at__gte=first_day()).newest_first()
        first = ChannelIdentity.objects.filter(customer=OuterRef("pk")).order_by("id")
        # An import may make everybody new; the list shows whom it finds among the newest.
        return (
            queryset.filter(pk__in=newcomers.values("pk")[:MOST_NEWCOMERS])
            .alias(new_by=Subquery(first.values("field_id")[:1]))
            .filter(new_by=field)
        )


class IdentifierFilter(DropdownFilter):
    title = "trouble with identifiers"
    parameter_name = "identifiers"
    troubles = {
        "ambiguous": "Shared with another known customer",
        "invalid": "Not well-formed",
    }

    def lookups(self, request, model_admin):
        return list(self.troubles.items())

    def queryset(self, request, queryset):
        if self.value() == "ambiguous":
            return queryset.filter(pk__in=ambiguous_holders())
        if self.value() == "invalid":
            bad = ChannelIdentity.objects.filter(is_valid=False)
            return queryset.filter(pk__in=bad.values("customer"))
        return None


class SameIdentifierFilter(DropdownFilter):
    """Everybody who holds the same identifier as one identity, named by its key."""

    title = "one shared identifier"
    parameter_name = "same_as"

    def lookups(self, request, model_admin):
        # Nothing to choose; the home page links here.
        return [(self.value(), "The one that was chosen")] if self.value() else []

    def queryset(self, request, queryset):
        if not self.value():
            return None
        key = self.value()
        known = key.isascii() and key.isdigit() and len(key) < 19
        one = ChannelIdentity.objects.filter(pk=int(key)).first() if known else None
        if one is None:
            return queryset.none()
        same = ChannelIdentity.objects.filter(
            match_key=one.match_key, field=one.field_id, is_retired=False
        )
        return queryset.filter(pk__in=same.values("customer"))


class FilledFilter(DropdownFilter):
    title = "field that is filled"
    parameter_name = "filled"

    def lookups(self, request, model_admin):
        return [(f.key, f.label) for f in held_schema().fields if f.key != ANONYMOUS_FIELD]

    def queryset(self, request, queryset):
        return queryset.filter(has_value(field_of(self.value()))) if self.value() else None


class EmptyFilter(FilledFilter):
    title = "field that is empty"
    parameter_name = "empty"

    def queryset(self, request, queryset):
        return queryset.filter(~has_value(field_of(self.value()))) if self.value() else None


def field_of(key: str) -> FieldDefinition:
    """The active field with the key; IncorrectLookupParameters where there is none."""
    field = held_schema().by_key.get(key)
    if field is None or field.key == ANONYMOUS_FIELD:
        raise IncorrectLookupParameters(ValidationError("There is no such field."))
    return field


def has_value(field: FieldDefinition) -> Q:
    """The condition that a customer has a value in the field."""
    if field.key == NAME_FIELD:
        # As the index of names has it.
        return ~Q(Exact(Left("folded_name", SORTED_LENGTH), Value("")))
    if field.key == LABELS_FIELD:
        rows: Any = CustomerLabel.objects.all()
    elif field.is_channel_identifier:
        rows = ChannelIdentity.objects.filter(field=field, is_retired=False)
    else:
        rows = AttributeValue.objects.filter(field=field)
    return Q(Exists(rows.filter(customer=OuterRef("pk"))))


HOME_FILTERS = (
    CreatedFilter,
    NewcomerFilter,
    IdentifierFilter,
    SameIdentifierFilter,
    FilledFilter,
    EmptyFilter,
)
HOME_PARAMETERS = tuple(kind.parameter_name for kind in HOME_FILTERS)
