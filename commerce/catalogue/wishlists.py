"""Wish lists: several for each account, shared by a secret link, and what a page shows of one."""

import secrets
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.catalogue.product_detail import buy_boxes_for
from commerce.exceptions import TooMany
from commerce.index.listings import sellable_products
from commerce.models import User, WishListLink

MAX_LISTS = 20
MAX_LINES = 100
MAX_NAME = 60


@dataclass(frozen=True)
class Wish:
    """One item on a list. ``box`` is None where it is no longer shown.

    ``variant`` is what would be bought: None where a glaze has to be chosen first.
    """

    line_id: int
    title: str
    box: object
    variant: object
    photo: object
    url: str

    @property
    def quote(self):
        """What it costs now; of a item without a chosen glaze the lowest price."""
        if self.variant:
            return self.variant.quote
        return self.box.lowest_quote if self.box else None

    @property
    def can_be_bought(self):
        """Whether a button may put it into the basket as it stands here."""
        return bool(self.variant and self.variant.quote and self.variant.units)

    @property
    def is_sold_out(self):
        """Whether it, or with no glaze chosen all of it, is sold out."""
        return not self.can_be_bought if self.variant else bool(self.box and self.box.is_sold_out)


def lists_of(user):
    """An account's lists, oldest first, with ``items`` counted and their link. One query."""
    lists = get_model("wishlists", "WishList").objects.filter(owner=user).select_related("link")
    return lists.annotate(items=Count("lines")).order_by("date_created", "pk")


def list_of(user, key):
    """The list of an account with that key; None where there is none, or it is another's."""
    return lists_of(user).filter(key=key).first()


def lists_with(user, product_id):
    """The names of an account's lists that hold a item, oldest list first. One query."""
    lists = get_model("wishlists", "WishList").objects.filter(owner=user, lines__product=product_id)
    names = lists.order_by("date_created", "pk").values_list("name", flat=True)
    return list(dict.fromkeys(names))  # Two lists may be called alike.


def shared_list(token):
    """The list that a secret link opens, or None."""
    link = WishListLink.objects.filter(token=token).select_related("wishlist__owner").first()
    return link.wishlist if link else None


def keepable_product(product_id):
    """A product or variant that a shopper may keep: one that is public, with its parent."""
    products = get_model("catalogue", "Product").objects.select_related("parent")
    shown = Q(pk__in=sellable_products().values("pk"))
    variant = Q(is_public=True, parent__in=sellable_products().values("pk"))
    return products.filter(shown | variant).filter(pk=product_id).first()


def wishes_on(wishlist, *, at=None):
    """The items of a list, newest first. Ten queries, whatever their number."""
    lines = list(wishlist.lines.select_related("product__parent").order_by("-pk")[:MAX_LINES])
    families = {line.product.parent_id or line.product_id for line in lines if line.product}
    boxes = buy_boxes_for(families, at=at) if families else {}
    return [_wish(line, boxes) for line in lines]


def _wish(line, boxes):
    product = line.product
    box = boxes.get(product.parent_id or product.pk) if product else None
    variants = box.variants if box else []
    variant = next((row for row in variants if row.product_id == product.pk), None)
    if product and product.parent_id and variant is None:
        box = None  # this glaze is no longer made
    photos = [variant.photo] if variant and variant.photo else box.photos if box else []
    return Wish(
        line_id=line.pk,
        title=_title(line, box, variant),
        box=box,
        variant=variant,
        photo=photos[0] if photos else None,
        url=variant.url if variant else box.url if box else "",
    )


def _title(line, box, variant):
    if box is None:
        return line.get_title()
    return f"{box.title}, {variant.name}" if variant and box.has_choice else box.title


@transaction.atomic
def create_list(user, name):
    """A new, private list. Raises TooMany from ``MAX_LISTS`` on. Locks the account."""
    User.objects.select_for_update().get(pk=user.pk)
    WishList = get_model("wishlists", "WishList")
    if WishList.objects.filter(owner=user).count() >= MAX_LISTS:
        raise TooMany(_("There are %d lists already. Delete one first.") % MAX_LISTS)
    return WishList.objects.create(owner=user, name=name[:MAX_NAME])


@transaction.atomic
def save_to_lists(user, product, keys, *, new_name=""):
    """Put a product on exactly those lists of an account, and on a new one where it is named.

    Keys of nobody's and of others' lists are left out. Raises TooMany where a list is full or
    there are too many; nothing changes then. Returns the lists it is on.
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


def _put_on(wishlist, product):
    if wishlist.lines.filter(product=product).exists():
        return
    if wishlist.lines.count() >= MAX_LINES:
        raise TooMany(_("“%s” is full. Take something off it first.") % wishlist.name)
    wishlist.lines.get_or_create(product=product, defaults={"title": product.get_title()})


@transaction.atomic
def move_line(line, target):
    """Move a line to another list; where the item is on it already, the line just goes."""
    if target.pk == line.wishlist_id:
        return
    if line.product:
        _put_on(target, line.product)
    line.delete()


def share(wishlist):
    """Give a list its secret link, or return the one it has."""
    link, _is_new = WishListLink.objects.get_or_create(
        wishlist=wishlist, defaults={"token": secrets.token_urlsafe(24)}
    )
    return link


def stop_sharing(wishlist):
    """Close the link of a list for good: a new one has another address."""
    WishListLink.objects.filter(wishlist=wishlist).delete()
