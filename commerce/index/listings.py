"""Product cards and the lookups they are built from.

Cards come from the listing index (docs/listing.md), their prices from the current price window.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q, QuerySet, prefetch_related_objects
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import get_language
from oscar.core.loading import get_model
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage

from commerce.bulk_sql import literal_in
from commerce.clock import shop_now
from commerce.images.pictures import (
    CARD_SIZES,
    LARGE_CARD_SIZES,
    Size,
    Sources,
    framed,
    load_sizes,
)
from commerce.index.price_windows import expire_at_next_price_change
from commerce.models import Listing, PriceWindow, ProductPhoto
from commerce.models.cache_tags import card_tag, price_tag, product_tag
from commerce.models.lists import PriceWindowQuerySet
from commerce.options.option_sets import names_in
from commerce.page_cache.dependencies import depends_on
from commerce.page_cache.memoise import memoise_many
from commerce.pricing.prices import Quote
from commerce.pricing.unit_prices import UnitPrice, shown_unit_price
from commerce.stock.availability import BEST_FIRST, SOLD_OUT, record_to_sell
from commerce.stock.selling import FIELDS as SELLING_FIELDS

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.partner.abstract_models import AbstractStockRecord


#: Slugs that need no escaping in a URL.
PLAIN_SLUG = re.compile(r"[a-zA-Z0-9_-]*").fullmatch
#: Columns of stock records, of their products and of the details that buy boxes need.
SOLD_COLUMNS = (
    "partner_sku", "price_currency", "price", "num_in_stock", "num_allocated",
    "product__structure", "product__title", "product__upc", "product__is_public",
    "product__parent", "product__product_class", "product__is_discountable",
    *(f"product__details__{name}" for name in SELLING_FIELDS),
)  # fmt: skip


@dataclass(frozen=True)
class Dot:
    """A value of an option on a card, and the variant it links to.

    ``swatch`` is "#rrggbb", two of them, or the URL of a picture. ``photo`` is the URL of the
    variant's photo, or "".
    """

    name: str
    swatch: str
    url: str
    product_id: int
    photo: str = ""


class Range(NamedTuple):
    """The values of an option on a card: their number, the first and the last."""

    name: str
    total: int
    first: str
    last: str


@dataclass(frozen=True)
class Card:
    """A product in a list. With ``is_from`` variants differ in price and this is the lowest.

    ``unit_price`` belongs to this price. ``sources`` and ``second_sources`` are the sizes of its photos (``images.pictures.Sources``),
    empty without one. ``dots`` are the values of its option with swatches, ``more_dots`` the number of
    those left out, ``ranges`` its other options. ``variant_count`` is 0 for a product without
    variants; ``only_variant`` is the key of a single one. ``least`` is the fewest units that one click
    adds. ``needs_choice`` says that its page asks for something that an order needs, such as a text.
    ``share`` is the Open Graph image, a ``Size`` or None. ``digest`` changes with
    everything on the card except price and date.
    """

    product_id: int
    title: str
    url: str
    sources: Sources = ()
    second_sources: Sources = ()
    quote: Quote | None = None
    is_from: bool = False
    unit_price: UnitPrice | None = None
    dots: tuple[Dot, ...] = ()
    more_dots: int = 0
    ranges: tuple[Range, ...] = ()
    variant_count: int = 0
    only_variant: int | None = None
    least: int = 1
    needs_choice: bool = False
    availability: str = SOLD_OUT
    rating: float | None = None
    review_count: int = 0
    share: Size | None = None
    digest: str = ""

    @property
    def photo(self) -> SafeString:
        """The markup of its photo, or of its first letter without one."""
        return framed(self.sources, alt=self.title, sizes=CARD_SIZES)

    @property
    def eager_photo(self) -> SafeString:
        """The markup of its photo for the first row of a page, without lazy loading."""
        return framed(self.sources, alt=self.title, sizes=CARD_SIZES, eager=True)

    @property
    def large_photo(self) -> SafeString:
        """The markup of its photo for a card that is twice as wide."""
        return framed(self.sources, alt=self.title, sizes=LARGE_CARD_SIZES)

    @property
    def second_photo(self) -> str:
        """The markup of the photo shown on hover, or ""."""
        if not self.second_sources:
            return ""
        return framed(self.second_sources, alt="", sizes=CARD_SIZES)

    @property
    def fragment(self) -> str:
        """A cache key for today's markup of the card: equal keys mean equal markup."""
        quote = self.quote
        price = (quote.price, quote.was, quote.until, quote.currency) if quote else ()
        words = f"{price} {self.unit_price} {self.is_from} {localdate()} {get_language()}"
        return f"{self.product_id} {self.digest} {self.url} {words}"


