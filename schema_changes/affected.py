"""Whom a change of the schema concerns, all of them, as far as somebody may be told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from django.core.exceptions import ValidationError

from customers.lists.criteria import FilterFields
from customers.lists.filter_language import Filter, FilterRow, condition_of
from customers.masking import FieldAccess, shown_name
from customers.models import Customer
from customers.permissions import VIEW
from foundation.csv_writer import csv_line, first_line
from foundation.text import folded
from schema_builder.documents import field_of
from schema_builder.models import FieldDefinition
from schema_builder.plans import FieldChange, Plan
from schema_builder.schema import Schema

from .rollback import Rollback
from .scan import gone_options, texts_with, value_problem
from .stored_values import StoredText, customers_by_filled

ROWS_SHOWN = 100
# Values, or customers, that one part of a list looks at.
LOOKED_AT = 20_000
EXPORTED_AT_ONCE = 1_000


class Reason(StrEnum):
    """Why somebody is concerned."""

    EMPTY = "empty"
    FILLED = "filled"
    # Has a value that the changed field would not take.
    REFUSED = "refused"
    # Has chosen an option that goes.
    OPTION = "option"


@dataclass(frozen=True, slots=True)
class Listing:
    """Where all who are concerned are listed: by a filter, or else by the change itself."""

    concern: Reason
    option: str = ""
    rows: Filter | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A customer concerned, as the viewer may see it."""

    public_id: str
    name: str
    text: str = ""
    problem: str = ""


class VisiblePlan:
    """A plan, and what somebody may see of the customers whom it concerns."""

    def __init__(self, plan: Plan, schema: Schema, mask: FieldAccess, back: Rollback | None = None):
        """`back`: values that come back with the plan."""
        self.plan = plan
        self.back = back
        self.schema = schema
        self.mask = mask
        known = FieldDefinition.everything.filter(public_id__in=[c.id for c in plan.changes])
        self.known = {one.public_id: one for one in known}

    @cached_property
    def subjects(self) -> FilterFields:
        return FilterFields(self.schema, self.mask)

    def before(self, change: FieldChange) -> FieldDefinition:
        """The field as it is; without a key where it is not there yet."""
        return field_of(change.before or change.after or {}, self.known.get(change.id))

    def after(self, change: FieldChange) -> FieldDefinition:
        return field_of(change.after or change.before or {}, self.known.get(change.id))

    def hides(self, change: FieldChange) -> bool:
        """Whether the viewer sees the values masked, either before or after the change."""
        return self.mask.hides(self.before(change)) or self.mask.hides(self.after(change))

    def names(self, change: FieldChange, concern: Reason) -> bool:
        """Whether the viewer may be told who is concerned.

        Of values that are masked no more than a filter tells: by rules that somebody drafts, they
        could be found out piece by piece.
        """
        caller = self.mask.caller
        if caller is None or not caller.has_perm(VIEW):
            return False
        field = self.before(change)
        if not self.mask.hides(field):
            return True
        return concern in (Reason.EMPTY, Reason.FILLED) and not field.field_type.is_guessable

    def listing(self, change: FieldChange, concern: Reason, option: str = "") -> Listing | None:
        """Where all who are concerned are listed; None where the viewer may not be told."""
        if not self.names(change, concern):
            return None
        return Listing(concern, option, self.rows_for(change, concern, option))

    def rows_for(self, change: FieldChange, concern: Reason, option: str) -> Filter | None:
        """The filter that says the same, if there is one and the viewer may ask it."""
        if change.is_added:
            return () if concern == Reason.EMPTY else None
        field = self.before(change)
        known = self.schema.by_key.get(field.key)
        # The key of a field that was deleted may be that of another one by now.
        if concern == Reason.REFUSED or known is None or known.public_id != change.id:
            return None
        if concern != Reason.OPTION:
            return self.askable(FilterRow(field.key, str(concern)))
        if self.back and self.back.touches(change.id):
            # A filter would find those, too, who get back what they had.
            return None
        alike = [one for one in field.options if folded(one["value"]) == folded(option)]
        return self.askable(FilterRow(field.key, "any", (option,))) if len(alike) == 1 else None

    def askable(self, row: FilterRow) -> Filter | None:
        try:
            condition_of((row,), self.subjects)
        except ValidationError:
            return None
        return (row,)

    def samples(
        self, change: FieldChange, found: Iterable[tuple[StoredText, str]]
    ) -> tuple[Sample, ...]:
        """Customers with their texts, masked by what was and by what will be. One query."""
        pairs = list(found)
        rows = Customer.objects.filter(pk__in=[held.customer_pk for held, _ in pairs])
        customers = {row.pk: row for row in rows}
        mask = self.before(change).mask if self.hides(change) else None
        return tuple(
            Sample(
                customers[held.customer_pk].public_id,
                shown_name(customers[held.customer_pk].first_name, self.schema, self.mask),
                (mask(held.text) if mask and held.text else held.text).replace("\n", ", "),
                "" if mask else problem,
            )
            for held, problem in pairs
            if held.customer_pk in customers
        )


@dataclass(frozen=True, slots=True)
class Part:
    """Some of those who are concerned."""

    samples: tuple[Sample, ...]
    looked_at: int
    # After which row the next part begins; None for the last part.
    after: int | None


class AffectedCustomers:
    """Everybody whom one change concerns for one reason, part by part."""

    def __init__(self, seen: VisiblePlan, change: FieldChange, concern: Reason, option: str = ""):
        self.seen = seen
        self.change = change
        self.concern = concern
        self.option = option
        self.gone = frozenset(change.removed_options)
        self.before, self.after = seen.before(change), seen.after(change)

    def part(
        self, after: int = 0, *, most_rows: int = ROWS_SHOWN, most_looked_at: int = LOOKED_AT
    ) -> Part:
        """Those after a row, until the page is full or enough was looked at."""
        found: list[tuple[StoredText, str]] = []
        looked_at = 0
        for held, problem in self.looks(after):
            if looked_at == most_looked_at or len(found) == most_rows:
                return Part(self.seen.samples(self.change, found), looked_at, after)
            looked_at += 1
            after = held.row
            if problem is not None:
                found.append((held, problem))
        return Part(self.seen.samples(self.change, found), looked_at, None)

    def looks(self, after: int) -> Iterator[tuple[StoredText, str | None]]:
        """Everything that is looked at, and what is the matter with it: None for nothing."""
        if self.concern == Reason.EMPTY:
            for pk, has_value in customers_by_filled(self.before, after=after):
                yield StoredText(pk, pk, ""), None if has_value else ""
        else:
            for held in texts_with(self.seen.back, self.before, after):
                yield held, self.problem(held.text)

    def problem(self, text: str) -> str | None:
        if self.concern == Reason.FILLED:
            return ""
        if self.concern == Reason.OPTION:
            return "" if gone_options(text, self.before, frozenset([self.option])) else None
        if gone_options(text, self.before, self.gone):
            return None
        return value_problem(text, self.after) or None

    def lines(self) -> Iterator[str]:
        """All of them as CSV; memory does not grow with their number."""
        yield first_line(["Id", "Name", self.before.label, "Problem"])
        after: int | None = 0
        while after is not None:
            part = self.part(after, most_rows=EXPORTED_AT_ONCE)
            for one in part.samples:
                yield csv_line([one.public_id, one.name, one.text, one.problem])
            after = part.after
