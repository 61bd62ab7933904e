"""What happens in the customer's browser: Stripe's published test cards, and the bank's question.

Only those cards are accepted; a number is looked at and forgotten
(https://docs.stripe.com/testing#cards).
"""

import secrets
import time

from django.db import transaction
from django.utils import timezone

from checkout_app.demo_gateway.models import DemoCharge
from checkout_app.demo_gateway.server import Refused, change_intent, find_intent

SUCCEEDS, DECLINED, NO_FUNDS, ASKS_BANK = "succeeds", "declined", "no_funds", "asks_bank"
TEST_CARDS = {
    "4242424242424242": ("visa", SUCCEEDS),
    "5555555555554444": ("mastercard", SUCCEEDS),
    "4000000000000002": ("visa", DECLINED),
    "4000000000009995": ("visa", NO_FUNDS),
    "4000002500003155": ("visa", ASKS_BANK),
}
DECLINES = {
    DECLINED: ("generic_decline", "Your card was declined."),
    NO_FUNDS: ("insufficient_funds", "Your card has insufficient funds."),
}


def confirm(intent_id, *, client_secret, number, expiry):
    """Confirm an intent with a card, as Stripe.js does. Returns the intent's body.

    ``expiry`` is (month, year with four digits). Raises Refused with Stripe's error where the card
    is none of the test cards, has run out, or is declined; the intent can be tried again then.
    """
    with transaction.atomic():
        intent = _intent_of(intent_id, client_secret)
        if intent.body["status"] not in {"requires_payment_method", "requires_action"}:
            return intent.body
        digits = "".join(character for character in number if character.isdigit())
        if digits not in TEST_CARDS:
            raise Refused(402, "Your card number is not one of Stripe's test cards.",
                          code="incorrect_number", kind="card_error")  # fmt: skip
        _check_expiry(expiry)
        brand, outcome = TEST_CARDS[digits]
        if outcome == SUCCEEDS:
            return _succeed(intent, brand=brand, last4=digits[-4:])
        if outcome == ASKS_BANK:
            action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure"}}
            change_intent(
                intent, "payment_intent.requires_action",
                status="requires_action", next_action=action, last_payment_error=None,
            )  # fmt: skip
            return intent.body
        refusal = _decline(intent, *DECLINES[outcome])
    raise refusal


def authenticate(intent_id, *, client_secret, passed):
    """The bank's answer for a card that asked for it. Returns the intent's body."""
    with transaction.atomic():
        intent = _intent_of(intent_id, client_secret)
        if intent.body["status"] != "requires_action":
            return intent.body
        if passed:
            return _succeed(intent, brand="visa", last4="3155")
        refusal = _decline(
            intent,
            "payment_intent_authentication_failure",
            "Your bank could not confirm that it is you.",
        )
    raise refusal


def _intent_of(intent_id, client_secret):
    intent = find_intent(intent_id, lock=True)
    if not secrets.compare_digest(intent.client_secret, client_secret):
        raise Refused(401, "The client secret does not fit the payment intent.")
    return intent


def _check_expiry(expiry):
    month, year = expiry
    today = timezone.localdate()
    if not 1 <= month <= 12 or (year, month) < (today.year, today.month):
        raise Refused(402, "Your card's expiry date is in the past.",
                      code="expired_card", kind="card_error")  # fmt: skip


def _decline(intent, code, message):
    """Write the decline, and return the refusal to raise once it is committed."""
    error = {"type": "card_error", "code": "card_declined", "decline_code": code,
             "message": message}  # fmt: skip
    change_intent(
        intent, "payment_intent.payment_failed",
        status="requires_payment_method", last_payment_error=error, next_action=None,
    )  # fmt: skip
    return Refused(402, message, code="card_declined", kind="card_error")


def _succeed(intent, *, brand, last4):
    charge = {
        "id": f"ch_demo_{secrets.token_hex(12)}",
        "object": "charge",
        "amount": intent.body["amount"],
        "currency": intent.body["currency"],
        "payment_intent": intent.intent_id,
        "paid": True,
        "status": "succeeded",
        "created": int(time.time()),
        "payment_method_details": {"type": "card", "card": {"brand": brand, "last4": last4}},
    }
    DemoCharge.objects.create(object_id=charge["id"], intent=intent, body=charge)
    change_intent(
        intent, "payment_intent.succeeded",
        status="succeeded", amount_received=intent.body["amount"], latest_charge=charge["id"],
        last_payment_error=None, next_action=None,
    )  # fmt: skip
    return intent.body