def sellable_products() -> QuerySet[Any]:
    """Products listed for shoppers: public, and standalone or the parent of variants."""
    return get_model("catalogue", "Product").objects.browsable()


def product_url(product_id: int, slug: str) -> str:
    """The URL of a product's page."""
    return reverse("catalogue:detail", kwargs={"product_slug": slug, "pk": product_id})


def product_urls(slugs: Mapping[int, str]) -> dict[int, str]:
    """The URLs of many products' pages, ``{key: URL}``, from ``{key: slug}``."""
    before, _one, after = product_url(0, "one").rpartition("one_0")
    return {
        pk: f"{before}{slug}_{pk}{after}" if PLAIN_SLUG(slug) else product_url(pk, slug)
        for pk, slug in slugs.items()
    }


def cards_for(
    product_ids: Iterable[int],
    *,
    variants: Mapping[int, Collection[int]] | None = None,
) -> list[Card]:
    """Cards in the given order; products that are not public are left out.

    A card shows its product's photos and links to its page. ``variants`` gives variant numbers
    (``commerce.index.variant_sets``) by product key: the card then shows the cheapest available of
    these variants, with its photo, price and stock. One query; a second one with ``variants``, or
    if a product has no price.
    """
    wanted, variants = list(dict.fromkeys(product_ids)), variants or {}
    depends_on(*map(card_tag, wanted), *map(product_tag, variants), *map(price_tag, variants))
    expire_at_next_price_change()
    if not wanted:
        return []
    rows = _listed(wanted, with_variants=bool(variants))
    shown = {
        pk: _card_of(row, windows, variants.get(pk, ())) for pk, (row, windows) in rows.items()
    }
    return [shown[pk] for pk in wanted if pk in shown]


class _Row(NamedTuple):
    """The columns of a listing that a card needs; the last two only if variants are shown."""

    pk: int
    title: str
    path: str
    rating: float
    review_count: int
    availability: str
    card: dict[str, Any]
    variants: dict[str, Any] = {}
    variant_photos: dict[str, Any] = {}


class _Window(NamedTuple):
    """The columns of a price window that a card needs."""

    number: int
    ends: datetime | None
    currency: str
    price: Decimal
    was: Decimal | None
    is_from: bool
    content: Decimal | None
    content_unit: str


_PLAIN = _Row._fields[:-2]


def _listed(
    product_ids: list[int], *, with_variants: bool
) -> dict[int, tuple[_Row, dict[int, _Window]]]:
    """``{key: (row, {number: window})}`` at a moment, with or without the windows of variants."""
    read = _read_with_variants if with_variants else _read_plain
    return read(product_ids, shop_now())


def _read_plain(product_ids: list[int], at: datetime) -> dict[int, tuple[_Row, dict[int, _Window]]]:
    """One query, and a second one if a product has no price."""
    rows = _plain_rows().running(at).filter(listing__in=literal_in(product_ids))
    count = len(_PLAIN)
    found = {row[0]: (_Row(*row[:count]), {0: _Window(*row[count:])}) for row in rows}
    if unpriced := [pk for pk in product_ids if pk not in found]:
        listings = Listing.objects.filter(pk__in=literal_in(unpriced)).values_list(*_PLAIN)
        found |= {row[0]: (_Row(*row), {}) for row in listings}
    return found


@cache
def _plain_rows() -> PriceWindowQuerySet:
    """Columns for ``_read_plain``. Built once: for so many, that takes longer than reading rows."""
    names = ("listing_id", *(f"listing__{name}" for name in _PLAIN[1:]), *_Window._fields)
    rows = PriceWindow.objects.filter(number=0).values_list(*names)
    return rows  # type: ignore[return-value]  # It is one of PriceWindowQuerySet.


def _read_with_variants(
    product_ids: list[int], at: datetime
) -> dict[int, tuple[_Row, dict[int, _Window]]]:
    """Rows with the photos and windows of variants; two queries."""
    windows: dict[int, dict[int, _Window]] = defaultdict(dict)
    rows = PriceWindow.objects.running(at).filter(listing__in=literal_in(product_ids))
    for pk, *row in rows.values_list("listing_id", *_Window._fields):
        window = _Window(*row)
        windows[pk][window.number] = window
    listings = Listing.objects.filter(pk__in=literal_in(product_ids)).values_list(*_Row._fields)
    return {row[0]: (_Row(*row), windows[row[0]]) for row in listings}


