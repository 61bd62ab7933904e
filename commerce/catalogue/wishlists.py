"""Wish lists: several per account, shareable by a secret link."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from oscar.core.loading import get_model
from wagtail.images.models import AbstractImage

from commerce.catalogue.product_detail import BuyBox, Variant, buy_boxes_for
from commerce.exceptions import TooMany
from commerce.index.listings import sellable_products
from commerce.models import User, WishListLink
from commerce.pricing.prices import Quote
from commerce.pricing.unit_prices import UnitPrice

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.wishlists.abstract_models import AbstractWishList


MAX_LISTS = 20
MAX_LINES = 100
MAX_NAME = 60


@dataclass(frozen=True)
class Wish:
    """One item on a list. ``box`` is None if the product is no longer shown.

    ``variant`` is what would be bought; None if a variant has to be chosen first.
    """

    line_id: int
    title: str
    box: BuyBox | None
    variant: Variant | None
    photo: AbstractImage | None
    url: str

    @property
    def quote(self) -> Quote | None:
        """The current price; without a chosen variant, the lowest."""
        if self.variant:
            return self.variant.quote
        return self.box.lowest if self.box else None

    @property
    def unit_price(self) -> UnitPrice | None:
        """The unit price that belongs to ``quote``."""
        shown = self.variant or self.box
        return shown.unit_price if shown else None

    @property
    def can_be_bought(self) -> bool:
        """Whether it can be added to the basket without further choices."""
        return bool(self.variant and self.variant.quote and self.variant.units)

    @property
    def is_sold_out(self) -> bool:
        """Whether the variant is sold out; without a chosen one, all variants."""
        return not self.can_be_bought if self.variant else bool(self.box and self.box.is_sold_out)


def lists_of(user: User | AnonymousUser) -> QuerySet[Any]:
    """An account's lists, oldest first, with ``items`` counted and their link. One query."""
    lists = get_model("wishlists", "WishList").objects.filter(owner=user).select_related("link")
    return lists.annotate(items=Count("lines")).order_by("date_created", "pk")


def list_of(user: User | AnonymousUser, key: str) -> Any:
    """The account's list with this key, or None."""
    return lists_of(user).filter(key=key).first()


def lists_with(user: User | AnonymousUser, product_id: int) -> list[str]:
    """The names of an account's lists with a product, oldest list first. One query."""
    lists = get_model("wishlists", "WishList").objects.filter(owner=user, lines__product=product_id)
    names = lists.order_by("date_created", "pk").values_list("name", flat=True)
    return list(dict.fromkeys(names))  # two lists may have the same name


def shared_list(token: str) -> AbstractWishList | None:
    """The list that a secret link opens, or None."""
    link = WishListLink.objects.filter(token=token).select_related("wishlist__owner").first()
    return link.wishlist if link else None


def wishable_product(product_id: int | None) -> AbstractProduct | None:
    """A product or variant that can be put on a wish list: it and its parent are public."""
    products = get_model("catalogue", "Product").objects.select_related("parent")
    shown = Q(pk__in=sellable_products().values("pk"))
    variant = Q(is_public=True, parent__in=sellable_products().values("pk"))
    return products.filter(shown | variant).filter(pk=product_id).first()


def wishes_on(wishlist: AbstractWishList) -> list[Wish]:
    """The items of a list, newest first. The number of queries is constant."""
    lines = list(wishlist.lines.select_related("product__parent").order_by("-pk")[:MAX_LINES])
    families = {line.product.parent_id or line.product_id for line in lines if line.product}
    wanted = [line.product_id for line in lines if line.product]
    boxes = buy_boxes_for(families, variants=wanted) if families else {}
    return [_wish(line, boxes) for line in lines]


def _wish(line: Any, boxes: Mapping[int, BuyBox]) -> Wish:
    product = line.product
    box = boxes.get(product.parent_id or product.pk) if product else None
    variants = box.variants if box else []
    variant = next((row for row in variants if row.product_id == product.pk), None)
    if product and product.parent_id and variant is None:
        box = None  # this variant is no longer sold
    photos = [variant.photo] if variant and variant.photo else box.photos if box else []
    return Wish(
        line_id=line.pk,
        title=_title(line, box, variant),
        box=box,
        variant=variant,
        photo=photos[0] if photos else None,
        url=variant.url if variant else box.url if box else "",
    )


def _title(line: Any, box: BuyBox | None, variant: Variant | None) -> str:
    if box is None:
        return line.get_title()
    return f"{box.title}, {variant.name}" if variant and box.has_choice else box.title


@transaction.atomic
def create_list(user: User, name: str) -> AbstractWishList:
    """Create a private list. Raises TooMany at ``MAX_LISTS``. Locks the account."""
    User.objects.select_for_update().get(pk=user.pk)
    WishList = get_model("wishlists", "WishList")
    if WishList.objects.filter(owner=user).count() >= MAX_LISTS:
        raise TooMany(_("You already have %d lists. Delete one first.") % MAX_LISTS)
    return WishList.objects.create(owner=user, name=name[:MAX_NAME])


@transaction.atomic
def save_to_lists(
    user: User, product: AbstractProduct, keys: Collection[str], *, new_name: str = ""
) -> list[AbstractWishList]:
    """Put a product on exactly these lists of an account, and on a new one if named.

    Unknown keys and other accounts' lists are ignored. Raises TooMany if a list is full or there
    are too many lists; nothing changes then. Returns the lists it is on.
    """
    lists = [wishlist for wishlist in lists_of(user) if wishlist.key in keys]
    if new_name:
        lists.append(create_list(user, new_name))
    Line = get_model("wishlists", "Line")
    mine = Line.objects.filter(wishlist__owner=user, product=product)
    mine.exclude(wishlist__in=lists).delete()
    for wishlist in lists:
        _put_on(wishlist, product)
    return lists


def _put_on(wishlist: AbstractWishList, product: AbstractProduct) -> None:
    if wishlist.lines.filter(product=product).exists():
        return
    if wishlist.lines.count() >= MAX_LINES:
        raise TooMany(_("“%s” is full. Remove something from it first.") % wishlist.name)
    wishlist.lines.get_or_create(product=product, defaults={"title": product.get_title()})


@transaction.atomic
def move_line(line: Any, target: AbstractWishList) -> None:
    """Move a line to another list; if the product is already on it, delete the line."""
    if target.pk == line.wishlist_id:
        return
    if line.product:
        _put_on(target, line.product)
    line.delete()


def share(wishlist: AbstractWishList) -> WishListLink:
    """The secret link of a list, created if needed."""
    link, _is_new = WishListLink.objects.get_or_create(
        wishlist=wishlist, defaults={"token": secrets.token_urlsafe(24)}
    )
    return link


def stop_sharing(wishlist: AbstractWishList) -> None:
    """Delete the link of a list for good; sharing again creates a different one."""
    WishListLink.objects.filter(wishlist=wishlist).delete()
