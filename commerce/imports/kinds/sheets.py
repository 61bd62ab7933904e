"""Reading of kinds whose rows are records: their columns are a ``Sheet``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commerce.imports.kinds.base import Plan, Profile
from commerce.imports.pictures import PictureFiles
from commerce.imports.product_states import moment_text
from commerce.imports.records import ReadOptions, Record
from commerce.imports.tables import Row, Table
from commerce.imports.widgets import Sheet
from commerce.models import User

PLAIN_LABEL = gettext_lazy("Plain: any CSV or XLSX file")


class Blank:
    """What a sheet reads a row into: attributes that are missing were not in the file."""


class SheetKind:
    """A kind whose rows are records.

    ``formats`` are further file formats, ``{name: (label, {the file's column: ours})}``.
    """

    name: ClassVar[str]
    permissions: ClassVar[tuple[str, ...]]
    sheet_class: ClassVar[type[Sheet]]
    #: The columns that identify a record.
    keys: ClassVar[tuple[str, ...]]
    price_columns: ClassVar[tuple[str, ...]] = ()
    formats: ClassVar[Mapping[str, tuple[str | Promise, Mapping[str, str]]]] = {}
    export_permissions: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.sheet = self.sheet_class()

    def may_import(self, user: User) -> bool:
        """See ``Kind``."""
        return True

    def profiles(self) -> Mapping[str, Profile]:
        """See ``Kind``."""
        found = {"plain": Profile("plain", PLAIN_LABEL, (), frozenset(), self.price_columns, True)}
        for name, (label, columns) in self.formats.items():
            required = tuple(column for column, to in columns.items() if to in self.keys)
            prices = tuple(column for column, to in columns.items() if to in self.price_columns)
            found[name] = Profile(name, label, required, frozenset(columns), prices)
        return found

    def detect(self, columns: tuple[str, ...]) -> str:
        """See ``Kind``."""
        for name, (_label, known) in self.formats.items():
            if sum(column in columns for column in known) >= max(3, len(known) // 2):
                return name
        return "plain"

    def known_columns(self) -> list[str]:
        """See ``Kind``."""
        return self.sheet_class.column_names()

    def mapping(self, profile: str, options: ReadOptions) -> Mapping[str, str]:
        """``{the file's column: ours}``."""
        return options.mapping if profile == "plain" else self.formats[profile][1]

    def read(self, profile: str, table: Table, options: ReadOptions) -> Iterator[Record]:
        """See ``Kind``. A record that appears twice is refused where it comes second."""
        mapping = {n: to for n, to in self.mapping(profile, options).items() if n in table.columns}
        lines: dict[tuple[str, ...], int] = {}
        for row in table.rows:
            record = self.read_row(row, mapping, options)
            key = tuple(str(record.values.get(name, "")).casefold() for name in self.keys)
            if other := lines.get(key):
                text = _("Row %(line)d already has “%(sku)s”.")
                record.refuse(row.line, "", text % {"sku": record.identity, "line": other})
            lines.setdefault(key, row.line)
            yield record

    def read_row(self, row: Row, mapping: Mapping[str, str], options: ReadOptions) -> Record:
        """The record of a row."""
        record, target = Record(row.line, ""), Blank()
        columns = {to: name for name, to in mapping.items()}
        if row.surplus:
            record.refuse(row.line, "", _("The row has more cells than the heading."))
        for name in sorted(row.formulas & mapping.keys()):
            text = _("The cell contains a formula. Save it as a value.")
            record.refuse(row.line, name, text)
        cells = {to: row[name] for name, to in mapping.items()}
        self.sheet.read_into(target, cells, record, row.line, options, columns)
        record.values = {name: plain_value(value) for name, value in vars(target).items()}
        record.read_options = options
        record.identity = " ".join(str(record.values.get(name, "")) for name in self.keys).strip()
        for name in self.keys:
            if not record.values.get(name) and not record.problems:
                text = _("The row has no “%(column)s”.")
                column = columns.get(name, name)
                record.refuse(row.line, column, text % {"column": column})
        return record

    def load_files(self, plans: Sequence[Plan], files: PictureFiles | None) -> None:
        """See ``Kind``: nothing."""


def plain_value(value: Any) -> Any:
    """A value as a state holds it."""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return moment_text(value) if isinstance(value, datetime) else value
