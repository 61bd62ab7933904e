"""Adds the products of an earlier order to the basket again and reports the result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from oscar.core.loading import get_model

from commerce.basket.undo import units_to_add
from commerce.catalogue.redirects import RELATED, replacement_of, retirement_of
from commerce.options.personal import is_chosen, products_asking
from commerce.shop_settings.current import current_shop
from commerce.stock.availability import is_for_sale

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.order.abstract_models import AbstractLine as AbstractOrderLine


PRODUCT_RELATIONS = ("parent", *RELATED)


@dataclass
class Reordered:
    """The result of a reorder: ``added`` holds (title, units), ``missing`` holds sentences.

    ``unchanged`` holds the titles of products already in the basket in that quantity.
    """

    added: list[tuple[str, int]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)

    @property
    def is_anything_there(self) -> bool:
        """Whether the basket now contains any of the products."""
        return bool(self.added or self.unchanged)


@transaction.atomic
def reorder_lines(lines: Iterable[AbstractOrderLine], basket: AbstractBasket) -> Reordered:
    """Fill the basket up to the quantities of order lines, as far as stock allows.

    Units already in the basket count, so that repeating the action adds nothing. Nothing is added
    that was made to the buyer's wishes, or that asks for any: the same engraving or the same
    recipient of a gift may not be wanted twice. Returns what was added and, in sentences, what was
    not and why. Locks the basket.
    """
    if basket.pk:
        get_model("basket", "Basket").objects.select_for_update().get(pk=basket.pk)
    done = Reordered()
    lines = list(lines)
    ids = {line.product_id for line in lines if line.product_id}
    products = get_model("catalogue", "Product").objects.select_related(*PRODUCT_RELATIONS)
    products = products.in_bulk(ids)
    personal = _personal(lines, products)
    for product_id, wanted in _units_by_product(lines).items():
        product = products[product_id]
        if product_id in personal and is_for_sale(product):
            text = _("“%(title)s” is made to your wishes: please choose them again on its page.")
            done.missing.append(text % {"title": product.get_title()})
        else:
            _add_units(product, wanted, basket=basket, done=done)
    gone = dict.fromkeys(line.title for line in lines if line.product_id not in products)
    done.missing += [_no_longer_made(title) for title in gone]
    return done


def _personal(
    lines: Iterable[AbstractOrderLine], products: Mapping[int, AbstractProduct]
) -> set[int]:
    """Keys of the products that were ordered with personal options, or require one now."""
    answers = get_model("order", "LineAttribute").objects.filter(line__in=lines)
    rows = answers.values_list("line__product_id", "value")
    owners = [product.parent or product for product in products.values()]
    asking = products_asking({owner.pk: owner.product_class_id for owner in owners})
    return {pk for pk, value in rows if is_chosen(value)} | {
        pk for pk, product in products.items() if (product.parent_id or pk) in asking
    }


def _units_by_product(lines: Iterable[AbstractOrderLine]) -> dict[int, int]:
    units: dict[int, int] = defaultdict(int)
    for line in lines:
        if line.product_id:
            units[line.product_id] += line.quantity
    return units


def _add_units(
    product: AbstractProduct, wanted: int, *, basket: AbstractBasket, done: Reordered
) -> None:
    title = product.get_title()
    here = basket.product_quantity(product) if basket.pk else 0
    if here >= wanted and is_for_sale(product):
        done.unchanged.append(title)
        return
    free = units_to_add(basket, product, wanted - here)
    units = min(free, _room_in(basket))
    if units:
        basket.add_product(product, units)
        done.added.append((title, units))
    if units < wanted - here:
        reason = _reason(product, units + here, is_full=units < free)
        done.missing.append(reason % {"title": title, "units": units + here})


def _room_in(basket: AbstractBasket) -> int:
    """Units that the basket can still take."""
    most = current_shop().max_items
    return max(most - (basket.num_items if basket.pk else 0), 0)


def _reason(product: AbstractProduct, units: int, *, is_full: bool) -> str:
    """Why not all units are in the basket, with placeholders for ``title`` and ``units``."""
    if not is_for_sale(product):
        replacement = replacement_of(product)
        if replacement:
            instead = replacement.get_title().replace("%", "%%")
            return _("“%%(title)s” is no longer available; “%(instead)s” replaces it.") % {
                "instead": instead
            }
        if retirement_of(product):
            return _("“%(title)s” is no longer available.")
        return _("“%(title)s” is not for sale at the moment.")
    if is_full:
        return _("Not all of “%(title)s” is in the basket: one order cannot contain more items.")
    if units:
        return ngettext(
            "There is only %(units)d of “%(title)s”, and it is in your basket.",
            "There are only %(units)d of “%(title)s”, and they are in your basket.",
            units,
        )
    return _("“%(title)s” is sold out.")


def _no_longer_made(title: str) -> str:
    return _("“%(title)s” is no longer available.") % {"title": title}


def reorder_messages(done: Reordered) -> tuple[str, str]:
    """(success message, failure message), each "" if there is nothing to report."""
    good = []
    if done.added:
        names = [f"{units} × {title}" for title, units in done.added]
        good.append(_("Added to your basket: %(items)s.") % {"items": "; ".join(names)})
    if done.unchanged:
        text = _("Already in your basket, so not added again: %(items)s.")
        good.append(text % {"items": "; ".join(done.unchanged)})
    bad = list(done.missing)
    if bad and not done.is_anything_there:
        bad.append(_("Nothing was added to your basket."))
    return " ".join(good), " ".join(bad)
