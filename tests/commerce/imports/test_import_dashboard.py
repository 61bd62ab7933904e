"""Imports through the dashboard: upload, settings, check, import, report, undo."""

import csv
import io
import re
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from oscar.core.loading import get_model
from wagtail.contrib.redirects.models import Redirect

from commerce.accounts.roles import MERCHANDISER, create_roles
from commerce.images import photos
from commerce.imports import processing
from commerce.imports.runs import finish
from commerce.index.refresh import broken_listings
from commerce.models import AuditEntry, ImportRun, ProductPhoto
from tests.commerce.imports.catalogue import catalogue
from tests.commerce.imports.files import (
    DATA,
    archive_of,
    as_csv,
    picture,
    served,
    shopify_export,
    woo_export,
)
from tests.factories import make_product, make_user, stockrecord_of
from tests.signing import let_sign_in_age, prove_again

pytestmark = pytest.mark.django_db
Product = get_model("catalogue", "Product")
StockRecord = get_model("partner", "StockRecord")
#: Products of an export; tests/browser/test_imports.py imports 300.
COUNT = 60


@pytest.fixture
def staff(client, shop):
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    return client


def upload(client, content, name="export.csv", *, archive=None, **data):
    """Upload a file; returns the run."""
    files = {"file": SimpleUploadedFile(name, content)}
    if archive:
        files["archive"] = SimpleUploadedFile("photos.zip", archive)
    page = client.post(reverse("staff-imports"), {"kind": "products", **data, **files})
    assert page.status_code == 302, page.context["form"].errors
    return ImportRun.objects.latest("pk")


def values_of(form):
    """What a browser sends of a form that nobody has changed."""
    values = {name: form[name].value() for name in form.fields} if form else {}
    return {
        name: value for name, value in values.items() if value is not None and value is not False
    }


def settle(client, run, **data):
    """Send the settings, which starts the check; returns the checked run."""
    page = client.get(reverse("staff-import-settings", args=[run.pk]))
    form = page.context["form"]
    sent = {**values_of(form), **values_of(page.context["mapping"]), **data}
    page = client.post(reverse("staff-import-settings", args=[run.pk]), sent)
    assert page.status_code == 302, page.context["form"].errors
    return finish(run.pk)


def act(client, run, what):
    client.post(reverse("staff-import", args=[run.pk]), {"act": what})
    return finish(run.pk)


def check_catalogue(wanted):
    """Compare the shop with what the file says."""
    assert catalogue() == wanted.as_dict()
    assert not list(broken_listings())


@pytest.fixture
def plain_renditions(monkeypatch):
    """Photographs keep their size: rendering a hundred of them would take a minute.

    Batches are as large as photographs allow, whatever the speed of the machine.
    """
    monkeypatch.setattr(photos, "render_ahead", lambda images, **kwargs: 0)
    monkeypatch.setattr(processing, "TARGETS", {})
    monkeypatch.setattr(processing, "TARGET", 60)


def test_shopify_export_with_archive(staff, plain_renditions):
    content, wanted = shopify_export(COUNT, lambda name: name)
    names = [source for sources in wanted.pictures.values() for source in sources]
    archive = archive_of({f"photos/{name}": picture(n) for n, name in enumerate(names)})

    run = upload(staff, content, archive=archive)
    run = settle(staff, run)
    assert (run.profile, run.state) == ("shopify", "checked")
    page = staff.get(reverse("staff-import", args=[run.pk]))
    assert page.context["counts"]["new"] == COUNT
    run = act(staff, run, "import")

    assert run.state == "done"
    check_catalogue(wanted)
    photo = ProductPhoto.objects.get(product_image__import_source__source="thing-0-Moss.jpg")
    assert [option.option for option in photo.options.all()] == ["Moss"]

    run = upload(staff, content, archive=archive)
    run = settle(staff, run)
    assert staff.get(reverse("staff-import", args=[run.pk])).context["counts"]["unchanged"] == COUNT


def test_woocommerce_export_with_urls(staff, plain_renditions, settings):
    settings.IMPORT_PRIVATE_ADDRESSES = True
    numbers = {}

    def respond(path):
        number = numbers.setdefault(path, len(numbers))
        return 200, {"Content-Type": "image/jpeg"}, picture(number)

    with served(respond) as url:
        content, wanted = woo_export(COUNT, lambda name: f"{url}/{name}")
        run = settle(staff, upload(staff, content))
        assert (run.profile, run.state) == ("woocommerce", "checked")
        run = act(staff, run, "import")

    assert run.state == "done"
    check_catalogue(wanted)
    assert len(numbers) == 2 * COUNT
    run = act(staff, run, "undo")
    assert run.state == "undone"
    assert not Product.objects.exists()
    assert not Redirect.objects.exists()


