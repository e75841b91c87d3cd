"""The statement behind every message and call: who holds an identifier, read whole, in one go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.db import connection

from customers.documents import DOCUMENT_SQL

# A switchboard may belong to thousands; nobody reads more suggestions than these.
MOST_HOLDERS = 50

# A field's id, and an identifier as it is compared there.
Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Holder:
    """A customer that holds an identifier, and the row of its document."""

    customer_pk: int
    is_anonymous: bool
    field_id: int
    value: str
    match_key: str
    is_shared: bool
    row: Sequence[Any]

    @property
    def public_id(self) -> str:
        return self.row[0]


class HoldersFound(NamedTuple):
    """The schema revision, the holders, and whether there may be more of them."""

    revision: str
    holders: list[Holder]
    may_have_more: bool


def read_holders(places: Iterable[Place], near: Iterable[Place] = ()) -> HoldersFound:
    """Return the customers with an identity at `places` (field id, match key) or `near` (field id,
    near key).

    One statement. Retired identities are left out; a customer that holds several of the places
    comes once. Holders that decide come first, so that no number of others crowds them out: the
    anonymous customer, then holders of what is not shared; oldest first.
    """
    exact, near = list(places), list(near)
    parameters = [part for field_id, key in [*exact, *near] for part in (key, field_id)]
    with connection.cursor() as cursor:
        cursor.execute(holders_statement(connection.vendor, len(exact), len(near)), parameters)
        rows = cursor.fetchall()
    holders: dict[int, Holder] = {}
    for row in rows:
        if row[1] is not None:
            holders.setdefault(
                row[1], Holder(row[1], row[2], row[3], row[4], row[5], row[6], row[7:])
            )
    return HoldersFound(rows[0][0], list(holders.values()), len(rows) == MOST_HOLDERS)


@cache
def holders_statement(vendor: str, exact: int, near: int) -> str:
    """The SQL for so many places; `cache` keeps the text, PostgreSQL keeps the plan."""
    conditions = ["(m.match_key = %s AND m.field_id = %s)"] * exact
    conditions += ["(m.near_key = %s AND m.field_id = %s)"] * near
    matches = " OR ".join(conditions) or "1 = 0"
    columns = ", ".join(DOCUMENT_SQL[vendor].values())
    return f"""
        SELECT revision.token, customers_customer.id, customers_customer.is_anonymous,
               m.field_id, m.value, m.match_key, m.is_shared, {columns}
        FROM schema_builder_schemarevision revision
        LEFT JOIN (customers_channelidentity m
                   JOIN customers_customer ON customers_customer.id = m.customer_id)
          ON NOT m.is_retired AND ({matches})
        WHERE revision.id = 1
        ORDER BY customers_customer.is_anonymous DESC, m.is_shared, customers_customer.id, m.id
        LIMIT {MOST_HOLDERS}
    """
