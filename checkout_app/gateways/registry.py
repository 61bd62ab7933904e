"""Picks the gateway of an attempt or an intent."""

from typing import cast

from django.conf import settings

from checkout_app.gateways.interface import Gateway
from checkout_app.gateways.stripe import get_gateway
from checkout_app.gateways.transfer import PREFIX as TRANSFER_PREFIX
from checkout_app.gateways.transfer import TransferGateway
from checkout_app.models import Method, PaymentAttempt
from commerce.demonstration import is_demonstration

_transfer = TransferGateway()


def _card_gateway() -> Gateway:
    # NoGateway answers every call with GatewayUnavailable, so it serves as a gateway too.
    return cast(Gateway, get_gateway())


def gateway_of(attempt: PaymentAttempt) -> Gateway:
    """The gateway of an attempt's payment method."""
    return _transfer if attempt.method == Method.TRANSFER else _card_gateway()


def gateway_for(intent_id: str) -> Gateway:
    """The gateway that created an intent."""
    return _transfer if intent_id.startswith(TRANSFER_PREFIX) else _card_gateway()


def all_gateways() -> tuple[Gateway, ...]:
    """Every gateway that may hold payments of this shop; reconciliation reads them all."""
    return (_card_gateway(), _transfer) if takes_cards() else (_transfer,)


def is_selling() -> bool:
    """Whether new payments may begin: ``SALES`` is on and cards can be charged."""
    return settings.SALES and takes_cards()


def takes_cards() -> bool:
    """Whether cards can be charged: Stripe's keys are set, or the shop is a demonstration."""
    return bool(settings.STRIPE_SECRET_KEY) or is_demonstration()
