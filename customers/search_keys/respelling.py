"""Columns derived from texts, made anew in the background when their rules change.

Until then rows are found by the columns that they have. A batch is one transaction together with
the position in the table: work that was interrupted goes on where it stopped, and doing a batch
twice changes nothing. Neither versions nor histories of customers move.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from django.db import connection, models, transaction

from customers.models import AttributeValue, ChannelIdentity, Customer, Respelling
from customers.models.customer import folded_name
from customers.models.search_key import fill_search_key
from foundation.spelling import SPELLING_VERSION
from schema_builder.models import FieldDefinition

BATCH = 2000
# Rows that are locked and written at a time; SQLite bounds the parameters of a statement.
LOCKED = 500
Refresh = Callable[[Any, FieldDefinition | None], None]


def refresh_customer(customer: Customer, _: FieldDefinition | None) -> None:
    customer.folded_name = folded_name(customer.first_name)
    fill_search_key(customer)


def refresh_value(value: AttributeValue, field: FieldDefinition | None) -> None:
    if field is not None and value.folded is not None:
        value.folded = field.field_type.compared(value.text)
    fill_search_key(value)


def refresh_identity(identity: ChannelIdentity, _: FieldDefinition | None) -> None:
    fill_search_key(identity)


# By table: the model, what brings a row up to date, and the columns that it writes.
TABLES: dict[str, tuple[type[models.Model], Refresh, tuple[str, ...]]] = {
    "customer": (Customer, refresh_customer, ("folded_name", "search_key")),
    "value": (AttributeValue, refresh_value, ("folded", "search_key")),
    # `customers.search_keys.rereading` reads what identifiers are compared by.
    "identity": (ChannelIdentity, refresh_identity, ("search_key",)),
}


def respell_in_batches() -> Iterator[int]:
    """Bring all tables up to date, a batch at each step; one query where nothing is to be done."""
    done = Respelling.objects.filter(version=SPELLING_VERSION, is_done=True)
    done_tables = set(done.values_list("table", flat=True))
    for table in TABLES.keys() - done_tables:
        while not respell_batch(table):
            yield 1


@transaction.atomic
def respell_batch(table: str) -> bool:
    """Look at the next rows of the table; True where they were the last."""
    Respelling.objects.get_or_create(table=table)
    progress = Respelling.objects.select_for_update().get(table=table)
    if progress.version != SPELLING_VERSION:
        progress.version, progress.position, progress.is_done = SPELLING_VERSION, 0, False
    model = TABLES[table][0]
    rows = model._default_manager.filter(pk__gt=progress.position).order_by("pk")
    looked_at = list(stale_rows(table, rows[:BATCH]))
    respell_rows(table, [pk for pk, is_stale in looked_at if is_stale])
    progress.is_done = len(looked_at) < BATCH
    progress.position = looked_at[-1][0] if looked_at else progress.position
    progress.save()
    return progress.is_done


def stale_rows(table: str, rows: models.QuerySet) -> Iterator[tuple[int, bool]]:
    """(key, whether a derived column is not as it should be) of each row."""
    _, refresh, columns = TABLES[table]
    fields = FieldDefinition.everything.in_bulk()
    for row in rows.iterator(chunk_size=BATCH):
        before = [getattr(row, column) for column in columns]
        refresh(row, fields.get(getattr(row, "field_id", 0)))
        yield row.pk, before != [getattr(row, column) for column in columns]


def respell_rows(table: str, pks: Collection[int]) -> None:
    """Bring the derived columns of these rows up to date, as the rows are once locked."""
    model, refresh, columns = TABLES[table]
    fields = FieldDefinition.everything.in_bulk() if pks else {}
    rows = model._default_manager.filter(pk__in=pks).order_by("pk")
    for start in range(0, len(pks), LOCKED):
        part = list(rows.select_for_update(no_key=True)[start : start + LOCKED])
        for row in part:
            refresh(row, fields.get(getattr(row, "field_id", 0)))
        write_columns_of(part, columns)


def write_columns_of(rows: Sequence[models.Model], columns: Sequence[str]) -> None:
    """Write these columns of each row; a third of the time that `bulk_update` takes."""
    if not rows:
        return
    fields = [field for field in rows[0]._meta.concrete_fields if field.name in columns]
    setters = ", ".join(f"{field.column} = %s" for field in fields)
    statement = f"UPDATE {rows[0]._meta.db_table} SET {setters} WHERE id = %s"
    values = [
        [*(one.get_db_prep_save(getattr(row, one.attname), connection) for one in fields), row.pk]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
