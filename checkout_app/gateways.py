"""Which gateway serves whom. Everything that asks one gets it here."""

from checkout_app.models import Method
from checkout_app.stripe_gateway import get_gateway as card_gateway
from checkout_app.transfer_gateway import PREFIX as TRANSFER_PREFIX
from checkout_app.transfer_gateway import TransferGateway

_transfer = TransferGateway()


def gateway_of(attempt):
    """The gateway of an attempt's method."""
    return _transfer if attempt.method == Method.TRANSFER else card_gateway()


def gateway_for(intent_id):
    """The gateway that made an intent."""
    return _transfer if intent_id.startswith(TRANSFER_PREFIX) else card_gateway()


def all_gateways():
    """Every gateway that may hold something of ours: what the daily comparison looks through."""
    return (card_gateway(), _transfer)
