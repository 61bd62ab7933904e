"""CSV that spreadsheets open without executing anything in it.

Excel, LibreOffice and Google Sheets treat a cell that starts like a formula as one
(https://owasp.org/www-community/attacks/CSV_Injection). Names and addresses come from strangers.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase

#: The start of a formula, including whitespace that programs trim.
FORMULA = re.compile(r"^\s*[=+\-@|%]")
#: Amounts are not escaped.
NUMBER = re.compile(r"^[+-]?\d[\d.,]*%?$")
BOM = "\ufeff"
# By default the csv module rejects cells above 128 KiB.
csv.field_size_limit(2**31 - 1)


def neutral_cell(value: object) -> object:
    """The value; text that would be read as a formula is prefixed with an apostrophe."""
    if isinstance(value, str) and FORMULA.match(value) and not NUMBER.match(value.strip()):
        return f"'{value}"
    return value


def neutral_rows(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a CSV, rewritten row by row with neutral cells."""
    for row in csv.reader(lines):
        output = io.StringIO(newline="")
        csv.writer(output).writerow([neutral_cell(cell) for cell in row])
        yield output.getvalue()


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of a stream. Only line feeds end a line: cells may contain other separators."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    for chunk in chunks:
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from (f"{line}\n" for line in whole)
    if rest:
        yield rest


class NeutralCellsMiddleware:
    """Neutralises every CSV response of the site, whichever library wrote it."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/csv"):
            self._neutralise(response)
        return response

    @staticmethod
    def _neutralise(response: Any) -> None:
        if response.streaming:
            response.streaming_content = neutral_rows(_lines(response.streaming_content))
            return
        text = response.content.decode()
        start = BOM if text.startswith(BOM) else ""
        rows = neutral_rows(io.StringIO(text.removeprefix(BOM), newline=""))
        response.content = start + "".join(rows)
