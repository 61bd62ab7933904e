"""Errors between "Pay" and "paid"."""

from decimal import Decimal

from oscar.apps.checkout.exceptions import *  # noqa: F403


class TotalChanged(Exception):
    """The total differs from the one shown to the shopper; nothing was ordered."""

    def __init__(self, total: Decimal | None, reason: str = "") -> None:
        self.total = total
        #: The reason as a sentence for the shopper, if known.
        self.reason = reason
        super().__init__(reason or f"the total is now {total}")


class OrderChanged(TotalChanged):
    """What would be ordered differs from what was shown to the shopper; nothing was ordered.

    ``changes`` are sentences for the shopper.
    """

    def __init__(self, changes: list[str]) -> None:
        self.changes = changes
        super().__init__(None, reason=" ".join(changes))


class BasketGone(Exception):
    """The basket was ordered, emptied or replaced in another window; nothing was ordered now."""


class DeliveryGone(Exception):
    """The chosen delivery method is not available for the address."""


class ConsentMissing(Exception):
    """The shopper has not agreed that downloads are provided at once; nothing was ordered."""


class MethodGone(Exception):
    """The chosen payment method is not available for the order."""


class NothingOffered(MethodGone):
    """No payment method is available: no gateway is set up, or sales are off."""


class GatewayUnavailable(Exception):
    """The gateway did not respond. The outcome is unknown; repeat the same call."""


class GatewayRefused(Exception):
    """The gateway refused; the message says why."""


class UnknownAtGateway(GatewayRefused):
    """The gateway does not know the object: it was created with another account's keys."""


class ReviewRefused(Exception):
    """The received amount cannot be accepted; the message for staff says why."""


class RefundRefused(Exception):
    """The refund is not possible; the message for staff says why."""


class CaptureRefused(Exception):
    """The capture is not possible; the message for staff says why."""
