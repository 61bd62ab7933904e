"""Accounts and their cards at the demo gateway. Of a card its brand, last four and expiry."""

import secrets
import time

from demo_gateway.models import DemoCard, DemoCustomer
from demo_gateway.refusal import Refused


def create_customer(params):
    """An account's counterpart."""
    row = DemoCustomer.objects.create(
        customer_id=f"cus_demo_{secrets.token_hex(8)}",
        body={"email": params.get("email"), "metadata": params.get("metadata", {})},
    )
    return {
        "id": row.customer_id,
        "object": "customer",
        "created": int(time.time()),
        "livemode": False,
        "default_source": None,
        "description": None,
        "shipping": None,
        **row.body,
    }


def delete_customer(customer_id):
    """Forget an account with its cards."""
    find_customer(customer_id).delete()
    return {"id": customer_id, "object": "customer", "deleted": True}


def find_customer(customer_id):
    """The stored counterpart; 404 where there is none."""
    row = DemoCustomer.objects.filter(customer_id=customer_id).first()
    if row is None:
        raise Refused(404, f"No such customer: '{customer_id}'", code="resource_missing")
    return row


def customer_session(params):
    """The secret with which the element shows an account's cards; good for half an hour."""
    customer = find_customer(params.get("customer", ""))
    customer.session_secret = f"cuss_demo_{secrets.token_hex(16)}"
    customer.session_until = int(time.time()) + 1800
    customer.save(update_fields=["session_secret", "session_until"])
    return {
        "object": "customer_session",
        "client_secret": customer.session_secret,
        "components": {"buy_button": {"enabled": False}, "payment_element": {"enabled": True},
                       "pricing_table": {"enabled": False}},
        "created": int(time.time()),
        "customer": customer.customer_id,
        "expires_at": customer.session_until,
        "livemode": False,
    }  # fmt: skip


def create_setup_intent(params):
    """A card that is to be kept without a payment."""
    customer = find_customer(params.get("customer", ""))
    customer.setup_id = f"seti_demo_{secrets.token_hex(12)}"
    customer.setup_secret = f"{customer.setup_id}_secret_{secrets.token_hex(12)}"
    customer.save(update_fields=["setup_id", "setup_secret"])
    return {
        "id": customer.setup_id,
        "object": "setup_intent",
        "client_secret": customer.setup_secret,
        "created": int(time.time()),
        "customer": customer.customer_id,
        "livemode": False,
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
    }


def list_cards(customer_id):
    """An account's cards, the newest first."""
    cards = find_customer(customer_id).cards.order_by("-pk")
    return {
        "object": "list",
        "url": f"/v1/customers/{customer_id}/payment_methods",
        "has_more": False,
        "data": [card_body(card) for card in cards],
    }


def card_body(card):
    """A card as the API gives it."""
    return {
        "id": card.card_id,
        "object": "payment_method",
        "type": "card",
        "billing_details": {},
        "created": int(card.created_at.timestamp()),
        "customer": card.customer.customer_id,
        "livemode": False,
        "metadata": {},
        "card": {
            "brand": card.brand,
            "last4": card.last4,
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
            "country": "GB",
            "funding": "credit",
        },
    }


def detach_card(card_id):
    """Take a card from its account."""
    card = DemoCard.objects.filter(card_id=card_id).select_related("customer").first()
    if card is None:
        raise Refused(404, f"No such PaymentMethod: '{card_id}'", code="resource_missing")
    body = {**card_body(card), "customer": None}
    card.delete()
    return body


def save_card(customer_id, *, brand, last4, expiry):
    """Keep a card for an account; the same one again is the same."""
    month, year = expiry
    DemoCard.objects.get_or_create(
        customer=find_customer(customer_id), brand=brand, last4=last4, exp_month=month,
        exp_year=year, defaults={"card_id": f"pm_demo_{secrets.token_hex(12)}"},
    )  # fmt: skip


def card_of(customer_id, card_id):
    """An account's own card. Refuses any other's."""
    card = DemoCard.objects.filter(card_id=card_id, customer__customer_id=customer_id).first()
    if card is None:
        raise Refused(404, "This card is not kept for the account.", code="resource_missing")
    return card
