"""Captures, refunds and disputes at the demo gateway.

Also simulates actions in the gateway's own dashboard and at the customer's bank
(``refund_in_dashboard``, ``dispute``, ``expire_authorisation``), for tests and the fault simulator.
"""

import secrets
import time
from typing import Any

from django.db import transaction

from demo_gateway.events import emit
from demo_gateway.models import DemoCharge, DemoIntent
from demo_gateway.refusal import Refused
from demo_gateway.store import change_intent, find_intent
from demo_gateway.types import Body, Params

#: https://docs.stripe.com/api/payment_intents/capture
CAPTURE_STATUSES = {"requires_capture"}


def capture(intent_id: str, params: Params) -> Body:
    """Capture all or a part of an authorised amount. A final capture voids the rest."""
    with transaction.atomic():
        intent = find_intent(intent_id, lock=True)
        body = intent.body
        if body["status"] not in CAPTURE_STATUSES:
            raise Refused(
                400,
                f"This PaymentIntent could not be captured because it is {body['status']}.",
                code="payment_intent_unexpected_state",
            )
        amount = int(params.get("amount_to_capture", body["amount_capturable"]))
        if amount > body["amount_capturable"]:
            raise Refused(400, "The amount to capture is more than the amount authorised.",
                          code="amount_too_large")  # fmt: skip
        is_final = str(params.get("final_capture", "true")).lower() != "false"
        if not is_final and not _may_capture_often(intent):
            raise Refused(400, "This card cannot be captured more than once.",
                          code="parameter_invalid_empty")  # fmt: skip
        if not is_final and amount == body["amount_capturable"]:
            raise Refused(400, "A capture of the full authorised amount must be final.",
                          code="parameter_invalid_integer")  # fmt: skip
        if not amount and not body["amount_received"]:
            raise Refused(400, "Nothing has been captured yet: cancel the PaymentIntent instead.",
                          code="parameter_invalid_integer")  # fmt: skip
        received = body["amount_received"] + amount
        rest = 0 if is_final else body["amount_capturable"] - amount
        _change_charge(body["latest_charge"], captured=not rest, amount_captured=received)
        change_intent(
            intent,
            "payment_intent.succeeded" if not rest else "payment_intent.amount_capturable_updated",
            status="succeeded" if not rest else "requires_capture",
            amount_received=received,
            amount_capturable=rest,
        )
    return intent.body


def _may_capture_often(intent: DemoIntent) -> bool:
    return _charge(intent.body["latest_charge"]).body.get("payment_method_details", {}).get(
        "card", {}
    ).get("multicapture", {}).get("status") == "available"  # fmt: skip


def _charge(charge_id: str) -> DemoCharge:
    return DemoCharge.objects.get(object_id=charge_id)


def _change_charge(charge_id: str, **changes: Any) -> None:
    charge = DemoCharge.objects.filter(object_id=charge_id).first()
    if charge is not None:
        charge.body = {**charge.body, **changes}
        charge.save(update_fields=["body"])


def _update_charge_refunds(intent: DemoIntent) -> None:
    """Update the refunded amount of an intent's charge."""
    back = _paid_back(intent)
    refunded = back >= intent.body["amount_received"]
    _change_charge(intent.body["latest_charge"], amount_refunded=back, refunded=refunded)


def _paid_back(intent: DemoIntent) -> int:
    made = intent.objects_made.filter(object_id__startswith="re_")
    ended = ("failed", "canceled")
    return sum(row.body["amount"] for row in made if row.body["status"] not in ended)


