"""Every action of staff that sends money away asks for a recent sign-in and then continues."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from checkout_app.dashboard import urls
from checkout_app.dashboard.work_queue import KINDS
from checkout_app.gateways.transfer import record_received
from checkout_app.models import (
    BankTransfer,
    Method,
    PaymentAttempt,
    RefundRequest,
    State,
    StripeEvent,
    TransferRefund,
)
from checkout_app.payments import begin, reconcile, refunds, release, settle
from commerce.dashboard.orders import OrderDetailView, OrderListView
from commerce.dashboard.returns import ReturnDetailView
from commerce.dashboard.withdrawals import WithdrawalDetailView
from commerce.models import Withdrawal
from commerce.order_statuses import DELIVERED
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import ship
from commerce.returns.returns import Received, approve_return, receive_return, request_return
from commerce.returns.withdrawals import Statement, match_withdrawal, submit_withdrawal
from demo_gateway import faults, post_payment
from demo_gateway.models import DemoCharge
from demo_gateway.refusal import Refused
from tests.factories import (
    PASSWORD,
    make_basket,
    make_paid_order,
    make_submission,
    make_user,
    pay,
    stockrecord_of,
)
from tests.signing import let_sign_in_age, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
PROVE = "/accounts/reauthenticate/"


@dataclass(frozen=True)
class Form:
    """One submitted form of a staff page."""

    url: str
    data: dict[str, Any]


def page_of(order, name="order-refund"):
    return reverse(name, args=[order.number])


def queue(kind, key):
    return Form(reverse("attention"), {"kind": kind, "key": key})


def transfer(vase):
    """An order that waits for a transfer of £90."""
    submission = replace(make_submission(make_basket((vase, 1))), payment_method=Method.TRANSFER)
    return begin.begin(submission)[0]


def refund_form(cup, vase, admin):
    return Form(
        page_of(make_paid_order((cup, 3))), {"extra": "60.00", "reason": "late", "key": "k"}
    )


def received_return(cup, vase, admin):
    order = make_paid_order((cup, 3))
    line = order.lines.get().pk
    ship(order.pk)
    move_order(order.pk, DELIVERED)
    returned = request_return(order.pk, {line: 3}, reason="too small")
    approve_return(returned.pk, instructions="Send it.", user=admin)
    receive_return(returned.pk, {returned.lines.get().pk: Received(3)}, user=admin)
    url = f"{page_of(order)}?return={returned.pk}"
    return Form(url, {f"line_{line}": "3", "reason": "returned", "key": "k"})


def accepted_surplus(cup, vase, admin):
    attempt = transfer(vase)
    record_received(attempt.intent_id, amount_minor=9_095_00, user=admin)
    settle.settle(attempt.intent_id)
    assert PaymentAttempt.objects.get().state == State.REVIEW
    return Form(page_of(attempt.order, "order-accept"), {})


def late_transfer(cup, vase, admin):
    attempt = transfer(vase)
    release.release(attempt.pk, reason="not paid in time")
    BankTransfer.objects.update(status=BankTransfer.Status.CANCELLED)
    record = stockrecord_of(vase)
    record.num_in_stock = 0
    record.save()
    data = {"received": attempt.intent_id, "amount": "90.00", "before": "0"}
    return Form(reverse("payment-transfers"), data)


def cancelled_order(cup, vase, admin):
    data = {"order_action": "change_order_status", "new_status": "Cancelled"}
    return Form(page_of(make_paid_order((cup, 3)), "dashboard:order-detail"), data)


def cancelled_selection(cup, vase, admin):
    """Three orders, each below the limit."""
    orders = [make_paid_order((cup, 1)).pk for _order in range(3)]
    data = {"action": "change_order_statuses", "new_status": "Cancelled", "selected_order": orders}
    return Form(reverse("dashboard:order-list"), data)


def accepted_withdrawal(cup, vase, admin):
    order = make_paid_order((cup, 3))
    row = submit_withdrawal(Statement("Ada Marsh", "ada@example.com", order.number))
    match_withdrawal(row.pk)
    assert Withdrawal.objects.get().order == order
    return Form(reverse("staff-withdrawal", args=[row.number]), {"act": "accept"})


def reviewed_payment(cup, vase, admin):
    accepted_surplus(cup, vase, admin)
    return queue("payment", PaymentAttempt.objects.get().pk)


def failed_refund(cup, vase, admin):
    attempt = make_paid_order((cup, 3)).attempts.get()
    wanted = refunds.RefundTerms(key="k", reason="late", extra=Decimal(60))
    with patch.object(post_payment, "create_refund", side_effect=Refused(400, "Try later.")):
        refunds.request_refund(attempt.pk, wanted)
    return queue("refund", RefundRequest.objects.get().pk)


def unmatched_payment(cup, vase, admin):
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    with faults.webhooks_held():
        pay(attempt)
        order = attempt.order
        PaymentAttempt.objects.all().delete()
        order.events.all()._raw_delete(order.events.db)
        order.delete()
        reconcile.reconcile_recent()
    return queue("unmatched", StripeEvent.objects.get(type="vitrine.orphan").pk)


#: The actions that send more than £50 away, and what sends one in a shop with such a payment.
SENDING = {
    "page order-refund": refund_form,
    "page order-refund of a return": received_return,
    "page order-accept": accepted_surplus,
    "page payment-transfers": late_transfer,
    "order change_order_status": cancelled_order,
    "orders change_order_statuses": cancelled_selection,
    "withdrawal accept": accepted_withdrawal,
    "queue payment": reviewed_payment,
    "queue refund": failed_refund,
    "queue unmatched": unmatched_payment,
}
#: The other actions. Some collect money or void an authorisation; none refunds by its own decision.
KEEPING = {
    "page order-capture", "page order-settle",
    "order save_note", "order delete_note", "order dispatch_parcel", "order mark_delivered",
    "order give_up_rest", "order provide_units", "order renew_download", "order send_gift_card",
    "orders download_selected_orders",
    "withdrawal link", "withdrawal refuse",
    "return approve", "return refuse", "return receive",
    "queue open", "queue dispute", "queue capture", "queue hold", "queue event", "queue mail",
    "queue provision", "queue task", "queue job",
}  # fmt: skip


def every_action():
    yield from (f"page {path.name}" for path in urls.urlpatterns)
    yield from (f"order {act}" for act in OrderDetailView.order_actions)
    yield from (f"orders {act}" for act in OrderListView.actions)
    yield from (f"withdrawal {act}" for act in WithdrawalDetailView.acts)
    yield from (f"return {act}" for act in ReturnDetailView.acts)
    yield from (f"queue {kind.code}" for kind in KINDS)


def sent_away():
    """Pence that the gateway refunded, and pence of transfers that staff have to send back."""
    made = DemoCharge.objects.filter(object_id__startswith="re_")
    due = TransferRefund.objects.values_list("amount_minor", flat=True)
    return sum(row.body["amount"] for row in made) + sum(due)


def test_every_action_is_known():
    assert set(every_action()) - KEEPING == SENDING.keys() - {"page order-refund of a return"}


@pytest.mark.parametrize("name", SENDING)
def test_money_leaves_only_after_a_recent_sign_in(client, mug, vase, settings, name):
    settings.REFUND_REAUTH_OVER = Decimal("50.00")
    settings.TRANSFER_ACCOUNT = "GB33 BUKB 2020 1555 5555 55"
    admin = make_user("admin@example.com", is_staff=True, is_superuser=True)
    form = SENDING[name](mug.children.order_by("pk").first(), vase, admin)
    sign_in(client, "admin@example.com")
    let_sign_in_age(client)

    response = client.post(form.url, form.data)

    assert response.url.startswith(PROVE)
    assert sent_away() == 0

    following = parse_qs(urlsplit(response.url).query)["next"][0]
    client.post(PROVE, {"password": PASSWORD, "next": following})

    assert sent_away() > 50_00
