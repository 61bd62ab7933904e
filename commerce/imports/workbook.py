"""Reads the first sheet of an XLSX file in bounded memory, whatever the file has beside cells."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

from defusedxml.ElementTree import XMLParser
from django.utils.translation import gettext as _
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import Element, SubElement

#: Most bytes of a part of an XLSX file that openpyxl holds as a tree, which needs 100 times the
#: memory: styles, for example. Sheets and shared texts are read as streams.
MAX_TREE = 2 * 1024 * 1024
#: Most bytes of the shared texts in memory.
MAX_TEXTS = 400 * 1024 * 1024
#: Most shared texts: reading so many takes seconds.
MAX_TEXT_COUNT = 500_000
#: Most bytes of one row or shared text of a file, and the most elements in it. Excel's longest row
#: has 16,384 cells.
MAX_ITEM = 20 * 1024 * 1024
MAX_ELEMENTS = 100_000
#: Other elements of a part, such as merged cells and links, and the depth to which they are nested.
MAX_OTHERS = 500_000
MAX_DEPTH = 100
#: All elements of a part. 400 MB of cells have fewer.
MAX_TOTAL = 40_000_000
#: Bytes of a part that are parsed at once.
CHUNK = 64 * 1024
TEXT_TAG, SHARED_TAG = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("t", "si"))
#: The elements that rows and shared texts consist of.
KNOWN = frozenset(f"{{{SHEET_MAIN_NS}}}{name}" for name in ("c", "v", "f", "is", "t", "r"))


class WorkbookError(Exception):
    """A workbook that is too large to be read; the text says why, and what to do."""


class SheetReader(ExcelReader):
    """Opens the first sheet of a workbook with what its cells need, and nothing else."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), read_only=True, keep_links=False)
        self.archive = _Parts(io.BytesIO(content))

    def rows(self) -> Iterator[tuple[list[Any], frozenset[int]]]:
        """The values of each row, and which of them are formulas.

        Rows that the file leaves out are empty. Raises WorkbookError if a part is too large, and
        almost anything else if the file is broken.
        """
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)  # says which numbers are dates
        parser = _RowParser(
            None, self.shared_strings, False, self.wb.epoch,
            self.wb._date_formats, self.wb._timedelta_formats,
        )  # fmt: skip
        expected = 1
        for row in _items_of(self.archive, self._sheet_path(), ROW_TAG):
            number, cells = parser.parse_row(row)
            parser.row_dimensions.clear()
            for _missing in range(expected, number):
                yield [], frozenset()
            if number >= expected:
                yield _by_column(cells)
                expected = number + 1

    def read_strings(self) -> None:
        """Read the shared texts, without their formats."""
        part = self.package.find(SHARED_STRINGS)
        if part is None:
            return
        name, size = part.PartName[1:], 0
        for item in _items_of(self.archive, name, SHARED_TAG):
            text = "".join(node.text or "" for node in item.iter(TEXT_TAG)).replace("x005F_", "")
            size += sys.getsizeof(text)
            if size > MAX_TEXTS or len(self.shared_strings) >= MAX_TEXT_COUNT:
                raise _too_complex(name)
            self.shared_strings.append(text)

    def _sheet_path(self) -> str:
        """The part with the first sheet; a chart is a sheet without cells."""
        for _sheet, relation in self.parser.find_sheets():
            if relation.target in self.valid_files and "chartsheet" not in relation.Type:
                return relation.target
        raise ValueError("A workbook without a sheet.")


class _Parts(zipfile.ZipFile):
    """The parts of an XLSX file. A large one is not read whole, only as a stream."""

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """The part's content. Raises WorkbookError if it is larger than ``MAX_TREE``."""
        info = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        if info.file_size > MAX_TREE:
            raise WorkbookError(
                _("The file’s part “%(part)s” is larger than %(most)d MB. Save the file as CSV.")
                % {"part": info.filename[:60], "most": MAX_TREE // 1024 // 1024}
            )
        return super().read(name, pwd)


class _RowParser(WorkSheetParser):
    """Turns rows into values, formulas into their text."""

    def parse_formula(self, element: Any) -> str:
        """The formula as it stands: openpyxl keeps and translates those that cells share."""
        return f"={element.findtext(f'{{{SHEET_MAIN_NS}}}f') or ''}"


class _Items:
    """Target of an XML parser: builds the elements with one tag and drops all others.

    Within them, it drops elements that are not ``KNOWN``, with all that they contain.
    """

    def __init__(self, tag: str, part: str) -> None:
        self.tag, self.part = tag, part
        self.found: list[Any] = []
        #: The item that is being read and its open elements, and the text of the innermost one.
        self.path: list[Any] = []
        self.text: list[str] = []
        #: The numbers of open elements that are dropped: around an item, and in it.
        self.around = self.within = 0
        self.elements = self.others = self.total = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.text.clear()
        self.total += 1
        self.elements += 1
        if self.path and (self.within or tag not in KNOWN):
            self.within += 1
        elif self.path:
            self.path.append(SubElement(self.path[-1], tag, attributes))
        elif tag == self.tag:
            self.elements = 1
            self.path.append(Element(tag, attributes))
        else:
            self.around += 1
            self.others += 1
            self.elements = 0
        depth = self.around + len(self.path) + self.within
        if (
            depth > MAX_DEPTH
            or self.elements > MAX_ELEMENTS
            or self.others > MAX_OTHERS
            or self.total > MAX_TOTAL
        ):
            raise _too_complex(self.part)

    def end(self, tag: str) -> None:
        if self.within:
            self.within -= 1
        elif self.path:
            node = self.path.pop()
            node.text = "".join(self.text)
            if not self.path:
                self.found.append(node)
        else:
            self.around -= 1
        self.text.clear()

    def data(self, text: str) -> None:
        if self.path and not self.within:
            self.text.append(text)


def _items_of(archive: zipfile.ZipFile, part: str, tag: str) -> Iterator[Any]:
    """The elements of a part that have the tag, one after the other.

    Raises WorkbookError if one is too large, or if the part has too many others.
    """
    items = _Items(tag, part)
    parser = XMLParser(target=items, forbid_dtd=True)
    read = begun = 0
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            parser.feed(chunk)
            read += len(chunk)
            if items.found or not items.path:
                begun = parser.parser.CurrentByteIndex
            if read - begun > MAX_ITEM:  # an item, or a tag or comment that has not ended
                raise _too_complex(part)
            yield from items.found
            items.found.clear()
    parser.close()


def _too_complex(part: str) -> WorkbookError:
    text = _("The file’s part “%(part)s” is too complex to be read. Save the file as CSV.")
    return WorkbookError(text % {"part": part[:60]})


def _by_column(cells: list[dict[str, Any]]) -> tuple[list[Any], frozenset[int]]:
    """The values of a row up to the column of its last cell, and the columns of formulas."""
    values = [None] * (cells[-1]["column"] if cells else 0)
    formulas = set()
    for cell in cells:
        column = cell["column"] - 1
        if 0 <= column < len(values):
            values[column] = cell["value"]
            if cell["data_type"] == "f":
                formulas.add(column)
    return values, frozenset(formulas)
