"""Fault simulator: its page, the table that reaches every process, unmatched payments, modes."""

import pytest
from django.urls import reverse

from checkout_app.dashboard.work_queue import sections_for
from checkout_app.exceptions import GatewayUnavailable
from checkout_app.models import PaymentAttempt, State, StripeEvent
from checkout_app.payments import begin, reconcile, settle, webhooks
from demo_gateway import events, faults
from demo_gateway.models import DemoEvent, DemoFault, DemoIntent
from tests.factories import make_basket, make_submission, make_user, pay
from tests.signing import prove_again

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(client):
    """The superuser, signed in."""
    user = make_user("boss@example.com", is_staff=True, is_superuser=True)
    client.force_login(user)
    prove_again(client)
    return user


@pytest.fixture
def begun(vase):
    """An order waiting for payment."""
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    return attempt


def test_page_sets_and_clears_faults(client, boss, begun):
    url = reverse("demo-faults")
    client.post(url, {"act": "set", "fault": "unreachable"})
    assert "can’t be reached" in client.get(url).content.decode()

    with pytest.raises(GatewayUnavailable):
        settle.settle(begun.intent_id)
    settle.settle(begun.intent_id)  # used up

    client.post(url, {"act": "set", "fault": "hold"})
    pay(begun)
    assert PaymentAttempt.objects.get().state == State.INTENT
    client.post(url, {"act": "clear"})
    client.post(url, {"act": "deliver-all"})
    assert PaymentAttempt.objects.get().state == State.PAID
    assert not DemoFault.objects.exists()


def test_page_refunds_disputes_and_redelivers(client, boss, begun):
    pay(begun)
    url = reverse("demo-faults")

    client.post(url, {"act": "deliver", "key": DemoEvent.objects.latest("pk").pk})
    client.post(url, {"act": "dispute", "key": begun.intent_id})
    client.post(url, {"act": "refund", "key": begun.intent_id})

    attempt = PaymentAttempt.objects.get()
    assert (attempt.state, attempt.disputes.count()) == (State.REFUNDED, 1)
    assert client.get(url).status_code == 200
    client.post(url, {"act": "refund", "key": begun.intent_id})
    assert "greater than unrefunded" in client.get(url).content.decode()


def test_page_needs_a_superuser_and_a_shop_without_keys(client, boss, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_x"
    assert client.get(reverse("demo-faults")).status_code == 404
    settings.STRIPE_SECRET_KEY = ""
    client.force_login(make_user("staff@example.com", is_staff=True))
    assert client.get(reverse("demo-faults")).status_code == 403


def test_webhooks_delivered_twice_and_late_charge_once(begun):
    faults.set_fault(faults.DUPLICATE)
    faults.set_fault(faults.REORDER)
    pay(begun)
    assert PaymentAttempt.objects.get().state == State.INTENT

    events.deliver_waiting()

    attempt = PaymentAttempt.objects.get()
    assert (attempt.state, attempt.transactions.count()) == (State.PAID, 1)


def test_delayed_response_arrives(begun, monkeypatch):
    waited = []
    monkeypatch.setattr(faults.time, "sleep", waited.append)
    faults.set_fault(faults.DELAY, seconds=3)

    settle.settle(begun.intent_id)

    assert waited == [3]


def lose_order(attempt):
    """Delete the order but not the payment, as if the database was restored from a backup."""
    order = attempt.order
    PaymentAttempt.objects.all().delete()
    order.events.all()._raw_delete(order.events.db)
    order.delete()


def test_paid_unmatched_intent_is_parked_and_refunded(client, boss, begun):
    with faults.webhooks_held():
        pay(begun)
        lose_order(begun)

        assert len(reconcile.reconcile_recent()) == 1
        reconcile.reconcile_recent()
    row = StripeEvent.objects.get(type="vitrine.orphan")
    assert row.progress == StripeEvent.Progress.PARKED

    client.post(reverse("attention"), {"kind": "unmatched", "key": row.pk})

    row.refresh_from_db()
    assert row.progress == StripeEvent.Progress.DONE


def test_unmatched_payment_is_one_item_despite_several_events(client, boss, begun):
    with faults.webhooks_held():
        pay(begun)
        lose_order(begun)
    events.deliver_waiting()
    StripeEvent.objects.filter(object_id=begun.intent_id).update(
        progress=StripeEvent.Progress.PARKED
    )

    reconcile.reconcile_recent()
    waits = StripeEvent.objects.filter(progress=StripeEvent.Progress.PARKED)
    assert [row.type for row in waits] == ["vitrine.orphan"]
    client.post(reverse("attention"), {"kind": "unmatched", "key": waits.get().pk})
    events.deliver_waiting()
    for _round in range(webhooks.MAX_ATTEMPTS):
        webhooks.process_waiting_events()

    assert StripeEvent.objects.filter(type="refund.created").exists()
    assert set(StripeEvent.objects.values_list("progress", flat=True)) == {
        StripeEvent.Progress.DONE
    }


def test_unpaid_unmatched_intent_is_cancelled(begun):
    lose_order(begun)

    reconcile.reconcile_recent()

    assert DemoIntent.objects.get().body["status"] == "canceled"


def test_event_of_the_other_mode_is_ignored(begun, monkeypatch):
    pay(begun)
    payload = DemoEvent.objects.latest("pk").body | {"id": "evt_live", "livemode": True}
    raw = events.json.dumps(payload).encode()

    webhooks.store_event(raw, events.sign(raw))

    assert StripeEvent.objects.get(event_id="evt_live").progress == StripeEvent.Progress.FOREIGN


def test_work_queue_shows_late_items_and_its_button_retries(client, boss, begun, monkeypatch):
    PaymentAttempt.objects.update(expires_at="2020-01-01T00:00:00Z")
    with faults.webhooks_held():
        pay(begun)
    late = next(section for section in sections_for(boss) if section.kind.code == "open")
    assert late.count == 1

    client.post(reverse("attention"), {"kind": "open", "key": begun.pk})

    assert PaymentAttempt.objects.get().state == State.PAID
