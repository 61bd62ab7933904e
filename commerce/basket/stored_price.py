"""The price of a basket line when the shopper last saw it, to notice changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractLine


def store_price(line: AbstractLine, price: Any) -> None:
    """Store a line's price as the shop's own: the destination may change.

    ``price`` is a ShopPrice. Prices of another strategy stay as Oscar stored them.
    """
    own = getattr(price, "own", None)
    if own is not None and line.price_incl_tax != own:
        line.price_incl_tax = own
        line.save(update_fields=["price_incl_tax"])