def create_refund(params: Params, *, status: str = "succeeded") -> Body:
    """Refund part or all of the captured amount of an intent."""
    with transaction.atomic():
        intent = find_intent(params.get("payment_intent", ""), lock=True)
        received = intent.body["amount_received"]
        left = received - _paid_back(intent)
        amount = int(params.get("amount") or left)
        if amount > left or not amount:
            raise Refused(400, "Refund amount is greater than unrefunded amount on charge.",
                          code="charge_already_refunded")  # fmt: skip
        body = refund_body(intent.body, amount, params, status=status, created=int(time.time()))
        DemoCharge.objects.create(object_id=body["id"], intent=intent, body=body)
        _update_charge_refunds(intent)
        emit("refund.created", body)
        if status == "succeeded":
            emit("charge.refunded", {"id": body["charge"], "object": "charge",
                                     "payment_intent": intent.intent_id})  # fmt: skip
    return body


def refund_body(intent: Body, amount: int, params: Params, *, status: str, created: int) -> Body:
    """A refund of an intent, as the API returns it."""
    return {
        "id": f"re_demo_{secrets.token_hex(12)}",
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "currency": intent["currency"],
        "payment_intent": intent["id"],
        "charge": intent["latest_charge"],
        "status": status,
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "transfer_reversal": None,
        "created": created,
        "metadata": params.get("metadata", {}),
    }


def list_made(params: Params, *, prefix: str, url: str) -> Body:
    """A page of the refunds or disputes of an intent, or of those made since a time, newest first."""
    rows = DemoCharge.objects.filter(object_id__startswith=prefix).order_by("-pk")
    if intent_id := params.get("payment_intent"):
        rows = rows.filter(intent=find_intent(intent_id))
    since = int(params.get("created", {}).get("gte", 0))
    if after := params.get("starting_after"):
        rows = rows.filter(pk__lt=_charge(after).pk)
    limit = min(int(params.get("limit", 10)), 100)
    found = [row.body for row in rows[: limit + 1] if row.body["created"] >= since]
    return {
        "object": "list",
        "url": url,
        "has_more": len(found) > limit,
        "data": found[:limit],
    }


# --- Events outside the API ------------------------------------------------------------------------


def refund_in_dashboard(
    intent_id: str, amount: int | None = None, *, status: str = "succeeded"
) -> Body:
    """A refund made in the gateway's own dashboard. Returns its body."""
    params: Params = {"payment_intent": intent_id} | ({"amount": amount} if amount else {})
    return create_refund(params, status=status)


def dispute(intent_id: str, *, reason: str = "fraudulent") -> Body:
    """A dispute of the whole charge by the customer's bank. Returns its body."""
    with transaction.atomic():
        intent = find_intent(intent_id, lock=True)
        body = {
            "id": f"du_demo_{secrets.token_hex(12)}",
            "object": "dispute",
            "amount": intent.body["amount_received"],
            "balance_transactions": [],
            "charge": intent.body["latest_charge"],
            "created": int(time.time()),
            "currency": intent.body["currency"],
            "enhanced_eligibility_types": [],
            "evidence": {},
            "evidence_details": {
                "due_by": int(time.time()) + 7 * 86_400,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
            },
            "is_charge_refundable": False,
            "livemode": False,
            "metadata": {},
            "payment_intent": intent.intent_id,
            "reason": reason,
            "status": "needs_response",
        }
        DemoCharge.objects.create(object_id=body["id"], intent=intent, body=body)
        _change_charge(body["charge"], disputed=True)
        emit("charge.dispute.created", body)
    return body


def end_dispute(dispute_id: str, status: str) -> Body:
    """The bank's decision: "won" or "lost"."""
    with transaction.atomic():
        row = DemoCharge.objects.select_for_update().get(object_id=dispute_id)
        row.body = {**row.body, "status": status}
        row.save(update_fields=["body"])
        emit("charge.dispute.closed", row.body)
    return row.body


def expire_authorisation(intent_id: str) -> Body:
    """Let the authorisation expire, as a bank does after seven days."""
    with transaction.atomic():
        intent = find_intent(intent_id, lock=True)
        if intent.body["status"] in CAPTURE_STATUSES:
            change_intent(
                intent, "payment_intent.canceled", status="canceled", amount_capturable=0,
                canceled_at=int(time.time()), cancellation_reason="automatic",
            )  # fmt: skip
    return intent.body
