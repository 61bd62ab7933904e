"""The interface of a payment gateway: what payments.py may ask, in amounts of minor units."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Intent:
    """A payment intent as the gateway tells it now.

    ``status`` is Stripe's (https://docs.stripe.com/payments/paymentintents/lifecycle).
    """

    id: str
    status: str
    amount_minor: int
    received_minor: int
    currency: str
    client_secret: str = field(repr=False, default="")
    charge_id: str = ""
    error: str = ""
    metadata: dict = field(default_factory=dict)
    brand: str = ""
    last4: str = ""


@dataclass(frozen=True)
class Refund:
    """A refund as the gateway tells it now; ``status`` is Stripe's."""

    id: str
    status: str


@dataclass(frozen=True)
class Event:
    """A verified webhook event: what knocked, not what happened."""

    id: str
    type: str
    object_id: str
    livemode: bool
    metadata: dict = field(default_factory=dict)


class Gateway(Protocol):
    """Raises GatewayUnavailable where the outcome is unknown and GatewayRefused where it is no."""

    def create_intent(self, *, key, amount_minor, currency, metadata, email) -> Intent:
        """Create an unconfirmed intent; the same key gives the same intent."""

    def retrieve_intent(self, intent_id) -> Intent:
        """The intent as it is now."""

    def cancel_intent(self, intent_id) -> Intent:
        """Cancel it. Where it can no longer be cancelled: the intent as it is, whatever it is."""

    def list_intents(self, *, since: datetime):
        """Every intent created since then, ours and others'."""

    def refund(self, *, key, intent_id, amount_minor) -> Refund:
        """Pay back; the same key pays back once."""

    def read_event(self, payload: bytes, signature: str) -> Event:
        """The event of a signed webhook body. Raises GatewayRefused on a forged or stale one."""
