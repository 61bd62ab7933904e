"""Payment facts for every template."""

from django.conf import settings
from django.http import HttpRequest

from checkout_app.gateways.registry import takes_cards
from commerce.demonstration import is_demonstration


def payment(request: HttpRequest) -> dict[str, bool]:
    """``is_demo_payment``: the shop takes no real money. ``can_save_cards``: accounts
    may save cards."""
    return {
        "is_demo_payment": is_demonstration(),
        "can_save_cards": settings.SAVED_CARDS and takes_cards(),
    }
