"""Confirming payments in the browser, with Stripe's published test cards and a fake bank.

Only those cards are accepted, and card numbers are never stored
(https://docs.stripe.com/testing#cards).
"""

import secrets
import time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from demo_gateway import customers
from demo_gateway.models import DemoCharge, DemoCustomer, DemoIntent
from demo_gateway.refusal import Refused
from demo_gateway.store import change_intent, find_intent
from demo_gateway.types import Body, Expiry

SUCCEEDS, DECLINED, NO_FUNDS, ASKS_BANK = "succeeds", "declined", "no_funds", "asks_bank"
TEST_CARDS = {
    "4242424242424242": ("visa", SUCCEEDS),
    "5555555555554444": ("mastercard", SUCCEEDS),
    "4000000000000002": ("visa", DECLINED),
    "4000000000009995": ("visa", NO_FUNDS),
    "4000002500003155": ("visa", ASKS_BANK),
}
#: The outcome of a saved card, by its last four digits.
OUTCOMES = {number[-4:]: outcome for number, (_brand, outcome) in TEST_CARDS.items()}
#: Brands that allow several captures (at Stripe it depends on the network).
MULTICAPTURE_BRANDS = {"mastercard"}
HOLD_SECONDS = 7 * 86_400
DECLINES = {
    DECLINED: ("generic_decline", gettext_noop("Your card was declined.")),
    NO_FUNDS: ("insufficient_funds", gettext_noop("Your card has insufficient funds.")),
}


def confirm(
    intent_id: str,
    *,
    client_secret: str,
    number: str = "",
    expiry: Expiry = (0, 0),
    saved_card: str = "",
    save: bool = False,
) -> Body:
    """Confirm an intent with a card, as Stripe.js does. Returns the intent's body.

    The card is either a test card's ``number`` and ``expiry``, saved for the intent's customer if
    ``save`` is true, or a ``saved_card`` of that customer. Raises Refused with Stripe's error if
    the card is not a test card, has expired or is declined; the intent can be tried again then.
    """
    with transaction.atomic():
        intent = _intent_of(intent_id, client_secret)
        if intent.body["status"] not in {"requires_payment_method", "requires_action"}:
            return intent.body
        if saved_card:
            card = customers.card_of(intent.body.get("customer"), saved_card)
            brand, last4, outcome = card.brand, card.last4, OUTCOMES[card.last4]
            _check_expiry((card.exp_month, card.exp_year))
        else:
            brand, last4, outcome = _card_of(number, expiry)
        if save and intent.body.get("customer") and not saved_card and outcome not in DECLINES:
            customers.save_card(intent.body["customer"], brand=brand, last4=last4, expiry=expiry)
        if outcome == SUCCEEDS:
            return _succeed(intent, brand=brand, last4=last4)
        if outcome == ASKS_BANK:
            action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure"}}
            change_intent(
                intent, "payment_intent.requires_action",
                status="requires_action", next_action=action, last_payment_error=None,
            )  # fmt: skip
            return intent.body
        code, message = DECLINES[outcome]
        refusal = _decline(intent, code, _(message))
    raise refusal


def _card_of(number: str, expiry: Expiry) -> tuple[str, str, str]:
    digits = "".join(character for character in number if character.isdigit())
    if digits not in TEST_CARDS:
        raise Refused(402, _("Your card number is not one of Stripe’s test cards."),
                      code="incorrect_number", kind="card_error")  # fmt: skip
    _check_expiry(expiry)
    brand, outcome = TEST_CARDS[digits]
    return brand, digits[-4:], outcome


def confirm_setup(setup_id: str, *, client_secret: str, number: str, expiry: Expiry) -> Body:
    """Save a card without a payment. Returns the setup intent's id and status.

    A setup intent can be confirmed once: its secret is cleared, which marks it as succeeded.
    """
    waiting = DemoCustomer.objects.exclude(setup_secret="")
    customer = waiting.filter(setup_id=setup_id).exclude(setup_id="").first()
    if customer is None or not secrets.compare_digest(customer.setup_secret, client_secret):
        raise Refused(401, "The client secret does not match the setup intent.")
    brand, last4, outcome = _card_of(number, expiry)
    if outcome in DECLINES:
        raise Refused(402, _(DECLINES[outcome][1]), code="card_declined", kind="card_error")
    customers.save_card(customer.customer_id, brand=brand, last4=last4, expiry=expiry)
    DemoCustomer.objects.filter(pk=customer.pk).update(setup_secret="")
    return {"id": setup_id, "status": "succeeded"}


