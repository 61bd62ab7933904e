"""The demo gateway's webhooks: made with the change they tell of, signed, delivered, retried."""

import hashlib
import hmac
import json
import logging
import secrets
import time

from django.db import transaction
from django.test import RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone
from django_tasks import task

from demo_gateway import faults
from demo_gateway.keys import demo_webhook_secret
from demo_gateway.models import DemoEvent

logger = logging.getLogger("vitrine.demo_gateway")

MAX_ATTEMPTS = 20


class NotTaken(Exception):
    """The shop's webhook did not take an event."""


def emit(event_type, body):
    """Write an event in the transaction of its change; it is delivered after the commit."""
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
    if not faults.has_fault(faults.REORDER):  # Else the next round delivers, the newest first.
        transaction.on_commit(lambda: deliver_event_task.enqueue(event.pk))


def sign(payload, *, at=None):
    """The Stripe-Signature header of a body (https://docs.stripe.com/webhooks#verify-manually)."""
    stamp = int(at if at is not None else time.time())
    signed = f"{stamp}.{payload.decode()}".encode()
    digest = hmac.new(demo_webhook_secret().encode(), signed, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def deliver(event_id):
    """Hand one event to the shop's webhook; what the shop does not take stays for the next round."""
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
    except Exception as error:  # noqa: BLE001  a webhook's sender only sees that it failed
        logger.warning("event %s was not taken: %s", event.event_id, error)
        return
    DemoEvent.objects.filter(pk=event.pk).update(delivered_at=timezone.now())


def post_to_webhook(payload: bytes, signature: str) -> None:
    """Send one event to the webhook's URL, as Stripe would, without leaving the process.

    Raises NotTaken for any answer but 200. A request over the network would need an address that
    every process of every installation can reach, which a demo has not.
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
        raise NotTaken(f"the webhook answered {response.status_code}")


def deliver_waiting():
    """Deliver every event that the shop has not taken yet, as a gateway's retries do."""
    waiting = DemoEvent.objects.filter(delivered_at=None, attempts__lt=MAX_ATTEMPTS)
    order = "-pk" if faults.has_fault(faults.REORDER) else "pk"
    for event_id in list(waiting.order_by(order).values_list("pk", flat=True)[:200]):
        deliver(event_id)


def replay(event_pk):
    """Deliver an event once more, whether it was taken or not."""
    DemoEvent.objects.filter(pk=event_pk).update(delivered_at=None)
    deliver(event_pk)


@task()
def deliver_event_task(event_id):
    """Deliver one event (see ``deliver``)."""
    deliver(event_id)


@task()
def deliver_waiting_events():
    """Deliver again what was not taken."""
    deliver_waiting()
