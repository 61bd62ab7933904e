"""The keys of the stand-in for Stripe. Nothing has to be set for them."""

from django.utils.crypto import salted_hmac

#: Shaped like a test key, so that nothing takes it for a live one.
DEMO_KEY = "sk_test_demo"
DEMO_PUBLISHABLE_KEY = "pk_test_demo"


def demo_webhook_secret() -> str:
    """The secret that events are signed with; derived from the site's own."""
    return "whsec_demo_" + salted_hmac("vitrine.demo-gateway", "webhook").hexdigest()