def session_cards(secret: str) -> list[Body]:
    """The saved cards for a customer session's secret, as the element lists them."""
    customer = DemoCustomer.objects.filter(session_secret=secret).exclude(session_secret="").first()
    if customer is None or customer.session_until < time.time():
        return []
    return [
        {"id": card.card_id, "brand": card.brand, "last4": card.last4}
        for card in customer.cards.order_by("-pk")
    ]


def authenticate(intent_id: str, *, client_secret: str, passed: bool) -> Body:
    """The result of the bank's authentication. Returns the intent's body."""
    with transaction.atomic():
        intent = _intent_of(intent_id, client_secret)
        if intent.body["status"] != "requires_action":
            return intent.body
        if passed:
            return _succeed(intent, brand="visa", last4="3155")
        refusal = _decline(
            intent,
            "payment_intent_authentication_failure",
            _("Your bank could not confirm that it is you."),
        )
    raise refusal


def _intent_of(intent_id: str, client_secret: str) -> DemoIntent:
    intent = find_intent(intent_id, lock=True)
    if not secrets.compare_digest(intent.client_secret, client_secret):
        raise Refused(401, "The client secret does not match the payment intent.")
    return intent


def _check_expiry(expiry: Expiry) -> None:
    month, year = expiry
    today = timezone.localdate()
    if not 1 <= month <= 12 or (year, month) < (today.year, today.month):
        raise Refused(402, _("Your card’s expiry date is in the past."),
                      code="expired_card", kind="card_error")  # fmt: skip


def _decline(intent: DemoIntent, code: str, message: str) -> Refused:
    """Write the decline and return the refusal, to be raised after the commit."""
    error = {"type": "card_error", "code": "card_declined", "decline_code": code,
             "message": message}  # fmt: skip
    change_intent(
        intent, "payment_intent.payment_failed",
        status="requires_payment_method", last_payment_error=error, next_action=None,
    )  # fmt: skip
    return Refused(402, message, code="card_declined", kind="card_error")


def _succeed(intent: DemoIntent, *, brand: str, last4: str) -> Body:
    """Capture the payment, or authorise it if the intent's capture method is manual."""
    is_held = intent.body["capture_method"] == "manual"
    amount = intent.body["amount"]
    card: Body = {"brand": brand, "last4": last4}
    if is_held:
        card["capture_before"] = int(time.time()) + HOLD_SECONDS
        is_available = brand in MULTICAPTURE_BRANDS
        card["multicapture"] = {"status": "available" if is_available else "unavailable"}
    charge = charge_body(intent.body, card, created=int(time.time()))
    DemoCharge.objects.create(object_id=charge["id"], intent=intent, body=charge)
    change_intent(
        intent,
        "payment_intent.amount_capturable_updated" if is_held else "payment_intent.succeeded",
        status="requires_capture" if is_held else "succeeded",
        amount_received=0 if is_held else amount,
        amount_capturable=amount if is_held else 0,
        latest_charge=charge["id"], last_payment_error=None, next_action=None,
    )  # fmt: skip
    return intent.body


def charge_body(intent: Body, card: Body, *, created: int) -> Body:
    """The charge of a paid or authorised intent, as the API returns it."""
    is_held = intent["capture_method"] == "manual"
    return {
        "id": f"ch_demo_{secrets.token_hex(12)}",
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0 if is_held else intent["amount"],
        "amount_refunded": 0,
        "billing_details": {},
        "captured": not is_held,
        "disputed": False,
        "livemode": False,
        "metadata": {},
        "refunded": False,
        "currency": intent["currency"],
        "payment_intent": intent["id"],
        "paid": True,
        "status": "succeeded",
        "created": created,
        "payment_method_details": {"type": "card", "card": card},
    }
