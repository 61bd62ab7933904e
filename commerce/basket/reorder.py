"""Putting the pieces of an old order into the basket again, and saying what came of it."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from oscar.core.loading import get_model

from commerce.basket.undo import units_to_add
from commerce.catalogue.redirects import RELATED, replacement_of, retirement_of
from commerce.stock.availability import is_for_sale

PRODUCT_RELATIONS = ("parent", *RELATED)


@dataclass
class Reordered:
    """What a reorder did: ``added`` names pieces with their units, ``missing`` are sentences.

    ``kept`` names the pieces of which the basket held as many before.
    """

    added: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    kept: list = field(default_factory=list)

    @property
    def is_anything_there(self):
        """Whether the basket now holds any of the pieces."""
        return bool(self.added or self.kept)


@transaction.atomic
def put_in_again(lines, basket):
    """Fill the basket up to the quantities of order lines, as far as the pieces can be had.

    What the basket holds already counts, so that a second press adds nothing. Returns what was
    added and, in sentences, what was not and why. Locks the basket.
    """
    if basket.pk:
        get_model("basket", "Basket").objects.select_for_update().get(pk=basket.pk)
    done = Reordered()
    lines = list(lines)
    ids = {line.product_id for line in lines if line.product_id}
    products = get_model("catalogue", "Product").objects.select_related(*PRODUCT_RELATIONS)
    products = products.in_bulk(ids)
    for product_id, wanted in _units_by_product(lines).items():
        _put_in(products[product_id], wanted, basket=basket, done=done)
    gone = dict.fromkeys(line.title for line in lines if line.product_id not in products)
    done.missing += [_no_longer_made(title) for title in gone]
    return done


def _units_by_product(lines):
    units = defaultdict(int)
    for line in lines:
        if line.product_id:
            units[line.product_id] += line.quantity
    return units


def _put_in(product, wanted, *, basket, done):
    title = product.get_title()
    here = basket.product_quantity(product) if basket.pk else 0
    if here >= wanted and is_for_sale(product):
        done.kept.append(title)
        return
    free = units_to_add(basket, product, wanted - here)
    units = min(free, _room_in(basket))
    if units:
        basket.add_product(product, units)
        done.added.append((title, units))
    if units < wanted - here:
        reason = _reason(product, units + here, is_full=units < free)
        done.missing.append(reason % {"title": title, "units": units + here})


def _room_in(basket):
    """Units that one order may still hold."""
    most = settings.OSCAR_MAX_BASKET_QUANTITY_THRESHOLD
    return max(most - (basket.num_items if basket.pk else 0), 0) if most else 10**6


def _reason(product, there, *, is_full):
    """Why not all units are in the basket, with places for ``title`` and ``units``."""
    if not is_for_sale(product):
        replacement = replacement_of(product)
        if replacement:
            instead = replacement.get_title().replace("%", "%%")
            return _("“%%(title)s” is no longer made; “%(instead)s” has taken its place.") % {
                "instead": instead
            }
        if retirement_of(product):
            return _("“%(title)s” is no longer made.")
        return _("“%(title)s” is not for sale at the moment.")
    if is_full:
        return _("“%(title)s” is not in the basket in full: one order cannot hold more pieces.")
    if there:
        return ngettext(
            "Of “%(title)s” there is only %(units)d, which is in your basket.",
            "Of “%(title)s” there are only %(units)d, which are in your basket.",
            there,
        )
    return _("“%(title)s” is sold out.")


def _no_longer_made(title):
    return _("“%(title)s” is no longer made.") % {"title": title}


def words_of_reorder(done):
    """(what went well, what did not) in sentences, each "" where there is nothing to say."""
    good = []
    if done.added:
        names = [f"{units} × {title}" for title, units in done.added]
        good.append(_("Added to your basket: %(pieces)s.") % {"pieces": "; ".join(names)})
    if done.kept:
        text = _("In your basket already, and not added again: %(pieces)s.")
        good.append(text % {"pieces": "; ".join(done.kept)})
    bad = list(done.missing)
    if bad and not done.is_anything_there:
        bad.append(_("Nothing was added to your basket."))
    return " ".join(good), " ".join(bad)
