"""Removing lines from a basket and undoing it. The session stores the removed lines.

Lines contain personal texts, so a URL has only the key under which the session stores them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from oscar.core.loading import get_model

from commerce.exceptions import BasketFrozen, UndoExpired
from commerce.options.personal import as_options
from commerce.stock.availability import is_for_sale, units_available
from commerce.stock.selling import sellable_units, selling_of

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.catalogue.abstract_models import AbstractProduct


#: Session key of the removals: ``{key: [when, lines]}``, without lines once they are restored.
REMOVALS = "basket_removals"
#: Removals of a session that can be undone, and seconds during which they can.
MOST, UNDO_SECONDS = 5, 30 * 60


@transaction.atomic
def remove_lines(
    basket: AbstractBasket, session: SessionBase, line_ids: Iterable[int] | None = None
) -> str | None:
    """Remove lines from a basket: all of them, or those given.

    Returns the key for ``restore_lines``, or None if there was nothing to remove; only a removal
    writes to the session. Raises BasketFrozen if the basket's order awaits payment.
    """
    locked = get_model("basket", "Basket").objects.select_for_update().get(pk=basket.pk)
    if locked.status == locked.FROZEN:
        raise BasketFrozen
    lines = basket.lines.order_by("pk")
    if line_ids is not None:
        lines = lines.filter(pk__in=line_ids)
    taken = [
        [
            line.product_id,
            line.quantity,
            line.date_created.isoformat(),
            [[attribute.option_id, attribute.value] for attribute in line.attributes.all()],
        ]
        for line in lines.prefetch_related("attributes")
    ]
    if not taken:
        return None
    lines.delete()
    basket.reset_offer_applications()
    key = secrets.token_urlsafe(16)
    removals = {**_removals(session), key: [int(time.time()), taken]}
    session[REMOVALS] = dict(list(removals.items())[-MOST:])
    return key


def _removals(session: SessionBase) -> dict[str, list[Any]]:
    """The removals that can still be undone, oldest first."""
    since = time.time() - UNDO_SECONDS
    return {key: row for key, row in session.get(REMOVALS, {}).items() if row[0] >= since}


def forget_expired_removals(session: SessionBase) -> None:
    """Delete removals that can't be undone any more, and a session that was stored only for them.

    Without a session, the page cache serves the browser again. Only for requests that change the
    basket: a page that is only viewed writes nothing, and reading ignores expired removals.
    """
    if REMOVALS not in session:
        return
    removals = _removals(session)
    if removals:
        if removals != session[REMOVALS]:
            session[REMOVALS] = removals
        return
    del session[REMOVALS]
    if not list(session.keys()):
        session.flush()


def titles_of(session: SessionBase, key: str) -> list[str]:
    """The titles of the removed products, in their order; none if they can't be restored."""
    _when, lines = _removals(session).get(key, (0, []))
    if not lines:
        return []
    products = get_model("catalogue", "Product").objects.select_related("parent")
    found = products.in_bulk([pk for pk, *_rest in lines])
    return [found[pk].get_title() for pk, *_rest in lines if pk in found]


@transaction.atomic
def restore_lines(basket: AbstractBasket, session: SessionBase, key: str) -> tuple[int, int]:
    """Put back the removed lines that can still be bought, in their old order.

    Returns (restored, missing) units. Works once: a repeated request adds nothing and returns
    (0, 0). Raises UndoExpired if the session has no such removal, or only an expired one.
    """
    removals = _removals(session)
    if key not in removals:
        raise UndoExpired
    when, lines = removals[key]
    session[REMOVALS] = {**removals, key: [when, []]}
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
