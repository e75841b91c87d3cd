"""What every subject of a filter is: something with operators, each of which is a condition."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Exists, Q
from django.db.models.expressions import NegatedExpression

from schema_builder.types import TYPES, Operator

Condition = Q | Exists | NegatedExpression


@dataclass(frozen=True, slots=True)
class FilterField:
    """Something that customers are filtered by."""

    key: str
    label: str
    section: str
    operators: tuple[Operator, ...]
    # (value, words) of what an operand can be; empty where it is typed.
    choices: tuple[tuple[str, str], ...] = ()
    input_type: str = "text"
    # Whether people choose it themselves; others only come with an address.
    is_offered: ClassVar[bool] = True

    def operator(self, key: str) -> Operator:
        """Raises ValidationError for one that the subject does not have, or not for everybody."""
        for operator in self.operators:
            if operator.key == key:
                return operator
        raise ValidationError(f'{self.label} cannot be asked "{key}".')

    def condition(self, operator: str, operands: list[str]) -> Condition:
        """Raises ValidationError where an operand makes no sense."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class YesNo(FilterField):
    """Something that is so or is not."""

    def condition(self, operator, operands):
        is_wanted = TYPES["boolean"].asked(operator, operands)["number"]
        return self.holds() if is_wanted else ~self.holds()

    def holds(self) -> Condition:
        raise NotImplementedError


def presence(rows: Any, operator: str) -> Condition:
    return Exists(rows) if operator == "filled" else ~Exists(rows)
