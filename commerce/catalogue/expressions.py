"""Oscar's two queries over the tree of categories, in words that MySQL and MariaDB understand.

Oscar quotes names and joins texts as other databases do, so that there a range with categories, and
with it every basket that an offer on such a range looks at, ended in a syntax error.
"""

from oscar.apps.catalogue.expressions import (
    ExpandDownwardsCategoryQueryset as OscarExpandDownwards,
)
from oscar.apps.catalogue.expressions import ExpandUpwardsCategoryQueryset as OscarExpandUpwards

#: Keys of the categories at ``wanted`` end of a branch of which ``given`` ones are the other end.
MYSQL = """(SELECT {wanted}.id FROM catalogue_category AS upper_end
JOIN catalogue_category AS lower_end ON lower_end.path LIKE CONCAT(upper_end.path, '%%%%')
WHERE {given}.id IN (%(subquery)s))"""


class ExpandUpwardsCategoryQueryset(OscarExpandUpwards):
    def as_mysql(self, compiler, connection):
        template = MYSQL.format(wanted="upper_end", given="lower_end")
        return self.as_sql(compiler, connection, template=template)


class ExpandDownwardsCategoryQueryset(OscarExpandDownwards):
    def as_mysql(self, compiler, connection):
        template = MYSQL.format(wanted="lower_end", given="upper_end")
        return self.as_sql(compiler, connection, template=template)