def _window_of(windows: Mapping[int, _Window], number: int | None) -> _Window | None:
    """The window of a variant or the product. Variants have their own only if they differ."""
    return windows.get((number or 0) if len(windows) > 1 else 0)


def _card_of(listing: _Row, windows: Mapping[int, _Window], numbers: Iterable[int]) -> Card:
    """The card of a listing, or of the best of some of its variants."""
    states = listing.variants.get("variants", ())
    numbers = [number for number in numbers if number <= len(states)]
    if not numbers:
        return _card(listing, _window_of(windows, None), number=None)

    def rank(number: int) -> tuple[Any, ...]:
        window = _window_of(windows, number)
        is_gone = states[number - 1][1] == SOLD_OUT
        return is_gone, window is None, window.price if window else 0, number

    number = min(numbers, key=rank)
    prices = {window.price for n in numbers if (window := _window_of(windows, n))}
    return _card(listing, _window_of(windows, number), number=number, is_from=len(prices) > 1)


def _card(
    listing: _Row, window: _Window | None, *, number: int | None, is_from: bool = False
) -> Card:
    card = listing.card
    dots = tuple(
        Dot(name, swatch, f"{listing.path}?variant={variant}", variant, photo)
        for name, swatch, variant, photo in card["dots"]
    )
    photos = [card["photo"], card["second"]]
    digest = card["digest"]
    url, availability = listing.path, listing.availability
    if not number:
        is_from = window.is_from if window else False
    else:
        variant, availability, _values = listing.variants["variants"][number - 1]
        url = f"{listing.path}?variant={variant}"
        if places := listing.variant_photos.get("of", {}).get(str(variant)):
            # Never another variant's photo on hover.
            photos = [listing.variant_photos["photos"][place] for place in places] + [[]]
    return Card(
        product_id=listing.pk,
        title=listing.title,
        url=url,
        sources=photos[0],
        second_sources=photos[1],
        quote=_quote(window) if window else None,
        is_from=is_from,
        unit_price=shown_unit_price(window.price, window.currency, window) if window else None,
        dots=dots,
        more_dots=card["more"],
        ranges=tuple(Range(*of) for of in card["ranges"]),
        variant_count=card["count"],
        only_variant=card.get("only"),
        least=card.get("least", 1),
        needs_choice=card.get("needs_choice", False),
        availability=availability,
        rating=listing.rating or None,
        review_count=listing.review_count,
        share=Size(*card["share"]) if card.get("share") else None,
        digest=f"{digest} {availability} {listing.rating} {listing.review_count}",
    )


def _quote(window: _Window) -> Quote:
    return Quote(
        currency=window.currency,
        list_price=window.was or window.price,
        price=window.price,
        prior=window.was,
        until=window.ends,
    )


def records_by_product(
    products: Iterable[AbstractProduct], *, without: Collection[int] = ()
) -> dict[int, list[AbstractStockRecord]]:
    """Stock records of listed products and their public variants, ``{product key: [record]}``.

    ``without`` are keys of variants to leave out. One query, and one if the products' ``details`` are
    not loaded. Each record's product is the given one, or has it as its parent.
    """
    products = {product.pk: product for product in products}
    # A query of the product's own table: an OR over two tables uses no index.
    wanted = get_model("catalogue", "Product").objects.filter(
        Q(pk__in=products) | Q(parent__in=products, is_public=True)
    )
    rows = get_model("partner", "StockRecord").objects.filter(product__in=wanted.values("pk"))
    if without:
        rows = rows.exclude(product__in=literal_in(without))
    prefetch_related_objects(list(products.values()), "details")
    sellers, grouped = defaultdict(list), defaultdict(list)
    found = rows.select_related("product__details").only(*SOLD_COLUMNS)
    # Sorted here: for ORDER BY, Django compares every selected column.
    for record in sorted(found, key=lambda record: (record.product_id, record.pk)):
        if record.product_id in products:
            record.product = products[record.product_id]
        else:
            record.product.parent = products[record.product.parent_id]
        sellers[record.product_id].append(record)
    for records in sellers.values():
        if (seller := record_to_sell(records)) is not None:
            grouped[seller.product.parent_id or seller.product_id].append(seller)
    return grouped


