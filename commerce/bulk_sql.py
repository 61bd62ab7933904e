"""Bulk queries by key, and bulk writes that bypass the model layer.

Write only tables of ours that have no signal receivers.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any

from django.db import models, transaction
from django.db.models.constants import OnConflict
from django.db.models.expressions import RawSQL

#: Fields whose Python values need no preparation on any database.
AS_GIVEN = (
    models.IntegerField,
    models.FloatField,
    models.BooleanField,
    models.CharField,
    models.ForeignKey,
    models.TextField,
    models.BinaryField,
)
#: Fields with few distinct values in many rows: prices and their start times.
REPEATED = (models.DateTimeField, models.DecimalField)


def literal_in(keys: Iterable[int]) -> RawSQL:
    """Keys for a condition such as ``pk__in``, written into the SQL as integers.

    Django prepares each parameter several times, which takes longer than the query for hundreds of
    keys.
    """
    return RawSQL(", ".join(map(str, map(int, keys))) or "NULL", ())  # noqa: S611  integers


def insert_rows(
    model: type[models.Model],
    names: Iterable[str],
    rows: Iterable[Sequence[Any]],
    *,
    ignore: bool = False,
) -> int:
    """Insert rows of values in the order of ``names``; returns the number inserted.

    ``ignore`` skips rows whose unique key exists, waiting for concurrent inserts of it.
    """
    connection = transaction.get_connection()
    fields = [model._meta.get_field(name) for name in names]
    conflict = OnConflict.IGNORE if ignore else None
    begin = connection.ops.insert_statement(on_conflict=conflict)
    end = connection.ops.on_conflict_suffix_sql(fields, conflict, [], []) if ignore else ""
    places = ", ".join(["%s"] * len(fields))
    sql = f"{begin} {_table(model)} ({_columns(fields)}) VALUES ({places}) {end}".strip()
    return _execute(connection, sql, fields, rows)


def update_rows(
    model: type[models.Model], names: Iterable[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Set the fields ``names`` of rows given as ``(*values, key)``."""
    connection = transaction.get_connection()
    fields = [model._meta.get_field(name) for name in names]
    key = model._meta.pk
    places = ", ".join(f"{_columns([field])} = %s" for field in fields)
    sql = f"UPDATE {_table(model)} SET {places} WHERE {_columns([key])} = %s"  # noqa: S608  our names
    _execute(connection, sql, [*fields, key], rows)


def _execute(
    connection: Any, sql: str, fields: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> int:
    prepared = [list(row) for row in rows]
    if not prepared:
        return 0
    for place, field in enumerate(fields):
        if isinstance(field, AS_GIVEN):
            continue
        prepare: Callable[[Any], Any] = partial(field.get_db_prep_save, connection=connection)
        if isinstance(field, REPEATED):
            prepare = cache(prepare)
        for row in prepared:
            row[place] = prepare(row[place])
    with connection.cursor() as cursor:
        cursor.executemany(sql, prepared)
        return cursor.rowcount


def _table(model: type[models.Model]) -> str:
    return transaction.get_connection().ops.quote_name(model._meta.db_table)


def _columns(fields: Iterable[Any]) -> str:
    quote = transaction.get_connection().ops.quote_name
    return ", ".join(quote(field.column) for field in fields)