def test_mapping_is_remembered(staff):
    columns = ("Artikel", "Bezeichnung", "VK", "Colour")
    content = as_csv(
        columns, [{"Artikel": "A1", "Bezeichnung": "Cup", "VK": "2,95"}], delimiter=";"
    )

    run = upload(staff, content)
    page = staff.get(reverse("staff-import-settings", args=[run.pk]))
    names = {field.label: name for name, field in page.context["mapping"].fields.items()}
    chosen = {names["Artikel"]: "sku", names["Bezeichnung"]: "title", names["VK"]: "price"}
    run = settle(staff, run, **chosen)
    assert act(staff, run, "import").state == "done"

    assert StockRecord.objects.get(partner_sku="A1").price == Decimal("2.95")
    again = upload(staff, content)
    page = staff.get(reverse("staff-import-settings", args=[again.pk]))
    values = {field.label: field.initial for field in page.context["mapping"].fields.values()}
    assert values == {"Artikel": "sku", "Bezeichnung": "title", "VK": "price", "Colour": ""}


def test_wrong_encoding_is_explained_and_the_file_is_kept(staff):
    content = "sku,title,price\nA1,Tasse für Tee,2.95\n".encode("cp1252")

    run = upload(staff, content)
    page = staff.get(reverse("staff-import-settings", args=[run.pk]))
    assert "Line 2 is not encoded as UTF-8" in page.context["error"]
    page = staff.post(
        reverse("staff-import-settings", args=[run.pk]),
        {**values_of(page.context["form"]), "encoding": "cp1252"},
    )
    assert page.context["mapping"].fields["column-1"].sample == "Tasse für Tee"
    run = settle(staff, run)
    act(staff, run, "import")

    assert Product.objects.get().title == "Tasse für Tee"


@pytest.mark.parametrize(
    ("content", "field", "reason"),
    [
        (b"%PDF-1.7\n", "__all__", "This is not a CSV or XLSX file."),
        ("Tür\nÄ\n".encode("cp1252"), "encoding", "Line 1 is not encoded as UTF-8."),
    ],
)
def test_only_a_wrong_encoding_is_explained_beside_the_encoding(staff, content, field, reason):
    run = upload(staff, content)
    address = reverse("staff-import-settings", args=[run.pk])

    page = staff.post(address, values_of(staff.get(address).context["form"]))

    errors = page.context["form"].errors
    assert list(errors) == [field]
    assert errors[field][0].startswith(reason)


def test_two_columns_with_one_meaning_are_refused_beside_the_input(staff):
    run = upload(staff, b"sku,title,price,preis2\nA1,Cup,2.95,3\n")
    page = staff.get(reverse("staff-import-settings", args=[run.pk]))
    sent = values_of(page.context["form"])
    names = {field.label: name for name, field in page.context["mapping"].fields.items()}
    sent |= {names["price"]: "price", names["preis2"]: "price", names["sku"]: "sku"}

    page = staff.post(reverse("staff-import-settings", args=[run.pk]), sent)

    assert page.status_code == 200
    assert page.context["mapping"].errors[names["preis2"]] == [
        "“Price” is chosen for the column “price” already."
    ]


def test_report_names_row_and_column(staff):
    run = settle(staff, upload(staff, b"sku,title,price\nA1,Cup,-5\nA2,=1+1,3\n"))
    assert act(staff, run, "import").state == "done"

    page = staff.get(reverse("staff-import-report", args=[run.pk]))
    rows = list(csv.reader(io.StringIO(b"".join(page.streaming_content).decode("utf-8-sig"))))

    assert [
        "2",
        "A1",
        "refused",
        "checked",
        "price",
        "A price cannot be negative: -5.",
        "",
        "",
    ] in rows
    assert Product.objects.get().title == "=1+1"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("customers", b"email,first_name\nada@example.com,Ada\n"),
        ("reviews", b"product,score,title,name\ngone,5,Lovely,ada@example.com\n"),
        ("products", b"sku,title,price\nA1,Cup,5\n"),
    ],
)
def test_report_with_personal_data_needs_a_recent_sign_in_and_is_logged(staff, kind, content):
    prove_again(staff)
    run = settle(staff, upload(staff, content, kind=kind))
    url = reverse("staff-import-report", args=[run.pk])
    logged = AuditEntry.objects.filter(act=AuditEntry.Act.EXPORTED)
    staff.logout()
    staff.force_login(run.user)
    let_sign_in_age(staff)

    page = staff.get(url)
    if kind == "products":
        assert page.status_code == 200
        assert not logged.exists()
        return
    assert page.url.startswith(reverse("account_reauthenticate"))
    assert not logged.exists()
    prove_again(staff)
    page = staff.get(url)
    assert b"ada@example.com" in b"".join(page.streaming_content)
    assert [(entry.about, entry.user) for entry in logged] == [(kind.capitalize(), run.user)]


