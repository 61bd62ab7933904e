"""Reads CSV and XLSX files and feeds as tables of text, within limits. Knows nothing about contents."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from django.utils.translation import gettext as _

from commerce.documents.spreadsheets import FORMULA, NUMBER
from commerce.imports.feeds import COLUMNS, FeedError, entries_of
from commerce.imports.workbook import SheetReader, WorkbookError

#: Limits of a file. A larger catalogue is imported in several files.
MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 600
MAX_CELL = 200_000
#: Most bytes of an unpacked XLSX file, which is a zip archive.
MAX_UNPACKED = 400 * 1024 * 1024
#: Rows of a sheet in Excel. Each number that a file leaves out is an empty row.
MAX_SHEET_ROWS = 1_048_576
#: Empty rows in succession. Formatted but empty rows are common, this many are not.
MAX_EMPTY_ROWS = 100_000
#: Cells of a sheet, empty ones included: each row is filled up to its last cell.
MAX_SHEET_CELLS = 30_000_000
#: Characters in which the heading is looked for.
HEADING = 200_000
DELIMITERS = (",", ";", "\t", "|")
#: Encodings that the form offers. "" is UTF-8, or UTF-16 with a byte order mark.
ENCODINGS = ("", "utf-8", "cp1252", "iso-8859-15", "cp1250", "cp1251", "mac-roman", "utf-16")
#: How files begin that are often renamed by mistake: PDF, PNG, JPEG, GIF, gzip, 7-Zip.
BINARY = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf")
#: Control characters that no text needs.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class TableError(Exception):
    """A file that cannot be read; the text says why, and what to do."""


class EncodingError(TableError):
    """A text in another encoding than the chosen one."""


@dataclass(frozen=True)
class Row:
    """A row by column. ``line`` counts as spreadsheets do: the heading is row 1.

    ``formulas`` are the columns with a formula, ``surplus`` the number of cells without a column.
    """

    line: int
    cells: dict[str, str]
    formulas: frozenset[str] = frozenset()
    surplus: int = 0

    def __getitem__(self, column: str) -> str:
        """The cell without surrounding whitespace; "" if the file lacks the column."""
        return self.cells.get(column, "").strip()


@dataclass(frozen=True)
class Table:
    """A file's columns in order and its rows. Empty rows are left out."""

    columns: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)


