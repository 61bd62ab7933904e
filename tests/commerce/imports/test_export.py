"""Exports, and their way back: importing an export changes nothing."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from oscar.core.loading import get_model

from commerce.imports import exporting
from commerce.imports.exporting import (
    ExportError,
    as_xlsx,
    neutral,
    plain_products,
    shopify_products,
)
from commerce.imports.kinds.stock import StockKind
from commerce.imports.product_states import states_of
from commerce.imports.runs import create_run, finish, start_check, start_import
from commerce.models import SalePrice
from tests.commerce.imports.files import archive_of, picture, shopify_export
from tests.factories import make_option, make_product, make_user, make_variants

pytestmark = pytest.mark.django_db
AttributeOption = get_model("catalogue", "AttributeOption")
Product = get_model("catalogue", "Product")


def run_file(content, *, kind="products", profile="plain", name="export.csv", **options):
    """Check and import a file; returns the finished run."""
    pictures = options.pop("archive", None)
    user = options.pop("user", None)
    options.setdefault("pictures", "archive" if pictures else "web")
    run = create_run(
        kind=kind, profile=profile, file_name=name, data=[content], user=user, options=options,
        pictures=[pictures] if pictures else None,
    )  # fmt: skip
    start_check(run.pk)
    run = finish(run.pk)
    if run.state == "checked":
        start_import(run.pk)
        run = finish(run.pk)
    return run


def outcomes(run):
    return {row.identity: row.outcome for row in run.rows.all()}


def csv_of(rows):
    file = io.StringIO(newline="")
    csv.writer(file).writerows(neutral(rows))
    return file.getvalue().encode()


@pytest.fixture
def catalogue(shop, monkeypatch):
    """Products of every kind: from a file, from the dashboard, with odd names and sales."""
    content, _wanted = shopify_export(12, lambda name: name)
    names = {f"thing-{n}.jpg": picture(n) for n in range(12)}
    names |= {f"thing-{n}-{c}.jpg": picture(n) for n in range(12) for c in ("Navy", "Ecru", "Moss")}
    run = run_file(content, profile="shopify", archive=archive_of(names))
    assert set(outcomes(run).values()) == {"new"}
    make_variants("Linen shirt", {"Colour": ["Navy", "White"], "Size": ["S", "M"]})
    make_product("Harbour mug", price="24.00", glazes={"oat": 10, "slate": 3})
    vase = make_product("=HYPERLINK(vase)", price="90.00", stock=1)
    vase.description, vase.meta_title = "<p>Two\r\nlines, “quoted”</p>", "%"
    vase.save()
    image = vase.images.model(product=vase, caption="The | vase")
    image.original.save("vase.jpg", ContentFile(picture(77)), save=True)
    option = make_option(vase.product_class, "Finish")
    kind = vase.product_class
    kind.attributes.create(code="w_cm", name="Width", type="float")
    kind.attributes.create(code="care", name="Care", type="richtext")
    vase.attribute_values.create(
        attribute=option, value_option=option.option_group.options.create(option="Matt")
    )
    vase.attribute_values.create(attribute=kind.attributes.get(code="w_cm"), value_float=12.5)
    vase.attribute_values.create(
        attribute=kind.attributes.get(code="care"), value_richtext="<p>x</p>"
    )
    record = vase.stockrecords.get()
    now = timezone.now()
    SalePrice.objects.create(
        stockrecord=record, price=Decimal("80"), start=now + timedelta(days=3, microseconds=7),
        until=now + timedelta(days=9),
    )  # fmt: skip
    return states_of(Product.objects.filter(parent=None).values_list("pk", flat=True))


def assert_unchanged(run, before):
    changed = {row.identity: (row.before, row.after) for row in run.rows.filter(outcome="changed")}
    assert changed == {}
    assert {row.outcome: row.problems for row in run.rows.all()} == {"unchanged": []}
    after = states_of(before)
    assert {pk: one.state for pk, one in after.items()} == {
        pk: one.state for pk, one in before.items()
    }
    assert Product.objects.filter(parent=None).count() == len(before)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_plain_products_come_back_unchanged(catalogue, ending):
    content = csv_of(plain_products()) if ending == "csv" else as_xlsx(plain_products()).read()

    run = run_file(content, name=f"export.{ending}")

    assert_unchanged(run, catalogue)


def test_spaces_signs_and_empty_values_come_back_unchanged(shop):
    vase = make_product("Vase", price="90.00", stock=1)
    kind, group = vase.product_class, make_option(vase.product_class, "Finish").option_group
    labels = [group.options.create(option=label) for label in ("Salt | ash", "Matt", " Blue ")]
    for code, type_ in (("use", "multi_option"), ("note", "text"), ("care", "richtext")):
        kind.attributes.create(
            code=code, name=code.capitalize(), type=type_,
            option_group=group if type_ == "multi_option" else None,
        )  # fmt: skip
    attributes = {attribute.code: attribute for attribute in kind.attributes.all()}
    uses = vase.attribute_values.create(attribute=attributes["use"])
    uses.value_multi_option.set(labels)
    vase.attribute_values.create(attribute=attributes["finish"], value_option=labels[2])
    vase.attribute_values.create(attribute=attributes["note"], value_text=" by hand ")
    vase.attribute_values.create(attribute=attributes["care"], value_richtext=" ")
    for place, caption in enumerate(("", " the front ", "")):
        image = vase.images.model(product=vase, caption=caption, display_order=place)
        image.original.save("vase.jpg", ContentFile(picture(place)), save=True)
    shirt = make_variants("Shirt", {"Colour": [" Navy", "White"]})
    image = shirt.images.model(product=shirt)
    image.original.save("shirt.jpg", ContentFile(picture(9)), save=True)
    image.photo.options.add(*AttributeOption.objects.filter(option=" Navy"))
    before = states_of([vase.pk, shirt.pk])
    assert before[shirt.pk].state["pictures"][0]["options"] == {"Colour": ["Navy"]}

    assert_unchanged(run_file(csv_of(plain_products())), before)
    assert_unchanged(run_file(csv_of(shopify_products()), profile="shopify"), before)
    changed = csv_of(plain_products()).replace(b"Blue | Matt", b"Matt | blue | Salt")
    run = run_file(changed)

    assert list(outcomes(run).values()) == ["changed", "unchanged"]
    assert sorted(uses.value_multi_option.values_list("option", flat=True)) == [
        " Blue ", "Matt", "Salt", "Salt | ash",
    ]  # fmt: skip


def test_shopify_products_come_back_unchanged(catalogue):
    """Without redirects from ``/products/…``: there was no other shop."""
    run = run_file(csv_of(shopify_products()), profile="shopify")

    assert_unchanged(run, catalogue)


def test_stock_comes_back_unchanged_and_a_change_is_imported(catalogue):
    content = csv_of(StockKind().rows())
    run = run_file(content, kind="stock")
    assert set(outcomes(run).values()) == {"unchanged"}

    rows = list(csv.DictReader(io.StringIO(content.decode())))
    row = next(row for row in rows if row["sku"] == "T1")
    row |= {"price": "7.25", "stock": "99"}
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    run = run_file(file.getvalue().encode(), kind="stock")

    assert [row.identity for row in run.rows.filter(outcome="changed")] == ["T1"]
    record = get_model("partner", "StockRecord").objects.get(partner_sku="T1")
    assert (str(record.price), record.num_in_stock) == ("7.25", 99)
    change = record.changes.latest("pk")
    assert (change.kind, change.in_stock_before, change.in_stock_after) == ("imported", 1, 99)


def test_formulas_are_neutral_in_both_files(catalogue):
    book = load_workbook(as_xlsx(plain_products()))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert "'=HYPERLINK(vase)" in [cell.value for cell in cells]
    assert b"'=HYPERLINK(vase)" in csv_of(plain_products())


def test_control_characters_are_left_out_of_a_spreadsheet():
    rows = iter([["note"], ["for\x00 Ada\x0b\x1f\nwith love"], ["\x01=1+1"], [3]])

    cells = [row[0].value for row in load_workbook(as_xlsx(rows)).active.iter_rows()]

    assert cells == ["note", "for Ada\nwith love", "'=1+1", 3]


def test_exports_are_streamed_to_those_who_may_see_them(client, catalogue):
    client.force_login(make_user("root@example.com", is_staff=True, is_superuser=True))
    page = client.get(reverse("staff-exports"))
    for kind, format_, _label, _name in page.context["exports"]:
        if kind in ("products", "stock"):
            for ending in ("csv", "xlsx"):
                answer = client.get(reverse("staff-export", args=[kind, format_, ending]))
                assert answer.status_code == 200
                assert answer.streaming
                assert b"".join(answer.streaming_content)
    client.force_login(make_user("clerk@example.com", is_staff=True))
    assert client.get(reverse("staff-export", args=["products", "plain", "csv"])).status_code == 403


def test_text_that_is_too_long_for_a_spreadsheet_is_not_cut(client, catalogue):
    long = Product.objects.filter(parent=None).order_by("pk")[1]
    Product.objects.filter(pk=long.pk).update(description=f"<p>{'x' * 32_767}</p>")
    client.force_login(make_user("root@example.com", is_staff=True, is_superuser=True))

    page = client.get(reverse("staff-export", args=["products", "plain", "xlsx"]))

    assert page["Content-Type"].startswith("text/html")
    rows = list(csv.DictReader(io.StringIO(csv_of(plain_products()).decode())))
    number = next(n for n, row in enumerate(rows, 2) if len(row["description"]) > 32_767)
    assert f"Row {number} has a text in “description” that is longer" in page.content.decode()
    answer = client.get(reverse("staff-export", args=["products", "plain", "csv"]))
    assert b"x" * 32_767 in b"".join(answer.streaming_content)


def test_spreadsheet_with_too_many_rows_is_refused_before_all_are_read(catalogue, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_ROWS", 3)
    read = []

    def rows(count):
        for n in range(count):
            read.append(n)
            yield [n]

    assert as_xlsx(rows(4)).read()
    with pytest.raises(ExportError, match="more than 3 rows. Export them as CSV"):
        as_xlsx(rows(100))
    assert len(read) == 9
