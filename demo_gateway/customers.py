"""Customers and saved cards at the demo gateway: brand, last four digits and expiry only."""

import secrets
import time

from demo_gateway.models import DemoCard, DemoCustomer
from demo_gateway.refusal import Refused
from demo_gateway.types import Body, Expiry, Params


def create_customer(params: Params) -> Body:
    """Create a customer."""
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


def delete_customer(customer_id: str) -> Body:
    """Delete a customer with its cards."""
    find_customer(customer_id).delete()
    return {"id": customer_id, "object": "customer", "deleted": True}


def find_customer(customer_id: str) -> DemoCustomer:
    """The stored customer. Raises Refused (404) if there is none."""
    row = DemoCustomer.objects.filter(customer_id=customer_id).first()
    if row is None:
        raise Refused(404, f"No such customer: '{customer_id}'", code="resource_missing")
    return row


def customer_session(params: Params) -> Body:
    """Create a session secret with which the element shows a customer's cards for half an hour."""
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


def create_setup_intent(params: Params) -> Body:
    """Create a setup intent, which saves a card without a payment. It replaces the last one."""
    customer = find_customer(params.get("customer", ""))
    customer.setup_id = f"seti_demo_{secrets.token_hex(12)}"
    customer.setup_secret = f"{customer.setup_id}_secret_{secrets.token_hex(12)}"
    customer.save(update_fields=["setup_id", "setup_secret"])
    return setup_body(customer, usage=params.get("usage", "off_session"))


def retrieve_setup_intent(setup_id: str) -> Body:
    """A customer's latest setup intent. Raises Refused (404) for any other."""
    customer = DemoCustomer.objects.filter(setup_id=setup_id).exclude(setup_id="").first()
    if customer is None:
        raise Refused(404, f"No such setupintent: '{setup_id}'", code="resource_missing")
    return setup_body(customer, usage="on_session")


def setup_body(customer: DemoCustomer, *, usage: str) -> Body:
    """A setup intent as the API returns it. It has succeeded once its secret was used."""
    is_done = not customer.setup_secret
    return {
        "id": customer.setup_id,
        "object": "setup_intent",
        "client_secret": customer.setup_secret or None,
        "created": int(time.time()),
        "customer": customer.customer_id,
        "livemode": False,
        "payment_method_types": ["card"],
        "status": "succeeded" if is_done else "requires_payment_method",
        "usage": usage,
    }


def list_cards(customer_id: str) -> Body:
    """A customer's cards, newest first."""
    cards = find_customer(customer_id).cards.order_by("-pk")
    return {
        "object": "list",
        "url": f"/v1/customers/{customer_id}/payment_methods",
        "has_more": False,
        "data": [card_body(card) for card in cards],
    }


def card_body(card: DemoCard) -> Body:
    """A card as the API returns it."""
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


def detach_card(card_id: str) -> Body:
    """Detach a card from its customer."""
    card = DemoCard.objects.filter(card_id=card_id).select_related("customer").first()
    if card is None:
        raise Refused(404, f"No such PaymentMethod: '{card_id}'", code="resource_missing")
    body = {**card_body(card), "customer": None}
    card.delete()
    return body


def save_card(customer_id: str, *, brand: str, last4: str, expiry: Expiry) -> None:
    """Save a card for a customer. Saving the same card again changes nothing."""
    month, year = expiry
    DemoCard.objects.get_or_create(
        customer=find_customer(customer_id), brand=brand, last4=last4, exp_month=month,
        exp_year=year, defaults={"card_id": f"pm_demo_{secrets.token_hex(12)}"},
    )  # fmt: skip


def card_of(customer_id: str | None, card_id: str) -> DemoCard:
    """A customer's own card. Raises Refused (404) for any other."""
    card = DemoCard.objects.filter(card_id=card_id, customer__customer_id=customer_id).first()
    if card is None:
        raise Refused(404, "This card is not saved for the customer.", code="resource_missing")
    return card
