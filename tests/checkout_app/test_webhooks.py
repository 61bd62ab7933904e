"""The webhook over HTTP: which events are accepted, stored and processed."""

import hashlib
import hmac
import json
import time

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from checkout_app.exceptions import GatewayUnavailable
from checkout_app.gateways.stripe import WEBHOOK_TOLERANCE_SECONDS, get_gateway
from checkout_app.models import PaymentAttempt, State, StripeEvent
from checkout_app.payments import begin, webhooks
from demo_gateway import events, faults, server
from tests.factories import make_basket, make_submission, pay

pytestmark = pytest.mark.django_db(transaction=True)
Progress = StripeEvent.Progress


def event_body(object_id="pi_unknown", *, event_id="evt_1", metadata=None, kind="payment_intent"):
    """An event as Stripe sends it."""
    return {
        "id": event_id,
        "object": "event",
        "type": f"{kind}.succeeded",
        "livemode": False,
        "data": {"object": {"id": object_id, "object": kind, "metadata": metadata or {}}},
    }


def signature(payload, secret, *, at=None):
    """Stripe's signature header, computed from its documentation and not with our code."""
    stamp = int(at or time.time())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def post(client, body, header=None):
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.generic(
        "POST",
        reverse("stripe-webhook"),
        payload,
        content_type="application/json",
        HTTP_STRIPE_SIGNATURE=events.sign(payload) if header is None else header,
    )


@pytest.fixture
def begun(vase):
    """An order for the one vase, waiting for payment. Its webhooks are held back."""
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    with faults.webhooks_held():
        yield attempt


def test_event_alone_pays_the_order(client, begun):
    pay(begun)

    response = post(client, event_body(begun.intent_id))

    assert response.status_code == 200
    begun.refresh_from_db()
    assert begun.state == State.PAID
    assert StripeEvent.objects.get(event_id="evt_1").progress == Progress.DONE


def test_event_triggers_a_read_and_is_not_trusted(client, begun):
    response = post(client, event_body(begun.intent_id))  # says succeeded, but nothing was paid

    assert response.status_code == 200
    begun.refresh_from_db()
    assert begun.state == State.INTENT
    assert begun.order.status == "Pending payment"


def test_repeated_event_is_stored_and_processed_once(client, begun):
    pay(begun)

    for _delivery in range(3):
        assert post(client, event_body(begun.intent_id)).status_code == 200

    row = StripeEvent.objects.get(event_id="evt_1")
    assert row.attempts == 1
    assert get_model("order", "Order").objects.get().status_changes.count() == 1


def test_forged_event_is_refused(client, begun):
    pay(begun)
    payload = json.dumps(event_body(begun.intent_id)).encode()

    response = post(client, payload, signature(payload, "whsec_guessed"))

    assert response.status_code == 400
    assert not StripeEvent.objects.filter(event_id="evt_1").exists()
    begun.refresh_from_db()
    assert begun.state == State.INTENT


def test_changed_body_with_a_valid_signature_is_refused(client, begun):
    header = events.sign(json.dumps(event_body("pi_other")).encode())

    assert post(client, event_body(begun.intent_id), header).status_code == 400


def test_event_outside_the_tolerance_is_refused(client, begun):
    payload = json.dumps(event_body(begun.intent_id)).encode()
    now = time.time()

    stale = events.sign(payload, at=now - WEBHOOK_TOLERANCE_SECONDS - 5)
    assert post(client, payload, stale).status_code == 400
    assert not StripeEvent.objects.filter(event_id="evt_1").exists()
    fresh = events.sign(payload, at=now - WEBHOOK_TOLERANCE_SECONDS + 30)
    assert post(client, payload, fresh).status_code == 200


@pytest.mark.parametrize("header", ["", "t=1", "v1=abc", "t=x,v1=y", "t=,v1=", "🗝"])
def test_malformed_header_is_refused(client, db, header):
    assert post(client, event_body(), header).status_code == 400
    assert StripeEvent.objects.count() == 0


@pytest.mark.parametrize(
    "body", [b"", b"nothing", b"[]", b"{}", b"null", b'{"id": "evt_1"}', b"\xff\xfe"]
)
def test_signed_body_without_an_event_is_refused(client, db, body):
    header = signature(body, get_gateway().webhook_secrets[0])

    assert post(client, body, header).status_code == 400
    assert StripeEvent.objects.count() == 0


def test_only_post_is_allowed(client, db):
    assert client.get(reverse("stripe-webhook")).status_code == 405


