"""Taking lines out of a basket and putting them back: they travel in a signed token."""

from datetime import datetime

from django.core import signing
from django.db import transaction
from oscar.core.loading import get_model

from commerce.exceptions import BasketFrozen
from commerce.stock.availability import is_for_sale, units_available

SALT = "commerce.basket_undo"
#: Seconds for which "Undo" works.
UNDO_SECONDS = 30 * 60


@transaction.atomic
def take_out(basket, line_ids=None):
    """Take lines out of a basket, all unless some are named.

    Returns the token that ``restore_lines`` understands, None where there was nothing to take out.
    Raises BasketFrozen where its order waits for its payment.
    """
    locked = get_model("basket", "Basket").objects.select_for_update().get(pk=basket.pk)
    if locked.status == locked.FROZEN:
        raise BasketFrozen
    lines = basket.lines.order_by("pk")
    if line_ids is not None:
        lines = lines.filter(pk__in=line_ids)
    rows = lines.values_list("product_id", "quantity", "date_created")
    taken = [(pk, units, since.isoformat()) for pk, units, since in rows]
    if not taken:
        return None
    lines.delete()
    basket.reset_offer_applications()
    return signing.dumps(taken, salt=SALT)


def titles_of(token):
    """The titles of what a token holds, in its order; none for one that is not ours or too old."""
    try:
        lines = signing.loads(token, salt=SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        return []
    products = get_model("catalogue", "Product").objects.select_related("parent")
    found = products.in_bulk([pk for pk, *_rest in lines])
    return [found[pk].get_title() for pk, *_rest in lines if pk in found]


@transaction.atomic
def restore_lines(basket, token):
    """Put back what the token holds and can still be bought, in its place among the lines.

    Returns (restored, missing) units.
    Raises ``signing.BadSignature`` for a token that is not ours or too old.
    """
    lines = signing.loads(token, salt=SALT, max_age=UNDO_SECONDS)
    products = get_model("catalogue", "Product").objects.in_bulk([pk for pk, *_rest in lines])
    restored = missing = 0
    for pk, units, since in lines:
        product = products.get(pk)
        free = units_to_add(basket, product, units) if product else 0
        if free:
            line, is_new = basket.add_product(product, free)
            if is_new:  # the lines stand in the order in which they came
                line.date_created = datetime.fromisoformat(since)
                line.save(update_fields=["date_created"])
        restored, missing = restored + free, missing + units - free
    return restored, missing


def units_to_add(basket, product, units):
    """How many of the units wanted may still go into the basket beside what is there."""
    info = basket.strategy.fetch_for_product(product)
    if not (is_for_sale(product) and info.price.exists and info.stockrecord):
        return 0
    there = units_available(info.stockrecord)
    return max(min(units, there - basket.product_quantity(product)), 0)
