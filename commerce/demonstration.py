"""Whether this shop is a demonstration: no real money moves, and its pages say so."""

from django.conf import settings


def is_demonstration() -> bool:
    """True without a Stripe key if DEBUG or DEMO_GATEWAY=on enables the stand-in gateway.

    Without a key and without that setting, the shop has no card gateway and is not a demonstration.
    """
    return not settings.STRIPE_SECRET_KEY and bool(settings.DEBUG or settings.DEMO_GATEWAY)
