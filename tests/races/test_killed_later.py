"""kill -9 of the worker during a capture, void or refund, followed by two reconciliations."""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from checkout_app.models import PaymentAttempt, State
from checkout_app.payments import begin, captures, checkpoints, reconcile, refunds, webhooks
from checkout_app.payments.refunds import RefundTerms
from commerce.models import OutgoingMail
from commerce.order_statuses import CANCELLED
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from demo_gateway import cards, events, faults
from demo_gateway.models import DemoCharge, DemoIntent
from demo_gateway.refusal import Refused
from tests.factories import make_basket, make_submission, pay, stockrecord_of
from tests.races import killer
from tests.races.conftest import database_url
from tests.site import ROOT, site_environment

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.race,
    pytest.mark.xdist_group("killed later"),
]

SETTLE = (
    checkpoints.SETTLE_RETRIEVED,
    checkpoints.SETTLE_WRITTEN,
    checkpoints.SETTLE_COMMITTED,
)
PAYS, DECLINES, ASKS = "4242424242424242", "4000000000000002", "4000002500003155"


@pytest.fixture(scope="module")
def killed(tmp_path_factory, django_db_setup):
    """``killed(action, attempt, point)``: the worker's process dies at that checkpoint."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "var").mkdir()
    environment = site_environment(
        folder, settings.SITE_URL, DATABASE_URL=database_url(),
        DJANGO_SETTINGS_MODULE="tests.settings_served",
    )  # fmt: skip
    flag = killer.flag(folder / "var")
    forks = subprocess.Popen(
        [sys.executable, "-m", "tests.races.killed_work"],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

    def run(act, attempt, point):
        flag.write_text(point, encoding="utf-8")
        forks.stdin.write(f"{act} {attempt.pk}\n")
        forks.stdin.flush()
        assert int(forks.stdout.readline()) == -signal.SIGKILL
        assert not flag.exists()

    yield run
    forks.stdin.close()
    forks.wait(timeout=30)


def run_the_clock(at=None):
    """Run the tasks that are scheduled every minute, five minutes, hour and day."""
    events.deliver_waiting()
    webhooks.process_waiting_events()
    reconcile.reconcile_open(at=at)
    reconcile.reconcile_recent(at=at)
    reconcile.mirror_refunds_and_disputes(at=at)


def ends_well(state, at=None):
    """Reconcile twice, check invariants and that the second changes nothing; return the attempt."""
    run_the_clock(at)
    first = picture()
    run_the_clock(at)
    assert picture() == first
    attempt = PaymentAttempt.objects.get()
    assert attempt.state == state
    assert broken_invariants() == []
    return attempt


def picture():
    attempt = PaymentAttempt.objects.select_related("order").get()
    return (
        attempt.state,
        attempt.order.status,
        list(attempt.transactions.order_by("pk").values_list("kind", "amount")),
        list(attempt.refunds.order_by("pk").values_list("progress", "gateway_id")),
        DemoCharge.objects.count(),
        OutgoingMail.objects.count(),
        DemoIntent.objects.get().body["status"],
    )


def begun(product, card=None):
    """A waiting order whose card was tried, without the event."""
    attempt, _intent = begin.begin(make_submission(make_basket((product, 1))))
    if card:
        with faults.webhooks_held():
            try:
                pay(attempt, card)
            except Refused:
                assert card == DECLINES
    return attempt


@pytest.mark.parametrize("point", SETTLE)
@pytest.mark.parametrize(
    ("card", "state"),
    [
        (PAYS, State.PAID),
        (DECLINES, State.RELEASED),
        (ASKS, State.RELEASED),
        (None, State.RELEASED),
    ],
)
def test_killed_while_settling(vase, killed, point, card, state):
    attempt = begun(vase, card)

    killed("settle", attempt, point)

    ends_well(state, at=timezone.now() + timedelta(minutes=31))
    assert stockrecord_of(vase).num_allocated == (1 if state == State.PAID else 0)


@pytest.mark.parametrize("card", [DECLINES, ASKS, None])
def test_killed_while_releasing(vase, killed, card):
    attempt = begun(vase, card)

    killed("cancel", attempt, checkpoints.RELEASE_CANCELLED)

    ends_well(State.RELEASED)
    assert stockrecord_of(vase).num_allocated == 0


def test_killed_while_releasing_an_attempt_paid_at_that_moment(vase, killed):
    attempt = begun(vase, PAYS)

    killed("cancel", attempt, checkpoints.RELEASE_CANCELLED)

    attempt = ends_well(State.PAID)
    assert attempt.money_taken == attempt.amount
    assert stockrecord_of(vase).num_allocated == 1


def test_late_bank_approval_after_the_kill_is_paid(vase, killed):
    attempt = begun(vase, ASKS)
    killed("settle", attempt, checkpoints.SETTLE_RETRIEVED)

    secret = DemoIntent.objects.get().client_secret
    cards.authenticate(attempt.intent_id, client_secret=secret, passed=True)

    ends_well(State.PAID)


def test_killed_after_sending_the_refund_refunds_once(vase, killed):
    attempt = begun(vase)
    pay(attempt)
    faults.plan("unreachable")
    refunds.request_refund(attempt.pk, RefundTerms(key="k", reason="crack", extra=attempt.amount))

    killed("refund", attempt, checkpoints.REFUND_SENT)

    attempt = ends_well(State.REFUNDED)
    assert attempt.money_back == attempt.money_taken == attempt.amount
    assert DemoCharge.objects.filter(object_id__startswith="re_").count() == 1


def test_killed_after_sending_the_capture_captures_once(vase, killed, settings):
    settings.PAYMENT_CAPTURE = "manual"
    attempt = begun(vase)
    pay(attempt)
    captures.request_capture(attempt.pk)

    killed("capture", attempt, checkpoints.CAPTURE_SENT)

    attempt = ends_well(State.PAID)
    assert attempt.money_taken == attempt.amount


def test_killed_between_voiding_at_the_gateway_and_recording_it(vase, killed, settings):
    settings.PAYMENT_CAPTURE = "manual"
    attempt = begun(vase)
    pay(attempt)
    faults.plan("unreachable")  # for the task that the cancellation starts
    move_order(attempt.order_id, CANCELLED)

    killed("void", attempt, checkpoints.VOID_CANCELLED)

    ends_well(State.VOIDED)
    assert stockrecord_of(vase).num_allocated == 0


def test_every_checkpoint_is_passed_and_killed_at():
    names = {name for name in vars(checkpoints) if name.isupper()}
    sources = {
        part: "".join(path.read_text("utf-8") for path in (ROOT / part).glob("*.py"))
        for part in ("checkout_app/payments", "tests/races")
    }

    for part, source in sources.items():
        assert {name for name in names if f"checkpoints.{name}" not in source} == set(), part