def test_both_secrets_are_accepted_during_rotation(client, db, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_rotating"
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_old"]
    get_gateway.cache_clear()
    elsewhere = {"site": "https://another.example"}  # so that Stripe is not called

    for secret in ("whsec_new", "whsec_old"):
        payload = json.dumps(event_body(event_id=f"evt_{secret}", metadata=elsewhere)).encode()
        assert post(client, payload, signature(payload, secret)).status_code == 200
    payload = json.dumps(event_body(event_id="evt_older", metadata=elsewhere)).encode()
    assert post(client, payload, signature(payload, "whsec_older")).status_code == 400

    assert StripeEvent.objects.filter(progress=Progress.FOREIGN).count() == 2


def test_event_of_another_shop_is_counted_and_ignored(client, begun):
    foreign = {"site": "https://another.example", "attempt": begun.key}

    response = post(client, event_body("pi_theirs", metadata=foreign))

    assert response.status_code == 200
    row = StripeEvent.objects.get(event_id="evt_1")
    assert (row.progress, row.attempts) == (Progress.FOREIGN, 0)


def test_unknown_intent_is_retried_and_then_parked(client, db):
    assert post(client, event_body("pi_unknown")).status_code == 200
    row = StripeEvent.objects.get()
    assert (row.progress, row.attempts) == (Progress.WAITING, 1)

    for _round in range(webhooks.MAX_ATTEMPTS):
        webhooks.process_waiting_events()

    row.refresh_from_db()
    assert (row.progress, row.attempts) == (Progress.PARKED, webhooks.MAX_ATTEMPTS)
    assert "pi_unknown" in row.last_error


def test_intent_of_this_shop_without_an_attempt_stays_visible(client, db):
    stray = server.create_intent({"amount": "500", "currency": "gbp"})

    post(client, event_body(stray["id"]))

    row = StripeEvent.objects.get(event_id="evt_1")
    assert (row.progress, row.last_error) == (Progress.WAITING, "this intent has no attempt")


def test_oldest_waiting_events_are_processed_first(db, monkeypatch):
    """Regression: 200 failing events kept older ones waiting until they were parked."""
    processed = []
    monkeypatch.setattr(webhooks, "process_event", processed.append)
    for name in ("evt_1", "evt_2", "evt_3"):
        StripeEvent.objects.create(event_id=name, type="x", progress=Progress.WAITING)

    webhooks.process_waiting_events()

    assert processed == ["evt_1", "evt_2", "evt_3"]


def test_event_during_a_gateway_outage_is_processed_later(client, begun):
    pay(begun)
    faults.plan("unreachable")
    assert post(client, event_body(begun.intent_id)).status_code == 200
    assert StripeEvent.objects.get(event_id="evt_1").progress == Progress.WAITING

    webhooks.process_waiting_events()

    assert PaymentAttempt.objects.get().state == State.PAID
    assert StripeEvent.objects.get(event_id="evt_1").progress == Progress.DONE


def test_failed_attempt_does_not_reopen_an_event_that_another_worker_completed(
    client, begun, monkeypatch
):
    pay(begun)
    StripeEvent.objects.create(event_id="evt_1", type="x", object_id=begun.intent_id)
    settle = webhooks.settle.settle

    def slow(intent_id):
        """Fails after another worker has processed the event."""
        monkeypatch.setattr(webhooks.settle, "settle", settle)
        webhooks.process_event("evt_1")
        raise GatewayUnavailable("timeout")

    monkeypatch.setattr(webhooks.settle, "settle", slow)
    webhooks.process_event("evt_1")

    row = StripeEvent.objects.get(event_id="evt_1")
    assert (row.progress, row.attempts, row.last_error) == (Progress.DONE, 2, "")


def test_unrelated_event_is_marked_as_done(client, db):
    assert post(client, event_body("po_1", kind="payout")).status_code == 200

    assert StripeEvent.objects.get().progress == Progress.DONE


def test_event_of_a_charge_settles_its_intent(client, begun):
    pay(begun)
    body = event_body("ch_1", kind="charge")
    body["data"]["object"]["payment_intent"] = begun.intent_id

    post(client, body)

    begun.refresh_from_db()
    assert begun.state == State.PAID


def test_refund_of_another_shop_in_the_same_account_is_ignored(client):
    """A refund made in Stripe's dashboard has no site mark, but its payment has."""
    theirs = server.create_intent(
        {"amount": "900", "currency": "gbp", "metadata": {"site": "https://another.example"}}
    )
    body = event_body("re_theirs", kind="refund")
    body["data"]["object"]["payment_intent"] = theirs["id"]

    post(client, body)

    row = StripeEvent.objects.get(event_id="evt_1")
    assert (row.progress, row.last_error) == (Progress.FOREIGN, "")
