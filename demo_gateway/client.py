"""The HTTP client through which stripe-python reaches the demo gateway, within the process."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from checkout_app.gateways.interface import StandIn
from demo_gateway import server
from demo_gateway.keys import DEMO_KEY, DEMO_PUBLISHABLE_KEY, demo_webhook_secret


def stand_in() -> StandIn:
    """How to reach the demo gateway. ``settings.STRIPE_STAND_IN`` names this function."""
    return StandIn(
        secret_key=DEMO_KEY,
        publishable_key=DEMO_PUBLISHABLE_KEY,
        webhook_secret=demo_webhook_secret(),
        http_client=DemoHTTPClient(),
    )


class DemoHTTPClient(stripe.HTTPClient):
    """Passes each request to ``server.answer`` and returns the answer as a response."""

    name = "demo"

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **_kwargs: Any,
    ) -> tuple[str, int, dict[str, str]]:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query if method == "get" else post_data or "")
        key = next(
            (value for name, value in (headers or {}).items() if name.lower() == "idempotency-key"),
            "",
        )
        status, body = server.answer(method.upper(), parts.path, unflatten(pairs), key=key)
        return json.dumps(body), status, {"Request-Id": "req_demo"}

    def close(self) -> None:
        """Nothing to close."""


def unflatten(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nest form fields as Stripe does: ``[("metadata[site]", "x")]`` to ``{"metadata": {"site": "x"}}``."""
    result: dict[str, Any] = {}
    for name, value in pairs:
        *path, last = name.replace("]", "").split("[")
        place = result
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value
    return result
