"""Removing lines from a basket and undoing it. A signed token stores the removed lines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.core import signing
from django.db import transaction
from oscar.core.loading import get_model

from commerce.exceptions import BasketFrozen
from commerce.options.personal import as_options
from commerce.stock.availability import is_for_sale, units_available
from commerce.stock.selling import sellable_units, selling_of

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.catalogue.abstract_models import AbstractProduct


SALT = "commerce.basket_undo"
#: Seconds during which "Undo" works.
UNDO_SECONDS = 30 * 60


@transaction.atomic
def remove_lines(basket: AbstractBasket, line_ids: Iterable[int] | None = None) -> str | None:
    """Remove lines from a basket: all of them, or those given.

    Returns the token for ``restore_lines``, or None if there was nothing to remove. Raises
    BasketFrozen if the basket's order awaits payment.
    """
    locked = get_model("basket", "Basket").objects.select_for_update().get(pk=basket.pk)
    if locked.status == locked.FROZEN:
        raise BasketFrozen
    lines = basket.lines.order_by("pk")
    if line_ids is not None:
        lines = lines.filter(pk__in=line_ids)
    taken = [
        (
            line.product_id,
            line.quantity,
            line.date_created.isoformat(),
            [(attribute.option_id, attribute.value) for attribute in line.attributes.all()],
        )
        for line in lines.prefetch_related("attributes")
    ]
    if not taken:
        return None
    lines.delete()
    basket.reset_offer_applications()
    return signing.dumps(taken, salt=SALT)


def titles_of(token: str) -> list[str]:
    """The titles of the products in a token, in its order; none if it is invalid or expired."""
    try:
        lines = signing.loads(token, salt=SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        return []
    products = get_model("catalogue", "Product").objects.select_related("parent")
    found = products.in_bulk([pk for pk, *_rest in lines])
    return [found[pk].get_title() for pk, *_rest in lines if pk in found]


@transaction.atomic
def restore_lines(basket: AbstractBasket, token: str) -> tuple[int, int]:
    """Put back the lines in the token that can still be bought, in their old order.

    Returns (restored, missing) units. Raises ``signing.BadSignature`` if the token is invalid or
    expired.
    """
    lines = signing.loads(token, salt=SALT, max_age=UNDO_SECONDS)
    products = get_model("catalogue", "Product").objects.in_bulk([pk for pk, *_rest in lines])
    keys = {option for *_line, chosen in lines for option, _value in chosen}
    options = get_model("catalogue", "Option").objects.in_bulk(keys)
    restored = missing = 0
    for pk, units, since, chosen in lines:
        product = products.get(pk)
        free = units_to_add(basket, product, units) if product else 0
        if free:
            line, is_new = basket.add_product(product, free, as_options(chosen, options))
            if is_new:  # lines are ordered by when they were added
                line.date_created = datetime.fromisoformat(since)
                line.save(update_fields=["date_created"])
        restored, missing = restored + free, missing + units - free
    return restored, missing


def units_to_add(basket: AbstractBasket, product: AbstractProduct, units: int) -> int:
    """How many of the wanted units can be added to what is in the basket."""
    info = basket.strategy.fetch_for_product(product)
    if not (is_for_sale(product) and info.price.exists and info.stockrecord):
        return 0
    here = basket.product_quantity(product)
    most = min(here + units, units_available(info.stockrecord))
    return max(sellable_units(selling_of(product), most) - here, 0)
