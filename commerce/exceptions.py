"""Exceptions for refused actions; their messages are shown to users."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Shortage:
    """A product with fewer units available than wanted.

    Of a bundle, ``missing`` are the titles of its short parts. Of a product that is wanted for bundles
    too, ``bundles`` are their titles, and ``wanted`` includes these units.
    """

    title: str
    wanted: int
    available: int
    product_id: int | None = None
    missing: tuple[str, ...] = ()
    bundles: tuple[str, ...] = ()


class OutOfStock(Exception):
    """Not enough stock. ``items`` lists every shortage."""

    def __init__(self, items: Iterable[Shortage]) -> None:
        self.items = list(items)
        super().__init__("; ".join(f"{i.title}: {i.available} of {i.wanted}" for i in self.items))


class QuantityRefused(Exception):
    """A product is not sold in this quantity; the message names it and says why."""


class TaxUnavailable(Exception):
    """The service that knows the tax of an address does not answer."""


class IllegalMove(Exception):
    """The order pipeline does not allow this status change."""


class DispatchRefused(Exception):
    """A parcel must not be shipped; the message tells staff why."""


class DispatchDelayed(DispatchRefused):
    """A parcel could not be prepared now, because a service did not respond; it may be later."""


class ReturnRefused(Exception):
    """Items cannot be returned; the message says why."""


class WithdrawalRefused(Exception):
    """A withdrawal cannot be processed; the message says why."""


class UndoExpired(Exception):
    """Removed lines of a basket can't be restored any more."""


class BasketFrozen(Exception):
    """The basket's order awaits payment, so its lines must not change."""


class TooMany(Exception):
    """A limit is reached; the message says which."""


class AddressRefused(Exception):
    """An order's delivery address can no longer be changed; the message says why."""
