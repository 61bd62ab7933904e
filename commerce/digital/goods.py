"""How a product reaches its buyer: in a parcel, as a download, as a gift card, or as a service."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from commerce.bulk_sql import literal_in
from commerce.models import LineFulfilment, ProductFile
from commerce.stock.selling import is_shipped, selling_of

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.order.abstract_models import AbstractLine


Fulfilment = LineFulfilment.Kind
#: Provided without staff as soon as they are paid.
AUTOMATIC = (Fulfilment.DOWNLOAD, Fulfilment.GIFT_CARD)


def files_of(
    products: Iterable[AbstractProduct], *, with_former: bool = False
) -> dict[int, list[ProductFile]]:
    """``{product key: the files that its buyers may download}``, a variant's own or its product's.

    ``with_former`` adds, for products without files on offer, those that were taken off: an order
    may be older. One query for any number of products.
    """
    products = list(products)
    keys = {pk for product in products for pk in (product.pk, product.parent_id) if pk}
    found: dict[int | None, list[ProductFile]] = {}
    rows = list(ProductFile.objects.filter(product__in=literal_in(keys)))
    offered = {row.product_id for row in rows if row.is_offered}
    for row in rows:
        if row.is_offered or (with_former and row.product_id not in offered):
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
    found: dict[int, Fulfilment] = {product.pk: Fulfilment.PARCEL for product in products}
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


def store_fulfilments(lines: Collection[AbstractLine]) -> None:
    """Store how new order lines will reach their buyer, whatever becomes of the products."""
    kinds = fulfilments_of({line.product for line in lines})
    LineFulfilment.objects.bulk_create(
        LineFulfilment(
            line=line,
            kind=kinds[line.product_id],
            gift_card_value=selling_of(line.product).gift_card_value,
        )
        for line in lines
    )
