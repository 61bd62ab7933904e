"""Whether the stand-in for Stripe serves this shop."""

from django.http import Http404

from commerce.demonstration import is_demonstration as is_demo_gateway


def require_demo_gateway() -> None:
    """Raise Http404 where the stand-in is not in use: its addresses do not exist there."""
    if not is_demo_gateway():
        raise Http404
