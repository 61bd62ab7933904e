"""The only module that talks to Stripe. It returns the classes of ``gateways.interface``.

With ``STRIPE_SECRET_KEY`` the client talks to Stripe. In a demonstration the same client talks to
the stand-in that ``settings.STRIPE_STAND_IN`` names, so both use one code path.
"""

import json
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

import stripe
from django.conf import settings
from django.utils.module_loading import import_string

from checkout_app.exceptions import GatewayRefused, GatewayUnavailable, UnknownAtGateway
from checkout_app.gateways.interface import Dispute, Event, Intent, Refund, SavedCard, Setup
from checkout_app.gateways.unconfigured import NoGateway
from commerce.demonstration import is_demonstration

logger = logging.getLogger("vitrine.payments")

P = ParamSpec("P")
R = TypeVar("R")

#: Pinned, so that a change of the account's default version does not break parsing.
API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 15
#: https://docs.stripe.com/webhooks#replay-attacks
WEBHOOK_TOLERANCE_SECONDS = 300


@lru_cache(maxsize=1)
def get_gateway() -> "StripeGateway | NoGateway":
    """The card gateway, created once per process; ``NoGateway`` if none is set up."""
    if settings.STRIPE_SECRET_KEY:
        client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            stripe_version=API_VERSION,
            max_network_retries=2,
            http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        )
        return StripeGateway(client, webhook_secrets=settings.STRIPE_WEBHOOK_SECRETS)
    if not is_demonstration():
        return NoGateway()
    stand_in = import_string(settings.STRIPE_STAND_IN)()
    client = stripe.StripeClient(
        stand_in.secret_key,
        stripe_version=API_VERSION,
        max_network_retries=0,
        http_client=stand_in.http_client,
    )
    return StripeGateway(client, webhook_secrets=[stand_in.webhook_secret])


def publishable_key() -> str:
    """The key for Stripe's script, or the stand-in's, on the payment page; "" if none is set up."""
    if settings.STRIPE_PUBLISHABLE_KEY or not is_demonstration():
        return settings.STRIPE_PUBLISHABLE_KEY
    return import_string(settings.STRIPE_STAND_IN)().publishable_key


