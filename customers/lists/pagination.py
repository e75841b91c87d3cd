"""One page of a customer list."""

from typing import Any

from customers.documents import DOCUMENT_COLUMNS, document
from customers.masking import FieldAccess
from customers.models.querysets import CustomerQuerySet
from schema_builder.schema import Schema

from .ordering import ListOrder

# Counting further costs more than anybody learns from it.
COUNT_LIMIT = 100_000


def customer_page(
    customers: CustomerQuerySet, *, offset: int, limit: int, schema: Schema, mask: FieldAccess
) -> dict[str, Any]:
    """The contract's envelope `{docs, totalDocs, limit, offset}`.

    One statement for the page, whatever its size; one more for the count, which stops at
    COUNT_LIMIT, unless the page itself tells the total.
    """
    rows = list(customers.documents()[offset : offset + limit])
    total = total_of(customers, rows, offset, is_known=0 < len(rows) < limit)
    docs = [document(row, schema, mask) for row in rows]
    return {"docs": docs, "totalDocs": total, "limit": limit, "offset": offset}


def total_of(customers: CustomerQuerySet, rows: list, offset: int, *, is_known: bool) -> int:
    """Return the number of all `customers`, counted unless the page of `rows` gives it."""
    seen = offset + len(rows)
    total = seen if is_known else customers.order_by()[:COUNT_LIMIT].count()
    return max(total, seen) if rows else total


def contract_page(
    customers: CustomerQuerySet,
    order: ListOrder,
    *,
    offset: int,
    after: str,
    limit: int,
    schema: Schema,
    mask: FieldAccess,
) -> dict[str, Any]:
    """As `customer_page` in an order, or what comes after a cursor of it, with `nextCursor`.

    The cursor is null on the last page. The number of all `customers` is counted, unless a first
    page tells it. Raises ValidationError keyed `after`.
    """
    rest = order.of(customers)
    if after:
        rest = order.after(rest, after)
    found = list(rest.documents(*order.columns)[offset : offset + limit + 1])
    rows, is_last = found[:limit], len(found) <= limit
    is_known = bool(is_last and rows and not after)
    return {
        "docs": [document(row, schema, mask) for row in rows],
        "totalDocs": total_of(customers, rows, offset, is_known=is_known),
        "limit": limit,
        "offset": offset,
        "nextCursor": None if is_last else order.cursor(*rows[-1][len(DOCUMENT_COLUMNS) :]),
    }
