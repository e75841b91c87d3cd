"""How full the fields are, as it was last counted, and the customers behind the numbers."""

from dataclasses import dataclass
from datetime import datetime

from access.actors import Caller
from customers.lists.criteria import FilterFields
from customers.masking import visible_schema_and_mask
from customers.permissions import VIEW
from customers.statistics.figures import CUSTOMERS, FILLED, read_figures
from customers.system_fields import ANONYMOUS_FIELD
from schema_builder.models import FieldDefinition
from supervisors.customers.list_state import presence_urls


@dataclass(frozen=True, slots=True)
class Rate:
    """Of how many customers so many have a value; nothing is known before somebody counted."""

    filled: int = 0
    customers: int = 0
    counted_at: datetime | None = None
    filled_url: str = ""
    empty_url: str = ""

    @property
    def percent(self) -> int:
        # The two are counted one after the other.
        return min(100, round(100 * self.filled / self.customers)) if self.customers else 0

    @property
    def empty(self) -> int:
        return max(0, self.customers - self.filled)


class Rates:
    """The rates as the caller may follow them. A query, or two."""

    def __init__(self, caller: Caller):
        self.figures = read_figures()
        schema, mask = visible_schema_and_mask(caller)
        self.subjects = FilterFields(schema, mask) if caller.has_perm(VIEW) else None

    def of(self, field: FieldDefinition) -> Rate | None:
        """None for a field that every customer has."""
        if field.key == ANONYMOUS_FIELD:
            return None
        if FILLED not in self.figures:
            return Rate()
        links = presence_urls(field.key, self.subjects) if self.subjects else ("", "")
        count = self.figures[FILLED].get(str(field.pk), 0)
        return Rate(count, self.figures[CUSTOMERS]["all"], self.figures.counted_at, *links)
