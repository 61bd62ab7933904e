"""Downloads and services: from the basket to the button that downloads."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.models import PaymentAttempt, State
from checkout_app.payments import settle
from commerce.digital.downloads import count_download, download_path, renew_download
from commerce.digital.summary import digital_goods_of
from commerce.exceptions import DispatchRefused, IllegalMove
from commerce.models import (
    DeliveryMethod,
    Download,
    OutgoingMail,
    ProductDetails,
    ProductFile,
)
from commerce.orders import provision
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order, moves_for_staff
from commerce.orders.provision import provide, provide_waiting_task
from commerce.orders.shipments import cancel_rest, ship, units_to_send
from commerce.returns.restocking import take_units_back
from demo_gateway import faults
from tests.crawler import Crawled
from tests.digital import PDF, act, add_file
from tests.factories import (
    make_delivery,
    make_paid_order,
    make_product,
    make_user,
    pay,
    set_shop,
    stockrecord_of,
)
from tests.held_orders import MANY_CAPTURES, order_of_lines_held
from tests.shopper import give_details, press_pay, put_in_basket

pytestmark = pytest.mark.django_db


@pytest.fixture
def framing(shop):
    product = make_product("Framing", price="45.00", track_stock=False)
    ProductDetails.objects.create(product=product, is_shipped=False)
    return product


def last_order():
    return get_model("order", "Order").objects.latest("pk")


def paid(client, total, **fields):
    """Press Pay on the payment page, confirm the card, and run the tasks."""
    response = press_pay(client, total, **fields)
    attempt = PaymentAttempt.objects.latest("pk")
    pay(attempt)
    settle.settle(attempt.intent_id)
    return response


# --- The checkout ---------------------------------------------------------------------------------


def test_checkout_of_downloads_has_no_delivery(client, ebook, django_capture_on_commit_callbacks):
    put_in_basket(client, ebook)
    details = Crawled(client.get(reverse("checkout:shipping-address")))
    assert "Billing address" in details.texts("legend")
    assert "Delivery" not in " ".join(details.texts(".step__title"))

    response = give_details(client)

    assert client.get(reverse("checkout:shipping-method")).url == reverse(
        "checkout:payment-details"
    )
    page = Crawled(client.get(response.url, follow=True))
    assert page.texts(".step__title")[-1].split() == ["2", "Payment"]
    with django_capture_on_commit_callbacks(execute=True):
        paid(client, "12.00", download_consent="yes")
    order = last_order()
    assert (order.status, order.shipping_address) == ("Delivered", None)
    assert order.billing_address.first_name == "Ada"
    assert order.shipping_incl_tax == 0
    assert (
        "The customer asked for the downloads at once"
        in order.events.get(reference="download-consent").text
    )
    confirmation = next(
        sent for sent in mail.outbox if "confirmed" in sent.subject or order.number in sent.subject
    )
    assert "You asked us to send your downloads as soon as you paid" in confirmation.body
    assert broken_invariants() == []


def test_download_needs_the_consent(client, ebook):
    put_in_basket(client, ebook)
    give_details(client)
    page = Crawled(client.get(reverse("checkout:payment-details")))
    assert page.soup.select_one("input[name=download_consent]").has_attr("required")

    response = press_pay(client, "12.00")

    assert response.status_code == 409
    assert response.json()["error"].startswith("Please confirm that we may send")
    assert not PaymentAttempt.objects.exists()


def test_parcel_added_in_another_window_asks_for_the_delivery(client, ebook, vase):
    put_in_basket(client, ebook)
    give_details(client)
    put_in_basket(client, vase)

    assert client.get(reverse("checkout:payment-details")).url == reverse(
        "checkout:shipping-method"
    )


def test_download_is_sold_in_countries_without_delivery(client, ebook, vase):
    DeliveryMethod.objects.get(code="standard").countries.set(["GB"])
    by_mail = make_delivery("mail", price="0")
    by_mail.is_digital = True
    by_mail.save()
    by_mail.countries.set(["GB", "DE"])
    german = {"country": "DE", "postcode": "04103"}
    put_in_basket(client, ebook)

    assert give_details(client, **german).status_code == 302
    page = client.get(reverse("checkout:payment-details"))
    assert page.status_code == 200

    put_in_basket(client, vase)
    page = give_details(client, **german)
    assert page.status_code == 422
    assert "We don’t deliver to this country yet." in page.content.decode()


# --- Downloads ------------------------------------------------------------------------------------


@pytest.fixture
def bought(ebook, django_capture_on_commit_callbacks):
    """The order of an e-book, as a guest, and its download."""
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((ebook, 1))
    order.refresh_from_db()
    return order, Download.objects.get()


def test_paid_download_is_mailed_and_can_be_fetched_as_often_as_the_shop_allows(client, bought):
    order, download = bought
    assert (download.left, download.line.order_id) == (5, order.pk)
    notice = next(sent for sent in mail.outbox if "downloads" in sent.subject)
    path = re.search(r"http://testserver(/download/\S+)", notice.body)[1]

    page = Crawled(client.get(path))
    assert "You can download it 5 more times" in page.text("main")
    assert Download.objects.get().count == 0
    for _time in range(5):
        response = client.post(path)
        assert b"".join(response.streaming_content) == PDF
        assert response["Content-Disposition"] == 'attachment; filename="book.pdf"'
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in response["Cache-Control"]
    refused = client.post(path)

    assert refused.status_code == 410
    assert "You’ve used all downloads" in refused.content.decode()
    assert Download.objects.get().count == 5


def test_link_ends_after_the_days_of_the_shop(client, ebook, django_capture_on_commit_callbacks):
    set_shop(download_days=7, download_limit=2)
    with django_capture_on_commit_callbacks(execute=True):
        make_paid_order((ebook, 2))
    download = Download.objects.get()
    assert download.left == 4
    late = timezone.now() + timedelta(days=7, seconds=1)

    assert not count_download(download, at=late)
    Download.objects.update(expires_at=timezone.now())
    assert "This download ended on" in client.get(download_path(download)).content.decode()
    assert client.post(download_path(download)).status_code == 410


def test_more_downloads_of_an_order_need_no_more_queries(bought):
    order, download = bought
    counts = []
    for files in (2, 5):
        while Download.objects.count() < files:
            Download.objects.create(
                line=download.line, file=add_file(download.line.product),
                expires_at=download.expires_at, left=1,
            )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            assert len(digital_goods_of(order).downloads) == files
        counts.append(len(queries))

    assert counts == [3, 3]


@pytest.mark.parametrize("token", ["1", "MQ:forged:signature"])
def test_forged_link_opens_nothing(client, bought, token):
    response = client.get(reverse("download", args=[token]))

    assert response.url == reverse("find-order")
    assert client.post(reverse("download", args=[token])).url == reverse("find-order")


def test_refund_ends_the_downloads(client, bought):
    order, download = bought
    move_order(order.pk, "Refunded")

    assert "cancelled or refunded" in client.get(download_path(download)).content.decode()
    assert client.post(download_path(download)).status_code == 410


def test_file_has_no_public_address(client, bought):
    file = bought[1].file.file

    assert client.get(f"/media/{file.name}").status_code == 404
    with pytest.raises(ValueError, match="not accessible via a URL"):
        file.storage.url(file.name)


def test_unpaid_order_has_no_download(client, ebook):
    put_in_basket(client, ebook)
    give_details(client)
    press_pay(client, "12.00", download_consent="yes")
    provide_waiting_task.call()

    assert not Download.objects.exists()
    with pytest.raises(DispatchRefused):
        provide(last_order().pk, units_to_send(last_order()))


def test_lost_task_is_made_up_for(ebook):
    order = make_paid_order((ebook, 1))
    assert not Download.objects.exists()

    provide_waiting_task.call()
    provide_waiting_task.call()

    order.refresh_from_db()
    assert (order.status, Download.objects.count()) == ("Delivered", 1)


def test_parcel_and_download_are_handed_over_separately(
    client, ebook, vase, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((vase, 1), (ebook, 1), user=make_user())
    order.refresh_from_db()
    assert (order.status, Download.objects.count()) == ("Paid", 1)
    client.force_login(order.user)
    page = Crawled(client.get(reverse("customer:order", args=[order.number])))
    assert page.soup.select_one("#downloads-title")
    with pytest.raises(DispatchRefused, match="need a parcel"):
        provide(order.pk, units_to_send(order))

    shipment = ship(order.pk)

    order.refresh_from_db()
    assert order.status == "Shipped"
    assert [row.line.title for row in shipment.event.line_quantities.all()] == ["Moon vase"]
    assert broken_invariants() == []


def test_order_of_which_something_was_handed_over_is_not_cancelled(
    ebook, vase, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((vase, 1), (ebook, 1))
    order.refresh_from_db()
    assert "Cancelled" not in moves_for_staff(order)
    with pytest.raises(IllegalMove, match="has part of this order already"):
        move_order(order.pk, "Cancelled")

    cancel_rest(order.pk, reason="The vase broke.")

    order.refresh_from_db()
    assert order.status == "Delivered"
    assert stockrecord_of(vase).num_allocated == 0
    assert broken_invariants() == []


def test_refund_of_the_rest_ends_the_order(ebook, vase, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((vase, 1), (ebook, 1))
    line = order.lines.get(product=vase)

    take_units_back(order.pk, {line.pk: 1}, paid_before={}, is_restocked=True)

    order.refresh_from_db()
    assert order.status == "Delivered"
    assert Download.objects.get().left == 5


def test_refused_provision_is_in_the_history_and_left_to_staff(ebook, settings, monkeypatch):
    settings.PAYMENT_CAPTURE = "manual"
    order = make_paid_order((ebook, 1))
    calls = []

    def refuses(*arguments):
        calls.append(arguments)
        raise DispatchRefused("The bank refused.")

    monkeypatch.setattr(provision, "PREPARATIONS", [refuses])
    for _run in range(5):
        provide_waiting_task.call()

    texts = [event.text for event in order.events.filter(reference="provision-refused")]
    assert texts == ["Downloads and gift cards couldn’t be provided: The bank refused."] * 3
    assert len(calls) == 3
    monkeypatch.undo()
    provide(order.pk, units_to_send(order))
    assert Download.objects.get().left == 5


def test_gateway_that_does_not_respond_is_asked_again_without_end(ebook, settings, monkeypatch):
    settings.PAYMENT_CAPTURE = "manual"
    order = make_paid_order((ebook, 1))
    faults.plan(*["error"] * 40)
    for _run in range(5):
        provide_waiting_task.call()
    assert not order.events.filter(reference="provision-refused").exists()
    assert not Download.objects.exists()

    faults.clear()
    provide_waiting_task.call()

    assert Download.objects.get().left == 5


def test_loser_of_two_tasks_notes_no_refusal(ebook, monkeypatch):
    order = make_paid_order((ebook, 1))

    def provided_meanwhile(*arguments):
        monkeypatch.setattr(provision, "PREPARATIONS", [])
        provide(order.pk, units_to_send(order))

    monkeypatch.setattr(provision, "PREPARATIONS", [provided_meanwhile])

    assert provision.provide_automatically(order.pk)
    assert not order.events.filter(reference="provision-refused").exists()


def test_download_of_a_product_deleted_before_the_payment_waits_for_staff(client, staff, ebook):
    order = make_paid_order((ebook, 1))
    ebook.delete()
    for _run in range(3):
        provide_waiting_task.call()

    order.refresh_from_db()
    assert order.status == "Paid"
    page = client.get(reverse("attention")).content.decode()
    assert "“E-book” has no file any more." in page
    page = client.post(
        reverse("attention"), {"kind": "provision", "key": order.pk}, follow=True
    ).content.decode()
    assert "has no file any more. Refund it, or send the file yourself." in page


def test_refund_of_a_download_ends_it_for_good(client, bought):
    order, download = bought
    line = order.lines.get()

    take_units_back(order.pk, {line.pk: 1}, paid_before={}, is_restocked=True)
    renew_download(download.pk)

    assert "was cancelled or refunded" in client.get(download_path(download)).content.decode()
    assert client.post(download_path(download)).status_code == 410


def test_file_taken_off_between_order_and_payment_is_delivered(staff, ebook):
    order = make_paid_order((ebook, 1))
    row = ProductFile.objects.get()
    staff.post(reverse("staff-files", args=[ebook.pk]), {"action": "remove", "file_id": row.pk})

    provide_waiting_task.call()

    assert Download.objects.get(line__order=order).file == row


def test_parcel_leaves_out_what_needs_none(ebook, vase):
    order = make_paid_order((vase, 1), (ebook, 1))
    with pytest.raises(DispatchRefused, match="need no parcel"):
        ship(order.pk, units=units_to_send(order))

    ship(order.pk)

    order.refresh_from_db()
    assert order.status == "Part shipped"
    provide_waiting_task.call()
    order.refresh_from_db()
    assert order.status == "Shipped"
    assert broken_invariants() == []


def test_authorised_payment_is_captured_before_the_download(
    ebook, settings, django_capture_on_commit_callbacks
):
    settings.PAYMENT_CAPTURE = "manual"
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((ebook, 1))

    order.refresh_from_db()
    assert order.status == "Delivered"
    assert order.attempts.get().money_taken == Decimal("12.00")


@pytest.mark.django_db(transaction=True)
def test_download_is_captured_alone_and_delivery_with_the_parcel(ebook, settings):
    settings.PAYMENT_CAPTURE = "manual"
    cup = make_product("Cup", price="18.00")
    attempt = order_of_lines_held((ebook, 1), (cup, 1), card=MANY_CAPTURES)
    order = attempt.order
    attempt.refresh_from_db()

    assert (attempt.state, attempt.money_taken) == (State.AUTHORISED, Decimal("12.00"))
    confirmation = OutgoingMail.objects.get(key=f"order_placed:{order.number}")
    assert "Downloads and gift cards come first, by email" in confirmation.body_text
    assert broken_invariants() == []

    ship(order.pk)

    attempt.refresh_from_db()
    assert order.shipping_incl_tax > 0
    assert (attempt.state, attempt.money_taken) == (State.PAID, order.total_incl_tax)
    assert broken_invariants() == []


# --- Services and staff ---------------------------------------------------------------------------


def test_staff_mark_a_service_as_provided(staff, framing, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((framing, 1))
    order.refresh_from_db()
    assert order.status == "Paid"
    page = Crawled(act(staff, order))
    assert "Dispatch a parcel" not in page.text("body")
    line = order.lines.get()

    act(staff, order, order_action="provide_units", **{f"provide-units_{line.pk}": 1})

    order.refresh_from_db()
    assert order.status == "Delivered"
    assert "1 item provided without a parcel" in [event.text for event in order.events.all()]


def test_staff_open_a_download_again(staff, bought):
    order, download = bought
    Download.objects.update(left=0, expires_at=timezone.now())

    act(staff, order, order_action="renew_download", download=download.pk)

    download.refresh_from_db()
    assert download.left == 5
    assert download.expires_at > timezone.now() + timedelta(days=29)


def test_staff_add_replace_and_take_off_files(staff, ebook, bought):
    url = reverse("staff-files", args=[ebook.pk])
    old = ProductFile.objects.get()
    new = SimpleUploadedFile("second edition.pdf", b"%PDF-2")

    staff.post(url, {"action": "replace", "file_id": old.pk, "title": old.title, "file": new})
    assert b"".join(staff.post(download_path(bought[1])).streaming_content) == b"%PDF-2"
    staff.post(url, {"action": "add", "title": "", "file": SimpleUploadedFile("map.png", b"png")})
    staff.post(url, {"action": "remove", "file_id": old.pk})

    rows = ProductFile.objects.order_by("pk").values_list("title", "name", "is_offered")
    assert list(rows) == [
        ("The book", "second edition.pdf", False), ("map", "map.png", True),
    ]  # fmt: skip
    page = staff.post(
        url, {"action": "add", "title": "Bad", "file": SimpleUploadedFile("x.html", b"<")}
    )
    assert page.status_code == 422
    assert "Files ending in “html” can’t be sold." in page.content.decode()
    assert 'value="Bad"' in page.content.decode()


def test_file_that_nobody_bought_is_deleted(staff, ebook):
    row = ProductFile.objects.get()

    staff.post(reverse("staff-files", args=[ebook.pk]), {"action": "remove", "file_id": row.pk})

    assert not ProductFile.objects.exists()
    assert not row.file.storage.exists(row.file.name)
