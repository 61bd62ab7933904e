"""What can be refused, in plain words that carry the facts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shortage:
    """One piece of which less is there than was asked for."""

    title: str
    wanted: int
    available: int


class OutOfStock(Exception):
    """Raised instead of selling what is not there. ``items`` names every shortage."""

    def __init__(self, items):
        self.items = list(items)
        super().__init__("; ".join(f"{i.title}: {i.available} of {i.wanted}" for i in self.items))


class IllegalMove(Exception):
    """An order was asked to go where its pipeline has no way."""


class DispatchRefused(Exception):
    """A parcel must not leave; the sentence says why, and staff read it."""


class ReturnRefused(Exception):
    """Pieces cannot come back so; the sentence says why."""


class WithdrawalRefused(Exception):
    """A statement of withdrawal cannot be handled so; the sentence says why."""


class BasketFrozen(Exception):
    """The basket's order waits for its payment, so its lines must stay as they are."""


class TooMany(Exception):
    """A limit of the house was reached; the text says which."""


class AddressRefused(Exception):
    """The delivery address of an order cannot be changed any more; says why."""
