"""Which gateway serves whom. Everything that asks one gets it here."""

from django.conf import settings

from checkout_app.gateways.stripe import get_gateway as card_gateway
from checkout_app.gateways.transfer import PREFIX as TRANSFER_PREFIX
from checkout_app.gateways.transfer import TransferGateway
from checkout_app.models import Method
from commerce.demonstration import is_demonstration

_transfer = TransferGateway()


def gateway_of(attempt):
    """The gateway of an attempt's method."""
    return _transfer if attempt.method == Method.TRANSFER else card_gateway()


def gateway_for(intent_id):
    """The gateway that made an intent."""
    return _transfer if intent_id.startswith(TRANSFER_PREFIX) else card_gateway()


def all_gateways():
    """Every gateway that may hold something of ours: what the daily comparison looks through."""
    return (card_gateway(), _transfer) if takes_cards() else (_transfer,)


def is_selling() -> bool:
    """Whether new payments may begin: the shop is open (``SALES``), and a card can be charged."""
    return settings.SALES and takes_cards()


def takes_cards() -> bool:
    """Whether a card can be charged: with Stripe's keys, or by the stand-in of a demonstration."""
    return bool(settings.STRIPE_SECRET_KEY) or is_demonstration()
