"""Many rows at a time into the database: COPY where it has it, and what is portable."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection, connections, models, transaction
from django.db.models import Max

from customers.models import (
    AttributeValue,
    ChannelIdentity,
    Conversation,
    Customer,
    CustomerLabel,
)

Row = tuple[Any, ...]
RowsByModel = dict[type[models.Model], list[Row]]
# In the order of writing.
COLUMNS: dict[type[models.Model], tuple[str, ...]] = {
    Customer: (
        "id",
        "public_id",
        "first_name",
        "folded_name",
        "search_key",
        "is_anonymous",
        "version",
        "created_at",
        "updated_at",
        "created_by",
        "updated_by",
    ),
    ChannelIdentity: (
        "customer_id",
        "field_id",
        "value",
        "match_key",
        "near_key",
        "search_key",
        "is_valid",
        "is_anonymous",
        "is_shared",
        "is_retired",
        "trust",
        "verified_at",
        "verified_by",
        "source",
        "created_at",
    ),
    AttributeValue: (
        "customer_id",
        "field_id",
        "text",
        "folded",
        "search_key",
        "number",
        "timestamp",
        "near_key",
    ),
    CustomerLabel: ("customer_id", "label_id", "assigned_at", "assigned_by", "reason"),
    Conversation: (
        "customer_id",
        "conversation_id",
        "channel_type_id",
        "identifier",
        "direction",
        "opened_at",
        "closed_at",
        "last_activity_at",
    ),
}


def write_rows(model: type[models.Model], rows: list[Row]) -> None:
    """Insert `rows` of COLUMNS[model]; by COPY where the database has it."""
    columns = COLUMNS[model]
    if connection.vendor == "postgresql":
        names = ", ".join(columns)
        statement = f"COPY {model._meta.db_table} ({names}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        return
    model._default_manager.bulk_create(
        (model(**dict(zip(columns, row, strict=True))) for row in rows), batch_size=500
    )


def new_customer_keys(count: int) -> list[int]:
    """Primary keys that nobody has; nobody else gets them either where a sequence keeps them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [Customer._meta.db_table, count],
            )
            return [pk for (pk,) in cursor.fetchall()]
    newest = Customer.objects.aggregate(pk=Max("pk"))["pk"] or 0
    return list(range(newest + 1, newest + 1 + count))


@transaction.atomic
def write_batch(rows: RowsByModel) -> int:
    """Write the rows as a whole or not at all; answers the number of customers."""
    for model, of_model in rows.items():
        write_rows(model, of_model)
    return len(rows[Customer])


def write_batches(batches: Iterator[RowsByModel]) -> Iterator[int]:
    """Write every batch; a database server works on one while the next is made up."""
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield from map(write_batch, batches)
        return
    with ThreadPoolExecutor(1) as server:
        pending: Future[int] | None = None
        for batch in batches:
            if pending:
                yield pending.result()
            pending = server.submit(write_batch, batch)
        if pending:
            yield pending.result()
        server.submit(connections.close_all).result()
