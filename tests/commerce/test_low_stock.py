"""Low-stock alerts: opened with one mail below the threshold, closed above it."""

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.models import OutgoingMail
from commerce.order_statuses import CANCELLED
from commerce.orders.pipeline import move_order
from tests.factories import make_paid_order, make_product, make_user, stockrecord_of

pytestmark = pytest.mark.django_db
StockAlert = get_model("partner", "StockAlert")


@pytest.fixture(autouse=True)
def _staff_has_an_address(settings):
    settings.STAFF_EMAIL = "studio@example.com"


@pytest.fixture
def bowl(shop):
    """Ten in stock, with a threshold of eight."""
    product = make_product("Bowl", price="20.00", stock=10)
    product.stockrecords.update(low_stock_threshold=8)
    return product


def alerts():
    return list(StockAlert.objects.order_by("pk").values_list("status", flat=True))


def mails():
    return OutgoingMail.objects.filter(key__startswith="low-stock:")


def test_crossing_the_threshold_opens_one_alert_and_sends_one_mail(bowl):
    make_paid_order((bowl, 2))
    assert alerts() == []

    make_paid_order((bowl, 1))
    make_paid_order((bowl, 1))

    assert alerts() == ["Open"]
    mail = mails().get()
    assert mail.to == "studio@example.com"
    assert "Bowl" in mail.subject
    assert "7 left to sell" in mail.body_text


def test_restocking_closes_the_alert_and_the_next_fall_opens_another(bowl):
    order = make_paid_order((bowl, 3))

    move_order(order.pk, CANCELLED)
    assert alerts() == ["Closed"]
    assert StockAlert.objects.get().date_closed

    make_paid_order((bowl, 3))
    assert alerts() == ["Closed", "Open"]
    assert mails().count() == 2


def test_saving_a_record_opens_no_second_alert(bowl):
    record = stockrecord_of(bowl)
    record.num_in_stock = 5
    record.save()
    record.save()

    assert alerts() == ["Open"]
    assert mails().count() == 1

    record.num_in_stock = 20
    record.save()
    assert alerts() == ["Closed"]


def test_changing_or_removing_the_threshold_updates_the_alert(bowl):
    record = stockrecord_of(bowl)
    record.low_stock_threshold = 11
    record.save()
    assert alerts() == ["Open"]

    record.low_stock_threshold = None
    record.save()
    assert alerts() == ["Closed"]


def test_alert_without_a_staff_address_sends_no_mail(bowl, settings):
    settings.STAFF_EMAIL = ""

    make_paid_order((bowl, 3))

    assert alerts() == ["Open"]
    assert not mails().exists()


def test_record_without_a_threshold_has_no_alert(shop):
    make_paid_order((make_product("Jug", price="9.00", stock=1), 1))

    assert alerts() == []


def test_dashboard_lists_alerts(bowl, client):
    make_paid_order((bowl, 3))
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))

    page = client.get(reverse("dashboard:stock-alert-list"))

    assert page.status_code == 200
    assert "Bowl" in page.text
    assert not client.get(reverse("dashboard:stock-alert-list"), {"status": "Closed"}).context[
        "alerts"
    ]
