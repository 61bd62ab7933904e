"""The demo gateway's API keys. They need no settings."""

from django.utils.crypto import salted_hmac

#: In the format of a test key, so that it cannot be mistaken for a live key.
DEMO_KEY = "sk_test_demo"
DEMO_PUBLISHABLE_KEY = "pk_test_demo"


def demo_webhook_secret() -> str:
    """The secret that signs events, derived from the site's secret key."""
    return "whsec_demo_" + salted_hmac("vitrine.demo-gateway", "webhook").hexdigest()
