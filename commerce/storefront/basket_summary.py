"""What stands beside a basket's lines: the delivery as it is estimated, and what goes with the goods."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from oscar.apps.basket.abstract_models import AbstractBasket
from oscar.apps.catalogue.abstract_models import AbstractProduct
from oscar.core.loading import get_class

from commerce.catalogue.related import related_to
from commerce.index.listings import Card
from commerce.money import smallest_card_payment
from commerce.pricing.delivery import (
    amount_until_free,
    goods_for_delivery,
    is_quoted,
    promised_arrival,
    standard_delivery,
)
from commerce.pricing.parcels import parcel_of_basket
from commerce.pricing.shipping_methods import stored_method
from commerce.taxes.rows import tax_rows_of_basket

#: Cards in the drawer that opens after adding.
MOST_CARDS = 2


def delivery_estimate(request: HttpRequest, basket: AbstractBasket) -> dict[str, Any]:
    """The estimate for the standard method, before an address is known."""
    if not basket.all_lines():
        return {"total": basket.total_incl_tax}
    # Through Oscar's repository: an offer on delivery counts here as it does at checkout.
    offered = get_class("shipping.repository", "Repository")().get_shipping_methods(
        basket, user=request.user, request=request
    )
    quoted = next((row for row in offered if is_quoted(stored_method(row))), None)
    # Without a parcel, Oscar offers an object of its own that says nothing.
    method = stored_method(quoted) or standard_delivery(parcel_of_basket(basket))
    if method is None:
        return {"total": basket.total_incl_tax, "tax_rows": tax_rows_of_basket(basket)}
    price = quoted.calculate(basket) if quoted else None
    charge = price.incl_tax if price else method.price
    return {
        "delivery": method,
        "delivery_charge": charge,
        "arrival": promised_arrival(quoted),
        "goods_counted": goods_for_delivery(basket),
        "tax_rows": tax_rows_of_basket(basket, price),
        "until_free": amount_until_free(goods_for_delivery(basket), method),
        "total": basket.total_incl_tax + charge,
        "least_for_cards": least_for_cards(basket.total_incl_tax + charge),
    }


def goes_with(product: AbstractProduct, basket: AbstractBasket) -> list[Card]:
    """Cards of what goes with a product that was just added, without what is in the basket already."""
    there = {line.product.parent_id or line.product_id for line in basket.all_lines()}
    cards = related_to(product.parent or product)
    return [card for card in cards if card.product_id not in there][:MOST_CARDS]


def least_for_cards(total: Decimal) -> Decimal | None:
    """The smallest amount that cards are charged, if a total is less and cannot be transferred."""
    if settings.TRANSFER_ACCOUNT and total >= settings.TRANSFER_FROM:
        return None
    least = smallest_card_payment(settings.OSCAR_DEFAULT_CURRENCY)
    return least if 0 < total < least else None
