"""Kinds with one row per record, whose state is its values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from commerce.imports.kinds.base import Plan, Rows, Undone
from commerce.imports.kinds.sheets import SheetKind
from commerce.imports.pictures import PictureFiles
from commerce.imports.product_states import State
from commerce.imports.records import ReadOptions, Record


class FlatKind(SheetKind, ABC):
    """A kind whose records are rows of a table. Subclasses name the model's side."""

    # --- What subclasses define -------------------------------------------------------------------

    @abstractmethod
    def defaults(self) -> State:
        """The state of a new record, before the file's values."""

    @abstractmethod
    def find(self, states: Sequence[State], options: ReadOptions) -> list[tuple[int, State] | None]:
        """The key and the state of what the shop has for each of these values."""

    @abstractmethod
    def states(self, keys: Sequence[int]) -> dict[int, State]:
        """The states of rows by key."""

    def facts(self, states: Sequence[State]) -> Any:
        """What ``settle`` needs of the shop for these records, with a constant number of queries."""

    def settle(self, state: State, before: State | None, record: Record, facts: Any) -> State:
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

    def plan(self, records: Sequence[Record], files: PictureFiles | None) -> list[Plan]:
        """See ``Kind``."""
        good = [record for record in records if not record.problems]
        options = next((one.read_options for one in good if one.read_options), ReadOptions())
        hits = self.find([one.values for one in good], options)
        found = dict(zip(map(id, good), hits, strict=True))
        facts = self.facts([one.values for one in good])
        plans = []
        for record in records:
            if id(record) not in found:
                plans.append(Plan(record, None, None))
                continue
            key, before = found[id(record)] or (None, None)
            given = {name: value for name, value in record.values.items() if value is not None}
            after = {**(before or self.defaults()), **given}
            after = self.settle(after, before, record, facts)
            plans.append(Plan(record, before, after, key, key))
        return plans

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

    def exports(self) -> Mapping[str, Callable[[], Rows]]:
        """See ``Kind``."""
        return {"plain": self.rows} if self.export_permissions else {}

    def left_out(self) -> list[str]:
        """See ``Kind``."""
        return []

    def rows(self) -> Rows:
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
