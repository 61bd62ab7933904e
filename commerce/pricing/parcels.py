"""What is to be delivered, and which delivery methods carry it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from commerce.models import DeliveryMethod
from commerce.shop_values.delivery_rates import rate_for, rates_in
from commerce.stock.availability import is_sent_later
from commerce.stock.selling import is_shipped, selling_of

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.partner.abstract_models import AbstractStockRecord


@dataclass(frozen=True)
class Parcel:
    """The goods of an order: grams, the sizes of the items in millimetres, longest side first.

    ``is_shipped`` is False if nothing is sent by post. ``ready`` is the day from which it can be
    sent; None for now, or if nobody knows it (``is_ready_known``).
    """

    weight: int = 0
    sizes: tuple[tuple[int, int, int], ...] = ()
    is_shipped: bool = True
    ready: date | None = None
    is_ready_known: bool = True


def parcel_of(items: Iterable[tuple[AbstractStockRecord | None, AbstractProduct, int]]) -> Parcel:
    """The parcel of products, ``(stock record, product, units)``. Without a weight they count as 0 g."""
    weight, sizes, shipped, days = 0, [], False, []
    is_ready_known, ordered = True, Counter[int]()
    for record, product, units in items:
        if not is_shipped(product):
            continue
        selling = selling_of(product)
        shipped = True
        weight += (selling.weight or 0) * units
        if selling.length and selling.width and selling.height:
            sides = sorted((selling.length, selling.width, selling.height), reverse=True)
            sizes.append((sides[0], sides[1], sides[2]))
        ordered[product.pk] += units
        if record and is_sent_later(record, ordered[product.pk]):
            is_ready_known = is_ready_known and selling.available_from is not None
            days += [selling.available_from] if selling.available_from else []
    return Parcel(weight, tuple(sizes), shipped, max(days, default=None), is_ready_known)


def parcel_of_basket(basket: AbstractBasket) -> Parcel:
    """The parcel of a basket's lines."""
    return parcel_of((line.stockrecord, line.product, line.quantity) for line in basket.all_lines())


def carries(method: DeliveryMethod, parcel: Parcel) -> bool:
    """Whether a method delivers a parcel: its kind, weight and sizes."""
    if method.is_digital or not parcel.is_shipped:
        return method.is_digital and not parcel.is_shipped
    rates = rates_in(method.rates)
    if rates and rate_for(rates, parcel.weight) is None:
        return False
    limits = sorted(
        (method.max_length or 0, method.max_width or 0, method.max_height or 0), reverse=True
    )
    if not all(limits):
        return True
    return all(
        side <= most for size in parcel.sizes for side, most in zip(size, limits, strict=True)
    )


def by_mail() -> DeliveryMethod:
    """The unsaved method of orders without a parcel, if the shop has none of its own."""
    return DeliveryMethod(
        code="digital", name=_("By email"), price=0, min_days=0, max_days=0, is_digital=True
    )
