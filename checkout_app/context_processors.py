"""Payment facts for every template."""

from django.conf import settings
from django.http import HttpRequest

from checkout_app.gateways.registry import takes_cards
from commerce.demonstration import is_demonstration


def payment(request: HttpRequest) -> dict[str, bool]:
    """``is_demo_payment`` (no real money is taken) and ``can_save_cards`` (by accounts)."""
    return {
        "is_demo_payment": is_demonstration(),
        "can_save_cards": settings.SAVED_CARDS and takes_cards(),
    }
