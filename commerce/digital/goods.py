"""How a product reaches its buyer: in a parcel, as a download, as a gift card, or as a service."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING

from commerce.bulk_sql import literal_in
from commerce.models import ProductFile
from commerce.stock.selling import is_shipped, selling_of

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.catalogue.abstract_models import AbstractProduct


class Fulfilment(Enum):
    """What happens to a paid unit. Staff send parcels and provide services; the rest is automatic."""

    PARCEL = "parcel"
    DOWNLOAD = "download"
    GIFT_CARD = "gift card"
    SERVICE = "service"

    @property
    def is_automatic(self) -> bool:
        """Whether it is provided without staff as soon as it is paid."""
        return self in (Fulfilment.DOWNLOAD, Fulfilment.GIFT_CARD)


def files_of(products: Iterable[AbstractProduct]) -> dict[int, list[ProductFile]]:
    """``{product key: the files that its buyers may download}``, a variant's own or its product's.

    One query for any number of products.
    """
    products = list(products)
    keys = {pk for product in products for pk in (product.pk, product.parent_id) if pk}
    found: dict[int | None, list[ProductFile]] = {}
    for row in ProductFile.objects.filter(product__in=literal_in(keys), is_offered=True):
        found.setdefault(row.product_id, []).append(row)
    return {
        product.pk: found.get(product.pk) or found.get(product.parent_id, [])
        for product in products
    }


def fulfilments_of(products: Iterable[AbstractProduct]) -> dict[int, Fulfilment]:
    """``{product key: its fulfilment}``. One query, if any of them is not sent by post."""
    products = list(products)
    rest = [product for product in products if not is_shipped(product)]
    files = files_of(rest) if rest else {}
    found = {product.pk: Fulfilment.PARCEL for product in products}
    for product in rest:
        if selling_of(product).gift_card_value:
            found[product.pk] = Fulfilment.GIFT_CARD
        else:
            has_files = bool(files[product.pk])
            found[product.pk] = Fulfilment.DOWNLOAD if has_files else Fulfilment.SERVICE
    return found


def has_downloads(basket: AbstractBasket) -> bool:
    """Whether a basket has a product that is downloaded."""
    products = [line.product for line in basket.all_lines()]
    return Fulfilment.DOWNLOAD in fulfilments_of(products).values()
