"""Many rows at once: read by their keys, and written past the model layer (for tables of ours that
nobody follows by signal)."""

from functools import cache, partial

from django.db import models, transaction
from django.db.models.constants import OnConflict
from django.db.models.expressions import RawSQL

#: Fields whose values, in Python's own type, every database takes as they are.
AS_GIVEN = (
    models.IntegerField,
    models.FloatField,
    models.BooleanField,
    models.CharField,
    models.ForeignKey,
    models.TextField,
)
#: Fields of which many rows have the same few values: prices, the moments at which they turn.
REPEATED = (models.DateTimeField, models.DecimalField)


def literal_in(keys):
    """Keys for a condition such as ``pk__in``, hundreds of them: written into the statement as numbers.

    As parameters Django prepares each of them several times, which takes longer than the query.
    """
    return RawSQL(", ".join(map(str, map(int, keys))) or "NULL", ())  # noqa: S611  integers


def insert_rows(model, names, rows, *, ignore=False):
    """Insert rows given as values in the order of ``names``; returns how many were.

    ``ignore`` leaves out those whose unique key is there already, after waiting for whoever is about
    to write it.
    """
    connection = transaction.get_connection()
    fields = [model._meta.get_field(name) for name in names]
    conflict = OnConflict.IGNORE if ignore else None
    begin = connection.ops.insert_statement(on_conflict=conflict)
    end = connection.ops.on_conflict_suffix_sql(fields, conflict, [], []) if ignore else ""
    places = ", ".join(["%s"] * len(fields))
    sql = f"{begin} {_table(model)} ({_columns(fields)}) VALUES ({places}) {end}".strip()
    return _execute(connection, sql, fields, rows)


def update_rows(model, names, rows):
    """Set the fields ``names`` of rows given as ``(*values, key)``."""
    connection = transaction.get_connection()
    fields = [model._meta.get_field(name) for name in names]
    key = model._meta.pk
    places = ", ".join(f"{_columns([field])} = %s" for field in fields)
    sql = f"UPDATE {_table(model)} SET {places} WHERE {_columns([key])} = %s"  # noqa: S608  our names
    _execute(connection, sql, [*fields, key], rows)


def _execute(connection, sql, fields, rows):
    prepared = [list(row) for row in rows]
    if not prepared:
        return 0
    for place, field in enumerate(fields):
        if isinstance(field, AS_GIVEN):
            continue
        prepare = partial(field.get_db_prep_save, connection=connection)
        if isinstance(field, REPEATED):
            prepare = cache(prepare)
        for row in prepared:
            row[place] = prepare(row[place])
    with connection.cursor() as cursor:
        cursor.executemany(sql, prepared)
        return cursor.rowcount


def _table(model):
    return transaction.get_connection().ops.quote_name(model._meta.db_table)


def _columns(fields):
    quote = transaction.get_connection().ops.quote_name
    return ", ".join(quote(field.column) for field in fields)
