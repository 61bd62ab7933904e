"""What every template may know about payment."""

from django.conf import settings
from django.http import HttpRequest

from checkout_app.gateways.registry import takes_cards
from commerce.demonstration import is_demonstration


def payment(request: HttpRequest) -> dict[str, bool]:
    """``is_demo_payment``: no real money can move in this shop; ``keeps_cards``: accounts may keep
    cards."""
    return {
        "is_demo_payment": is_demonstration(),
        "keeps_cards": settings.SAVED_CARDS and takes_cards(),
    }
