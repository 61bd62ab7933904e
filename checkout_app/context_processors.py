"""What every template may know about payment."""

from django.conf import settings

from checkout_app.gateways.registry import takes_cards
from demo_gateway.in_use import is_demo_gateway


def payment(request):
    """``is_demo_payment``: no real money can move in this shop; ``keeps_cards``: accounts may keep
    cards."""
    return {
        "is_demo_payment": is_demo_gateway(),
        "keeps_cards": settings.SAVED_CARDS and takes_cards(),
    }
