"""What is kept of a customer besides the fields, as subjects of filters."""

from dataclasses import dataclass
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q

from customers.models import CustomerLabel, DuplicatePair
from foundation.public_ids import is_public_id
from labels.aliases import labels_known_as
from schema_builder.types import TYPES, Operator
from schema_builder.types.operators import PRESENCE, TIMES

from .base import FilterField, YesNo, presence

CREATED, UPDATED = "createdAt", "updatedAt"
# No key of the schema starts with a dot.
DUPLICATES = ".duplicates"
LABELS = (
    Operator("any", "any of", operands=None),
    Operator("none", "none of", operands=None),
    *PRESENCE,
)
WITHOUT_PRESENCE = tuple(operator for operator in TIMES if operator not in PRESENCE)


class Anonymity(YesNo):
    __slots__ = ()

    def holds(self):
        return Q(is_anonymous=True)


class Duplicates(YesNo):
    """Whether somebody else may be the same person."""

    __slots__ = ()

    def holds(self):
        # One set of keys, which is small: either end by itself would walk all customers.
        pairs = DuplicatePair.objects
        return Q(pk__in=pairs.values("first").union(pairs.values("second")))


@dataclass(frozen=True, slots=True)
class MomentFilter(FilterField):
    """A column that holds when something happened."""

    column: ClassVar[dict[str, str]] = {CREATED: "created_at", UPDATED: "updated_at"}

    def condition(self, operator, operands):
        lookups = TYPES["datetime"].asked(operator, operands)
        column = self.column[self.key]
        return Q(**{name.replace("timestamp", column): value for name, value in lookups.items()})


class Labels(FilterField):
    __slots__ = ()

    def condition(self, operator, operands):
        worn = CustomerLabel.objects.filter(customer=OuterRef("pk"))
        if operator in ("filled", "empty"):
            return presence(worn, operator)
        if not all(is_public_id(operand) for operand in operands):
            raise ValidationError("That is not the id of a label.")
        # By key, so that the plan knows how many wear it.
        wears = Exists(worn.filter(label__in=labels_known_as(operands).values()))
        return wears if operator == "any" else ~wears
