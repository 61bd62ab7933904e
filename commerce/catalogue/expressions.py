"""Oscar's two category tree queries, in the SQL of MySQL and MariaDB.

Oscar's own quoting and concatenation are syntax errors there, which breaks every basket with an
offer on a range with categories.
"""

from typing import Any

from oscar.apps.catalogue.expressions import (
    ExpandDownwardsCategoryQueryset as OscarExpandDownwards,
)
from oscar.apps.catalogue.expressions import ExpandUpwardsCategoryQueryset as OscarExpandUpwards

#: Keys of the ancestors or descendants (``wanted``) of the ``given`` categories.
MYSQL = """(SELECT {wanted}.id FROM catalogue_category AS upper_end
JOIN catalogue_category AS lower_end ON lower_end.path LIKE CONCAT(upper_end.path, '%%%%')
WHERE {given}.id IN (%(subquery)s))"""


class ExpandUpwardsCategoryQueryset(OscarExpandUpwards):
    def as_mysql(self, compiler: Any, connection: Any) -> Any:
        template = MYSQL.format(wanted="upper_end", given="lower_end")
        return self.as_sql(compiler, connection, template=template)


class ExpandDownwardsCategoryQueryset(OscarExpandDownwards):
    def as_mysql(self, compiler: Any, connection: Any) -> Any:
        template = MYSQL.format(wanted="lower_end", given="upper_end")
        return self.as_sql(compiler, connection, template=template)
