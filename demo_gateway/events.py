"""The demo gateway's webhook events: written in their change's transaction, signed, delivered, retried."""

import hashlib
import hmac
import json
import logging
import secrets
import time

from django.test import RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone
from django_tasks import task

from commerce.transactions import enqueue_on_commit
from demo_gateway import faults
from demo_gateway.keys import demo_webhook_secret
from demo_gateway.models import DemoEvent
from demo_gateway.types import Body

logger = logging.getLogger("vitrine.demo_gateway")

MAX_ATTEMPTS = 20


class NotAccepted(Exception):
    """The shop's webhook did not accept an event."""


def emit(event_type: str, body: Body) -> None:
    """Write an event in its change's transaction. It is delivered after the commit."""
    event_id = f"evt_demo_{secrets.token_hex(12)}"
    event = DemoEvent.objects.create(
        event_id=event_id,
        body={
            "id": event_id,
            "object": "event",
            "type": event_type,
            "created": int(time.time()),
            "livemode": False,
            "data": {"object": body},
        },
    )
    if not faults.has_fault(faults.REORDER):  # else the next round delivers, newest first
        enqueue_on_commit(deliver_event_task, event.pk)


def sign(payload: bytes, *, at: float | None = None) -> str:
    """The Stripe-Signature header of a body (https://docs.stripe.com/webhooks#verify-manually)."""
    stamp = int(at if at is not None else time.time())
    signed = f"{stamp}.{payload.decode()}".encode()
    digest = hmac.new(demo_webhook_secret().encode(), signed, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def deliver(event_id: int) -> None:
    """Deliver one event to the shop's webhook. If it is not accepted, it stays for the next round."""
    if faults.are_webhooks_held():
        return
    event = DemoEvent.objects.filter(pk=event_id, delivered_at=None).first()
    if event is None:
        return
    payload = json.dumps(event.body).encode()
    DemoEvent.objects.filter(pk=event.pk).update(attempts=event.attempts + 1)
    try:
        for _time in range(2 if faults.has_fault(faults.DUPLICATE) else 1):
            post_to_webhook(payload, sign(payload))
    except Exception as error:  # noqa: BLE001  a sender of webhooks sees only the failure
        logger.warning("event %s was not accepted: %s", event.event_id, error)
        return
    DemoEvent.objects.filter(pk=event.pk).update(delivered_at=timezone.now())


def post_to_webhook(payload: bytes, signature: str) -> None:
    """Post one event to the webhook's view, within the process.

    Raises NotAccepted for any status but 200. A request over the network would need a URL that
    every process of a demo can reach.
    """
    path = reverse("stripe-webhook")
    request = RequestFactory().post(
        path,
        data=payload,
        content_type="application/json",
        headers={"Stripe-Signature": signature},
        secure=True,
    )
    response = resolve(path).func(request)
    if response.status_code != 200:
        raise NotAccepted(f"the webhook returned {response.status_code}")


def deliver_waiting() -> None:
    """Deliver every event that was not accepted yet, like a gateway's retries."""
    waiting = DemoEvent.objects.filter(delivered_at=None, attempts__lt=MAX_ATTEMPTS)
    order = "-pk" if faults.has_fault(faults.REORDER) else "pk"
    for event_id in list(waiting.order_by(order).values_list("pk", flat=True)[:200]):
        deliver(event_id)


def replay(event_pk: int) -> None:
    """Deliver an event again, whether it was accepted or not."""
    DemoEvent.objects.filter(pk=event_pk).update(delivered_at=None)
    deliver(event_pk)


@task()
def deliver_event_task(event_id: int) -> None:
    """Deliver one event (see ``deliver``)."""
    deliver(event_id)


@task()
def deliver_waiting_events() -> None:
    """Deliver the events that were not accepted."""
    deliver_waiting()
