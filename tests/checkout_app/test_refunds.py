"""Refunds: by unit, delivery or amount; in the shop, at the gateway, refused, late."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from checkout_app.exceptions import GatewayUnavailable, RefundRefused, ReviewRefused
from checkout_app.models import (
    GatewayTransaction,
    PaymentAttempt,
    Progress,
    RefundRequest,
    State,
)
from checkout_app.payments import reconcile, refunds, review
from checkout_app.payments.refunds import RefundTerms, send_refunds_task
from commerce.models import OutgoingMail
from commerce.money import to_minor
from commerce.order_statuses import CANCELLED, DELIVERED, PAID, REFUNDED, SHIPPED
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import ship, units_to_send
from commerce.returns.returns import Received, approve_return, receive_return, request_return
from demo_gateway import faults, post_payment
from demo_gateway.events import emit
from demo_gateway.models import DemoCharge
from tests.factories import (
    make_paid_order,
    make_user,
    stockrecord_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cup(mug):
    """A mug in one glaze: ten in stock at £24."""
    return mug.children.order_by("pk").first()


@pytest.fixture
def order(cup):
    """Three cups, paid: £72.00 and delivery."""
    return make_paid_order((cup, 3))


def attempt_of(order):
    return PaymentAttempt.objects.get(order=order)


def line_of(order):
    return order.lines.get().pk


def decide_at_bank(refund_id, status):
    """Let the bank decide on a pending refund, or return a successful one."""
    with transaction.atomic():
        row = DemoCharge.objects.select_for_update().get(object_id=refund_id)
        reason = "expired_or_canceled_card" if status == "failed" else None
        row.body = {**row.body, "status": status, "failure_reason": reason}
        row.save(update_fields=["body"])
        emit("refund.failed" if status == "failed" else "refund.updated", row.body)


def ask(order, key="k1", **wanted):
    return refunds.request_refund(
        attempt_of(order).pk, RefundTerms(key=key, reason="broken", **wanted)
    )


def made_at_gateway():
    """All refunds at the gateway."""
    return DemoCharge.objects.filter(object_id__startswith="re_")


def test_two_of_three_units_and_the_delivery_are_refunded(order, cup):
    shipping = order.shipping_incl_tax
    line = line_of(order)

    request = ask(order, units={line: 2}, shipping=shipping, is_restocked=True)

    request.refresh_from_db()
    assert request.amount == Decimal("48.00") + shipping
    assert (request.progress, request.gateway_id[:3]) == (Progress.DONE, "re_")
    assert attempt_of(order).state == State.PART_REFUNDED
    assert order.sources.get().amount_refunded == request.amount
    assert units_to_send(order) == {line: 1}
    assert stockrecord_of(cup).num_allocated == 1
    assert refunds.refundable_units(order) == {line: 1}
    assert refunds.refundable_shipping(order) == 0
    assert broken_invariants() == []


def test_full_refund_ends_an_unshipped_order(order, cup):
    ask(order, units={line_of(order): 3}, shipping=order.shipping_incl_tax, is_restocked=True)

    order.refresh_from_db()
    assert attempt_of(order).state == State.REFUNDED
    assert order.status == REFUNDED
    assert stockrecord_of(cup).num_allocated == 0
    assert stockrecord_of(cup).num_in_stock == 10
    assert broken_invariants() == []


def test_refund_of_all_units_without_delivery_ends_the_order(cup):
    order = make_paid_order((cup, 2))
    line = line_of(order)
    ask(order, key="k1", units={line: 1}, is_restocked=True)
    order.refresh_from_db()
    assert (order.status, order.shipping_incl_tax > 0) == (PAID, True)

    ask(order, key="k2", units={line: 1}, is_restocked=True)

    order.refresh_from_db()
    assert (attempt_of(order).state, order.status) == (State.PART_REFUNDED, REFUNDED)
    assert stockrecord_of(cup).num_allocated == 0
    assert broken_invariants() == []


def test_refund_uses_the_currency_of_the_payment(order):
    attempt = attempt_of(order)
    PaymentAttempt.objects.update(state=State.REVIEW)
    GatewayTransaction.objects.update(
        currency="JPY", amount=Decimal(to_minor(order.total_incl_tax, "GBP"))
    )
    with pytest.raises(ReviewRefused):
        review.accept_reviewed(attempt.pk, user=None)

    refunds.send_refunds(review.schedule_review_refund(attempt.pk))

    assert made_at_gateway().get().body["amount"] == to_minor(order.total_incl_tax, "GBP")
    assert attempt_of(order).state == State.REFUNDED


def test_nothing_is_refunded_during_a_dispute(order):
    post_payment.dispute(attempt_of(order).intent_id)

    with pytest.raises(RefundRefused, match="disputing"):
        ask(order, extra=Decimal("1.00"))

    assert not RefundRequest.objects.exists()


def test_shipped_units_are_restocked_only_on_request(order, cup):
    ship(order.pk)
    assert stockrecord_of(cup).num_in_stock == 7

    ask(order, units={line_of(order): 1}, is_restocked=True)
    ask(order, key="k2", units={line_of(order): 1}, is_restocked=False)

    order.refresh_from_db()
    assert stockrecord_of(cup).num_in_stock == 8
    assert order.status == SHIPPED
    assert broken_invariants() == []


def test_written_off_units_leave_the_stock(order, cup):
    ask(order, units={line_of(order): 1}, is_restocked=False)

    record = stockrecord_of(cup)
    assert (record.num_in_stock, record.num_allocated) == (9, 2)
    assert broken_invariants() == []


def test_same_form_twice_is_one_refund(order):
    first = ask(order, units={line_of(order): 1})
    again = ask(order, units={line_of(order): 1})

    assert first.pk == again.pk
    assert made_at_gateway().count() == 1
    assert OutgoingMail.objects.filter(key=f"order-refunded:{first.key}").count() == 1


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"units": {"line": 4}}, "more items"),
        ({"units": {"line": 0}}, "more items"),
        ({"units": {"other": 1}}, "more items"),
        ({"shipping": Decimal("999")}, "delivery"),
        ({"extra": Decimal("-1")}, "negative"),
        ({"extra": Decimal("500")}, "more than is left"),
        ({}, "Choose what"),
    ],
)
def test_more_than_there_is_is_refused_and_nothing_is_written(order, wanted, words):
    if "units" in wanted:
        keys = {"line": line_of(order), "other": 0}
        wanted = {"units": {keys[name]: count for name, count in wanted["units"].items()}}

    with pytest.raises(RefundRefused, match=words):
        ask(order, **wanted)

    assert RefundRequest.objects.count() == 0
    assert attempt_of(order).state == State.PAID


def test_partial_refunds_of_a_line_add_up_to_its_price(order):
    line = order.lines.get()
    line.line_price_incl_tax = Decimal("50.00")  # An offer left an odd amount for three units.
    line.save()

    amounts = [ask(order, key=f"k{n}", units={line.pk: 1}).amount for n in range(3)]

    assert amounts == [Decimal("16.67"), Decimal("16.66"), Decimal("16.67")]


def test_partial_refunds_in_yen_are_whole_yen(order):
    line = order.lines.get()
    line.line_price_incl_tax = Decimal("5000.00")
    line.save()
    order.currency = "JPY"

    amounts = refunds.line_amounts(order, {line.pk: 1})

    assert amounts == {line.pk: Decimal("1667")}
    assert to_minor(amounts[line.pk], "JPY") == 1667


def test_lost_response_refunds_once(order):
    faults.plan("drop")
    request = ask(order, extra=Decimal("5.00"))
    request.refresh_from_db()
    assert request.progress == Progress.DONE  # The event arrived before the retry.

    reconcile.reconcile_open()

    assert made_at_gateway().count() == 1
    assert GatewayTransaction.objects.filter(kind="refund").count() == 1


def test_unreachable_gateway_leaves_the_refund_due(order):
    faults.plan("unreachable")
    request = ask(order, extra=Decimal("5.00"))
    request.refresh_from_db()
    assert request.progress == Progress.DUE

    reconcile.reconcile_open()

    request.refresh_from_db()
    assert request.progress == Progress.DONE


def test_pending_refund_is_not_done_until_the_bank_confirms(order, monkeypatch):
    real = post_payment.create_refund
    monkeypatch.setattr(
        post_payment, "create_refund", lambda params: real(params, status="pending")
    )
    request = ask(order, extra=Decimal("5.00"))
    request.refresh_from_db()

    assert request.progress == Progress.SENT
    assert attempt_of(order).state == State.PAID
    assert not GatewayTransaction.objects.filter(kind="refund").exists()
    assert not OutgoingMail.objects.filter(key__startswith="order-refunded").exists()

    decide_at_bank(request.gateway_id, "succeeded")

    request.refresh_from_db()
    assert request.progress == Progress.DONE
    assert attempt_of(order).state == State.PART_REFUNDED


def test_refund_returned_by_the_bank_is_due_again(order):
    request = ask(order, extra=Decimal("5.00"))
    request.refresh_from_db()

    decide_at_bank(request.gateway_id, "failed")

    request.refresh_from_db()
    assert (request.progress, request.last_error) == (Progress.FAILED, "expired_or_canceled_card")
    assert attempt_of(order).state == State.PAID
    assert attempt_of(order).money_back == 0
    assert order.sources.get().amount_refunded == 0
    assert broken_invariants() == []

    attempt = refunds.retry_refund(request.pk)
    refunds.send_refunds(attempt)

    assert attempt_of(order).state == State.PART_REFUNDED
    assert made_at_gateway().count() == 2


def test_refund_made_at_the_gateway_is_recorded_once(order):
    attempt = attempt_of(order)

    body = post_payment.refund_in_dashboard(attempt.intent_id, 1000)
    refunds.mirror_refunds(attempt.intent_id)
    reconcile.mirror_refunds_and_disputes()

    request = RefundRequest.objects.get()
    assert (request.is_mirrored, request.gateway_id) == (True, body["id"])
    assert request.amount == Decimal("10.00")
    assert attempt_of(order).state == State.PART_REFUNDED
    assert OutgoingMail.objects.filter(key__startswith="order-refunded").count() == 1
    # Staff see the remainder and cannot refund it twice:
    with pytest.raises(RefundRefused, match="left of the payment"):
        ask(order, extra=attempt.amount)


def test_full_refund_at_the_gateway_keeps_the_stock_unchanged(order, cup):
    with faults.webhooks_held():
        post_payment.refund_in_dashboard(attempt_of(order).intent_id)
    assert attempt_of(order).state == State.PAID

    reconcile.mirror_refunds_and_disputes()

    order.refresh_from_db()
    assert (attempt_of(order).state, order.status) == (State.REFUNDED, REFUNDED)
    assert stockrecord_of(cup).num_allocated == 0


def test_cancelling_refunds_only_the_remainder(order):
    attempt = attempt_of(order)
    ask(order, extra=Decimal("5.00"))

    move_order(order.pk, CANCELLED)

    last = RefundRequest.objects.order_by("pk").last()
    assert last.amount == attempt.amount - Decimal("5.00")
    assert attempt_of(order).state == State.REFUNDED
    assert broken_invariants() == []


# --- The dashboard --------------------------------------------------------------------------------


@pytest.fixture
def finance(client):
    """A signed-in member of Finance."""
    from commerce.accounts.roles import FINANCE, create_roles

    create_roles()
    user = make_user("fin@example.com", is_staff=True)
    user.groups.add(user.groups.model.objects.get(name=FINANCE))
    client.force_login(user)
    return user


def test_finance_refunds_on_a_page(client, finance, order):
    url = reverse("order-refund", args=[order.number])
    page = client.get(url)
    key = page.context["form"]["key"].value()
    line = f"line_{line_of(order)}"

    answer = client.post(url, {line: 1, "reason": "chipped", "key": key, "is_restocked": "on"})

    assert answer.status_code == 302
    request = RefundRequest.objects.get()
    assert (request.user, request.amount, request.reason) == (finance, Decimal("24.00"), "chipped")
    assert order.events.filter(kind="refund", user=finance).count() == 2


def test_invalid_refund_form_keeps_its_input(client, finance, order):
    url = reverse("order-refund", args=[order.number])

    page = client.post(url, {"extra": "999999", "reason": "because", "key": "k"})

    assert page.status_code == 422
    assert "more than is left" in page.content.decode()
    assert 'value="because"' in page.content.decode()
    assert RefundRequest.objects.count() == 0


def test_support_may_not_refund(client, order):
    user = make_user("sup@example.com", is_staff=True)
    client.force_login(user)

    assert client.get(reverse("order-refund", args=[order.number])).status_code == 403
    assert client.post(reverse("order-refund", args=[order.number])).status_code == 403


def test_no_response_while_the_task_sends_the_refund_is_no_error_for_staff(client, finance, order):
    faults.plan("unreachable")
    url = reverse("order-refund", args=[order.number])

    answer = client.post(url, {"extra": "3.00", "reason": "late", "key": "k9"})

    assert answer.status_code == 302
    assert RefundRequest.objects.get().progress == Progress.DUE
    faults.plan("unreachable", "unreachable")
    with pytest.raises(GatewayUnavailable):
        refunds.send_refunds(attempt_of(order))
    send_refunds_task.call(attempt_of(order).pk)  # no failed task in the work queue
    assert RefundRequest.objects.get().progress == Progress.DUE


def test_received_return_is_refunded_from_its_page(client, finance, order, cup):
    line = line_of(order)
    ship(order.pk)
    move_order(order.pk, DELIVERED)
    returned = request_return(order.pk, {line: 2}, reason="too small")
    approve_return(returned.pk, instructions="Send it.", user=finance)
    receive_return(
        returned.pk,
        {returned.lines.get().pk: Received(2, condition="new", restock=True)},
        user=finance,
    )
    assert stockrecord_of(cup).num_in_stock == 9
    url = f"{reverse('order-refund', args=[order.number])}?return={returned.pk}"
    form = client.get(url).context["form"]
    assert form[f"line_{line}"].value() == 2

    client.post(url, {f"line_{line}": 2, "reason": "returned", "key": form["key"].value()})

    returned.refresh_from_db()
    assert returned.state == "refunded"
    assert RefundRequest.objects.get().amount == Decimal("48.00")
    assert stockrecord_of(cup).num_in_stock == 9
    assert broken_invariants() == []
