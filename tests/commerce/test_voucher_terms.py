"""Who may use a voucher: first orders, once per customer, totals, countries; guests and accounts."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from oscar.core.loading import get_class, get_model

from checkout_app.exceptions import TotalChanged
from checkout_app.payments import begin
from commerce.models import AuditEntry, VoucherTerms
from commerce.order_statuses import CANCELLED
from commerce.orders.pipeline import move_order
from commerce.pricing.voucher_terms import Buyer, refusal_for
from tests.factories import (
    make_basket,
    make_delivery,
    make_paid_order,
    make_product,
    make_submission,
    make_user,
    make_voucher,
)
from tests.shopper import choose_delivery, give_details, press_pay, put_in_basket, see_payment

pytestmark = pytest.mark.django_db
Order = get_model("order", "Order")
FIRST, ONCE = "This voucher is for a first order.", "You’ve already used this voucher."
ADA = Buyer(email="ada@example.com")


@pytest.fixture
def vase(shop):
    return make_product("Vase", price="90.00", stock=50)


@pytest.fixture
def first(db):
    """A code for a first order."""
    voucher = make_voucher("FIRST")
    VoucherTerms.objects.create(voucher=voucher, is_for_first_order=True)
    return voucher


@pytest.fixture
def once(db):
    return make_voucher("ONCE", usage="Once per customer")


def order_with(voucher, product, *, email="ada@example.com", user=None, total="81.00"):
    """Order and pay one unit with a voucher."""
    basket = make_basket((product, 1), owner=user)
    basket.vouchers.add(voucher)
    submission = make_submission(basket, email=email, user=user, total=total)
    attempt, _intent = begin.begin(submission)
    return attempt.order


@pytest.mark.parametrize("email", ["ada@example.com", "Ada@Example.com"])
@pytest.mark.parametrize("is_account", [True, False])
def test_first_order_is_of_the_account_or_the_address(vase, first, email, is_account):
    user = make_user("ada@example.com") if is_account else None
    assert refusal_for(first, Buyer(user or AnonymousUser(), email)) == ""
    order = make_paid_order((vase, 1), user=user, email="ada@example.com")

    assert refusal_for(first, Buyer(email=email)) == FIRST
    assert refusal_for(first, Buyer(user or AnonymousUser(), email)) == FIRST
    assert refusal_for(first, Buyer(email="grace@example.com")) == ""
    assert refusal_for(first, Buyer()) == ""  # a guest who has not said who it is

    move_order(order.pk, CANCELLED)
    assert refusal_for(first, Buyer(email=email)) == ""


@pytest.mark.parametrize(
    ("before", "after"), [("guest", "account"), ("account", "guest"), ("guest", "guest")]
)
def test_once_per_customer_binds_guests_with_the_same_address(vase, once, before, after):
    user = make_user("ada@example.com")
    order = order_with(once, vase, user=user if before == "account" else None)

    buyer = Buyer(user if after == "account" else AnonymousUser(), "ada@example.com")
    assert refusal_for(once, buyer) == ONCE
    assert refusal_for(once, Buyer(email="grace@example.com")) == ""
    with pytest.raises(TotalChanged):
        order_with(once, vase, user=user if after == "account" else None)

    move_order(order.pk, CANCELLED)
    assert refusal_for(once, buyer) == ""


def test_total_of_orders_is_a_limit(vase):
    voucher = make_voucher("TWO")
    VoucherTerms.objects.create(voucher=voucher, most_orders=2)
    orders = [order_with(voucher, vase, email=f"{name}@example.com") for name in "ab"]
    voucher.refresh_from_db()

    assert refusal_for(voucher, ADA) == "This voucher is used up."
    with pytest.raises(TotalChanged):
        order_with(voucher, vase)

    move_order(orders[0].pk, CANCELLED)
    assert order_with(voucher, vase).total_incl_tax == 81


def test_countries_of_delivery(vase):
    voucher = make_voucher("HOME")
    terms = VoucherTerms.objects.create(voucher=voucher)
    terms.countries.set(["GB"])

    assert refusal_for(voucher, Buyer(country="GB")) == ""
    assert refusal_for(voucher, Buyer()) == ""
    assert refusal_for(voucher, Buyer(country="IE")) == (
        "This voucher is for deliveries to United Kingdom."
    )


def test_guest_is_told_once_the_address_is_known(client, vase, first):
    make_paid_order((vase, 1), email="ada@example.com")
    make_delivery("standard2", price="0.00")
    put_in_basket(client, vase)
    client.post(reverse("basket:vouchers-add"), {"code": "FIRST"})
    assert client.get("/basket/").context["basket"].total_incl_tax == 81

    give_details(client, email="ADA@example.com")
    page = client.get(reverse("checkout:shipping-method"))
    assert "Voucher FIRST gives no discount. This voucher is for a first order." in page.text
    choose_delivery(client)
    assert see_payment(client).context["summary"].total == 90

    give_details(client, email="grace@example.com")
    choose_delivery(client)
    assert see_payment(client).context["summary"].total == 81
    assert press_pay(client).status_code == 200
    assert Order.objects.latest("pk").total_incl_tax == 81


def test_order_that_was_cancelled_and_paid_late_keeps_its_first_order(vase, first):
    order = order_with(first, vase)

    assert refusal_for(first, ADA) == FIRST
    assert refusal_for(first, ADA, ignoring=order) == ""


def test_basket_without_conditions_needs_no_query_for_them(vase):
    basket = make_basket((vase, 1))
    basket.vouchers.add(make_voucher("PLAIN"))
    apply = get_class("offer.applicator", "Applicator")().apply
    with CaptureQueriesContext(
        connection,
    ) as queries:
        apply(basket, AnonymousUser(), None)

    tables = " ".join(query["sql"] for query in queries)
    assert "order_order" not in tables


def test_staff_set_the_conditions(client, admin_client, shop):
    voucher = make_voucher("STAFF")
    url = reverse("dashboard:voucher-update", args=[voucher.pk])
    data = {
        "name": voucher.name, "code": "STAFF", "usage": "Multi-use",
        "start_datetime": "2026-01-01 00:00:00", "end_datetime": "2030-01-01 00:00:00",
        "offers": [voucher.offers.get().pk],
    }  # fmt: skip

    admin_client.post(
        url, {**data, "is_for_first_order": "on", "most_orders": "40", "countries": ["GB"]}
    )
    terms = VoucherTerms.objects.get()
    assert (terms.is_for_first_order, terms.most_orders) == (True, 40)
    assert [country.pk for country in terms.countries.all()] == ["GB"]
    page = admin_client.get(url)
    assert "only for a first order" in page.text.lower()
    assert page.context["form"]["most_orders"].value() == 40

    admin_client.post(url, data)
    assert not VoucherTerms.objects.exists()
    acts = AuditEntry.objects.filter(kind="commerce.voucherterms").order_by("pk")
    assert [entry.act for entry in acts] == ["added", "deleted"]
