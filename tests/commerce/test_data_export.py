"""The export contains all data about a person, no secrets, and nothing about anybody else."""

import csv
import io
import json
import zipfile
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.functional import Promise

from commerce.accounts.pictures import save_picture
from commerce.models import AuditEntry, GiftCard, ReturnRequest, Withdrawal
from commerce.orders.provision import provide_automatically
from commerce.privacy.export import archive_of, document_of
from commerce.privacy.parts import all_sections
from commerce.privacy.people import person_at, person_of
from tests.digital import make_gift_card
from tests.factories import (
    make_basket,
    make_order,
    make_paid_order,
    make_product,
    make_user,
    make_voucher,
)
from tests.privacy import EMAIL, deliver, make_ada, model_of
from tests.signing import let_sign_in_age, prove_again, sign_in

pytestmark = pytest.mark.django_db
DATA = "/accounts/data/"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


def opened(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return zipfile.ZipFile(io.BytesIO(content))


def rows_of(archive, name):
    return list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode("utf-8-sig"))))


@pytest.fixture
def archive(client, vase):
    """Ada's downloaded archive."""
    make_ada(vase)
    sign_in(client)
    prove_again(client)
    return opened(client.post(DATA))


def test_archive_contains_the_persons_data(archive):
    document = json.loads(archive.read("data.json"))

    sections = {name for name, rows in document["sections"].items() if rows}
    assert document["version"] == 2
    assert document["subject"]["email_addresses"] == [EMAIL]
    assert sections >= {
        "account", "addresses", "orders", "order_lines", "delivery_addresses", "documents",
        "returns", "withdrawals", "wish_lists", "stock_alerts", "reviews", "mails", "searches",
        "payments", "sign_ins", "sessions", "baskets", "profile_picture", "wish_list_shares",
    }  # fmt: skip
    assert set(document["sections"]) == {section.name for section in all_sections()}


def test_archive_contains_tables_picture_and_invoices(archive):
    names = archive.namelist()

    assert rows_of(archive, "addresses")[0]["line1"] == "12 Quay Street"
    assert archive.read("picture.webp") == b"a picture of Ada"
    assert [name for name in names if name.startswith("documents/invoice-INV-")]
    assert archive.read(next(n for n in names if n.endswith(".pdf"))).startswith(b"%PDF")


def test_archive_contains_no_secret(archive, django_user_model):
    user = django_user_model.objects.get(email=EMAIL)
    session = user.usersession_set.get().session_key
    secrets = [user.password, session, "a-secret-token-of-a-list", "493817"]

    text = "".join(archive.read(name).decode() for name in archive.namelist() if "/" not in name
                   and not name.endswith(".webp"))  # fmt: skip

    assert EMAIL in text
    assert [secret for secret in secrets if secret in text] == []


def test_archive_contains_nothing_of_others(client, vase, mug):
    make_ada(vase)
    other = make_user("eve@example.com", first_name="Eve", last_name="Stranger")
    make_order(mug.children.first(), user=other)
    other.addresses.create(first_name="Eve", last_name="Stranger", line1="x", country_id="GB")

    content = json.dumps(document_of(person_at(EMAIL)), default=str)

    assert "Ada" in content
    assert "Stranger" not in content
    assert "eve@example.com" not in content


def test_spreadsheet_cells_are_neutralised(db):
    user = make_user(EMAIL, first_name='=HYPERLINK("http://evil.example")')

    archive = zipfile.ZipFile(io.BytesIO(archive_of(person_of(user))))

    assert rows_of(archive, "account")[0]["first_name"].startswith("'=")


def test_guest_is_exported_by_address(vase):
    make_paid_order((vase, 1), email=EMAIL)

    sections = document_of(person_at("ADA@Example.com"))["sections"]

    assert len(sections["orders"]) == len(sections["billing_addresses"]) == 1
    assert sections["account"] == []


def test_order_of_an_unverified_address_is_not_exported(vase):
    make_paid_order((vase, 1), email=EMAIL)
    mallory = make_user("mallory@example.com")
    mallory.emailaddress_set.create(email=EMAIL, verified=False)

    assert document_of(person_of(mallory))["sections"]["orders"] == []


def test_export_needs_a_recent_sign_in(client, db):
    make_user(EMAIL)
    sign_in(client)
    let_sign_in_age(client)

    for response in (client.get(DATA), client.post(DATA)):
        assert response.url.startswith(reverse("account_reauthenticate"))


