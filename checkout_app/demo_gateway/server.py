"""The demo gateway's side of Stripe's API: the few endpoints the shop calls, with its rules.

Answers are shaped like Stripe's (version pinned in stripe_gateway) and pass its response types.
"""

import hashlib
import json
import secrets
import time

import stripe
from django.db import IntegrityError, transaction

from checkout_app.demo_gateway import faults
from checkout_app.demo_gateway.events import emit
from checkout_app.demo_gateway.models import DemoCharge, DemoIntent, DemoRequest

CANCELLABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}


#: Parameters that were refused before anything ran; their key stays free
#: (https://docs.stripe.com/api/idempotent_requests).
UNREAD = {"amount_too_small", "parameter_invalid_integer"}


class Refused(Exception):
    """The API says no: an HTTP status and Stripe's error object."""

    def __init__(self, status, message, *, code="", kind="invalid_request_error"):
        self.status = status
        self.body = {"error": {"type": kind, "message": message, "code": code or None}}
        super().__init__(message)


def answer(method, path, params, *, key=""):
    """Answer one API call: ``(status, body)``. Raises APIConnectionError where a fault says so."""
    fault = faults.before_request()
    if fault == "error":
        return 500, {"error": {"type": "api_error", "message": "demo: internal error"}}
    try:
        status, body = _answer_once(method, path, params, key=key)
    except Refused as refusal:
        status, body = refusal.status, refusal.body
    if fault == "drop":
        raise stripe.APIConnectionError("demo: the answer was lost")
    return status, body


def _answer_once(method, path, params, *, key):
    if not key or method != "POST":
        return 200, _route(method, path, params)
    fingerprint = hashlib.sha256(json.dumps([path, params], sort_keys=True).encode()).hexdigest()
    try:
        with transaction.atomic():
            known = DemoRequest.objects.filter(key=key).first()
            if known is None:
                status, body = _route_or_refuse(method, path, params)
                if body.get("error", {}).get("code") in UNREAD:
                    return status, body
                # Refusals too, as Stripe does: a key gives its first answer for good.
                DemoRequest.objects.create(
                    key=key, fingerprint=fingerprint, status=status, answer=body
                )
                return status, body
    except IntegrityError:  # the same key, at the same moment, from another process
        known = DemoRequest.objects.get(key=key)
    if known.fingerprint != fingerprint:
        raise Refused(400, "Keys for idempotent requests need the same parameters.",
                      kind="idempotency_error")  # fmt: skip
    return known.status, known.answer


def _route_or_refuse(method, path, params):
    try:
        with transaction.atomic():
            return 200, _route(method, path, params)
    except Refused as refusal:
        return refusal.status, refusal.body


def _route(method, path, params):
    parts = path.strip("/").split("/")[1:]
    match (method, *parts):
        case ("POST", "payment_intents"):
            return create_intent(params)
        case ("GET", "payment_intents"):
            return list_intents(params)
        case ("GET", "payment_intents", intent_id):
            return with_charge(find_intent(intent_id).body)
        case ("POST", "payment_intents", intent_id, "cancel"):
            return cancel_intent(intent_id)
        case ("POST", "refunds"):
            return create_refund(params)
    raise Refused(404, f"Unrecognized request URL ({method}: {path}).")


def create_intent(params):
    """An intent waiting for a payment method; amounts in minor units, at least 30."""
    try:
        amount = int(params["amount"])
    except (KeyError, ValueError):
        raise Refused(400, "Missing or invalid amount.", code="parameter_invalid_integer") from None
    if amount < 30:
        raise Refused(400, "Amount must be at least 30 pence.", code="amount_too_small")
    intent_id = f"pi_demo_{secrets.token_hex(12)}"
    secret = f"{intent_id}_secret_{secrets.token_hex(12)}"
    body = {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_received": 0,
        "amount_capturable": 0,
        "currency": params.get("currency", ""),
        "status": "requires_payment_method",
        "client_secret": secret,
        "capture_method": "automatic",
        "confirmation_method": "automatic",
        "created": int(time.time()),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "receipt_email": params.get("receipt_email"),
        "payment_method_types": ["card"],
        "latest_charge": None,
        "last_payment_error": None,
        "next_action": None,
        "canceled_at": None,
    }
    with transaction.atomic():
        DemoIntent.objects.create(intent_id=intent_id, client_secret=secret, body=body)
        emit("payment_intent.created", body)
    return body


def find_intent(intent_id, *, lock=False):
    """The stored intent; 404 where there is none."""
    intents = DemoIntent.objects.select_for_update() if lock else DemoIntent.objects
    intent = intents.filter(intent_id=intent_id).first()
    if intent is None:
        raise Refused(404, f"No such payment_intent: '{intent_id}'", code="resource_missing")
    return intent


def with_charge(body):
    """The intent with its charge expanded."""
    charge = DemoCharge.objects.filter(object_id=body["latest_charge"] or "").first()
    return {**body, "latest_charge": charge.body} if charge else body


def list_intents(params):
    """Intents created since a time, newest first, by pages."""
    since = int(params.get("created", {}).get("gte", 0))
    rows = DemoIntent.objects.order_by("-pk")
    if after := params.get("starting_after"):
        rows = rows.filter(pk__lt=find_intent(after).pk)
    limit = min(int(params.get("limit", 10)), 100)
    found = [row.body for row in rows[: limit + 1] if row.body["created"] >= since]
    return {
        "object": "list",
        "url": "/v1/payment_intents",
        "has_more": len(found) > limit,
        "data": found[:limit],
    }


def cancel_intent(intent_id):
    """Cancel, unless it was paid or the bank is at work."""
    with transaction.atomic():
        intent = find_intent(intent_id, lock=True)
        if intent.body["status"] not in CANCELLABLE:
            raise Refused(
                400,
                f"You cannot cancel this PaymentIntent: it is {intent.body['status']}.",
                code="payment_intent_unexpected_state",
            )
        change_intent(
            intent, "payment_intent.canceled", status="canceled", canceled_at=int(time.time())
        )
    return intent.body


def change_intent(intent, event_type, **changes):
    """Write changes to a locked intent and emit the event that tells of them."""
    intent.body = {**intent.body, **changes}
    intent.save(update_fields=["body"])
    emit(event_type, intent.body)


def create_refund(params):
    """Pay back a part or all of what an intent received."""
    with transaction.atomic():
        intent = find_intent(params.get("payment_intent", ""), lock=True)
        amount = int(params.get("amount") or intent.body["amount_received"])
        paid_back = sum(
            made.body["amount"] for made in intent.objects_made.filter(object_id__startswith="re_")
        )
        if amount > intent.body["amount_received"] - paid_back:
            raise Refused(400, "Refund amount is greater than unrefunded amount on charge.",
                          code="charge_already_refunded")  # fmt: skip
        body = {
            "id": f"re_demo_{secrets.token_hex(12)}",
            "object": "refund",
            "amount": amount,
            "currency": intent.body["currency"],
            "payment_intent": intent.intent_id,
            "charge": intent.body["latest_charge"],
            "status": "succeeded",
            "created": int(time.time()),
            "metadata": params.get("metadata", {}),
        }
        DemoCharge.objects.create(object_id=body["id"], intent=intent, body=body)
        emit("refund.created", body)
    return body
