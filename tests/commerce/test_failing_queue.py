"""If the task queue fails after a commit, nothing else is lost and the work is done all the same."""

from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import transaction
from django_tasks import task
from django_tasks.base import Task

from checkout_app.gateways.customers import get_or_create_customer
from checkout_app.models import State, StripeEvent
from checkout_app.payments import begin, reconcile, refunds, settle, webhooks
from commerce.images.photos import photo_for, specs_for
from commerce.index import refresh_queue
from commerce.index.refresh import broken_listings
from commerce.mail.outbox import queue_mail, send_waiting_mail
from commerce.models import Withdrawal
from commerce.order_statuses import CANCELLED
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import count_purchases, move_order
from commerce.page_cache import versions
from commerce.returns.withdrawals import Statement, match_new_withdrawals, submit_withdrawal
from commerce.transactions import enqueue_on_commit, enqueue_or_run_on_commit
from demo_gateway import faults, store
from demo_gateway.models import DemoCustomer, DemoIntent
from tests.checkout_app.test_webhooks import event_body, post
from tests.commerce.test_automatic_offers import card_price
from tests.commerce.test_photos import add_picture
from tests.factories import (
    make_basket,
    make_offer,
    make_paid_order,
    make_product,
    make_submission,
    make_user,
    pay,
)
from tests.held_orders import at_gateway, order_held

pytestmark = pytest.mark.django_db(transaction=True)
DONE = []


@task()
def note(value):
    """A task that records that it ran."""
    DONE.append(value)


@pytest.fixture
def failing_queue(monkeypatch):
    """A context manager in which none of our tasks can be enqueued."""
    enqueue = Task.enqueue

    def refuse(self, *args, **kwargs):
        if self.module_path.startswith(("wagtail.", "modelsearch.")):  # before the commit
            return enqueue(self, *args, **kwargs)
        raise ConnectionError("The queue is gone")

    @contextmanager
    def fail():
        with monkeypatch.context() as patch:
            patch.setattr(Task, "enqueue", refuse)
            yield

    DONE.clear()
    return fail


def test_later_hooks_run_although_the_queue_fails(db, failing_queue, caplog):
    with failing_queue(), transaction.atomic():
        enqueue_on_commit(note, "first")
        transaction.on_commit(lambda: DONE.append("second"))

    assert DONE == ["second"]
    assert "note could not be enqueued" in caplog.text


def test_task_without_catch_up_runs_in_this_process(db, failing_queue):
    with failing_queue(), transaction.atomic():
        enqueue_or_run_on_commit(note, "first")
        assert DONE == []

    assert DONE == ["first"]


def test_task_is_not_enqueued_by_a_transaction_that_is_rolled_back(db, failing_queue):
    with transaction.atomic():
        enqueue_on_commit(note, "first")
        enqueue_or_run_on_commit(note, "second")
        transaction.set_rollback(True)

    assert DONE == []


def test_failing_listener_of_the_page_cache_loses_no_later_hook(db, failing_queue, monkeypatch):
    monkeypatch.setattr(versions, "listeners", [lambda tags: 1 / 0])

    with transaction.atomic():
        versions.invalidate("product-1")
        transaction.on_commit(lambda: DONE.append("second"))

    assert DONE == ["second"]


def test_cancelled_order_is_refunded_and_its_offer_is_open_again(shop, failing_queue):
    mug = make_product("Mug", price="20.00")
    make_offer(max_global_applications=1)
    order = make_paid_order((mug, 1))
    assert card_price(mug) == Decimal("20.00")

    with failing_queue():
        move_order(order.pk, CANCELLED)

    assert card_price(mug) == Decimal("18.00")
    assert [*broken_listings()] == []
    reconcile.reconcile_open()
    assert order.attempts.get().state == State.REFUNDED
    assert broken_invariants() == []


