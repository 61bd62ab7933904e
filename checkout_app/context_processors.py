"""What every template may know about payment."""

from django.conf import settings


def payment(request):
    """``is_demo_payment``: whether no real money can move in this shop."""
    return {"is_demo_payment": not settings.STRIPE_SECRET_KEY}