def translated(function: Callable[P, R]) -> Callable[P, R]:
    """Turn Stripe's exceptions into GatewayUnavailable and GatewayRefused."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (stripe.APIConnectionError, stripe.RateLimitError) as error:
            raise GatewayUnavailable(str(error)) from error
        except stripe.APIError as error:
            raise GatewayUnavailable(str(error)) from error
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            # Says nothing about the payment: the call may be repeated once the keys are right.
            logger.error("Stripe rejects this shop's API keys: %s", error)
            raise GatewayUnavailable(str(error)) from error
        except stripe.StripeError as error:
            if error.code == "resource_missing":
                raise UnknownAtGateway(error.user_message or str(error)) from error
            raise GatewayRefused(error.user_message or str(error)) from error

    return call


class StripeGateway:
    """checkout_app.gateways.interface.Gateway over stripe-python."""

    def __init__(self, client: stripe.StripeClient, *, webhook_secrets: Iterable[str]) -> None:
        self.client = client
        self.webhook_secrets = list(webhook_secrets)
        #: Whether the keys are live. Events of the other mode are not for this shop.
        self.is_live = "_live_" in settings.STRIPE_SECRET_KEY

    @translated
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
        params: Any = {
            "amount": amount_minor,
            "currency": currency.lower(),
            "automatic_payment_methods": {"enabled": True},
            # Explicit: it must match the Payment Element, and Stripe's default is "automatic_async".
            "capture_method": "manual" if is_held else "automatic",
            "metadata": metadata,
        }
        if email:
            params["receipt_email"] = email
        if settings.STATEMENT_DESCRIPTOR_SUFFIX:
            params["statement_descriptor_suffix"] = settings.STATEMENT_DESCRIPTOR_SUFFIX
        if is_held:
            params["payment_method_options"] = {"card": {"request_multicapture": "if_available"}}
        if customer:
            params["customer"] = customer
        return _intent(
            self.client.v1.payment_intents.create(params, options={"idempotency_key": key})
        )

    @translated
    def retrieve_intent(self, intent_id: str) -> Intent:
        return _intent(
            self.client.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]})
        )

    @translated
    def cancel_intent(self, intent_id: str) -> Intent:
        try:
            return _intent(self.client.v1.payment_intents.cancel(intent_id))
        except stripe.InvalidRequestError:
            # Too late to cancel, or cancelled already: the intent's status tells which.
            return self.retrieve_intent(intent_id)

    @translated
    def list_intents(self, *, since: datetime) -> list[Intent]:
        listing = self.client.v1.payment_intents.list(
            {
                "created": {"gte": int(since.timestamp())},
                "limit": 100,
                "expand": ["data.latest_charge"],
            }
        )
        # Read every page here, so that @translated sees the errors of all of them.
        return [_intent(intent) for intent in listing.auto_paging_iter()]

    @translated
    def capture(self, *, key: str, intent_id: str, amount_minor: int, is_final: bool) -> Intent:
        params: Any = {"amount_to_capture": amount_minor, "expand": ["latest_charge"]}
        if not is_final:  # Stripe's default is a final capture.
            params["final_capture"] = False
        return _intent(
            self.client.v1.payment_intents.capture(
                intent_id, params, options={"idempotency_key": key}
            )
        )

    @translated
    def refund(
        self, *, key: str, intent_id: str, amount_minor: int, metadata: dict[str, str]
    ) -> Refund:
        return _refund(
            self.client.v1.refunds.create(
                {"payment_intent": intent_id, "amount": amount_minor, "metadata": metadata},
                options={"idempotency_key": key},
            )
        )

    @translated
    def list_refunds(self, *, intent_id: str = "", since: datetime | None = None) -> list[Refund]:
        listing = self.client.v1.refunds.list(_list_params(intent_id, since))
        return [_refund(refund) for refund in listing.auto_paging_iter()]

    @translated
    def list_disputes(self, *, intent_id: str = "", since: datetime | None = None) -> list[Dispute]:
        listing = self.client.v1.disputes.list(_list_params(intent_id, since))
        return [_dispute(dispute) for dispute in listing.auto_paging_iter()]

    # --- Saved cards -------------------------------------------------------------------------------

    @translated
    def create_customer(self, *, key: str, email: str, metadata: dict[str, str]) -> str:
        """Create a customer and return its id. The same key returns the same customer."""
        params: Any = {"email": email, "metadata": metadata}
        return self.client.v1.customers.create(params, options={"idempotency_key": key}).id

    @translated
    def delete_customer(self, customer: str) -> None:
        """Delete a customer with its cards, if it still exists."""
        try:
            self.client.v1.customers.delete(customer)
        except stripe.InvalidRequestError as error:
            if error.code != "resource_missing":
                raise

    @translated
    def customer_session(self, customer: str) -> str:
        """The secret with which the Payment Element shows a customer's cards and saves new ones."""
        features = {
            "payment_method_redisplay": "enabled",
            "payment_method_save": "enabled",
            "payment_method_save_usage": "on_session",
            "payment_method_remove": "enabled",
        }
        components = {"payment_element": {"enabled": True, "features": features}}
        params: Any = {"customer": customer, "components": components}
        return self.client.v1.customer_sessions.create(params).client_secret

    @translated
    def setup_intent(self, *, key: str, customer: str) -> str:
        """The secret with which the browser saves a card without a payment."""
        params: Any = {
            "customer": customer,
            "usage": "on_session",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
        made = self.client.v1.setup_intents.create(params, options={"idempotency_key": key})
        return made.client_secret or ""

    @translated
    def retrieve_setup(self, setup_id: str) -> Setup:
        """The setup intent as it is now."""
        raw = self.client.v1.setup_intents.retrieve(setup_id)
        return Setup(id=raw.id, status=raw.status, customer=_id_of(raw.customer))

    @translated
    def saved_cards(self, customer: str) -> list[SavedCard]:
        """The saved cards of a customer, newest first."""
        listing = self.client.v1.customers.payment_methods.list(
            customer, {"type": "card", "limit": 100}
        )
        return [_saved_card(method) for method in listing.data]

    @translated
    def forget_card(self, card_id: str) -> None:
        """Detach a card from its customer. Raises GatewayRefused if it has none."""
        self.client.v1.payment_methods.detach(card_id)

    @translated
    def register_domain(self, domain: str) -> str:
        """Register a domain for wallets, as Apple Pay requires. Returns the registration's id."""
        return self.client.v1.payment_method_domains.create({"domain_name": domain}).id

    def read_event(self, payload: bytes, signature: str) -> Event:
        """The event in a webhook's body. Raises GatewayRefused if the signature is not valid."""
        for secret in self.webhook_secrets:
            try:
                stripe.WebhookSignature.verify_header(
                    payload.decode(), signature, secret, WEBHOOK_TOLERANCE_SECONDS
                )
                break
            except (stripe.SignatureVerificationError, UnicodeDecodeError):
                continue
        else:
            raise GatewayRefused("the signature is not valid")
        return _event(json.loads(payload))


def _intent(raw: Any) -> Intent:
    charge = raw.latest_charge
    card = None
    if charge is not None and not isinstance(charge, str) and charge.payment_method_details:
        card = getattr(charge.payment_method_details, "card", None)
    error = raw.last_payment_error
    multicapture = getattr(card, "multicapture", None)
    return Intent(
        id=raw.id,
        status=raw.status,
        amount_minor=raw.amount,
        received_minor=raw.amount_received or 0,
        currency=raw.currency.upper(),
        client_secret=raw.client_secret or "",
        charge_id=(charge if isinstance(charge, str) else getattr(charge, "id", "")) or "",
        error=(getattr(error, "message", "") or "") if error else "",
        metadata=_metadata(raw),
        brand=getattr(card, "brand", "") or "",
        last4=getattr(card, "last4", "") or "",
        capturable_minor=raw.amount_capturable or 0,
        held_until=_moment(getattr(card, "capture_before", None)),
        may_capture_often=getattr(multicapture, "status", "") == "available",
    )


def _refund(raw: Any) -> Refund:
    return Refund(
        id=raw.id,
        status=raw.status or "",
        amount_minor=raw.amount,
        intent_id=_id_of(raw.payment_intent),
        metadata=_metadata(raw),
        error=getattr(raw, "failure_reason", "") or "",
    )


def _dispute(raw: Any) -> Dispute:
    return Dispute(
        id=raw.id,
        status=raw.status,
        reason=raw.reason,
        amount_minor=raw.amount,
        intent_id=_id_of(raw.payment_intent),
        answer_until=_moment(raw.evidence_details.due_by if raw.evidence_details else None),
    )


def _saved_card(raw: Any) -> SavedCard:
    card = raw.card
    return SavedCard(
        raw.id, card.brand, card.last4, f"{card.exp_month:02}/{card.exp_year % 100:02}"
    )


def _list_params(intent_id: str, since: datetime | None) -> Any:
    """Parameters of a list: the objects of one intent, or all created since a moment."""
    params: dict[str, Any] = {"limit": 100}
    if intent_id:
        params["payment_intent"] = intent_id
    if since is not None:
        params["created"] = {"gte": int(since.timestamp())}
    return params


def _metadata(raw: Any) -> dict[str, str]:
    return dict(raw.metadata.to_dict() if raw.metadata else {})


def _id_of(expandable: Any) -> str:
    """The id of an object that Stripe sends either as an id or expanded; "" for None."""
    return (expandable if isinstance(expandable, str) else getattr(expandable, "id", "")) or ""


def _moment(stamp: int | None) -> datetime | None:
    return datetime.fromtimestamp(stamp, UTC) if stamp else None


def _event(raw: dict[str, Any]) -> Event:
    body = raw.get("data", {}).get("object", {})
    intent_id = body.get("id", "") if body.get("object") == "payment_intent" else ""
    return Event(
        id=raw["id"],
        type=raw["type"],
        object_id=intent_id or body.get("payment_intent") or body.get("id", ""),
        livemode=bool(raw.get("livemode")),
        metadata=body.get("metadata") or {},
    )
