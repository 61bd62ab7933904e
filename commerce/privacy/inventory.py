"""The inventory of personal data: every field of every model, classified once.

A test fails for an unlisted model or field, including those of libraries. The tables are in
``shop_tables`` and ``plain_tables``, and beside the models of the other apps.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.apps import apps
from django.db import connection
from django.db.models import Field, Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: What erasure does with a person's rows.
DELETED = _("deleted")
ANONYMISED = _("anonymised")
BOOKS = _("kept for accounting, anonymised after the statutory term")
UNLINKED = _("unlinked from the account")
EXPIRES = _("deleted by a retention rule")
NEVER = _("not personal")


@dataclass(frozen=True)
class Kind:
    """The classification of one model's fields.

    ``personal`` is about the person, ``hidden`` is a secret or a password, ``staff`` names who
    worked for the shop, ``plain`` is none of these. Personal and plain fields are exported in
    ``section``; if that is empty, ``left_out`` says why.
    """

    erasure: str | Promise
    personal: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    section: str = ""
    left_out: str | Promise = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """Every classified field."""
        return (*self.personal, *self.hidden, *self.staff, *self.plain)

    @property
    def exported(self) -> tuple[str, ...]:
        """The columns of an export."""
        return (*self.personal, *self.plain)


def about_people(
    erasure: str | Promise,
    personal: str = "",
    plain: str = "",
    *,
    hidden: str = "",
    staff: str = "",
    section: str = "",
    left_out: str | Promise = "",
) -> Kind:
    """A model with fields about people; each class of fields is a space-separated string."""
    return Kind(
        erasure,
        tuple(personal.split()),
        tuple(hidden.split()),
        tuple(staff.split()),
        tuple(plain.split()),
        section,
        left_out,
    )


def nothing_personal(tables: dict[str, str]) -> dict[str, Kind]:
    """Models without a field about people: ``{label: "field field"}``."""
    return {
        label: Kind(NEVER, plain=tuple(words.split()), left_out=NEVER)
        for label, words in tables.items()
    }


def models() -> Iterable[type[Model]]:
    """Every model of the installation, including those of many-to-many tables."""
    return apps.get_models(include_auto_created=True)


def stored_fields(model: type[Model]) -> list[Field]:
    """The model's own fields, and its many-to-many fields."""
    return [*model._meta.local_fields, *model._meta.local_many_to_many]


def unclassified(inventory: dict[str, Kind]) -> Iterator[str]:
    """``label.field`` of each field missing from the inventory."""
    for model in models():
        label = model._meta.label_lower
        known = inventory[label].fields if label in inventory else ()
        yield from (
            f"{label}.{field.name}" for field in stored_fields(model) if field.name not in known
        )


def unclassified_columns(tables: Mapping[str, Kind]) -> Iterator[str]:
    """``table.column`` of unlisted columns in database tables without a model.

    SQLite's full-text index tables count as part of their model.
    """
    of_models = {model._meta.db_table for model in models()}
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - of_models):
            if table.startswith(tuple(f"{name}_" for name in of_models if name.endswith("_fts"))):
                continue
            known = tables[table].fields if table in tables else ()
            columns = connection.introspection.get_table_description(cursor, table)
            yield from (f"{table}.{each.name}" for each in columns if each.name not in known)


def obsolete(inventory: dict[str, Kind]) -> Iterator[str]:
    """``label.field`` of each classified field that no longer exists."""
    there = {model._meta.label_lower: model for model in models()}
    for label, kind in inventory.items():
        names = {field.name for field in stored_fields(there[label])} if label in there else set()
        yield from (f"{label}.{name}" for name in kind.fields if name not in names)
