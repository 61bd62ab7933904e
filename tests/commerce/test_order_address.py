"""Correcting an order's delivery address: permitted staff only, before dispatch, and logged."""

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.accounts.roles import FINANCE, MERCHANDISER, SUPPORT
from commerce.dashboard.permission_report import make_person
from commerce.models import AuditEntry
from commerce.order_statuses import PACKING, PAID, PENDING, SHIPPED
from commerce.orders.shipments import ship
from home.staff.roles import create_page_roles
from tests.factories import make_paid_order

FIELDS = {
    "first_name": "Ada", "last_name": "Marsh", "line1": "99 Elsewhere Road", "line4": "Wells",
    "postcode": "NR23 1AH", "phone_number": "", "notes": "",
}  # fmt: skip


@pytest.fixture
def order(shop, site_root, vase):
    create_page_roles()
    return make_paid_order((vase, 1))


def correct(client, order, role, **changes):
    client.force_login(make_person(role))
    url = reverse("dashboard:order-shipping-address", args=[order.number])
    return client.post(url, {**FIELDS, **changes})


def line1_of(order):
    return get_model("order", "ShippingAddress").objects.get(order=order).line1


def test_support_corrects_the_address_and_both_histories_record_it(client, order):
    response = correct(client, order, SUPPORT)

    assert response.status_code == 302
    assert line1_of(order) == "99 Elsewhere Road"
    assert (
        order.events.filter(text="Delivery address changed").get().actor == "support@roles.invalid"
    )
    entry = AuditEntry.objects.get(kind="order.shippingaddress")
    assert entry.changes["line1"] == ["12 Quay Street", "99 Elsewhere Road"]
    assert entry.actor == "support@roles.invalid"


@pytest.mark.parametrize("role", [MERCHANDISER, FINANCE])
def test_other_roles_cannot_redirect_a_paid_order(client, order, role):
    response = correct(client, order, role)

    assert response.status_code == 403
    assert line1_of(order) == "12 Quay Street"


def test_country_cannot_change_because_delivery_was_charged_for_it(client, order):
    correct(client, order, SUPPORT, country="DE")

    address = get_model("order", "ShippingAddress").objects.get(order=order)
    assert (address.country_id, address.line1) == ("GB", "99 Elsewhere Road")


@pytest.mark.parametrize("status", [PENDING, SHIPPED])
def test_address_of_an_unpaid_or_dispatched_order_cannot_change(client, order, status):
    get_model("order", "Order").objects.filter(pk=order.pk).update(status=status)

    response = correct(client, order, SUPPORT)

    assert response.status_code == 302
    assert line1_of(order) == "12 Quay Street"
    assert not AuditEntry.objects.filter(kind="order.shippingaddress").exists()


def test_address_of_a_partly_shipped_order_cannot_change(client, order):
    units = {line.pk: 1 for line in order.lines.all()}
    ship(order.pk, units=units, carrier="dpd", tracking_number="", key="k", user=None)
    get_model("order", "Order").objects.filter(pk=order.pk).update(status=PACKING)

    correct(client, order, SUPPORT)

    assert line1_of(order) == "12 Quay Street"


def test_support_enters_a_national_number_and_reads_it_so(client, order):
    correct(client, order, SUPPORT, phone_number="07700 900982", postcode="bfpo1")

    address = get_model("order", "ShippingAddress").objects.get(order=order)
    assert (str(address.phone_number), address.postcode) == ("+447700900982", "BFPO 1")
    page = client.get(reverse("dashboard:order-detail", args=[order.number]))
    assert "07700 900982" in page.text


def test_postcode_of_another_country_is_refused_without_an_offer(client, order):
    response = correct(client, order, SUPPORT, postcode="JE2 3AB")

    assert "is in Jersey" in response.context["form"].errors["postcode"][0]
    assert line1_of(order) == "12 Quay Street"


def test_saving_the_address_unchanged_writes_nothing(client, order):
    correct(client, order, SUPPORT, line1="12 Quay Street")

    assert order.status == PAID
    assert not order.events.filter(text="Delivery address changed").exists()
