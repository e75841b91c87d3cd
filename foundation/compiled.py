"""Compile the SQL of querysets and inserts once, and run it with other arguments.

Building and compiling a queryset takes 150 to 350 µs of CPU time, its statement takes 20. A write
has up to thirty, so compiling was more than half of its cost. Only what runs with each request is
worth it; everything else asks a queryset directly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, update_wrapper
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import ModelIterable

# With more arguments or rows, the time of the statement matters more than that of its compilation.
MOST_ARGUMENTS = 32


class Argument(Expression):
    """The place of an argument in a statement. Values arrive there as they are, unconverted."""

    def __init__(self, number: int):
        super().__init__()
        self.number = number

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


@dataclass(frozen=True)
class Statement:
    """The SQL of a queryset, its parameters, of which some are places, and how its rows are read."""

    sql: str
    parameters: Sequence[Any]
    read: Callable[[list[Any]], list[Any]]

    def rows(self, arguments: Sequence[Any]) -> list[Any]:
        values = [arguments[p.number] if isinstance(p, Argument) else p for p in self.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)
            return self.read(cursor.fetchall())


class compiled:
    """Make a function that builds a queryset of its arguments one that returns the rows of it.

    The queryset must have the same shape whatever the arguments are, but may depend on how many
    there are. It is one of models without `select_related`, or a `values_list`. Write
    `customer__id__in=keys` for `customer__in=keys`, which converts its values too early.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]):
        self.build = build
        self.statements: dict[tuple[str, int], Statement | None] = {}
        update_wrapper(self, build)

    def __call__(self, *arguments: Any) -> list[Any]:
        if len(arguments) > MOST_ARGUMENTS:
            return list(self.build(*arguments))
        shape = connection.vendor, len(arguments)
        if shape not in self.statements:
            places = [Argument(number) for number in range(len(arguments))]
            self.statements[shape] = statement_of(self.build(*places))
        statement = self.statements[shape]
        return statement.rows(arguments) if statement else []


def statement_of(queryset: QuerySet[Any, Any]) -> Statement | None:
    """Return the statement, or None if no row can fit, as of `pk__in=[]`."""
    compiler = queryset.query.get_compiler(connection=connection)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return None
    converters = compiler.get_converters([column for column, *_ in compiler.select])

    def read(rows: list[Any]) -> list[Any]:
        return list(map(tuple, compiler.apply_converters(rows, converters))) if converters else rows

    if not issubclass(queryset._iterable_class, ModelIterable):
        return Statement(sql, parameters, read)
    model = queryset.model
    names = [field.attname for field in model._meta.concrete_fields]
    return Statement(
        sql,
        parameters,
        lambda rows: [model.from_db(queryset.db, names, row) for row in read(rows)],
    )


def insert(rows: Sequence[Model]) -> None:
    """Insert rows of one model, as `bulk_create` does. One statement for up to MOST_ARGUMENTS rows."""
    if not rows:
        return
    model = type(rows[0])
    if len(rows) > MOST_ARGUMENTS:
        model._default_manager.bulk_create(rows)
        return
    fields = inserted_fields(model)
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(insert_sql(connection.vendor, model, len(rows)), values)
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key
            row._state.adding, row._state.db = False, connection.alias


@cache
def inserted_fields(model: type[Model]) -> list[Field]:
    return [field for field in model._meta.local_concrete_fields if not field.primary_key]


@cache
def insert_sql(vendor: str, model: type[Model], count: int) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in inserted_fields(model))
    row = f"({', '.join(['%s'] * len(inserted_fields(model)))})"
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    return f"INSERT INTO {table} ({columns}) VALUES {', '.join([row] * count)} RETURNING {key}"
