"""The gateway of a shop without one: it takes no payment and accepts no event."""

from collections.abc import Callable
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from checkout_app.exceptions import GatewayRefused, GatewayUnavailable


class NoGateway:
    """Used if no keys are set and the shop is not a demonstration.

    Every call raises GatewayUnavailable. Payments that were begun with keys stay open and are
    settled once the keys are back.
    """

    webhook_secrets: list[str] = []
    is_live = False

    def read_event(self, payload: bytes, signature: str) -> NoReturn:
        """Raises GatewayRefused: no signature can be checked without a key."""
        raise GatewayRefused("no payment provider is set up")

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def refuse(*args: Any, **kwargs: Any) -> NoReturn:
            raise GatewayUnavailable(_("no payment provider is set up"))

        return refuse