def read_table(
    content: bytes,
    file_name: str,
    *,
    encoding: str = "",
    delimiter: str = "",
    most: int | None = None,
) -> Table:
    """Read a CSV or XLSX file or a feed; "" detects encoding and delimiter.

    ``most`` rows are enough for a page that shows a sample. Raises TableError if it is neither, too large, or wrongly encoded.
    """
    if not content.strip():
        raise TableError(_("The file is empty."))
    if len(content) > MAX_BYTES:
        raise TableError(
            _("The file is larger than %(most)d MB. Split it into several files.")
            % {"most": MAX_BYTES // 1024 // 1024}
        )
    if content.startswith(b"PK\x03\x04"):
        return _table(_xlsx_rows(content), most)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError(_("This is an old Excel file (.xls). Save it as .xlsx or CSV."))
    if content.lstrip().startswith((b"<?xml", b"<rss", b"<feed")):
        return _feed(content, most)
    text = _decoded(content, encoding)
    return _table(_csv_rows(text, delimiter or _delimiter_of(text)), most)


def _feed(content: bytes, most: int | None) -> Table:
    try:
        entries = list(islice(entries_of(content), MAX_ROWS if most is None else most))
    except FeedError as error:
        raise TableError(str(error)) from error
    rows = [
        Row(line, {name: CONTROL.sub("", text)[:MAX_CELL] for name, text in entry.items()})
        for line, entry in enumerate(entries, 2)
    ]
    return Table(COLUMNS, rows)


def _decoded(content: bytes, encoding: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    # Text has no NUL, except for half of UTF-16.
    if content.startswith(BINARY) or (b"\x00" in content and encoding != "utf-16"):
        raise TableError(_("This is not a CSV or XLSX file."))
    try:
        text = content.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise EncodingError(
            _(
                "Line %(line)d is not encoded as %(encoding)s. Choose the encoding of the file, often"
                " Windows-1252 for files of Excel, or save it as “CSV UTF-8”."
            )
            % {"line": line, "encoding": (encoding or "utf-8").upper()}
        ) from error
    if "\x00" in text:
        raise TableError(_("This is not a CSV or XLSX file."))
    return text.removeprefix("\ufeff")


def _delimiter_of(text: str) -> str:
    """The delimiter that is most frequent in the heading, outside quotes."""
    heading = next((line for line in text[:HEADING].splitlines() if line.strip()), "")
    plain = re.sub(r'"[^"]*"', "", heading)
    return max(DELIMITERS, key=plain.count)


def _csv_rows(text: str, delimiter: str) -> Iterator[tuple[list[str], frozenset[int]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield cells, frozenset()
    except csv.Error as error:
        raise TableError(
            _("Line %(line)d cannot be read: %(error)s.")
            % {"line": reader.line_num, "error": error}
        ) from error


def _xlsx_rows(content: bytes) -> Iterator[tuple[list[str], frozenset[int]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > MAX_UNPACKED:
            raise TableError(_("The file would unpack to more than 400 MB. Save it as CSV."))
        yield from _within_limits(
            ([_text_of(value) for value in values], formulas)
            for values, formulas in SheetReader(content).rows()
        )
    except TableError:
        raise
    except WorkbookError as error:
        raise TableError(str(error)) from error
    except Exception as error:  # openpyxl raises almost anything on a broken file
        raise TableError(
            _("This is not a readable XLSX file. Save it again, or as CSV.")
        ) from error


def _within_limits(
    rows: Iterable[tuple[list[str], frozenset[int]]],
) -> Iterator[tuple[list[str], frozenset[int]]]:
    """The rows of a sheet. Raises TableError if a small file makes too many of them."""
    empty = size = 0
    for number, (cells, formulas) in enumerate(rows, 1):
        empty = 0 if any(map(str.strip, cells)) else empty + 1
        size += len(cells)
        if empty > MAX_EMPTY_ROWS:
            raise TableError(
                _("The sheet has more than %(most)d empty rows in succession. Delete them.")
                % {"most": MAX_EMPTY_ROWS}
            )
        if number > MAX_SHEET_ROWS:
            raise TableError(
                _("The sheet has more than %(most)d rows. Split it into several files.")
                % {"most": MAX_SHEET_ROWS}
            )
        if size > MAX_SHEET_CELLS:
            raise TableError(
                _("The sheet has more than %(most)d cells. Save the file as CSV.")
                % {"most": MAX_SHEET_CELLS}
            )
        yield cells, formulas


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _table(found: Iterator[tuple[list[str], frozenset[int]]], most: int | None) -> Table:
    heading = next((cells for cells, _formulas in found if any(map(str.strip, cells))), None)
    columns = _columns_of(heading or [])
    rows: list[Row] = []
    for number, (cells, formulas) in enumerate(found, 2):
        if not any(cell and cell.strip() for cell in cells):
            continue
        if len(rows) == most:
            break
        if len(rows) == MAX_ROWS:
            raise TableError(
                _("The file has more than %(most)d rows. Split it into several files.")
                % {"most": MAX_ROWS}
            )
        rows.append(_row(number, columns, cells, formulas))
    if not rows:
        raise TableError(_("The file has a heading but no rows."))
    return Table(columns, rows)


def _columns_of(heading: list[str]) -> tuple[str, ...]:
    columns = [CONTROL.sub("", cell).strip() for cell in heading]
    while columns and not columns[-1]:
        columns.pop()
    if not columns:
        raise TableError(_("The file has no heading with the names of the columns."))
    if len(columns) > MAX_COLUMNS:
        raise TableError(_("The file has more than %(most)d columns.") % {"most": MAX_COLUMNS})
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise TableError(
            _("The column “%(column)s” appears twice. Rename or remove one.") % {"column": twice[0]}
        )
    return tuple(columns)


def _row(line: int, columns: tuple[str, ...], cells: list[str], formulas: frozenset[int]) -> Row:
    named = {
        name: without_mark(CONTROL.sub("", cell[:MAX_CELL]))
        for name, cell in zip(columns, cells, strict=False)
        if name and cell
    }
    surplus = sum(bool(cell.strip()) for cell in cells[len(columns) :])
    return Row(line, named, frozenset(columns[n] for n in formulas if n < len(columns)), surplus)


def without_mark(text: str) -> str:
    """The text without the apostrophe that protects a formula; see ``neutral_cell``."""
    rest = text[1:]
    is_marked = text[:1] == "'" and FORMULA.match(rest) and not NUMBER.match(rest.strip())
    return rest if is_marked else text
