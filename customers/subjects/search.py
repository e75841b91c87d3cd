"""The search box as a filter: it finds the same customers, all of them."""

from dataclasses import dataclass
from typing import ClassVar

from customers.masking import UNMASKED, Mask
from customers.search import search_condition
from schema_builder.snapshot import Schema
from schema_builder.types import Operator

from .base import Subject

SEARCH = ".search"
FINDS = Operator("finds", "finds", is_whole=True)


@dataclass(frozen=True, slots=True)
class Search(Subject):
    """A name, a number, an e-mail, an id or a searchable value, as typed into the search box."""

    is_offered: ClassVar[bool] = False
    schema: Schema = None  # type: ignore[assignment]
    mask: Mask = UNMASKED

    def condition(self, operator, operands):
        return search_condition(operands[0], self.schema, self.mask)