def test_export_needs_an_account(client, db):
    assert client.post(DATA).url.startswith(reverse("account_login"))


def test_export_page_reveals_nothing_by_get(client, db):
    make_user(EMAIL)
    sign_in(client)
    prove_again(client)

    response = client.get(DATA)

    assert response["Content-Type"].startswith("text/html")
    assert "no-store" in response["Cache-Control"]
    assert not AuditEntry.objects.filter(act="exported").exists()


def test_export_is_a_private_download_and_is_logged(client, db):
    make_user(EMAIL)
    sign_in(client)
    prove_again(client)

    response = client.post(DATA)

    assert response["Content-Disposition"].startswith("attachment")
    assert "no-store" in response["Cache-Control"]
    assert AuditEntry.objects.filter(act="exported").count() == 1


def test_eleventh_export_within_an_hour_is_refused(client, db):
    make_user(EMAIL)
    sign_in(client)
    prove_again(client)

    answers = [client.post(DATA)["Content-Type"] for _time in range(11)]

    assert answers[:10] == ["application/zip"] * 10
    assert answers[10].startswith("text/html")


def test_reference_to_another_row_is_its_key_and_name(vase, mug):
    user, order = make_ada(vase)
    glaze = mug.children.first()
    make_order(glaze, user=user)

    sections = document_of(person_of(user))["sections"]

    lines = {line["product"]: line for line in sections["order_lines"]}
    assert lines[vase.pk]["product_name"] == "Moon vase"
    assert "Harbour mug" in lines[glaze.pk]["product_name"]
    assert lines[vase.pk]["order"] == order.pk == sections["orders"][0]["id"]
    assert lines[vase.pk]["order_name"] == order.number
    assert sections["orders"][0]["shipping_address_name"] == "12 Quay Street, NR23 1AH"
    assert "user_name" not in sections["addresses"][0]


def leave_more(user, number):
    """Add as much data again, about another product."""
    product = make_product(f"Jar {number}", price="9.00", stock=9)
    order = deliver(make_paid_order((product, 1), user=user))
    order.notes.create(message="rang")
    Withdrawal.objects.create(
        number=f"W-x{number}", key=f"w-x{number}", email=EMAIL, order=order, state="accepted"
    )
    request = ReturnRequest.objects.create(number=f"R-x{number}", key=f"r-x{number}", order=order)
    request.lines.create(line=order.lines.get(), quantity=1)
    user.addresses.create(first_name="Ada", line1=f"{number} Road", country_id="GB")
    wishes = user.wishlists.create(name=f"List {number}")
    wishes.lines.create(product=product, title=product.title)
    product.reviews.create(score=5, title="x", body="x", user=user, name="Ada")
    model_of("customer.ProductAlert").objects.create(user=user, product=product)
    model_of("analytics.UserProductView").objects.create(user=user, product=product)
    basket = make_basket((product, 1), owner=user)
    voucher = make_voucher(f"CODE{number}")
    basket.vouchers.add(voucher)
    voucher.applications.create(user=user, order=order)
    AuditEntry.objects.create(kind="door", object_id=str(user.pk), act="failed", about="x")


def queries_of_export(user):
    with CaptureQueriesContext(connection) as queries:
        document = document_of(person_of(user))
    return len(queries), document


def test_export_needs_as_many_queries_for_ten_rows_as_for_one(vase):
    user, _order = make_ada(vase)
    leave_more(user, 0)
    few, _document = queries_of_export(user)
    for number in range(1, 10):
        leave_more(user, number)

    many, document = queries_of_export(user)

    assert len(document["sections"]["order_lines"]) == 11
    assert many == few
    assert many < 3 * len(document["sections"])


def test_ip_address_of_staff_is_not_exported(client, vase):
    user = make_user(EMAIL)
    clerk = make_user("clerk@example.com", is_staff=True)
    fields = {"kind": "door", "object_id": str(user.pk), "about": EMAIL}
    note = AuditEntry.objects.create
    note(act="signed-in", user=user, address="192.0.2.1", **fields)
    note(act="failed", address="192.0.2.2", **fields)
    note(act="exported", user=clerk, address="192.0.2.3", **fields)

    rows = document_of(person_of(user))["sections"]["sign_ins"]

    seen = {row["act"]: row["address"] for row in rows}
    assert seen == {"signed-in": "192.0.2.1", "failed": "192.0.2.2", "exported": ""}


