"""The search box as a filter: it finds the same customers, all of them."""

from dataclasses import dataclass
from typing import ClassVar

from customers.lists.search import search_condition
from customers.masking import UNMASKED, FieldAccess
from schema_builder.schema import Schema
from schema_builder.types import Operator

from .base import FilterField

SEARCH = ".search"
FINDS = Operator("finds", "finds", is_whole=True)


@dataclass(frozen=True, slots=True)
class Search(FilterField):
    """A name, a number, an e-mail, an id or a searchable value, as typed into the search box."""

    is_offered: ClassVar[bool] = False
    schema: Schema = None  # type: ignore[assignment]
    mask: FieldAccess = UNMASKED

    def condition(self, operator, operands):
        return search_condition(operands[0], self.schema, self.mask)
