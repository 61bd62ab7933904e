"""The interface of a payment gateway. All amounts are in minor units.

``stripe`` takes cards and wallets, ``transfer`` takes bank transfers, and ``registry`` picks the
gateway of an attempt.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Intent:
    """A payment intent as the gateway reports it now.

    ``status`` is Stripe's (https://docs.stripe.com/payments/paymentintents/lifecycle).
    ``capturable_minor`` is authorised and not captured yet, until ``held_until`` if the gateway
    reports it. ``may_capture_often`` is true if the bank allows several partial captures.
    """

    id: str
    status: str
    amount_minor: int
    received_minor: int
    currency: str
    client_secret: str = field(repr=False, default="")
    charge_id: str = ""
    error: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    brand: str = ""
    last4: str = ""
    capturable_minor: int = 0
    held_until: datetime | None = None
    may_capture_often: bool = False


@dataclass(frozen=True)
class Refund:
    """A refund as the gateway reports it now; ``status`` is Stripe's.

    ``metadata`` holds the key of our refund request, unless the refund was made at the gateway.
    """

    id: str
    status: str
    amount_minor: int = 0
    intent_id: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Dispute:
    """A dispute as the gateway reports it now; ``status`` and ``reason`` are Stripe's."""

    id: str
    status: str
    reason: str
    amount_minor: int
    intent_id: str
    answer_until: datetime | None = None


@dataclass(frozen=True)
class SavedCard:
    """A card saved at the gateway. The shop never knows more of it than this."""

    id: str
    brand: str
    last4: str
    expiry: str


@dataclass(frozen=True)
class Setup:
    """A setup intent, which saves a card without a payment; ``status`` is Stripe's."""

    id: str
    status: str
    customer: str


@dataclass(frozen=True)
class Event:
    """A verified webhook event. It names the object to read; the gateway says what happened."""

    id: str
    type: str
    object_id: str
    livemode: bool
    metadata: dict[str, str] = field(default_factory=dict)


class Gateway(Protocol):
    """Calls raise GatewayUnavailable if the outcome is unknown and GatewayRefused if refused."""

    def create_intent(
        self,
        *,
        key: str,
        amount_minor: int,
        currency: str,
        metadata: dict[str, str],
        email: str,
        is_held: bool = False,
        customer: str = "",
    ) -> Intent:
        """Create an unconfirmed intent. The same key returns the same intent.

        ``is_held``: authorise the money only; ``capture`` takes it. ``customer`` is the account's
        customer id at the gateway, whose saved cards may be used.
        """
        ...

    def retrieve_intent(self, intent_id: str) -> Intent:
        """The intent as it is now."""
        ...

    def cancel_intent(self, intent_id: str) -> Intent:
        """Cancel the intent or its authorisation. Returns the intent, cancelled or not."""
        ...

    def list_intents(self, *, since: datetime) -> list[Intent]:
        """Every intent created since then, including those of other shops."""
        ...

    def capture(self, *, key: str, intent_id: str, amount_minor: int, is_final: bool) -> Intent:
        """Capture authorised money, once per key. A final capture voids the remainder."""
        ...

    def refund(
        self, *, key: str, intent_id: str, amount_minor: int, metadata: dict[str, str]
    ) -> Refund:
        """Refund an amount, once per key."""
        ...

    def list_refunds(self, *, intent_id: str = "", since: datetime | None = None) -> list[Refund]:
        """Every refund of an intent, or every refund made since then."""
        ...

    def list_disputes(self, *, intent_id: str = "", since: datetime | None = None) -> list[Dispute]:
        """Every dispute of an intent's charge, or every dispute opened since then."""
        ...


@dataclass(frozen=True)
class StandIn:
    """How to reach the stand-in for Stripe that ``settings.STRIPE_STAND_IN`` names.

    ``http_client`` is a ``stripe.HTTPClient``; every request goes through it.
    """

    secret_key: str
    publishable_key: str
    webhook_secret: str
    http_client: Any
