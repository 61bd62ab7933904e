"""Authorisations: placed with the order, captured per shipment or by staff, voided, expired."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from checkout_app.exceptions import CaptureRefused, GatewayUnavailable
from checkout_app.models import CaptureRequest, Dispute, PaymentAttempt, Progress, State
from checkout_app.payments import begin, captures, reconcile, release, review, settle
from checkout_app.payments.hold_warnings import warn_of_expiring_authorisations
from commerce.exceptions import DispatchRefused
from commerce.models import OutgoingMail
from commerce.order_statuses import AUTHORISED, CANCELLED, PACKING, PAID, PART_SHIPPED
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import ship
from demo_gateway import faults, post_payment, store
from demo_gateway.models import DemoIntent, DemoRequest
from tests.factories import make_basket, make_submission, make_user, pay, stockrecord_of
from tests.held_orders import MANY_CAPTURES, at_gateway, order_held
from tests.signing import prove_again

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _manual(settings):
    settings.PAYMENT_CAPTURE = "manual"


@pytest.fixture
def cup(mug):
    """A mug in one glaze: ten in stock at £24."""
    return mug.children.order_by("pk").first()


def test_order_is_placed_with_an_authorisation_and_no_capture(cup):
    attempt = order_held(cup)

    assert attempt.order.status == AUTHORISED
    assert attempt.money_taken == 0
    assert attempt.held_until > timezone.now() + timedelta(days=6)
    assert attempt.basket.status == "Submitted"
    mail = OutgoingMail.objects.get()
    assert mail.key == f"order_placed:{attempt.order.number}"
    assert "We charge your card when we send it." in mail.body_text
    assert at_gateway(attempt) == ("requires_capture", 0, int(attempt.amount * 100))
    assert broken_invariants() == []


def test_dispatch_captures_first(cup):
    attempt = order_held(cup)

    ship(attempt.order_id)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.money_taken) == (State.PAID, attempt.amount)
    assert attempt.order.sources.get().amount_debited == attempt.amount
    assert attempt.held_until is None
    assert stockrecord_of(cup).num_in_stock == 8
    assert broken_invariants() == []


def test_part_is_captured_alone_if_the_card_allows_several_captures(cup):
    attempt = order_held(cup, count=3, card=MANY_CAPTURES)
    order = attempt.order
    line = order.lines.get().pk

    ship(order.pk, units={line: 1})

    attempt.refresh_from_db()
    first = Decimal("24.00") + order.shipping_incl_tax
    assert (attempt.state, attempt.money_taken) == (State.AUTHORISED, first)
    order.refresh_from_db()
    assert order.status == PART_SHIPPED

    ship(order.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.money_taken) == (State.PAID, attempt.amount)
    assert list(attempt.captures.values_list("is_final", flat=True)) == [False, True]
    assert broken_invariants() == []


def test_first_part_captures_all_if_the_card_allows_one_capture(cup):
    attempt = order_held(cup, count=3)
    line = attempt.order.lines.get().pk

    ship(attempt.order_id, units={line: 1})

    attempt.refresh_from_db()
    assert (attempt.state, attempt.money_taken) == (State.PAID, attempt.amount)


def test_nothing_ships_if_the_bank_refuses(cup):
    attempt = order_held(cup)
    post_payment.expire_authorisation(attempt.intent_id)  # and the event reports it

    attempt.refresh_from_db()
    assert (attempt.state, attempt.order.status) == (State.VOIDED, CANCELLED)
    with pytest.raises(DispatchRefused):
        ship(attempt.order_id)
    assert stockrecord_of(cup).num_in_stock == 10
    assert stockrecord_of(cup).num_allocated == 0
    assert broken_invariants() == []


def test_refused_capture_is_parked_and_can_be_retried(cup):
    attempt = order_held(cup)
    faults.plan("", "error")  # the read, then the capture

    with pytest.raises(DispatchRefused, match="couldn’t be captured"):
        ship(attempt.order_id)
    assert attempt.captures.get().progress == Progress.DUE

    reconcile.reconcile_open()

    attempt.refresh_from_db()
    assert attempt.state == State.PAID
    assert DemoIntent.objects.get().body["amount_received"] == int(attempt.amount * 100)


def test_lost_response_to_a_capture_charges_once(cup):
    attempt = order_held(cup)
    faults.plan("", "drop")

    with pytest.raises(DispatchRefused):
        ship(attempt.order_id)
    ship(attempt.order_id)

    attempt.refresh_from_db()
    assert attempt.money_taken == attempt.amount
    assert attempt.captures.count() == 1


def test_capture_pending_for_days_is_looked_up_before_a_retry(cup):
    attempt = order_held(cup, count=3, card=MANY_CAPTURES)
    line = attempt.order.lines.get()
    captures.request_shipment_capture(attempt.pk, {line.pk: 1}, is_final=False, user=None)
    faults.plan("drop")
    with pytest.raises(GatewayUnavailable):
        captures.send_captures(attempt)
    taken = at_gateway(attempt)[1]
    DemoRequest.objects.all().delete()  # the gateway has forgotten the keys
    CaptureRequest.objects.update(created_at=timezone.now() - timedelta(days=2))

    reconcile.reconcile_open()

    attempt.refresh_from_db()
    assert at_gateway(attempt)[1] == taken
    assert attempt.captures.get().progress == Progress.DONE
    assert attempt.money_taken == Decimal(taken) / 100
    assert broken_invariants() == []


def test_rejected_api_keys_do_not_refuse_the_capture(cup):
    attempt = order_held(cup)
    faults.plan("", "revoked")

    with pytest.raises(DispatchRefused):
        ship(attempt.order_id)
    assert attempt.captures.get().progress == Progress.DUE
    ship(attempt.order_id)

    attempt.refresh_from_db()
    assert attempt.money_taken == attempt.amount


def test_cancelling_voids_the_authorisation(cup):
    attempt = order_held(cup)

    move_order(attempt.order_id, CANCELLED)

    attempt.refresh_from_db()
    assert attempt.state == State.VOIDED
    assert at_gateway(attempt)[0] == "canceled"
    assert stockrecord_of(cup).num_allocated == 0
    assert broken_invariants() == []


def test_authorisation_of_a_cancelled_order_is_voided_by_reconcile(cup):
    attempt = order_held(cup)
    faults.plan("unreachable")
    move_order(attempt.order_id, CANCELLED)
    attempt.refresh_from_db()
    assert attempt.state == State.AUTHORISED

    reconcile.reconcile_open()
    reconcile.reconcile_open()

    attempt.refresh_from_db()
    assert attempt.state == State.VOIDED


def test_capture_at_the_gateway_for_a_cancelled_order_is_refunded(cup):
    attempt = order_held(cup)
    with faults.webhooks_held():
        post_payment.capture(attempt.intent_id, {})
        move_order(attempt.order_id, CANCELLED)

    attempt.refresh_from_db()
    assert attempt.state == State.REFUNDED
    assert attempt.money_back == attempt.amount
    assert broken_invariants() == []


def test_capture_at_the_gateway_is_recorded(cup):
    attempt = order_held(cup)

    post_payment.capture(attempt.intent_id, {})

    attempt.refresh_from_db()
    attempt.order.refresh_from_db()
    assert (attempt.state, attempt.order.status) == (State.PAID, PAID)


def test_partial_capture_at_the_gateway_goes_to_review(cup):
    attempt = order_held(cup)

    post_payment.capture(attempt.intent_id, {"amount_to_capture": "1000"})

    attempt.refresh_from_db()
    assert (attempt.state, attempt.money_taken) == (State.REVIEW, Decimal("10.00"))


def test_partial_capture_at_the_gateway_can_be_accepted(cup):
    attempt = order_held(cup)
    post_payment.capture(attempt.intent_id, {"amount_to_capture": "1000"})
    staff = make_user("fin@example.com", is_staff=True)

    review.accept_reviewed(attempt.pk, user=staff)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.order.status) == (State.PAID, PAID)
    assert attempt.order.documents.get().facts["gross"] == "10.00"
    assert broken_invariants() == []


def test_cancelling_an_order_under_review_refunds_what_was_captured(cup):
    attempt = order_held(cup)
    post_payment.capture(attempt.intent_id, {"amount_to_capture": "1000"})
    assert PaymentAttempt.objects.get().state == State.REVIEW

    move_order(attempt.order_id, CANCELLED)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.money_back) == (State.REFUNDED, Decimal("10.00"))
    assert stockrecord_of(cup).num_allocated == 0
    assert broken_invariants() == []


def test_staff_capture_a_part_and_void_the_rest(cup):
    attempt = order_held(cup)
    move_order(attempt.order_id, PACKING)

    captures.request_capture(attempt.pk, amount=Decimal("24.00"), key="k")
    captures.request_capture(attempt.pk, amount=Decimal("24.00"), key="k")
    captures.send_captures(attempt)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.money_taken) == (State.PAID, Decimal("24.00"))
    assert at_gateway(attempt) == ("succeeded", 2400, 0)
    assert CaptureRequest.objects.count() == 1
    assert broken_invariants() == []


@pytest.mark.parametrize("amount", ["0", "-1", "10000"])
def test_capture_above_the_authorised_amount_is_refused(cup, amount):
    attempt = order_held(cup)

    with pytest.raises(CaptureRefused):
        captures.request_capture(attempt.pk, amount=Decimal(amount))

    assert CaptureRequest.objects.count() == 0


def test_authorisation_of_another_amount_goes_to_review_and_can_be_voided(cup, client):
    attempt, _intent = begin.begin(make_submission(make_basket((cup, 2))))
    intent = DemoIntent.objects.get()
    with faults.webhooks_held():
        pay(attempt)
    intent.refresh_from_db()
    store.change_intent(intent, "payment_intent.amount_capturable_updated", amount_capturable=100)

    settle.settle(attempt.intent_id)
    attempt.refresh_from_db()
    assert attempt.state == State.REVIEW

    admin = make_user("boss@example.com", is_staff=True, is_superuser=True)
    client.force_login(admin)
    prove_again(client)
    client.post(reverse("attention"), {"kind": "payment", "key": attempt.pk})

    attempt.refresh_from_db()
    assert (attempt.state, attempt.order.status) == (State.VOIDED, CANCELLED)
    assert DemoIntent.objects.get().body["status"] == "canceled"


def test_warning_of_an_expiring_authorisation_is_sent_once(cup, settings):
    settings.STAFF_EMAIL = "staff@example.com"
    attempt = order_held(cup)
    assert list(captures.expiring_authorisations()) == []

    soon = captures.expiring_authorisations(at=timezone.now() + timedelta(days=6))
    warn_of_expiring_authorisations(soon)
    warn_of_expiring_authorisations(soon)

    mail = OutgoingMail.objects.get(to="staff@example.com")
    assert attempt.order.number in mail.subject


def test_late_authorisation_revives_the_order_or_is_voided(cup, vase):
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    with faults.webhooks_held():
        release.release(attempt.pk, reason="not paid in time")
        pay(attempt)
    other = order_held(vase, count=1)

    settle.settle(attempt.intent_id)

    attempt.refresh_from_db()
    assert attempt.state == State.RELEASED
    assert at_gateway(attempt)[0] == "canceled"
    assert other.order.status == AUTHORISED
    assert broken_invariants() == []


def test_disputed_order_does_not_ship_until_the_bank_decides(cup, settings):
    settings.PAYMENT_CAPTURE = "automatic"
    attempt, _intent = begin.begin(make_submission(make_basket((cup, 1))))
    pay(attempt)

    body = post_payment.dispute(attempt.intent_id)

    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.amount) == ("needs_response", attempt.amount)
    with pytest.raises(DispatchRefused, match="disputing"):
        ship(attempt.order_id)
    post_payment.end_dispute(body["id"], "won")
    reconcile.mirror_refunds_and_disputes()
    ship(attempt.order_id)
    assert Dispute.objects.get().status == "won"
    assert attempt.order.events.filter(reference=body["id"]).count() == 2


def test_finance_captures_on_the_order_page(client, cup):
    attempt = order_held(cup)
    client.force_login(make_user("boss@example.com", is_staff=True, is_superuser=True))
    page = client.get(reverse("dashboard:order-detail", args=[attempt.order.number]))
    assert "authorised, not captured yet" in page.content.decode()

    url = reverse("order-capture", args=[attempt.order.number])
    client.post(url, {"amount": str(attempt.amount), "key": "k"})
    client.post(url, {"amount": str(attempt.amount), "key": "k"})

    assert PaymentAttempt.objects.get().state == State.PAID
    assert CaptureRequest.objects.count() == 1
