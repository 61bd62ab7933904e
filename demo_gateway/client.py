"""How stripe-python reaches the demo gateway: an HTTP client that never leaves the process."""

import json
from urllib.parse import parse_qsl, urlsplit

import stripe
from django.utils.crypto import salted_hmac

#: Shaped like a test key, so that nothing takes it for a live one.
DEMO_KEY = "sk_test_demo"
DEMO_PUBLISHABLE_KEY = "pk_test_demo"


def demo_webhook_secret():
    """The secret the demo gateway signs its events with; derived, so there is nothing to set."""
    return "whsec_demo_" + salted_hmac("vitrine.demo-gateway", "webhook").hexdigest()


class DemoHTTPClient(stripe.HTTPClient):
    """Hands each request to ``server.answer`` and gives its answer back as a response."""

    name = "demo"

    def request(self, method, url, headers, post_data=None, **_kwargs):
        from demo_gateway import server  # models are not loaded when this one is

        parts = urlsplit(url)
        pairs = parse_qsl(parts.query if method == "get" else post_data or "")
        key = next(
            (value for name, value in (headers or {}).items() if name.lower() == "idempotency-key"),
            "",
        )
        status, body = server.answer(method.upper(), parts.path, unflatten(pairs), key=key)
        return json.dumps(body), status, {"Request-Id": "req_demo"}

    def close(self):
        """Nothing is open."""


def unflatten(pairs):
    """``[("metadata[site]", "x")]`` as ``{"metadata": {"site": "x"}}``, as Stripe reads forms."""
    result = {}
    for name, value in pairs:
        *path, last = name.replace("]", "").split("[")
        place = result
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value
    return result
