"""The demo gateway's API: the endpoints of Stripe that the shop calls, with Stripe's rules.

Responses have the shape of Stripe's, in the version that ``gateways.stripe`` pins.
"""

import hashlib
import json
import secrets
import time

import stripe
from django.db import IntegrityError, transaction

from demo_gateway import customers, faults, post_payment
from demo_gateway.events import emit
from demo_gateway.models import DemoCharge, DemoIntent, DemoRequest
from demo_gateway.refusal import Refused
from demo_gateway.store import change_intent, find_intent
from demo_gateway.types import Body, Params

CANCELLABLE = {
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
}


#: Parameter errors that Stripe reports before it uses the idempotency key
#: (https://docs.stripe.com/api/idempotent_requests).
INVALID_PARAMETERS = {"amount_too_small", "parameter_invalid_integer"}


def answer(method: str, path: str, params: Params, *, key: str = "") -> tuple[int, Body]:
    """Answer one API call with ``(status, body)``. Raises APIConnectionError for some faults."""
    fault = faults.before_request()
    if fault == "error":
        return 500, {"error": {"type": "api_error", "message": "demo: internal error"}}
    if fault == "revoked":
        return 401, {"error": {"type": "invalid_request_error", "message": "demo: expired keys"}}
    try:
        status, body = _answer_once(method, path, params, key=key)
    except Refused as refusal:
        status, body = refusal.status, refusal.body
    if fault == "drop":
        raise stripe.APIConnectionError("demo: the response was lost")
    return status, body


def _answer_once(method: str, path: str, params: Params, *, key: str) -> tuple[int, Body]:
    if not key or method != "POST":
        return 200, _route(method, path, params)
    fingerprint = hashlib.sha256(json.dumps([path, params], sort_keys=True).encode()).hexdigest()
    try:
        with transaction.atomic():
            known = DemoRequest.objects.filter(key=key).first()
            if known is None:
                status, body = _route_or_refuse(method, path, params)
                if body.get("error", {}).get("code") in INVALID_PARAMETERS:
                    return status, body
                # Also for refusals, as at Stripe: a key always repeats its first response.
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


def _route_or_refuse(method: str, path: str, params: Params) -> tuple[int, Body]:
    try:
        with transaction.atomic():
            return 200, _route(method, path, params)
    except Refused as refusal:
        return refusal.status, refusal.body


def _route(method: str, path: str, params: Params) -> Body:
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
        case ("POST", "payment_intents", intent_id, "capture"):
            return with_charge(post_payment.capture(intent_id, params))
        case ("POST", "refunds"):
            return post_payment.create_refund(params)
        case ("GET", "refunds"):
            return post_payment.list_made(params, prefix="re_", url="/v1/refunds")
        case ("GET", "disputes"):
            return post_payment.list_made(params, prefix="du_", url="/v1/disputes")
        case ("POST", "customers"):
            return customers.create_customer(params)
        case ("DELETE", "customers", customer_id):
            return customers.delete_customer(customer_id)
        case ("GET", "customers", customer_id, "payment_methods"):
            return customers.list_cards(customer_id)
        case ("POST", "customer_sessions"):
            return customers.customer_session(params)
        case ("POST", "setup_intents"):
            return customers.create_setup_intent(params)
        case ("GET", "setup_intents", setup_id):
            return customers.retrieve_setup_intent(setup_id)
        case ("POST", "payment_methods", card_id, "detach"):
            return customers.detach_card(card_id)
        case ("POST", "payment_method_domains"):
            return domain(params)
    raise Refused(404, f"Unrecognized request URL ({method}: {path}).")


def create_intent(params: Params) -> Body:
    """Create an intent. The amount is in minor units, at least 30."""
    try:
        amount = int(params["amount"])
    except (KeyError, ValueError):
        raise Refused(400, "Missing or invalid amount.", code="parameter_invalid_integer") from None
    if amount < 30:
        raise Refused(400, "Amount must be at least 30 pence.", code="amount_too_small")
    customer = params.get("customer")
    if customer:
        customers.find_customer(customer)
    body = intent_body(amount, params, created=int(time.time()))
    with transaction.atomic():
        DemoIntent.objects.create(
            intent_id=body["id"], client_secret=body["client_secret"], body=body
        )
        emit("payment_intent.created", body)
    return body


def intent_body(amount: int, params: Params, *, created: int) -> Body:
    """A new intent over an amount in minor units, as the API returns it."""
    intent_id = f"pi_demo_{secrets.token_hex(12)}"
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_received": 0,
        "amount_capturable": 0,
        "currency": params.get("currency", ""),
        "status": "requires_payment_method",
        "client_secret": f"{intent_id}_secret_{secrets.token_hex(12)}",
        "capture_method": params.get("capture_method", "automatic"),
        "confirmation_method": "automatic",
        "created": created,
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "receipt_email": params.get("receipt_email"),
        "customer": params.get("customer"),
        "statement_descriptor_suffix": params.get("statement_descriptor_suffix"),
        "payment_method_types": ["card"],
        "latest_charge": None,
        "last_payment_error": None,
        "next_action": None,
        "canceled_at": None,
    }


def with_charge(body: Body) -> Body:
    """The intent with its charge expanded."""
    charge = DemoCharge.objects.filter(object_id=body["latest_charge"] or "").first()
    return {**body, "latest_charge": charge.body} if charge else body


def list_intents(params: Params) -> Body:
    """A page of the intents created since a time, newest first."""
    since = int(params.get("created", {}).get("gte", 0))
    rows = DemoIntent.objects.order_by("-pk")
    if cursor := params.get("starting_after"):
        rows = rows.filter(pk__lt=find_intent(cursor).pk)
    limit = min(int(params.get("limit", 10)), 100)
    found = [row.body for row in rows[: limit + 1] if row.body["created"] >= since]
    if "data.latest_charge" in params.get("expand", {}).values():
        charges = DemoCharge.objects.in_bulk(
            [body["latest_charge"] for body in found if body["latest_charge"]],
            field_name="object_id",
        )
        found = [
            {**body, "latest_charge": charges[body["latest_charge"]].body}
            if body["latest_charge"] in charges
            else body
            for body in found
        ]
    return {
        "object": "list",
        "url": "/v1/payment_intents",
        "has_more": len(found) > limit,
        "data": found[:limit],
    }


def cancel_intent(intent_id: str) -> Body:
    """Cancel an intent, unless it is paid or being processed."""
    with transaction.atomic():
        intent = find_intent(intent_id, lock=True)
        if intent.body["status"] not in CANCELLABLE:
            raise Refused(
                400,
                f"You cannot cancel this PaymentIntent: it is {intent.body['status']}.",
                code="payment_intent_unexpected_state",
            )
        change_intent(
            intent, "payment_intent.canceled", status="canceled", amount_capturable=0,
            canceled_at=int(time.time()),
        )  # fmt: skip
    return intent.body


def domain(params: Params) -> Body:
    """A registered domain for wallets."""
    ready = {"status": "active"}
    return {
        "id": f"pmd_demo_{secrets.token_hex(8)}",
        "object": "payment_method_domain",
        "amazon_pay": ready,
        "apple_pay": ready,
        "created": int(time.time()),
        "domain_name": params.get("domain_name", ""),
        "enabled": True,
        "google_pay": ready,
        "klarna": ready,
        "link": ready,
        "livemode": False,
        "paypal": ready,
    }