def test_prices_change_in_the_name_of_who_starts_the_import(staff):
    record = stockrecord_of(make_product("Vase", price="4.00"))
    content = f"sku,price\n{record.partner_sku},5.00\n".encode()
    run = settle(staff, upload(staff, content, kind="stock"))
    other = make_user("mer@example.com", is_staff=True, is_superuser=True)
    staff.force_login(other)

    act(staff, run, "import")

    record.refresh_from_db()
    assert (record.price, ImportRun.objects.get().user) == (Decimal("5.00"), other)
    assert AuditEntry.objects.latest("pk").user == other


@pytest.mark.parametrize(
    ("kind", "is_asked"), [("customers", True), ("reviews", True), ("products", False)]
)
def test_upload_with_personal_data_needs_a_recent_sign_in(staff, kind, is_asked):
    let_sign_in_age(staff)
    file = SimpleUploadedFile("export.csv", b"product,score,title,name\ngone,5,Lovely,Ada\n")

    page = staff.post(reverse("staff-imports"), {"kind": kind, "file": file})

    assert page.url.startswith(reverse("account_reauthenticate")) is is_asked
    assert ImportRun.objects.exists() is not is_asked


def test_progress_and_cancelling(staff):
    run = upload(staff, b"sku,title,price\nA1,Cup,5\n")
    page = staff.get(reverse("staff-import-settings", args=[run.pk]))
    sent = values_of(page.context["form"]) | values_of(page.context["mapping"])
    staff.post(reverse("staff-import-settings", args=[run.pk]), sent)

    page = staff.get(reverse("staff-import-progress", args=[run.pk]))
    assert 'data-busy="yes"' in page.content.decode()
    staff.post(reverse("staff-import", args=[run.pk]), {"act": "cancel"})
    assert finish(run.pk).state == "cancelled"
    page = staff.get(reverse("staff-import-progress", args=[run.pk]))
    assert 'data-busy=""' in page.content.decode()


def test_no_page_changes_anything_on_get(staff):
    run = settle(staff, upload(staff, b"sku,title,price\nA1,Cup,5\n"))
    for name in ("staff-import", "staff-import-settings", "staff-import-progress"):
        page = staff.get(reverse(name, args=[run.pk]) + "?act=import")
        assert page.status_code == 200
    assert not Product.objects.exists()


def test_staff_import_only_what_they_may_change(client, shop):
    create_roles()
    merchandiser = make_user("m@example.com", is_staff=True)
    merchandiser.groups.add(Group.objects.get(name=MERCHANDISER))
    client.force_login(merchandiser)
    page = client.get(reverse("staff-imports"))
    choices = [value for value, _label in page.context["form"].fields["kind"].choices]
    assert choices[:2] == ["products", "stock"]
    assert "customers" not in choices
    run = ImportRun.objects.create(kind="customers", profile="plain", file_name="people.csv")
    assert client.get(reverse("staff-import", args=[run.pk])).status_code == 403


def test_texts_are_escaped(staff):
    run = settle(staff, upload(staff, b"sku,title,price\nA1,<script>alert(1)</script>,5\n"))
    page = staff.get(reverse("staff-import", args=[run.pk])).content.decode()
    assert not re.search(r"<script>alert", page)


def test_archive_above_the_limit_of_uploads_is_refused(staff, settings):
    settings.FILE_LIMITS = {**settings.FILE_LIMITS, "/dashboard/imports/": 1024 * 1024}
    files = {
        "file": SimpleUploadedFile("x.csv", b"sku,title\nA,Cup\n"),
        "archive": SimpleUploadedFile("x.zip", b"0" * (1024 * 1024 + 1)),
    }

    page = staff.post(reverse("staff-imports"), {"kind": "products", **files})

    assert page.context["form"].errors == {
        "archive": ["The archive is larger than 1 MB. Import the photographs in parts."]
    }
    assert not ImportRun.objects.exists()


@pytest.mark.slow
def test_retail_catalogue_through_the_dashboard(staff):
    """900 real products: three SKUs differ only in case from the row before and are refused."""
    content = (DATA / "retail_products.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert len(rows) == 900
    seen, refused = set(), set()
    for row in rows:
        (refused if row["sku"].casefold() in seen else seen).add(row["sku"].casefold())
    prices = {row["sku"]: f"{Decimal(row['price']):.2f}" for row in rows}

    run = settle(staff, upload(staff, content, "retail_products.csv"))
    page = staff.get(reverse("staff-import", args=[run.pk]))
    assert (page.context["counts"]["new"], page.context["counts"]["refused"]) == (897, 3)
    assert page.context["run"].ignored_columns == ["sold"]
    run = act(staff, run, "import")

    assert run.state == "done"
    found = catalogue()["prices"]
    assert len(found) == 897
    assert {sku: prices[sku] for sku in found} == found
    assert {sku.casefold() for sku in prices.keys() - found.keys()} == refused
    assert not list(broken_listings())
    again = settle(staff, upload(staff, content, "retail_products.csv"))
    page = staff.get(reverse("staff-import", args=[again.pk]))
    assert page.context["counts"]["unchanged"] == 897