def test_every_section_has_a_translatable_title():
    titles = {section.name: section.title for section in all_sections()}

    assert [name for name, title in titles.items() if not isinstance(title, Promise)] == []
    assert len({str(title) for title in titles.values()}) == len(titles)


# --- Staff --------------------------------------------------------------------------------------------


@pytest.fixture
def admin(client):
    """An administrator who has just signed in and proved their identity."""
    user = make_user("admin@example.com", is_staff=True, is_superuser=True)
    sign_in(client, "admin@example.com")
    prove_again(client)
    return user


def test_staff_export_on_behalf_of_a_customer(client, admin, vase):
    user, _order = make_ada(vase)

    response = client.post(reverse("staff-user-privacy", args=[user.pk]), {"action": "export"})

    assert rows_of(opened(response), "account")[0]["email"] == EMAIL
    entry = AuditEntry.objects.get(act="exported")
    assert (entry.user, entry.object_id) == (admin, str(user.pk))


def test_staff_export_and_erase_a_guest(client, admin, vase):
    order = make_paid_order((vase, 1), email=EMAIL)
    type(order).objects.filter(pk=order.pk).update(status="Delivered")
    url = reverse("staff-privacy")

    shown = client.post(url, {"email": EMAIL})
    export = client.post(url, {"email": EMAIL, "action": "export"})
    client.post(url, {"email": EMAIL, "action": "erase", "confirm": "on"})

    assert b"Orders" in shown.content
    assert b"Order lines" in shown.content
    assert rows_of(opened(export), "orders")[0]["number"] == order.number
    order.refresh_from_db()
    assert order.guest_email == ""


def test_staff_erase_a_customer_only_with_the_box_ticked(client, admin, vase):
    user, _order = make_ada(vase)
    url = reverse("staff-user-privacy", args=[user.pk])

    client.post(url, {"action": "erase"})
    assert type(user).objects.filter(email=EMAIL).exists()

    client.post(url, {"action": "erase", "confirm": "on"})
    assert not type(user).objects.filter(email=EMAIL).exists()
    entry = AuditEntry.objects.get(act="erased")
    assert (entry.user, entry.object_id) == (admin, str(user.pk))


def test_staff_see_what_blocks_an_erasure(client, admin, vase):
    user = make_user(EMAIL)
    make_order(vase, user=user, status="Paid")
    url = reverse("staff-user-privacy", args=[user.pk])

    page = client.get(url)
    client.post(url, {"action": "erase", "confirm": "on"})

    assert "An order hasn’t been delivered yet." in page.text
    assert type(user).objects.filter(email=EMAIL).exists()


def test_staff_need_a_recent_sign_in(client, vase):
    user = make_user(EMAIL)
    make_user("admin@example.com", is_staff=True, is_superuser=True)
    sign_in(client, "admin@example.com")
    let_sign_in_age(client)

    for url in (reverse("staff-privacy"), reverse("staff-user-privacy", args=[user.pk])):
        response = client.post(url, {"action": "export", "email": EMAIL})
        assert response.url.startswith(reverse("account_reauthenticate"))


def test_staff_without_the_permission_are_refused(client, vase):
    user = make_user(EMAIL)
    make_user("clerk@example.com", is_staff=True)
    sign_in(client, "clerk@example.com")
    prove_again(client)

    for url in (reverse("staff-privacy"), reverse("staff-user-privacy", args=[user.pk])):
        assert client.get(url).status_code == 403
        assert client.post(url, {"action": "export", "email": EMAIL}).status_code == 403


def test_profile_picture_is_exported_as_stored(db):
    user = make_user(EMAIL)
    save_picture(user, b"square")

    archive = zipfile.ZipFile(io.BytesIO(archive_of(person_of(user))))

    assert archive.read("picture.webp") == b"square"
    assert model_of("commerce.ProfilePicture").objects.count() == 1


def test_gift_card_is_in_the_exports_of_buyer_and_recipient(shop):
    order = make_paid_order((make_gift_card(), 1), user=make_user("bo@example.com"))
    provide_automatically(order.pk)
    GiftCard.objects.update(email=EMAIL, message="Dear Ada")

    [bought] = document_of(person_at("bo@example.com"))["sections"]["gift_cards"]
    [given] = document_of(person_at(EMAIL))["sections"]["gift_cards"]

    assert bought["line"] == order.lines.get().pk
    assert (given["message"], given["value"], given["line"]) == (
        "Dear Ada", Decimal("20.00"), "",
    )  # fmt: skip
    assert "code_digest" not in given
