"""System checks of accounts."""

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security)
def check_second_factor(app_configs, **kwargs):
    """Who can pay money back needs more than a password."""
    if settings.STAFF_SECOND_FACTOR or not settings.STRIPE_SECRET_KEY:
        return []
    return [
        Error(
            "STAFF_SECOND_FACTOR=off is for shops with the demo gateway only: with Stripe's keys "
            "everybody with access to the dashboard needs a second factor.",
            id="vitrine.E021",
        )
    ]
