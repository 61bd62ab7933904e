"""Kinds with one row per record: their columns are a ``Sheet``, their state is its values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commerce.imports.kinds.base import Plan, Profile, Undone
from commerce.imports.pictures import PictureFiles
from commerce.imports.product_states import State, moment_text
from commerce.imports.records import ReadOptions, Record
from commerce.imports.tables import Row, Table
from commerce.imports.widgets import Sheet
from commerce.models import User

PLAIN_LABEL = gettext_lazy("Plain: any CSV or XLSX file")
Values = dict[str, Any]


class Blank:
    """What a sheet reads a row into: attributes that are missing were not in the file."""


class FlatKind(ABC):
    """A kind whose rows are records. Subclasses name the model's side.

    ``formats`` are further file formats, ``{name: (label, {the file's column: ours})}``.
    """

    name: ClassVar[str]
    permissions: ClassVar[tuple[str, ...]]
    sheet_class: ClassVar[type[Sheet]]
    #: The columns that identify a record.
    keys: ClassVar[tuple[str, ...]]
    price_columns: ClassVar[tuple[str, ...]] = ()
    formats: ClassVar[Mapping[str, tuple[str | Promise, Mapping[str, str]]]] = {}

    def __init__(self) -> None:
        self.sheet = self.sheet_class()

    # --- What subclasses define -------------------------------------------------------------------

    @abstractmethod
    def defaults(self) -> State:
        """The state of a new record, before the file's values."""

    @abstractmethod
    def find(self, states: Sequence[State]) -> list[tuple[int, State] | None]:
        """The key and the state of what the shop has for each of these values."""

    @abstractmethod
    def states(self, keys: Sequence[int]) -> dict[int, State]:
        """The states of rows by key."""

    def settle(self, state: State, before: State | None, record: Record) -> State:
        """The state after checks that need more than one value; problems go to the record."""
        return state

    @abstractmethod
    def create(self, state: State, options: ReadOptions) -> int:
        """Write a new record; returns its key."""

    @abstractmethod
    def update(self, key: int, before: State, after: State) -> None:
        """Write what differs."""

    @abstractmethod
    def delete(self, key: int) -> None:
        """Undo a creation."""

    # --- ``Kind`` ---------------------------------------------------------------------------------

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

    def plan(self, records: Sequence[Record], files: PictureFiles | None) -> list[Plan]:
        """See ``Kind``."""
        good = [record for record in records if not record.problems]
        found = dict(zip(map(id, good), self.find([one.values for one in good]), strict=True))
        plans = []
        for record in records:
            if id(record) not in found:
                plans.append(Plan(record, None, None))
                continue
            key, before = found[id(record)] or (None, None)
            given = {name: value for name, value in record.values.items() if value is not None}
            after = {**(before or self.defaults()), **given}
            after = self.settle(after, before, record)
            plans.append(Plan(record, before, after, key, key))
        return plans

    def load_files(  # noqa: B027  nothing, unless a kind has files
        self, plans: Sequence[Plan], files: PictureFiles | None
    ) -> None:
        """See ``Kind``: nothing."""

    def write(self, plans: Sequence[Plan]) -> None:
        """See ``Kind``."""
        for plan in plans:
            if plan.after is None:
                continue
            if plan.before is None:
                plan.object_id = self.create(plan.after, plan.record.read_options or ReadOptions())
            elif plan.object_id is not None:
                self.update(plan.object_id, plan.before, plan.after)

    def revert(self, rows: Sequence[Undone]) -> list[bool]:
        """See ``Kind``."""
        states = self.states([row.object_id for row in rows])
        outcome = []
        for row in rows:
            is_same = states.get(row.object_id) == row.after and self.may_undo(row)
            outcome.append(is_same)
            if is_same and row.before is None:
                self.delete(row.object_id)
            elif is_same and row.before is not None:
                self.update(row.object_id, row.after, row.before)
        return outcome

    def may_undo(self, row: Undone) -> bool:
        """Whether nothing depends on the record since."""
        return True

    def rows(self) -> Iterator[list[object]]:
        """The shop's records as an export."""
        yield list(self.sheet.get_export_headers())
        for keys in self.all_keys():
            states = self.states(keys)
            for key in keys:
                if key in states:
                    yield list(self.sheet.export_resource(states[key]))

    @abstractmethod
    def all_keys(self) -> Iterator[list[int]]:
        """The keys of all records in batches, for an export."""


def plain_value(value: Any) -> Any:
    """A value as a state holds it."""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return moment_text(value) if isinstance(value, datetime) else value


def in_batches(rows: Any, size: int = 500) -> Iterator[list[int]]:
    """The keys of a queryset in its order of keys."""
    last = 0
    while keys := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:size]):
        last = keys[-1]
        yield keys


def matched(
    states: Sequence[State], rows: Mapping[Any, tuple[int, State]], key: Callable[[State], Any]
) -> list[tuple[int, State] | None]:
    """For each of some values the row with the same key."""
    return [rows.get(key(state)) for state in states]
