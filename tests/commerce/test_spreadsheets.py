"""Spreadsheet programs do not run any cell of the site's CSV files as a formula."""

import csv
import io

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.documents.spreadsheets import NeutralCellsMiddleware, neutral_cell
from tests.factories import make_order, make_user
from tests.signing import prove_again, sign_in

FORMULA = '=HYPERLINK("https://evil.example","Open")'


@pytest.mark.parametrize(
    "value", [FORMULA, "+1+1", "-2+3", "@SUM(A1)", "\t=1", " =1", "|calc", "%0A=1"]
)
def test_formula_like_text_is_neutralised(value):
    assert neutral_cell(value) == f"'{value}"


@pytest.mark.parametrize("value", ["Ada", "-4.50", "+3", "12,5", "-10%", "", 7, None, "a=b"])
def test_other_text_and_numbers_are_unchanged(value):
    assert neutral_cell(value) == value


def rows_of(text):
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_order_export_contains_no_formula(client, db, site_root):
    order = make_order()
    address = get_model("order", "BillingAddress").objects.create(
        first_name=FORMULA, last_name="Marsh", line1="1", postcode="NR23 1AH", country_id=_country()
    )
    get_model("order", "Order").objects.filter(pk=order.pk).update(billing_address=address)
    make_user("root@example.com", is_staff=True, is_superuser=True)
    sign_in(client, "root@example.com")
    prove_again(client)

    response = client.post(
        reverse("dashboard:order-list"),
        {"action": "download_selected_orders", "selected_order": order.pk},
    )

    cells = [cell for row in rows_of(response.content.decode()) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith("=")]


def _country():
    return (
        get_model("address", "Country")
        .objects.get_or_create(iso_3166_1_a2="GB", defaults={"name": "UK", "printable_name": "UK"})[
            0
        ]
        .pk
    )


def test_streamed_rows_are_neutralised_too():
    row = '"=1+1","line\nbreak"\r\n'
    halves = [f"a,b\r\n{row[:4]}".encode(), row[4:].encode()]
    answer = StreamingHttpResponse(halves, content_type="text/csv; charset=utf-8")

    NeutralCellsMiddleware(lambda request: answer)(None)

    assert rows_of(b"".join(answer.streaming_content).decode()) == [
        ["a", "b"],
        ["'=1+1", "line\nbreak"],
    ]


def test_streamed_cells_are_never_split():
    cells = ["a\u2028b", "c\x0bd", "é" * 200_000, "line\nfeed"]
    written = io.StringIO(newline="")
    csv.writer(written).writerow(cells)
    content = written.getvalue().encode()
    chunks = [content[start : start + 1000] for start in range(0, len(content), 1000)]
    answer = NeutralCellsMiddleware(
        lambda request: StreamingHttpResponse(chunks, content_type="text/csv")
    )(None)

    assert rows_of(b"".join(answer.streaming_content).decode()) == [cells]


def test_other_formats_are_unchanged():
    answer = HttpResponse("=1+1", content_type="text/plain")

    NeutralCellsMiddleware(lambda request: answer)(None)

    assert answer.content == b"=1+1"