def test_refund_is_sent_by_reconciliation(vase, failing_queue):
    attempt = make_paid_order((vase, 1)).attempts.get()
    with failing_queue():
        refunds.request_refund(
            attempt.pk, refunds.RefundTerms(key="k", reason="late", extra=Decimal(5))
        )

    reconcile.reconcile_open()

    attempt.refresh_from_db()
    assert attempt.state == State.PART_REFUNDED


def test_authorisation_of_a_cancelled_order_is_voided_by_reconciliation(
    vase, settings, failing_queue
):
    settings.PAYMENT_CAPTURE = "manual"
    attempt = order_held(vase, count=1)
    with failing_queue():
        move_order(attempt.order_id, CANCELLED)
    assert at_gateway(attempt)[0] == "requires_capture"

    reconcile.reconcile_open()

    attempt.refresh_from_db()
    assert (attempt.state, at_gateway(attempt)[0]) == (State.VOIDED, "canceled")


def test_authorisation_under_review_of_a_cancelled_order_is_voided_by_reconciliation(
    vase, settings, failing_queue
):
    settings.PAYMENT_CAPTURE = "manual"
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    with faults.webhooks_held():
        pay(attempt)
        store.change_intent(
            DemoIntent.objects.get(),
            "payment_intent.amount_capturable_updated",
            amount_capturable=100,
        )
    settle.settle(attempt.intent_id)
    with failing_queue():
        move_order(attempt.order_id, CANCELLED)
    attempt.refresh_from_db()
    assert attempt.state == State.REVIEW

    reconcile.reconcile_open()

    attempt.refresh_from_db()
    assert (attempt.state, at_gateway(attempt)[0]) == (State.VOIDED, "canceled")


def test_event_is_accepted_and_processed_by_the_scheduler(client, vase, failing_queue):
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    with failing_queue():
        pay(attempt)
        assert post(client, event_body(attempt.intent_id)).status_code == 200
    assert StripeEvent.objects.get(event_id="evt_1").progress == StripeEvent.Progress.WAITING

    webhooks.process_waiting_events()

    attempt.refresh_from_db()
    assert attempt.state == State.PAID


def test_mail_is_sent_by_the_scheduler(db, mailoutbox, failing_queue):
    with failing_queue():
        queue_mail(key="k", to="ada@example.com", subject="News", text="Hello")

    send_waiting_mail()

    assert [mail.subject for mail in mailoutbox] == ["News"]


def test_withdrawal_is_linked_by_the_scheduler(vase, failing_queue):
    order = make_paid_order((vase, 1))
    with failing_queue():
        submit_withdrawal(Statement("Ada Marsh", "ada@example.com", order.number))
        submit_withdrawal(Statement("Ada Marsh", "ada@example.com", "SM-UNKNOWN"))

    match_new_withdrawals()

    rows = Withdrawal.objects.order_by("pk")
    assert list(rows.values_list("order", flat=True)) == [order.pk, None]


def test_offer_on_many_products_changes_their_prices_at_once(shop, failing_queue, monkeypatch):
    monkeypatch.setattr(refresh_queue, "BATCH", 1)
    mug, cup = make_product("Mug", price="20.00"), make_product("Cup", price="10.00")

    with failing_queue():
        make_offer()

    assert (card_price(mug), card_price(cup)) == (Decimal("18.00"), Decimal("9.00"))


def test_purchases_are_counted_in_lists_at_once(shop, failing_queue):
    mug = make_product("Mug", price="20.00")
    order = make_paid_order((mug, 1))

    with failing_queue(), transaction.atomic():
        count_purchases(order)

    assert [*broken_listings()] == []


def test_photograph_is_rendered_at_once(site_root, vase, failing_queue):
    with failing_queue():
        image = photo_for(add_picture(vase))

    assert image.renditions.count() == len(specs_for(image))


def test_customer_of_a_deleted_account_is_deleted_at_the_gateway(db, failing_queue):
    user = make_user()
    get_or_create_customer(user)

    with failing_queue():
        user.stripe_customer.delete()

    assert not DemoCustomer.objects.exists()
