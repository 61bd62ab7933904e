"""The only module that speaks to Stripe; it turns Stripe's answers into checkout_app.gateway's.

With STRIPE_SECRET_KEY in the environment the client speaks to Stripe. Without it the same client
speaks to the demo gateway inside this process, so that both take one code path.
"""

import json
from functools import lru_cache

import stripe
from django.conf import settings

from checkout_app.demo_gateway.client import DEMO_KEY, DemoHTTPClient, demo_webhook_secret
from checkout_app.exceptions import GatewayRefused, GatewayUnavailable, UnknownIntent
from checkout_app.gateway import Event, Intent, Refund

#: Pinned: an account's default version must not change what we parse.
API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 15
#: https://docs.stripe.com/webhooks#replay-attacks
WEBHOOK_TOLERANCE_SECONDS = 300


@lru_cache(maxsize=1)
def get_gateway():
    """The shop's gateway, made once per process."""
    if settings.STRIPE_SECRET_KEY:
        client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            stripe_version=API_VERSION,
            max_network_retries=2,
            http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        )
        return StripeGateway(client, webhook_secrets=settings.STRIPE_WEBHOOK_SECRETS)
    client = stripe.StripeClient(
        DEMO_KEY, stripe_version=API_VERSION, max_network_retries=0, http_client=DemoHTTPClient()
    )
    return StripeGateway(client, webhook_secrets=[demo_webhook_secret()])


def translated(function):
    """Turn Stripe's exceptions into the two that payments.py knows."""

    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except (stripe.APIConnectionError, stripe.RateLimitError) as error:
            raise GatewayUnavailable(str(error)) from error
        except stripe.APIError as error:
            raise GatewayUnavailable(str(error)) from error
        except stripe.StripeError as error:
            if error.code == "resource_missing":
                raise UnknownIntent(error.user_message or str(error)) from error
            raise GatewayRefused(error.user_message or str(error)) from error

    return call


class StripeGateway:
    """checkout_app.gateway.Gateway over stripe-python."""

    def __init__(self, client, *, webhook_secrets):
        self.client = client
        self.webhook_secrets = list(webhook_secrets)

    @translated
    def create_intent(self, *, key, amount_minor, currency, metadata, email):
        params = {
            "amount": amount_minor,
            "currency": currency.lower(),
            "automatic_payment_methods": {"enabled": True},
            "metadata": metadata,
        }
        if email:
            params["receipt_email"] = email
        return _intent(
            self.client.v1.payment_intents.create(params, options={"idempotency_key": key})
        )

    @translated
    def retrieve_intent(self, intent_id):
        return _intent(
            self.client.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]})
        )

    @translated
    def cancel_intent(self, intent_id):
        try:
            return _intent(self.client.v1.payment_intents.cancel(intent_id))
        except stripe.InvalidRequestError:
            # Too late to cancel, or cancelled already: the intent itself tells which.
            return self.retrieve_intent(intent_id)

    @translated
    def list_intents(self, *, since):
        listing = self.client.v1.payment_intents.list(
            {"created": {"gte": int(since.timestamp())}, "limit": 100}
        )
        # Read to the end here: a page that fails later would raise what nobody translates.
        return [_intent(intent) for intent in listing.auto_paging_iter()]

    @translated
    def refund(self, *, key, intent_id, amount_minor):
        refund = self.client.v1.refunds.create(
            {"payment_intent": intent_id, "amount": amount_minor},
            options={"idempotency_key": key},
        )
        return Refund(id=refund.id, status=refund.status or "")

    def read_event(self, payload, signature):
        for secret in self.webhook_secrets:
            try:
                stripe.WebhookSignature.verify_header(
                    payload.decode(), signature, secret, WEBHOOK_TOLERANCE_SECONDS
                )
                break
            except (stripe.SignatureVerificationError, UnicodeDecodeError):
                continue
        else:
            raise GatewayRefused("the signature is not ours")
        return _event(json.loads(payload))


def _intent(raw):
    charge = raw.latest_charge
    card = None
    if charge is not None and not isinstance(charge, str) and charge.payment_method_details:
        card = getattr(charge.payment_method_details, "card", None)
    error = raw.last_payment_error
    return Intent(
        id=raw.id,
        status=raw.status,
        amount_minor=raw.amount,
        received_minor=raw.amount_received or 0,
        currency=raw.currency.upper(),
        client_secret=raw.client_secret or "",
        charge_id=(charge if isinstance(charge, str) else getattr(charge, "id", "")) or "",
        error=(getattr(error, "message", "") or "") if error else "",
        metadata=dict(raw.metadata.to_dict() if raw.metadata else {}),
        brand=getattr(card, "brand", "") or "",
        last4=getattr(card, "last4", "") or "",
    )


def _event(raw):
    body = raw.get("data", {}).get("object", {})
    intent_id = body.get("id", "") if body.get("object") == "payment_intent" else ""
    return Event(
        id=raw["id"],
        type=raw["type"],
        object_id=intent_id or body.get("payment_intent") or body.get("id", ""),
        livemode=bool(raw.get("livemode")),
        metadata=body.get("metadata") or {},
    )
