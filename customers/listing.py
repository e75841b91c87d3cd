"""One page of a customer list."""

from typing import Any

from schema_builder.snapshot import Schema

from .documents import document
from .masking import Mask
from .querysets import CustomerQuerySet

# Counting further costs more than anybody learns from it.
COUNT_LIMIT = 100_000


def customer_page(
    customers: CustomerQuerySet, *, offset: int, limit: int, schema: Schema, mask: Mask
) -> dict[str, Any]:
    """The contract's envelope `{docs, totalDocs, limit, offset}`.

    One statement for the page, whatever its size; one more for the count, which stops at
    COUNT_LIMIT, unless the page itself tells the total.
    """
    rows = list(customers.documents()[offset : offset + limit])
    if 0 < len(rows) < limit:
        total = offset + len(rows)
    else:
        total = customers.order_by()[:COUNT_LIMIT].count()
    return {
        "docs": [document(row, schema, mask) for row in rows],
        "totalDocs": max(total, offset + len(rows)) if rows else total,
        "limit": limit,
        "offset": offset,
    }
