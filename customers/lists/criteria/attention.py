"""What the home page counts, as subjects of filters."""

from dataclasses import dataclass
from typing import ClassVar

from django.db.models import OuterRef, Q, Subquery

from customers.models import ChannelIdentity, Customer
from customers.profiles.unused import unused_customers
from customers.statistics.figures import ambiguous_holders, first_day
from schema_builder.types import Operator

from .base import FilterField, YesNo

NEW_BY, AMBIGUOUS, INVALID, SAME_AS = ".newBy", ".ambiguous", ".invalid", ".sameAs"
UNUSED = ".unused"
WITHOUT = "none"
SAME = Operator("same", "the same as that of identity no.", is_whole=True)
# So many of the newest customers are asked for the channel they came by.
MOST_NEWCOMERS = 5_000


class NewBy(FilterField):
    """Who came in the days that the home page counts, by the field of the first identifier."""

    __slots__ = ()

    def condition(self, operator, operands):
        key = None if operands[0] == WITHOUT else operands[0]
        newcomers = Customer.objects.filter(created_at__gte=first_day()).newest_first()
        first = ChannelIdentity.objects.filter(customer=OuterRef("pk")).order_by("id")
        # An import may make everybody new; the list shows whom it finds among the newest.
        came = Customer.objects.filter(pk__in=newcomers.values("pk")[:MOST_NEWCOMERS])
        found = came.alias(by=Subquery(first.values("field__key")[:1])).filter(by=key)
        return Q(pk__in=found.values("pk"))


class Ambiguous(YesNo):
    """Who holds an identifier that another known customer holds, as last counted."""

    __slots__ = ()

    def holds(self):
        return Q(pk__in=ambiguous_holders())


class Invalid(YesNo):
    """Who holds an identifier that its field cannot read."""

    __slots__ = ()

    def holds(self):
        return Q(pk__in=ChannelIdentity.objects.filter(is_valid=False).values("customer"))


class Unused(YesNo):
    """Anonymous customers that are removed when they are old enough."""

    __slots__ = ()

    def holds(self):
        return Q(pk__in=unused_customers().values("pk"))


@dataclass(frozen=True, slots=True)
class SameIdentity(FilterField):
    """Everybody who holds the same identifier as one identity, named by its key."""

    is_offered: ClassVar[bool] = False
    # Keys of the fields of which the caller knows.
    fields: frozenset[int] = frozenset()

    def condition(self, operator, operands):
        key = operands[0]
        is_key = key.isascii() and key.isdigit() and len(key) < 19
        known = ChannelIdentity.objects.filter(field__in=self.fields)
        one = known.filter(pk=int(key)).first() if is_key else None
        if one is None:
            return Q(pk__in=[])
        same = ChannelIdentity.objects.active().filter(match_key=one.match_key, field=one.field_id)
        return Q(pk__in=same.values("customer"))
