"""How stripe-python reaches the demo gateway: an HTTP client that never leaves the process."""

import json
from urllib.parse import parse_qsl, urlsplit

import stripe

from checkout_app.gateways.interface import StandIn
from demo_gateway import server
from demo_gateway.keys import DEMO_KEY, DEMO_PUBLISHABLE_KEY, demo_webhook_secret


def stand_in() -> StandIn:
    """What ``settings.STRIPE_STAND_IN`` names: how this shop reaches the stand-in for Stripe."""
    return StandIn(
        secret_key=DEMO_KEY,
        publishable_key=DEMO_PUBLISHABLE_KEY,
        webhook_secret=demo_webhook_secret(),
        http_client=DemoHTTPClient(),
    )


class DemoHTTPClient(stripe.HTTPClient):
    """Hands each request to ``server.answer`` and gives its answer back as a response."""

    name = "demo"

    def request(self, method, url, headers, post_data=None, **_kwargs):
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
