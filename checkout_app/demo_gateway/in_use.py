"""Whether the stand-in for Stripe serves this shop."""

from django.conf import settings
from django.http import Http404


def is_demo_gateway() -> bool:
    """True without Stripe's key where DEBUG or DEMO_GATEWAY=on asks for the stand-in.

    Without a key and without that opt-in a shop has no card gateway at all.
    """
    return not settings.STRIPE_SECRET_KEY and bool(settings.DEBUG or settings.DEMO_GATEWAY)


def require_demo_gateway() -> None:
    """Raise Http404 where the stand-in is not in use: its addresses do not exist there."""
    if not is_demo_gateway():
        raise Http404
