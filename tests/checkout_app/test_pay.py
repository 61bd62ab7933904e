"""Paying, returning and changing an order over HTTP, as the payment page does."""

from decimal import Decimal

import pytest
from django.core import mail as outbox
from django.core import signing
from django.urls import reverse
from oscar.core.loading import get_model

from checkout_app.models import PaymentAttempt, State
from checkout_app.payments import cancel, settle
from commerce.models import DeliveryMethod
from demo_gateway import faults
from demo_gateway.models import DemoIntent
from tests.factories import make_delivery, make_product, make_user, make_voucher, stockrecord_of
from tests.shopper import (
    BILLING,
    buy,
    choose_delivery,
    confirm_card,
    give_details,
    press_pay,
    put_in_basket,
    reach_payment,
    see_payment,
)

pytestmark = pytest.mark.django_db(transaction=True)
Order = get_model("order", "Order")


def come_back(client):
    """Return to the shop, as Stripe.js does once the card is confirmed."""
    return client.get(reverse("checkout:return"), follow=True)


def test_pay_answers_what_the_browser_needs_to_confirm(client, vase):
    reach_payment(client, vase)

    answer = press_pay(client, "90.00").json()

    assert answer["client_secret"] == DemoIntent.objects.get().client_secret
    assert answer["return_url"] == "http://testserver/checkout/return/"


def test_guest_buys(client, vase):
    page = buy(client, vase, total="90.00")

    order = Order.objects.get()
    content = page.content.decode()
    assert order.status == "Paid"
    assert order.guest_email == "ada@example.com"
    assert page.redirect_chain[-1][0] == reverse("checkout:thank-you")
    assert order.number in content
    assert "DEMO" in content
    assert [mail.to for mail in outbox.outbox] == [["ada@example.com"]]


def test_given_billing_address_is_used(client, vase):
    buy(client, vase, total="90.00", billing_same=None, **BILLING)

    order = Order.objects.get()
    assert order.shipping_address.line1 == "12 Quay Street"
    assert (order.billing_address.name, order.billing_address.postcode) == ("Grace Fen", "NR25 6BW")


def test_delivery_address_is_the_default_billing_address(client, vase):
    buy(client, vase, total="90.00")

    order = Order.objects.get()
    assert order.billing_address.summary == order.shipping_address.summary


def test_account_owns_its_order_and_is_not_asked_to_create_one(client, vase):
    user = make_user("grace@example.com")
    client.force_login(user)

    page = buy(client, vase, total="90.00", email=None)

    assert Order.objects.get().user == user
    assert "Save this order to an account" not in page.content.decode()


def test_account_created_on_the_thank_you_page_gets_the_order_once_verified(client, vase):
    page = buy(client, vase, total="90.00")
    assert "Save this order to an account" in page.content.decode()

    client.post(
        reverse("account_signup"), {"email": "ada@example.com", "password1": "salt-and-ash-44"}
    )
    order = Order.objects.get()
    assert order.user is None
    code = outbox.outbox[-1].subject.split()[0]
    client.post(reverse("account_email_verification_sent"), {"code": code})

    order.refresh_from_db()
    assert order.user.email == "ada@example.com"


def test_thank_you_page_needs_the_same_browser(client, vase, client_of_another):
    buy(client, vase, total="90.00")

    response = client_of_another.get(reverse("checkout:thank-you"))

    assert response.status_code == 302
    assert response.url == reverse("basket:summary")
    assert client.get(reverse("checkout:thank-you")).status_code == 200


@pytest.fixture
def client_of_another(client):
    return type(client)()


@pytest.mark.parametrize("total", ["89.99", "90.01", "0.00"])
def test_total_that_is_not_todays_is_refused_and_nothing_is_written(client, vase, total):
    reach_payment(client, vase)

    response = press_pay(client, total)

    assert response.status_code == 409
    assert "Please check" in response.json()["error"]
    assert Order.objects.count() == 0
    assert DemoIntent.objects.count() == 0


def test_price_increase_is_reported(client, vase):
    reach_payment(client, vase)
    record = stockrecord_of(vase)
    record.price = Decimal("95.00")
    record.save()

    response = press_pay(client, "90.00")

    assert response.status_code == 409
    assert "The total is now £95" in response.json()["error"]


@pytest.mark.parametrize(
    "shown",
    ["", "ninety", signing.dumps({"total": "90.00"}, salt="other")],
    ids=["nothing", "text", "another signature"],
)
def test_anything_but_what_a_page_showed_is_refused(client, vase, shown):
    reach_payment(client, vase)

    response = press_pay(client, shown=shown)

    assert response.status_code == 409
    assert (
        response.json()["error"] == "The price of your basket has changed. Please check it again."
    )
    assert Order.objects.count() == 0


