"""Whether this shop only demonstrates: no real money moves, and it says so."""

from django.conf import settings


def is_demonstration() -> bool:
    """True without Stripe's key where DEBUG or DEMO_GATEWAY=on asks for the stand-in.

    Without a key and without that opt-in a shop has no card gateway at all, and demonstrates nothing.
    """
    return not settings.STRIPE_SECRET_KEY and bool(settings.DEBUG or settings.DEMO_GATEWAY)
