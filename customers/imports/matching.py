"""Whom the rows of an import mean: by their id, else by their identifiers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from customers.duplicates.decisions import not_duplicate_pairs
from customers.locking import (
    CustomerMerged,
    lock_by_public_id,
    lock_customers,
    own_keys,
    survivors_of,
)
from customers.models import ChannelIdentity, Customer
from customers.profiles.identifiers import Identifier

from .columns import ID

# The key of a problem that is no single field's.
WHOLE_ROW = "row"
NOBODY = "There is no customer with this id."
TOLD_APART = "Belongs to somebody who was told apart from this customer."
OF_ANOTHER_ANONYMOUS = "Belongs to another anonymous customer: merge the two first."

# A field's id, and an identifier as it is compared there.
Place = tuple[int, str]


@dataclass(slots=True)
class ImportRow:
    """A row that could be read: what it says, and the identifiers in it."""

    line: int
    cells: list[str]
    body: dict[str, Any]
    identifiers: list[Identifier]

    @property
    def public_id(self) -> str:
        return self.body.get(ID, "")


def identity_position(identifier: Identifier) -> Place:
    return identifier.field.pk, identifier.match_key


@dataclass
class Holders:
    """Who holds the identifiers of some rows, kept up to date while the rows are written.

    An identifier that is shared, such as a switchboard's, means nobody.
    """

    by_place: dict[Place, set[int]] = field(default_factory=lambda: defaultdict(set))
    anonymous: set[int] = field(default_factory=set)
    shared: set[Place] = field(default_factory=set)

    def of(self, identifiers: Iterable[Identifier]) -> set[int]:
        places = [identity_position(identifier) for identifier in identifiers]
        return {pk for place in places if place not in self.shared for pk in self.by_place[place]}

    def add(self, customer: Customer, identifiers: Iterable[Identifier]) -> None:
        """The customer holds these from now on, too."""
        for identifier in identifiers:
            self.by_place[identity_position(identifier)].add(customer.pk)
        (self.anonymous.add if customer.is_anonymous else self.anonymous.discard)(customer.pk)


def holders_by_identifier(identifiers: Iterable[Identifier]) -> Holders:
    """One query."""
    holders = Holders()
    places = {identity_position(identifier) for identifier in identifiers}
    rows = (
        ChannelIdentity.objects.active()
        .filter(match_key__in={key for _, key in places})
        .values_list("field_id", "match_key", "customer_id", "is_anonymous", "is_shared")
    )
    for field_id, key, customer, is_anonymous, is_shared in rows.iterator():
        if (field_id, key) not in places:
            continue
        if is_shared:
            holders.shared.add((field_id, key))
        else:
            holders.by_place[field_id, key].add(customer)
            if is_anonymous:
                holders.anonymous.add(customer)
    return holders


class Matcher:
    """Finds the customers of some rows and locks them; makes of each row one of them, or nobody."""

    def __init__(self, rows: Sequence[ImportRow]):
        self.rows = rows
        self.identifiers = [one for row in rows for one in row.identifiers]
        self.public_ids = {row.public_id for row in rows if row.public_id}
        self.named: Mapping[str, int] = {}
        # Survivors of the rows' ids from before a merge.
        self.merged: Mapping[str, str] = {}
        self.holders = Holders()
        self.targets: set[int] = set()
        self.apart: set[tuple[int, int]] = set()

    def lock(self) -> dict[int, Customer]:
        """The customers that the rows mean, locked, by key. Raises CustomersContended."""
        known = lock_by_public_id(self.public_ids, along=self.meant, keys=own_keys)
        self.named = {public_id: customer.pk for public_id, customer in known.items()}
        if missing := self.public_ids - self.named.keys():
            self.merged = survivors_of(missing)
        # Locked already: only read.
        locked = lock_customers({*self.named.values(), *self.targets})
        self.holders.anonymous |= {pk for pk, customer in locked.items() if customer.is_anonymous}
        self.apart = not_duplicate_pairs({*locked, *self.holders.of(self.identifiers)})
        return locked

    def meant(self, locked: Mapping[str, Customer]) -> set[int]:
        """Keys of those whom rows mean by their identifiers, as of now."""
        self.holders = holders_by_identifier(self.identifiers)
        found = (self.decided(row) for row in self.rows if not row.public_id)
        self.targets = {pk for pk in found if pk}
        return self.targets

    def decided(self, row: ImportRow) -> int | None:
        """The only customer, or the only known one, that holds what the row says."""
        found = self.holders.of(row.identifiers)
        known = found - self.holders.anonymous
        for candidates in (found, known):
            if len(candidates) == 1:
                return next(iter(candidates))
        return None

    def customer_of(self, row: ImportRow) -> int | None:
        """Key of the customer that the row means; None where that is somebody new.

        Raises ValidationError where it means nobody, or might mean several.
        """
        if row.public_id:
            return self.customer_named(row.public_id)
        found = self.holders.of(row.identifiers)
        decided = self.decided(row)
        if found and decided is None:
            problem = f"The identifiers of this row belong to {len(found)} customers."
            raise ValidationError({WHOLE_ROW: [problem]})
        return decided

    def customer_named(self, public_id: str) -> int:
        """Raises ValidationError where no customer has the id today."""
        if public_id in self.named:
            return self.named[public_id]
        survivor = self.merged.get(public_id)
        problem = str(CustomerMerged(public_id, survivor)) if survivor else NOBODY
        raise ValidationError({ID: [problem]})

    def others(self, row: ImportRow, customer: int) -> set[int]:
        """Who else holds what the row says. Raises ValidationError where that cannot be."""
        problems = {}
        for one in row.identifiers:
            others = self.holders.of([one]) - {customer}
            pairs = {(min(customer, other), max(customer, other)) for other in others}
            if pairs & self.apart:
                problems[one.field.key] = [TOLD_APART]
            elif customer in self.holders.anonymous and others & self.holders.anonymous:
                problems[one.field.key] = [OF_ANOTHER_ANONYMOUS]
        if problems:
            raise ValidationError(problems)
        return self.holders.of(row.identifiers) - {customer}
