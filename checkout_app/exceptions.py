"""What can go wrong between "Pay" and "paid", in plain words."""

from decimal import Decimal

from oscar.apps.checkout.exceptions import *  # noqa: F403


class TotalChanged(Exception):
    """The basket costs something else than the shopper was shown; nothing was ordered."""

    def __init__(self, total: Decimal | None, reason: str = ""):
        self.total = total
        #: Why, as a sentence for the shopper, where that is known.
        self.reason = reason
        super().__init__(reason or f"the total is now {total}")


class BasketGone(Exception):
    """The basket was bought, emptied or replaced in another window; nothing was ordered."""


class DeliveryGone(Exception):
    """The chosen delivery method is not offered to that address (any more)."""


class MethodGone(Exception):
    """The chosen way to pay is not offered to this order (any more)."""


class NothingOffered(MethodGone):
    """The shop cannot take this payment in any way: no gateway is set up."""


class GatewayUnavailable(Exception):
    """The gateway gave no answer. What it did is unknown; the same call may be made again."""


class GatewayRefused(Exception):
    """The gateway answered no, and why."""


class UnknownIntent(GatewayRefused):
    """The gateway knows no such intent: it was made with another account's keys."""


class ReviewRefused(Exception):
    """What arrived cannot stand for the order; the sentence says why, and staff read it."""


class RefundRefused(Exception):
    """Money must not go back so; the sentence says why, and staff read it."""


class CaptureRefused(Exception):
    """Held money must not be taken so; the sentence says why, and staff read it."""
