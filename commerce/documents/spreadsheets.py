"""CSV that a spreadsheet opens without running anything in it.

A cell that begins like a formula is one to Excel, LibreOffice and Google Sheets
(https://owasp.org/www-community/attacks/CSV_Injection). Names and addresses are typed by strangers.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator

from django.http import HttpRequest, HttpResponseBase

#: What makes a program calculate, the characters included that it trims before it looks.
FORMULA = re.compile(r"^\s*[=+\-@|%]")
#: Amounts stay numbers.
NUMBER = re.compile(r"^[+-]?\d[\d.,]*%?$")
BOM = "\ufeff"
# A long text is no error: by itself the module reads no cell above 128 KiB.
csv.field_size_limit(2**31 - 1)


def neutral_cell(value: object) -> object:
    """The value, with an apostrophe before text that would be read as a formula."""
    if isinstance(value, str) and FORMULA.match(value) and not NUMBER.match(value.strip()):
        return f"'{value}"
    return value


def neutral_rows(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a CSV, written anew row by row with neutral cells."""
    for row in csv.reader(lines):
        output = io.StringIO(newline="")
        csv.writer(output).writerow([neutral_cell(cell) for cell in row])
        yield output.getvalue()


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of a stream. Only a line feed ends one: a cell may hold other separators."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    for chunk in chunks:
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from (f"{line}\n" for line in whole)
    if rest:
        yield rest


class NeutralCellsMiddleware:
    """Makes every CSV that the site answers with neutral, whichever library wrote it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/csv"):
            self._neutralise(response)
        return response

    @staticmethod
    def _neutralise(response) -> None:
        if response.streaming:
            response.streaming_content = neutral_rows(_lines(response.streaming_content))
            return
        text = response.content.decode()
        start = BOM if text.startswith(BOM) else ""
        rows = neutral_rows(io.StringIO(text.removeprefix(BOM), newline=""))
        response.content = start + "".join(rows)