def names_of_variants(product_ids: Collection[int]) -> dict[int, str]:
    """The names of variants read from the catalogue, ``{variant key: "Navy, M"}``.

    For variants that no listing names, such as unpublished ones. Those without values are left out.
    """
    values = get_model("catalogue", "ProductAttributeValue").objects.filter(
        attribute__type="option", product__in=product_ids, product__parent__isnull=False
    )
    declared: dict[int, list[str]] = defaultdict(list)
    others: dict[int, list[str]] = defaultdict(list)
    names = ("product_id", "attribute__variant_option__position", "value_option__option")
    rows = values.order_by("attribute__variant_option__position", "attribute_id")
    for pk, position, label in rows.values_list(*names):
        if label:
            (others if position is None else declared)[pk].append(label)
    return {pk: ", ".join(labels) for pk, labels in (others | declared).items()}


def photos_by_product(product_ids: Iterable[int]) -> dict[int, list[AbstractImage]]:
    """Wagtail images of the products, in order, with their sizes loaded. Two queries at most."""
    rows = (
        ProductPhoto.objects.filter(product_image__product__in=list(product_ids))
        .select_related("image", "product_image")
        .order_by("product_image__display_order", "product_image_id")
    )
    photos = defaultdict(list)
    for row in rows:
        photos[row.product_image.product_id].append(row.image)
    load_sizes({image for images in photos.values() for image in images})
    return photos


def photos_of_listings(
    listings: Iterable[Listing], *, without: Collection[int] = ()
) -> dict[int, list[AbstractImage]]:
    """Wagtail images of some listings' products and variants, in order.

    ``{product or variant key: [image]}``, except for the variants ``without``. One query, one
    more for sizes; none for what is cached.
    """
    keys = {
        pk: ids
        for listing in listings
        for pk, ids in listing.photos.items()
        if not without or int(pk) not in without
    }
    images = _images({key for ids in keys.values() for key in ids})
    load_sizes(images.values())
    photos = defaultdict(list)
    for pk, ids in keys.items():
        photos[int(pk)] = [images[key] for key in ids if key in images]
    return photos


def _images(keys: Collection[int]) -> dict[int, AbstractImage]:
    """The images with these keys, each a copy of its own; one query for all those not cached."""
    names: dict[Hashable, int] = {("image", key): key for key in keys}
    rows = get_image_model().objects

    def read(missing: Collection[Hashable]) -> dict[Hashable, AbstractImage | None]:
        found = rows.in_bulk([names[name] for name in missing])
        return {name: found.get(names[name]) for name in missing}

    images = memoise_many(names, read)
    return {names[name]: copy(image) for name, image in images.items() if image is not None}


@dataclass(frozen=True)
class LineDisplay:
    """How a line shows a product: its photo or None, and the variant's option or ""."""

    photo: AbstractImage | None
    option: str


def line_displays(products: Collection[AbstractProduct]) -> dict[int, LineDisplay]:
    """The ``LineDisplay`` of each product or variant, by its key.

    One query; two more if one is not listed. The ``products`` have their parents loaded.
    """
    shown = {product.pk: product.parent_id or product.pk for product in products}
    rows = Listing.objects.filter(pk__in=set(shown.values()))
    listings = {row.pk: row for row in rows.only("pk", "variants", "photos")}
    photos = photos_of_listings(listings.values())
    options: dict[int, str] = {}
    for listing in listings.values():
        options |= names_in(listing.variants)
    there = options.keys() | listings.keys()
    # Unpublished variants are not on the parent's card.
    if missing := {key for pk, of in shown.items() if pk not in there for key in (pk, of)}:
        photos.update(photos_by_product(missing))
        options |= names_of_variants(missing)
    return {
        product.pk: LineDisplay(photo_of(product, photos), options.get(product.pk, ""))
        for product in products
    }


def photo_of(
    product: AbstractProduct, photos: Mapping[int, list[AbstractImage]]
) -> AbstractImage | None:
    """The main photo of a product: its own, or its parent's; None without one."""
    own = photos.get(product.pk) or photos.get(product.parent_id) or [None]
    return own[0]


def best_availability(states: Iterable[str]) -> str:
    """The best availability among those of a product's variants."""
    states = set(states)
    return next((state for state in BEST_FIRST if state in states), SOLD_OUT)
