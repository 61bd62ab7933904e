"""From a run's file to its records."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from commerce.imports.cells import decimal_of
from commerce.imports.details import NOT_WRITTEN
from commerce.imports.files import content_of, has_files
from commerce.imports.kinds.base import Kind, Profile, kinds
from commerce.imports.profiles.mapping import guessed, remembered
from commerce.imports.records import ReadOptions, Record
from commerce.imports.tables import Table, TableError, read_table
from commerce.models import ImportRun
from commerce.shop_settings.current import current_shop

#: Rows that a page reads of a file to show what is in it.
SAMPLE = 200


def table_of(run: ImportRun, *, most: int | None = None) -> Table:
    """The run's table, or its first rows. Raises TableError."""
    if not has_files(run):
        raise TableError(_("The uploaded file has been deleted. Upload it again."))
    options = run.options
    return read_table(
        content_of(run),
        run.file_name,
        encoding=options.get("encoding", ""),
        delimiter=options.get("delimiter", ""),
        most=most,
    )


def kind_of(run: ImportRun) -> Kind:
    """The run's kind."""
    return kinds()[run.kind]


def profile_of(run: ImportRun) -> Profile:
    """The run's format."""
    return kind_of(run).profiles()[run.profile]


def check_columns(run: ImportRun, table: Table) -> None:
    """Raise TableError if the file lacks a column that its format needs."""
    profile = profile_of(run)
    missing = [name for name in profile.required if name not in table.columns]
    if missing:
        raise TableError(
            _("The column “%(column)s” is missing. Files of %(format)s have it.")
            % {"column": missing[0], "format": profile.label}
        )


def mapping_of(run: ImportRun, table: Table) -> dict[str, str]:
    """Which column means what: chosen for this run, else remembered, else guessed by the names."""
    if not profile_of(run).is_mapped:
        return {}
    chosen = run.options.get("mapping")
    if chosen is not None:
        return chosen
    return remembered(run.kind, table.columns) or guessed(
        table.columns, kind_of(run).known_columns()
    )


def options_of(run: ImportRun, table: Table, mapping: Mapping[str, str]) -> ReadOptions:
    """How to understand the run's file."""
    profile, options = profile_of(run), run.options
    names = profile.price_columns
    if profile.is_mapped:
        names = tuple(name for name, to in mapping.items() if to in names)
    cells = (row[name] for row in table.rows for name in names if row[name])
    return ReadOptions(
        decimal=options.get("decimal") or decimal_of(cells, current_shop().language),
        may_be_free=bool(options.get("may_be_free")),
        untracked_stock=int(options.get("untracked_stock") or 0),
        mapping=dict(mapping),
        with_redirects=bool(options.get("redirects", True)),
        with_mail=bool(options.get("mail")),
        with_accounts=bool(options.get("accounts")) or _may_see_people(run),
    )


def _may_see_people(run: ImportRun) -> bool:
    """Whether who uploaded the file may look up accounts."""
    return run.user is not None and run.user.has_perm("commerce.view_user")


def records_of(run: ImportRun) -> tuple[list[Record], list[str]]:
    """The run's records, and the columns that have cells but are not imported. Raises TableError."""
    table = table_of(run)
    check_columns(run, table)
    mapping = mapping_of(run, table)
    records = list(kind_of(run).read(run.profile, table, options_of(run, table, mapping)))
    if not records:
        raise TableError(_("The file has no rows that can be imported."))
    return records, _ignored(table, profile_of(run), mapping)


def _ignored(table: Table, profile: Profile, mapping: Mapping[str, str]) -> list[str]:
    """The unread columns that say something; with what they are about, if known."""
    used = set(mapping) if profile.is_mapped else {*profile.columns}
    found = []
    for column in table.columns:
        is_read = column in used or (not profile.is_mapped and column.startswith("Attribute "))
        if not column or is_read or not any(row[column] for row in table.rows):
            continue
        about = NOT_WRITTEN.get(column)
        found.append(f"{column} ({about})" if about else column)
    return found
