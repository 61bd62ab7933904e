"""Payment facts for every template."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from checkout_app.gateways.registry import takes_cards
from commerce.demonstration import is_demonstration

#: The cards that every Stripe account takes.
CARDS = ("Visa", "Mastercard", "American Express")


def payment(request: HttpRequest) -> dict[str, Any]:
    """``is_demo_payment`` (no real money is taken), ``can_save_cards`` (by accounts), ``payment_marks``."""
    marks = list(CARDS) if takes_cards() else []
    if settings.TRANSFER_ACCOUNT:
        marks.append(_("Bank transfer"))
    return {
        "payment_marks": marks,
        "is_demo_payment": is_demonstration(),
        "can_save_cards": settings.SAVED_CARDS and takes_cards(),
    }
