"""kill -9 of the web process at each checkpoint, followed by two reconciliations."""

from datetime import timedelta

import pytest
import requests
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.models import GatewayTransaction, PaymentAttempt, PaymentMove, State
from checkout_app.payments import checkpoints, reconcile, webhooks
from commerce.models import OrderEvent, OutgoingMail, StockChange
from commerce.orders.invariants import broken_invariants
from demo_gateway import events
from demo_gateway.models import DemoCharge, DemoIntent
from tests.factories import stockrecord_of
from tests.races import killer
from tests.races.buyer import Buyer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.race,
    pytest.mark.xdist_group("killed"),
]
Order = get_model("order", "Order")

BEGIN = (
    checkpoints.BEGIN_RESERVED,
    checkpoints.BEGIN_INTENT_CREATED,
    checkpoints.BEGIN_INTENT_STORED,
)
SETTLE = (
    checkpoints.SETTLE_RETRIEVED,
    checkpoints.SETTLE_WRITTEN,
    checkpoints.SETTLE_COMMITTED,
)
#: Append-only tables: status changes, stock changes, events and mails.
KEPT = (PaymentMove, OrderEvent, StockChange, GatewayTransaction, DemoCharge, OutgoingMail)
DECLINES, ASKS = "4000000000000002", "4000002500003155"


def run_the_clock(*, at=None):
    """Run the tasks that are scheduled every five minutes and every hour."""
    events.deliver_waiting()
    webhooks.process_waiting_events()
    reconcile.reconcile_open(at=at)
    reconcile.reconcile_recent(at=at)


def picture():
    """Everything that a second reconciliation must leave unchanged."""
    return (
        list(PaymentAttempt.objects.values("pk", "state", "intent_id", "open_basket")),
        list(Order.objects.values("pk", "status")),
        [intent.body["status"] for intent in DemoIntent.objects.order_by("pk")],
        [model.objects.count() for model in KEPT],
    )


def kill(site, point, action):
    """Make the web process die when it reaches a checkpoint during an action."""
    flag = killer.flag(site.folder / "var")
    flag.write_text(point, encoding="utf-8")
    with pytest.raises(requests.exceptions.RequestException):
        action().raise_for_status()
    assert not flag.exists(), f"{point} was not reached"


def ends_well(state, *, at=None):
    """Reconcile twice. Check that the second run changes nothing and no invariant is broken."""
    run_the_clock(at=at)
    first = picture()
    run_the_clock(at=at)
    assert picture() == first
    assert [attempt.state for attempt in PaymentAttempt.objects.all()] == [state]
    assert OutgoingMail.objects.count() == (1 if state == State.PAID else 0)
    assert broken_invariants() == []


def nothing_was_paid(product, *, order, intent, held):
    """Check for one order and one intent with these statuses, and the number of allocated units."""
    assert Order.objects.get().status == order
    assert DemoIntent.objects.get().body["status"] == intent
    assert stockrecord_of(product).num_allocated == held
    assert (GatewayTransaction.objects.count(), DemoCharge.objects.count()) == (0, 0)


@pytest.fixture
def buyer(vase, mortal_site, settings):
    """A guest on the payment page of a served shop."""
    settings.SITE_URL = mortal_site.url  # the mark on intents, in both processes
    mortal_site.wait_until_up()
    visitor = Buyer(mortal_site.url)
    visitor.site = mortal_site
    visitor.reach_payment(vase)
    return visitor


@pytest.mark.parametrize("point", BEGIN)
def test_killed_while_beginning_and_never_paid(point, buyer, vase):
    kill(buyer.site, point, buyer.pay)

    ends_well(State.RELEASED, at=timezone.now() + timedelta(minutes=31))

    nothing_was_paid(vase, order="Cancelled", intent="canceled", held=0)
    buyer.site.wait_until_up()
    assert "Moon vase" in buyer.get("/basket/").text


@pytest.mark.parametrize("point", BEGIN)
def test_killed_while_beginning_and_paid_by_the_same_browser(point, buyer):
    kill(buyer.site, point, buyer.pay)
    buyer.site.wait_until_up()

    buyer.get("/checkout/payment/")
    assert buyer.pay().status_code == 200
    assert buyer.confirm().status_code == 200
    buyer.get("/checkout/return/")

    assert Order.objects.count() == 1
    ends_well(State.PAID)


@pytest.mark.parametrize("point", BEGIN)
@pytest.mark.parametrize(
    ("card", "answer", "state", "intent"),
    [
        (DECLINES, 402, State.INTENT, "requires_payment_method"),
        (ASKS, 200, State.ACTION, "requires_action"),
    ],
    ids=["declined", "bank asks"],
)
def test_killed_while_beginning_then_retried_and_not_paid(
    point, card, answer, state, intent, buyer, vase
):
    kill(buyer.site, point, buyer.pay)
    buyer.site.wait_until_up()

    buyer.get("/checkout/payment/")
    assert buyer.pay().status_code == 200
    assert buyer.confirm(card).status_code == answer

    ends_well(state)
    nothing_was_paid(vase, order="Pending payment", intent=intent, held=1)
    ends_well(State.RELEASED, at=timezone.now() + timedelta(minutes=31))
    nothing_was_paid(vase, order="Cancelled", intent="canceled", held=0)


@pytest.mark.parametrize("point", SETTLE)
def test_killed_while_settling_a_payment(point, buyer, vase):
    assert buyer.pay().status_code == 200
    assert buyer.confirm().status_code == 200

    kill(
        buyer.site, point,
        lambda: buyer.session.get(f"{buyer.url}/checkout/return/", timeout=60),
    )  # fmt: skip

    ends_well(State.PAID)
    assert stockrecord_of(vase).num_allocated == 1


def test_killed_between_cancelling_and_releasing(buyer, vase):
    assert buyer.pay().status_code == 200
    buyer.get("/checkout/payment/")

    kill(buyer.site, checkpoints.RELEASE_CANCELLED, lambda: buyer.post("/checkout/change/"))

    ends_well(State.RELEASED)
    assert stockrecord_of(vase).num_allocated == 0
