"""What a kind of import has to offer to ``commerce.imports.runs``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from commerce.imports.exporting import Rows
from commerce.imports.pictures import PictureFiles
from commerce.imports.product_states import State
from commerce.imports.records import ReadOptions, Record
from commerce.imports.tables import Table
from commerce.models import ImportRow, User

Outcome = ImportRow.Outcome


@dataclass
class Plan:
    """What a record changes: ``before`` is None for something new. ``existing`` is the kind's own."""

    record: Record
    before: State | None
    after: State | None
    existing: Any = None
    object_id: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """The outcome of the check, or of the import."""
        if self.record.problems or self.after is None:
            return Outcome.REFUSED
        if self.before is None:
            return Outcome.NEW
        return Outcome.UNCHANGED if self.before == self.after else Outcome.CHANGED


@dataclass(frozen=True)
class Profile:
    """A file format. ``required`` columns must be there; ``columns`` are all that it reads.

    ``is_mapped``: staff choose which column means what.
    """

    name: str
    label: str | Promise
    required: tuple[str, ...] = ()
    columns: frozenset[str] = frozenset()
    price_columns: tuple[str, ...] = ()
    is_mapped: bool = False


@dataclass(frozen=True)
class Undone:
    """The way back of one row: from ``after`` to ``before``, None for nothing there."""

    object_id: int
    before: State | None
    after: State


class Kind(Protocol):
    """A kind of import. Its functions take whole batches and use a constant number of queries."""

    name: str
    #: Model permissions that its import requires.
    permissions: tuple[str, ...]
    #: Model permissions to see what its exports contain.
    export_permissions: tuple[str, ...]

    def may_import(self, user: User) -> bool:
        """Whether the user may do by hand what it does, beside the permissions of models."""

    def profiles(self) -> Mapping[str, Profile]:
        """The formats by name; the first is the default."""

    def detect(self, columns: tuple[str, ...]) -> str:
        """The name of the format that a file with these columns has."""

    def known_columns(self) -> list[str]:
        """The columns of the plain format."""

    def read(self, profile: str, table: Table, options: ReadOptions) -> Iterator[Record]:
        """The records of a file in order."""

    def plan(self, records: Sequence[Any], files: PictureFiles | None) -> list[Plan]:
        """Compare records with the shop. Adds problems and remarks to them. Writes nothing."""

    def load_files(self, plans: Sequence[Plan], files: PictureFiles | None) -> None:
        """Load what ``write`` needs from elsewhere, outside a transaction."""

    def write(self, plans: Sequence[Plan]) -> None:
        """Write new and changed plans in the caller's transaction; sets ``object_id``."""

    def revert(self, rows: Sequence[Undone]) -> list[bool]:
        """Undo rows that are still as they were written, in the caller's transaction; which."""

    def exports(self) -> Mapping[str, Callable[[], Rows]]:
        """The exports by format; none if it has no ``export_permissions``."""

    def left_out(self) -> list[str]:
        """The names of what the exports leave out, because a file cannot say what it is."""


@cache
def kinds() -> dict[str, Kind]:
    """The kinds of ``settings.IMPORT_KINDS`` by name."""
    found = [import_string(path)() for path in settings.IMPORT_KINDS]
    return {kind.name: kind for kind in found}


def exports() -> dict[tuple[str, str], Callable[[], Rows]]:
    """The exports of all kinds, by kind and format."""
    return {
        (name, format_): rows
        for name, kind in kinds().items()
        for format_, rows in kind.exports().items()
    }
