"""What every template may know about payment."""

from django.conf import settings


def payment(request):
    """``is_demo_payment``: no real money can move in this shop; ``keeps_cards``: accounts may keep
    cards."""
    return {
        "is_demo_payment": not settings.STRIPE_SECRET_KEY,
        "keeps_cards": settings.SAVED_CARDS,
    }
