"""Orders with interruptions: by staff, by other windows, by a failing gateway."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.dashboard.work_queue import resolve_item
from checkout_app.exceptions import TotalChanged
from checkout_app.models import PaymentAttempt, RefundRequest, State, StripeEvent
from checkout_app.payments import begin, cancel, placement, reconcile, refunds, review, webhooks
from checkout_app.payments import settle as payments
from checkout_app.storefront.summary import summary_of_order
from commerce.exceptions import OutOfStock
from commerce.models import OutgoingMail
from commerce.order_statuses import CANCELLED, PACKING
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import ship
from demo_gateway import post_payment, server
from demo_gateway.models import DemoIntent
from demo_gateway.refusal import Refused
from tests.factories import (
    make_basket,
    make_delivery,
    make_product,
    make_submission,
    make_user,
    make_voucher,
    pay,
    stockrecord_of,
)
from tests.shopper import (
    choose_delivery,
    give_details,
    press_pay,
    put_in_basket,
    reach_payment,
    see_payment,
)

pytestmark = pytest.mark.django_db(transaction=True)
Basket = get_model("basket", "Basket")
Order = get_model("order", "Order")


@pytest.fixture
def cup(shop):
    """A cup at £20.00 with plenty of stock."""
    return make_product("Espresso cup", price="20.00", stock=50)


@pytest.fixture
def superuser(django_user_model):
    return django_user_model.objects.create_superuser(email="admin@example.com", password="p")


def order_of(*lines, **submission):
    """An order waiting for payment."""
    attempt, _intent = begin.begin(make_submission(make_basket(*lines), **submission))
    return attempt


def paid_order_of(*lines, **submission):
    """A paid order."""
    attempt = order_of(*lines, **submission)
    if attempt.amount:
        pay(attempt)
    attempt.refresh_from_db()
    assert attempt.state == State.PAID
    return attempt


# --- Staff data cannot stop a payment -------------------------------------------------------------


def test_broken_mail_template_falls_back_to_the_file(cup):
    get_model("communication", "CommunicationEventType").objects.create(
        code="ORDER_PLACED",
        name="Order placed",
        email_subject_template="Hello",
        email_body_template="{% load i18n %}{{ number }}",
    )

    attempt = paid_order_of((cup, 1))

    mail = OutgoingMail.objects.get()
    assert mail.subject == "Hello"
    assert attempt.order.number in mail.body_text
    assert "{%" not in mail.body_text


def test_order_of_a_deleted_account_is_settled_and_confirmed(cup):
    user = make_user("ada@example.com")
    attempt = order_of((cup, 1), user=user)

    user.delete()
    pay(attempt)

    attempt.refresh_from_db()
    assert attempt.state == State.PAID
    assert OutgoingMail.objects.get(key=f"order_placed:{attempt.order.number}").to == (
        "ada@example.com"
    )


def test_one_failing_order_does_not_block_the_others(cup, monkeypatch):
    poisoned, healthy = order_of((cup, 1)), order_of((cup, 1))
    late = timezone.now() + timedelta(hours=2)
    real = payments.settle

    def settle(intent_id, *, at=None):
        if intent_id == poisoned.intent_id:
            raise RuntimeError("a row that nobody understands")
        return real(intent_id, at=at)

    monkeypatch.setattr(payments, "settle", settle)
    confirm = DemoIntent.objects.get(intent_id=healthy.intent_id)
    confirm.body = {**confirm.body, "status": "succeeded", "amount_received": 2450}
    confirm.save()

    reconcile.reconcile_open(at=late)

    healthy.refresh_from_db()
    assert healthy.state == State.PAID


def test_event_that_always_fails_is_counted_and_parked(cup, monkeypatch):
    attempt = order_of((cup, 1))
    event = StripeEvent.objects.create(
        event_id="evt_1", type="payment_intent.succeeded", object_id=attempt.intent_id
    )
    monkeypatch.setattr(payments, "settle", lambda intent_id: 1 / 0)

    for _round in range(webhooks.MAX_ATTEMPTS):
        webhooks.process_waiting_events()

    event.refresh_from_db()
    assert event.progress == StripeEvent.Progress.PARKED
    assert "ZeroDivisionError" in event.last_error


# --- What changed between the basket and "Pay" --------------------------------------------------------


@pytest.mark.parametrize("hidden", ["piece", "parent"])
def test_product_taken_off_sale_is_refused_at_pay(mug, hidden):
    variant = mug.children.first()
    basket = make_basket((variant, 1))
    submission = make_submission(basket)
    gone = variant if hidden == "piece" else mug
    gone.is_public = False
    gone.save()

    with pytest.raises(OutOfStock, match="Harbour mug"):
        begin.begin(submission)

    assert not Order.objects.exists()


def test_variant_of_a_hidden_parent_cannot_be_added_to_a_basket(client, mug):
    mug.is_public = False
    mug.save()

    response = client.post(
        reverse("basket:add", args=[mug.children.first().pk]), {"quantity": 1}, follow=True
    )

    assert "not for sale" in response.content.decode()
    assert not Basket.objects.filter(lines__isnull=False).exists()


def test_product_without_a_price_blocks_checkout_and_can_be_removed(client, cup, site_root):
    put_in_basket(client, cup)
    stockrecord_of(cup).__class__.objects.filter(product=cup).update(price=None)

    page = client.get(reverse("basket:summary"))

    assert page.status_code == 200
    assert not page.context["is_ready"]
    line = Basket.objects.get().lines.get()
    client.post(reverse("basket:summary"), {"remove": line.pk})
    assert Basket.objects.get().is_empty


def test_voucher_without_a_discount_neither_blocks_the_order_nor_is_used(cup):
    voucher = make_voucher("BIG", minimum=500, usage="Single use")
    basket = make_basket((cup, 1))
    basket.vouchers.add(voucher)

    attempt = order_of_basket(basket)

    assert attempt.order.total_discount_incl_tax == 0
    assert not voucher.applications.exists()


def order_of_basket(basket, **submission):
    attempt, _intent = begin.begin(make_submission(basket, **submission))
    return attempt


def test_voucher_used_up_meanwhile_is_named_and_the_next_attempt_works(client, cup, site_root):
    voucher = make_voucher("ONCE", usage="Single use")
    put_in_basket(client, cup)
    client.post(reverse("basket:vouchers-add"), {"code": "ONCE"})
    give_details(client)
    choose_delivery(client)
    shown = client.get(reverse("checkout:payment-details")).context["summary"].total
    other = make_basket((cup, 1))
    other.vouchers.add(voucher)
    order_of_basket(other, total="22.50")

    refused = press_pay(client, shown).json()
    page = see_payment(client)
    answer = press_pay(client)

    assert "Voucher ONCE no longer applies." in refused["error"]
    assert page.context["summary"].total > shown
    assert "client_secret" in answer.json()


def test_basket_explains_why_a_voucher_gives_no_discount(client, cup, site_root):
    make_voucher("GONE")
    put_in_basket(client, cup)
    client.post(reverse("basket:vouchers-add"), {"code": "GONE"})
    get_model("voucher", "Voucher").objects.update(
        start_datetime=timezone.now() - timedelta(days=3),
        end_datetime=timezone.now() - timedelta(days=1),
    )

    page = client.get(reverse("basket:summary")).content.decode()

    assert "This voucher has expired." in page


def test_offer_applies_while_its_budget_lasts(cup):
    goods = get_model("offer", "Range").objects.create(name="All", includes_all_products=True)
    offer = get_model("offer", "ConditionalOffer").objects.create(
        name="A tenth off",
        offer_type="Site",
        max_discount=Decimal(100),
        total_discount=Decimal(99),
        condition=get_model("offer", "Condition").objects.create(
            range=goods, type="Count", value=1
        ),
        benefit=get_model("offer", "Benefit").objects.create(
            range=goods, type="Percentage", value=10
        ),
    )

    first = order_of((cup, 1))
    second = order_of((cup, 1))

    assert first.order.total_discount_incl_tax == Decimal("2.00")
    assert second.order.total_discount_incl_tax == 0
    offer.refresh_from_db()
    assert offer.num_orders == 1


def test_delivery_offer_keeps_the_promised_date(shop, cup):
    goods = get_model("offer", "Range").objects.create(name="All", includes_all_products=True)
    get_model("offer", "ConditionalOffer").objects.create(
        name="Delivery for a pound",
        offer_type="Site",
        condition=get_model("offer", "Condition").objects.create(
            range=goods, type="Count", value=1
        ),
        benefit=get_model("offer", "Benefit").objects.create(
            type="Shipping fixed price", value=Decimal("1.00")
        ),
    )

    order = order_of((cup, 1)).order

    assert order.shipping_incl_tax == Decimal("1.00")
    assert order.promise.arrives_from
    assert summary_of_order(order).arrival


def test_product_without_stock_tracking_is_sold_and_shipped(shop):
    voucher = make_product("Gift voucher", price="25.00", stock=None, track_stock=False)

    order = paid_order_of((voucher, 2)).order
    move_order(order.pk, PACKING)
    ship(order.pk)

    assert broken_invariants() == []


def test_changed_total_leads_back_to_the_payment_page(client, cup, site_root):
    reach_payment(client, cup)

    refusal = press_pay(client, "1.00")

    assert refusal.status_code == 409
    assert client.get(refusal.json()["href"]).status_code == 200


def test_voucher_expiring_during_pay_is_named(cup, monkeypatch):
    voucher = make_voucher("ONCE", usage="Single use")
    basket = make_basket((cup, 1))
    basket.vouchers.add(voucher)
    submission = make_submission(basket, total="22.50")
    other = order_of((cup, 1)).order
    reserve = placement.reserve_stock

    def somebody_is_faster(*arguments, **options):
        voucher.applications.create(order=other)
        reserve(*arguments, **options)

    monkeypatch.setattr(placement, "reserve_stock", somebody_is_faster)

    with pytest.raises(TotalChanged, match="Voucher ONCE cannot be used any more"):
        begin.begin(submission)

    assert Order.objects.count() == 1


# --- Signing in, going back, two windows --------------------------------------------------------------


def test_guest_who_signs_in_and_changes_the_order_loses_nothing(client, vase, cup, site_root):
    user = make_user("ada@example.com")
    page = reach_payment(client, vase)
    press_pay(client, page.context["summary"].total)
    client.force_login(user)
    put_in_basket(client, cup)

    client.post(reverse("checkout:change"))

    rows = client.get(reverse("basket:summary")).context["rows"]
    assert {line.title for line, _error in rows} == {"Moon vase", "Espresso cup"}


def test_expired_order_of_a_guest_who_signed_in_returns_to_the_accounts_basket(
    client, vase, site_root
):
    user = make_user("ada@example.com")
    page = reach_payment(client, vase)
    press_pay(client, page.context["summary"].total)
    client.force_login(user)

    cancel.expire_attempts(at=timezone.now() + timedelta(hours=2))

    rows = client.get(reverse("basket:summary")).context["rows"]
    assert [line.title for line, _error in rows] == ["Moon vase"]


def test_order_paid_with_other_keys_can_be_abandoned(client, vase, site_root):
    page = reach_payment(client, vase)
    press_pay(client, page.context["summary"].total)
    DemoIntent.objects.all().delete()

    response = client.post(reverse("checkout:change"))

    assert response.url == reverse("basket:summary")
    assert PaymentAttempt.objects.get().state == State.RELEASED
    assert stockrecord_of(vase).num_allocated == 0


def test_lines_of_a_basket_under_payment_cannot_change(client, vase, site_root):
    put_in_basket(client, vase)
    basket = Basket.objects.get()
    Basket.objects.update(status=Basket.FROZEN)
    from commerce.basket.undo import remove_lines
    from commerce.exceptions import BasketFrozen

    with pytest.raises(BasketFrozen):
        remove_lines(basket, client.session)

    assert basket.lines.count() == 1


# --- Staff --------------------------------------------------------------------------------------------


def test_cancelling_an_order_under_review_leaves_no_frozen_basket(cup):
    attempt = order_of((cup, 1))
    intent = DemoIntent.objects.get(intent_id=attempt.intent_id)
    intent.body = {**intent.body, "status": "succeeded", "amount_received": 100}
    intent.save()
    payments.settle(attempt.intent_id)

    review.schedule_review_refund(attempt.pk)

    attempt.basket.refresh_from_db()
    assert attempt.basket.status == Basket.OPEN


def test_cancelling_a_free_order_breaks_no_invariant(cup):
    make_delivery("collect", price="0.00").countries.add("GB")
    basket = make_basket((cup, 1))
    basket.vouchers.add(make_voucher("ALL", percent=100))
    submission = make_submission(basket, delivery="collect", total="0.00")
    attempt, _intent = begin.begin(submission)

    move_order(attempt.order_id, CANCELLED)

    assert PaymentAttempt.objects.get().state == State.RELEASED
    assert broken_invariants() == []


def test_refused_refund_is_retried_with_a_new_key(cup, monkeypatch):
    attempt = paid_order_of((cup, 1))
    real = post_payment.create_refund

    def refuse(params):
        raise Refused(400, "Insufficient balance.", code="balance_insufficient")

    monkeypatch.setattr(post_payment, "create_refund", refuse)
    move_order(attempt.order_id, CANCELLED)
    attempt.refresh_from_db()
    refunds.send_refunds(attempt)
    request = RefundRequest.objects.get()
    assert request.progress == RefundRequest.Progress.FAILED
    monkeypatch.setattr(post_payment, "create_refund", real)

    assert refunds.retry_refund(request.pk) == attempt
    refunds.send_refunds(attempt)

    assert RefundRequest.objects.get().progress == RefundRequest.Progress.DONE
    assert refunds.retry_refund(request.pk) is None


def test_demo_gateway_repeats_a_refusal_for_its_key(cup):
    attempt = paid_order_of((cup, 1))
    too_much = {"payment_intent": attempt.intent_id, "amount": "9999999"}

    first = server.answer("POST", "/v1/refunds", too_much, key="again")
    second = server.answer("POST", "/v1/refunds", too_much, key="again")

    assert first[0] == 400
    assert first == second


@pytest.mark.parametrize(("kind", "key"), [("payment", "abc"), ("task", "abc"), ("mail", "")])
def test_invalid_work_queue_key_does_nothing(superuser, kind, key):
    assert resolve_item(kind, key, user=superuser) is False


def test_shipping_more_than_the_stock_is_refused_with_a_message(client, superuser, cup):
    order = paid_order_of((cup, 2)).order
    move_order(order.pk, PACKING)
    stockrecord_of(cup).__class__.objects.filter(product=cup).update(num_in_stock=1)
    client.force_login(superuser)
    line = order.lines.get()

    response = client.post(
        reverse("dashboard:order-detail", kwargs={"number": order.number}),
        {"order_action": "dispatch_parcel", "key": "a", "carrier": "dpd", f"units_{line.pk}": 2},
        follow=True,
    )

    assert "Not enough stock for the parcel" in response.content.decode()
    order.refresh_from_db()
    assert order.status == PACKING


@pytest.mark.parametrize(
    "body", ['{"client_secret": "a", "number": "4", "exp_month": Infinity}', "["]
)
def test_demo_gateway_answers_invalid_bodies_with_400(client, db, body):
    url = reverse("demo_gateway:confirm", args=["pi_x"])

    response = client.post(url, body * (100_000 if body == "[" else 1), "application/json")

    assert response.status_code == 400


def test_paid_order_updates_purchase_counts(mug):
    variant = mug.children.first()

    paid_order_of((variant, 2))

    ProductRecord = get_model("analytics", "ProductRecord")
    assert ProductRecord.objects.get(product=variant).num_purchases == 2
    assert ProductRecord.objects.get(product=mug).num_purchases == 2


def test_account_page_needs_the_same_queries_for_one_order_and_five(
    client, cup, site_root, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    user = make_user("ada@example.com")
    client.force_login(user)
    counts = []
    for _round in range(2):
        for _order in range(1 if not counts else 4):
            paid_order_of((cup, 1), user=user)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("customer:order-list"))
        counts.append(len(queries))

    assert counts[0] == counts[1]