def test_product_sold_out_meanwhile_is_named(client, vase):
    reach_payment(client, vase)
    record = stockrecord_of(vase)
    record.num_in_stock = 0
    record.save()

    answer = press_pay(client, "90.00")

    assert answer.status_code == 409
    assert answer.json()["error"] == (
        "Your basket has changed: Moon vase is sold out. You haven’t been charged."
    )
    assert answer.json()["href"] == reverse("basket:summary")
    assert answer.json()["label"] == "Go to your basket"


def test_insufficient_stock_names_the_number_left(client, mug):
    child = mug.children.order_by("pk").first()
    put_in_basket(client, mug, 4, child_id=child.pk)
    give_details(client)
    choose_delivery(client)
    record = stockrecord_of(child)
    record.num_in_stock = 3
    record.save()

    answer = press_pay(client, "96.00").json()

    assert "only 3 of Harbour mug, Oat left" in answer["error"]


def test_withdrawn_delivery_method_returns_to_the_choice(client, vase):
    reach_payment(client, vase, delivery="express")
    DeliveryMethod.objects.filter(code="express").update(is_active=False)

    response = press_pay(client, "98.50")

    assert response.url == reverse("checkout:shipping-method")
    assert Order.objects.count() == 0


@pytest.mark.parametrize("fault", ["unreachable", "drop", "error"])
def test_gateway_without_an_answer_then_the_same_order_again(client, vase, fault):
    reach_payment(client, vase)
    faults.plan(fault)

    assert press_pay(client, "90.00").status_code == 503
    assert press_pay(client, "90.00").status_code == 200
    confirm_card(client)
    come_back(client)

    assert Order.objects.get().status == "Paid"
    assert DemoIntent.objects.count() == 1


def test_pressing_pay_again_returns_the_same_secret(client, vase):
    reach_payment(client, vase)

    first = press_pay(client, "90.00").json()
    second = press_pay(client, "90.00").json()

    assert first == second
    assert Order.objects.count() == 1


def test_pressing_pay_after_paying_redirects_to_the_thank_you_page(client, vase):
    reach_payment(client, vase)
    press_pay(client, "90.00")
    confirm_card(client)

    assert press_pay(client, "90.00").json() == {"done": reverse("checkout:return")}
    assert Order.objects.count() == 1


@pytest.mark.parametrize("step", ["index", "shipping-address", "shipping-method"])
def test_order_waiting_for_payment_redirects_to_payment(client, vase, step):
    reach_payment(client, vase)
    press_pay(client, "90.00")

    response = client.get(reverse(f"checkout:{step}"), follow=True)

    assert response.redirect_chain[-1][0] == reverse("checkout:payment-details")
    assert "reserved your items until" in response.content.decode()


def test_decline_is_shown_and_another_card_pays_the_same_order(client, vase):
    reach_payment(client, vase)
    press_pay(client, "90.00")
    assert confirm_card(client, "4000000000000002").status_code == 402

    page = come_back(client)
    assert "Your card was declined." in page.content.decode()
    confirm_card(client)

    assert Order.objects.get().number in come_back(client).content.decode()


def test_returning_without_paying_redirects_to_payment(client, vase):
    reach_payment(client, vase)
    press_pay(client, "90.00")

    page = come_back(client)

    assert page.redirect_chain[-1][0] == reverse("checkout:payment-details")
    assert "You haven’t been charged" in page.content.decode()


def test_returning_without_an_order_redirects_to_the_basket(client, shop):
    assert client.get(reverse("checkout:return")).url == reverse("basket:summary")


def test_returning_while_the_gateway_is_unreachable_says_so(client, vase):
    reach_payment(client, vase)
    press_pay(client, "90.00")
    with faults.webhooks_held():
        confirm_card(client)
    faults.plan("unreachable")

    page = come_back(client)

    assert "Your bank is processing the payment." in page.content.decode()
    assert Order.objects.get().status == "Pending payment"


def test_returning_twice_charges_once(client, vase):
    buy(client, vase, total="90.00")

    page = come_back(client)

    assert page.redirect_chain[-1][0] == reverse("checkout:thank-you")
    assert len(outbox.outbox) == 1


def test_changing_the_order_restores_basket_and_stock(client, vase):
    reach_payment(client, vase)
    press_pay(client, "90.00")

    page = client.post(reverse("checkout:change"), follow=True)

    assert "Moon vase" in page.content.decode()
    assert Order.objects.get().status == "Cancelled"
    assert stockrecord_of(vase).num_allocated == 0
    assert page.wsgi_request.basket.num_items == 1


