"""What is paid is what was shown: another tab's changes are named, and nothing is ordered."""

from datetime import datetime
from decimal import Decimal
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.models import PaymentAttempt
from checkout_app.payments.placement import shown_of, totals_of
from checkout_app.payments.release import release
from checkout_app.payments.shown import changes, seal, unseal
from tests.clock import at_time
from tests.factories import (
    make_basket,
    make_delivery,
    make_offer,
    make_product,
    make_submission,
    stockrecord_of,
)
from tests.shopper import (
    choose_delivery,
    confirm_card,
    give_details,
    press_pay,
    put_in_basket,
    reach_payment,
    see_payment,
)

pytestmark = pytest.mark.django_db
Order = get_model("order", "Order")


@pytest.fixture
def jug(shop):
    return make_product("Jug", price="90.00", stock=9)


def other_tab(client):
    """Forget what another tab does: the first tab still shows its page."""
    fields = dict(client.pay_fields)

    def back():
        client.pay_fields = fields

    return back


def refused(client):
    answer = press_pay(client)
    assert answer.status_code == 409, answer.content
    assert answer.json()["is_changed"] is True
    assert Order.objects.count() == 0
    error = answer.json()["error"]
    assert error.startswith("Your order has changed: ")
    assert error.endswith(" Please check it. You haven’t been charged.")
    return error


def test_other_address_and_delivery_at_the_same_total(client, vase):
    make_delivery("collect", price="0.00").countries.set(["GB"])
    reach_payment(client, vase)
    back = other_tab(client)
    give_details(client, line1="1 Market Place", line4="Holt")
    choose_delivery(client, "collect")
    back()

    error = refused(client)

    assert "Delivery is now Collect instead of Standard." in error
    assert "The delivery address is now Ada Marsh, 1 Market Place, Holt" in error
    assert "The billing address is now Ada Marsh, 1 Market Place, Holt" in error
    assert "The total is now" not in error
    see_payment(client)
    assert press_pay(client).status_code == 200
    assert Order.objects.get().shipping_address.line1 == "1 Market Place"


def test_other_goods_at_the_same_total(client, shop):
    one, two = make_product("Jug", price="20.00"), make_product("Cup", price="10.00")
    reach_payment(client, one)
    client.get("/basket/")
    line = client.get("/basket/").context["basket"].all_lines()[0]
    client.post("/basket/", {"remove": line.pk})
    put_in_basket(client, two, 2)

    error = refused(client)

    assert "Jug is no longer in your order. 2 × Cup is new in your order." in error
    assert "The total" not in error


def test_quantity_price_and_discount_are_named(client, jug):
    reach_payment(client, jug)
    back = other_tab(client)
    put_in_basket(client, jug)
    back()
    assert "Jug: now 2 instead of 1." in refused(client)

    see_payment(client)
    record = stockrecord_of(jug)
    record.price = Decimal("95.00")
    record.save()
    error = refused(client)
    assert "Jug now costs £190 instead of £180. The total is now £190." in error

    see_payment(client)
    offer = make_offer("Spring")
    assert "Spring now takes off £19. The total is now £171." in refused(client)

    see_payment(client)
    offer.delete()
    assert "Spring no longer applies. The total is now £190." in refused(client)


def test_later_arrival_and_other_email_are_named(client, vase):
    reach_payment(client, vase)
    back = other_tab(client)
    give_details(client, email="grace@example.com")
    choose_delivery(client)
    back()
    get_model("commerce", "DeliveryMethod").objects.update(max_days=9)

    error = refused(client)

    assert "It is now expected " in error
    assert "The email address is now grace@example.com." in error


def test_order_of_another_tab_is_shown_before_it_is_paid(client, jug):
    """Tab A shows one jug, tab B orders two; "Pay" in A must not pay B's order unseen."""
    reach_payment(client, jug)
    back = other_tab(client)
    put_in_basket(client, jug)
    see_payment(client)
    assert press_pay(client).status_code == 200
    back()

    answer = press_pay(client)

    assert answer.status_code == 409
    number = Order.objects.get().number
    assert f"You’ve placed order {number} in another window." in answer.json()["error"]
    see_payment(client)
    assert press_pay(client).status_code == 200
    assert Order.objects.count() == PaymentAttempt.objects.count() == 1


def test_double_press_and_a_repeated_one_are_the_same_order(client, vase):
    reach_payment(client, vase)

    first, second = press_pay(client).json(), press_pay(client).json()

    assert first["client_secret"] == second["client_secret"]
    confirm_card(client)
    client.get(reverse("checkout:return"))
    assert Order.objects.get().status == "Paid"


def test_refusal_without_scripts_returns_to_the_page(client, jug):
    reach_payment(client, jug)
    fields = {**client.pay_fields, "payment_method": "transfer"}
    put_in_basket(client, jug)

    page = client.post(reverse("checkout:pay"), fields, follow=True)

    assert page.redirect_chain[-1][0] == reverse("checkout:payment-details")
    assert "Jug: now 2 instead of 1." in page.text
    assert Order.objects.count() == 0


def test_page_left_open_past_the_cut_off_says_so(vase):
    basket = make_basket((vase, 1))
    submission = make_submission(basket)
    address = submission.shipping_address

    def shown_at(hour):
        moment = timezone.make_aware(datetime(2026, 6, 1, hour))  # a Monday
        price = partial(totals_of, basket, delivery_code="standard", shipping_address=address)
        return at_time(moment, lambda: shown_of(submission, price(user=None)))

    before, after = shown_at(9), shown_at(20)

    assert unseal(seal(before)) == before
    assert changes(before, shown_at(10)) == []
    (sentence,) = changes(before, after)
    assert sentence.startswith("It is now expected ")


def test_page_of_an_order_that_ran_out_says_so(client, vase):
    reach_payment(client, vase)
    press_pay(client)
    see_payment(client)
    release(PaymentAttempt.objects.get().pk, reason="not paid in time")

    answer = press_pay(client)

    assert answer.status_code == 409
    assert "The time to pay for your order has run out." in answer.json()["error"]
    assert answer.json()["is_changed"] is True
    see_payment(client)
    assert press_pay(client).status_code == 200
