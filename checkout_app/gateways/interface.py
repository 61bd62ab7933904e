"""The interface of a payment gateway: what the payers' floor may ask, in amounts of minor units.

``stripe_gateway`` takes cards and wallets, ``transfer_gateway`` money that people send and others
see arrive; ``gateways`` says which of them an attempt belongs to.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Intent:
    """A payment intent as the gateway tells it now.

    ``status`` is Stripe's (https://docs.stripe.com/payments/paymentintents/lifecycle).
    ``capturable_minor`` is held and not taken yet, until ``held_until`` where the gateway says so;
    ``may_capture_often`` says whether it can be taken in parts.
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
    capturable_minor: int = 0
    held_until: datetime | None = None
    may_capture_often: bool = False


@dataclass(frozen=True)
class Refund:
    """A refund as the gateway tells it now; ``status`` is Stripe's.

    ``metadata`` holds the key of the request that it was made for, if it is one of ours.
    """

    id: str
    status: str
    amount_minor: int = 0
    intent_id: str = ""
    metadata: dict = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Dispute:
    """A dispute as the gateway tells it now; ``status`` and ``reason`` are Stripe's."""

    id: str
    status: str
    reason: str
    amount_minor: int
    intent_id: str
    answer_until: datetime | None = None


@dataclass(frozen=True)
class SavedCard:
    """A card kept at the gateway: all that we ever know of it."""

    id: str
    brand: str
    last4: str
    expiry: str


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

    def create_intent(
        self, *, key, amount_minor, currency, metadata, email, is_held=False, customer=""
    ) -> Intent:
        """Create an unconfirmed intent; the same key gives the same intent.

        ``is_held``: the money is authorised only, and taken by ``capture``. ``customer`` is the
        account's counterpart at the gateway, whose cards may be used and kept.
        """

    def retrieve_intent(self, intent_id) -> Intent:
        """The intent as it is now."""

    def cancel_intent(self, intent_id) -> Intent:
        """Cancel it, a hold too. Where it can no longer be: the intent as it is, whatever it is."""

    def list_intents(self, *, since: datetime):
        """Every intent created since then, ours and others'."""

    def capture(self, *, key, intent_id, amount_minor, is_final) -> Intent:
        """Take held money; the same key takes it once. What a final one leaves is given up."""

    def refund(self, *, key, intent_id, amount_minor, metadata) -> Refund:
        """Pay back; the same key pays back once."""

    def list_refunds(self, *, intent_id="", since: datetime | None = None):
        """Every refund of an intent, or every one made since then."""

    def list_disputes(self, *, intent_id="", since: datetime | None = None):
        """Every dispute of an intent's charge, or every one opened since then."""


@dataclass(frozen=True)
class StandIn:
    """What a stand-in for Stripe says of itself (``settings.STRIPE_STAND_IN``).

    ``http_client`` is a client of stripe-python's kind, and the only thing that it speaks through.
    """

    secret_key: str
    publishable_key: str
    webhook_secret: str
    http_client: Any