def test_changing_the_order_keeps_products_added_meanwhile(client, vase, mug):
    reach_payment(client, vase)
    press_pay(client, "90.00")
    put_in_basket(client, mug, child_id=mug.children.first().pk)

    page = client.post(reverse("checkout:change"), follow=True)

    assert page.wsgi_request.basket.num_items == 2


def test_changing_after_paying_redirects_to_the_thank_you_page(client, vase):
    reach_payment(client, vase)
    press_pay(client, "90.00")
    with faults.webhooks_held():
        confirm_card(client)

    page = client.post(reverse("checkout:change"), follow=True)

    assert page.redirect_chain[-1][0] == reverse("checkout:thank-you")
    assert Order.objects.get().status == "Paid"


def test_changing_while_the_gateway_is_unreachable_changes_nothing(client, vase):
    reach_payment(client, vase)
    press_pay(client, "90.00")
    faults.plan("unreachable")

    page = client.post(reverse("checkout:change"), follow=True)

    assert "The payment provider isn’t responding" in page.content.decode()
    assert Order.objects.get().status == "Pending payment"


def test_changing_without_an_order_redirects_to_the_basket(client, shop):
    assert client.post(reverse("checkout:change")).url == reverse("basket:summary")
    assert client.get(reverse("checkout:change")).status_code in (302, 405)


def test_expiry_restores_basket_and_stock(client, vase):
    reach_payment(client, vase)
    press_pay(client, "90.00")
    cancel.cancel(PaymentAttempt.objects.get(), reason="not paid in time")

    page = come_back(client)

    content = page.content.decode()
    assert page.redirect_chain[-1][0] == reverse("basket:summary")
    assert "The time to pay has run out" in content
    assert "Moon vase" in content


def test_late_payment_is_refunded_and_reported(client, vase):
    reach_payment(client, vase)
    press_pay(client, "90.00")
    attempt = PaymentAttempt.objects.get()
    with faults.webhooks_held():
        confirm_card(client)
        PaymentAttempt.objects.update(state=State.RELEASED)  # the bank responded after the expiry
    record = stockrecord_of(vase)
    record.num_in_stock = 0
    record.save()
    settle.settle(attempt.intent_id)

    page = client.get(reverse("checkout:thank-you"))

    assert "We’re refunding your payment." in page.content.decode()


def test_free_order_is_paid_at_once(client, vase):
    make_delivery("collect", price="0.00", days=(1, 1)).countries.set(["GB"])
    make_voucher("GIFT", percent=100)
    put_in_basket(client, vase)
    client.post(reverse("basket:vouchers-add"), {"code": "gift"})
    give_details(client)
    choose_delivery(client, "collect")
    assert client.get(reverse("checkout:payment-details")).context["summary"].total == 0

    answer = press_pay(client, "0.00").json()

    assert answer == {"done": reverse("checkout:return")}
    assert "Thank you" in come_back(client).content.decode()
    assert (Order.objects.get().status, DemoIntent.objects.count()) == ("Paid", 0)


def test_total_below_the_smallest_card_payment_is_told_in_the_basket(client, shop, settings):
    settings.TRANSFER_ACCOUNT = ""
    badge = make_product("Badge", price="0.20")
    get_model("commerce", "DeliveryMethod").objects.update(price=0)
    put_in_basket(client, badge)

    assert "Card payments start at £0.30. Please add something else." in client.get("/basket/").text
    page = reach_payment(client, badge, delivery="standard")
    assert "too small" not in page.text  # two badges
    client.post("/basket/", {f"line-{line_of(client).pk}-quantity": 1})
    give_details(client)
    choose_delivery(client)
    page = see_payment(client)
    assert "The total is too small to be paid by card." in page.text
    assert "data-submit" not in page.text
    assert press_pay(client).status_code == 503
    assert Order.objects.count() == 0


def test_small_total_can_be_transferred(client, shop, settings):
    settings.TRANSFER_ACCOUNT, settings.TRANSFER_FROM = "GB33 BUKB 2020 1555 5555 55", 0
    get_model("commerce", "DeliveryMethod").objects.update(price=0)

    page = reach_payment(client, make_product("Badge", price="0.20"))

    assert page.context["methods"] == ["transfer"]
    assert "Place order and pay by transfer" in page.text
    assert press_pay(client, payment_method="transfer").json()["done"] == reverse(
        "checkout:thank-you"
    )


def line_of(client):
    return client.get("/basket/").context["basket"].all_lines()[0]
