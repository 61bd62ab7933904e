"""Products as cards, and the lookups that cards are made from.

Cards come from the read model (docs/listing.md), their prices from the window of the moment.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from oscar.core.loading import get_model
from wagtail.images import get_image_model

from commerce.bulk_sql import literal_in
from commerce.images.pictures import CARD_SIZES, Size, Sources, framed, know_sizes
from commerce.index.price_windows import shows_prices
from commerce.models import Listing, PriceWindow, ProductPhoto
from commerce.models.cache_tags import card_tag, price_tag, product_tag
from commerce.page_cache.dependencies import depends_on
from commerce.pricing.prices import Quote
from commerce.stock.availability import IN_STOCK, LOW, SOLD_OUT, availability_of, record_to_sell
from commerce.tax import split_gross

#: Slugs that stand in an address as they are.
PLAIN_SLUG = re.compile(r"[a-zA-Z0-9_-]*").fullmatch


@dataclass(frozen=True)
class Swatch:
    """One variant on a card; ``code`` names its colour in the style sheet."""

    name: str
    code: str
    url: str
    product_id: int


@dataclass(frozen=True)
class Card:
    """A product in a list. ``is_from`` says that variants differ in price and this is the lowest.

    ``sources`` and ``second_sources`` are the sizes of its photographs (``images.pictures.Sources``),
    empty without one. ``share`` is what links to a page that begins with this card show: a ``Size``,
    or None. ``digest`` stands for everything on the card but price and moment.
    """

    product_id: int
    title: str
    url: str
    sources: Sources = ()
    second_sources: Sources = ()
    quote: Quote | None = None
    is_from: bool = False
    swatches: tuple[Swatch, ...] = ()
    availability: str = SOLD_OUT
    rating: float | None = None
    review_count: int = 0
    share: Size | None = None
    digest: str = ""

    @property
    def photo(self):
        """The markup of its photograph, or of its first letter where there is none."""
        return framed(self.sources, alt=self.title, sizes=CARD_SIZES)

    @property
    def eager_photo(self):
        """The same for the first row of a page, which is not loaded lazily."""
        return framed(self.sources, alt=self.title, sizes=CARD_SIZES, eager=True)

    @property
    def second_photo(self):
        """The markup of the photograph that a pointer over the card shows; "" without one."""
        if not self.second_sources:
            return ""
        return framed(self.second_sources, alt="", sizes=CARD_SIZES)

    @property
    def fragment(self):
        """What the card looks like today, as a text: the same text means the same markup."""
        quote = self.quote
        price = (quote.price, quote.list_price, quote.until, quote.currency) if quote else ()
        return f"{self.product_id} {self.digest} {self.url} {price} {self.is_from} {localdate()}"


def sellable_products():
    """Products a shopper may meet in a list: public, and standalone or the parent of variants."""
    return get_model("catalogue", "Product").objects.browsable()


def product_url(product_id, slug):
    """The address of a product's page."""
    return reverse("catalogue:detail", kwargs={"product_slug": slug, "pk": product_id})


def product_urls(slugs):
    """The addresses of many products' pages, ``{key: address}``, from ``{key: slug}``."""
    before, _one, after = product_url(0, "one").rpartition("one_0")
    return {
        pk: f"{before}{slug}_{pk}{after}" if PLAIN_SLUG(slug) else product_url(pk, slug)
        for pk, slug in slugs.items()
    }


def cards_for(product_ids, *, at=None, variants=None):
    """Cards in the order given; what is not public (any more) is left out.

    A card shows its product's photographs, and leads to its page. ``variants`` has the numbers of the
    variants (``commerce.index.variant_sets``) one of which a card shows instead, with its photograph, price
    and stock, by the product's key: the cheapest that can be bought. One query; a second one where
    variants are shown in the place of their products, or where one has no price.
    """
    wanted, variants = list(dict.fromkeys(product_ids)), variants or {}
    depends_on(*map(card_tag, wanted), *map(product_tag, variants), *map(price_tag, variants))
    shows_prices()
    if not wanted:
        return []
    rows = _listed(wanted, at=at, with_variants=bool(variants))
    shown = {
        pk: _card_of(row, windows, variants.get(pk, ())) for pk, (row, windows) in rows.items()
    }
    return [shown[pk] for pk in wanted if pk in shown]


class _Row(NamedTuple):
    """What a card needs of a listing; photographs of variants only where they are shown."""

    pk: int
    title: str
    path: str
    rating: float
    review_count: int
    availability: str
    card: dict
    variant_photos: dict = {}


class _Window(NamedTuple):
    """What a card needs of a price window."""

    number: int
    ends: datetime | None
    currency: str
    price: Decimal
    was: Decimal | None
    is_from: bool


_PLAIN = _Row._fields[:-1]


def _listed(product_ids, *, at, with_variants):
    """``{key: (row, {number: window})}`` of a moment; with the windows of variants, or without."""
    read = _read_with_variants if with_variants else _read_plain
    return read(product_ids, at or timezone.now())


def _read_plain(product_ids, at):
    """One query, and one where one has no price."""
    names = ("listing_id", *(f"listing__{name}" for name in _PLAIN[1:]), *_Window._fields)
    rows = PriceWindow.objects.filter(
        listing__in=literal_in(product_ids), number=0, start__lte=at, until__gt=at
    )
    count = len(_PLAIN)
    found = {
        row[0]: (_Row(*row[:count]), {0: _Window(*row[count:])}) for row in rows.values_list(*names)
    }
    if unpriced := [pk for pk in product_ids if pk not in found]:
        rows = Listing.objects.filter(pk__in=literal_in(unpriced)).values_list(*_PLAIN)
        found |= {row[0]: (_Row(*row), {}) for row in rows}
    return found


def _read_with_variants(product_ids, at):
    """The same with photographs of variants and their windows; two queries."""
    windows = defaultdict(dict)
    rows = PriceWindow.objects.filter(
        listing__in=literal_in(product_ids), start__lte=at, until__gt=at
    )
    for pk, *row in rows.values_list("listing_id", *_Window._fields):
        window = _Window(*row)
        windows[pk][window.number] = window
    rows = Listing.objects.filter(pk__in=literal_in(product_ids)).values_list(*_Row._fields)
    return {row[0]: (_Row(*row), windows[row[0]]) for row in rows}


def _window_of(windows, number):
    """The window of a variant, or of the product: only where variants differ have they their own."""
    return windows.get((number or 0) if len(windows) > 1 else 0)


def _card_of(listing, windows, numbers):
    """The card of a listing, or of the best of some of its variants."""
    states = listing.card["variants"]
    numbers = [number for number in numbers if number <= len(states)]
    if not numbers:
        return _card(listing, _window_of(windows, None), number=None)

    def rank(number):
        window = _window_of(windows, number)
        is_gone = states[number - 1][1] == SOLD_OUT
        return is_gone, window is None, window.price if window else 0, number

    number = min(numbers, key=rank)
    prices = {window.price for n in numbers if (window := _window_of(windows, n))}
    return _card(listing, _window_of(windows, number), number=number, is_from=len(prices) > 1)


def _card(listing, window, *, number, is_from=False):
    swatches = tuple(
        Swatch(name, code, f"{listing.path}?variant={variant}", variant)
        for name, code, variant in listing.card["swatches"]
    )
    photos = [listing.card["photo"], listing.card["second"]]
    digest = listing.card["digest"]
    url, availability = listing.path, listing.availability
    if not number:
        is_from = window.is_from if window else False
    else:
        variant, availability = listing.card["variants"][number - 1]
        url = f"{listing.path}?variant={variant}"
        if own := listing.variant_photos.get(str(variant)):
            photos = [own, photos[0]]
    return Card(
        product_id=listing.pk,
        title=listing.title,
        url=url,
        sources=photos[0],
        second_sources=photos[1],
        quote=_quote(window) if window else None,
        is_from=is_from,
        swatches=swatches,
        availability=availability,
        rating=listing.rating or None,
        review_count=listing.review_count,
        share=Size(*listing.card["share"]) if listing.card.get("share") else None,
        digest=f"{digest} {availability} {listing.rating} {listing.review_count}",
    )


def _quote(window):
    split = split_gross(window.price)
    return Quote(
        currency=window.currency,
        list_price=window.was or window.price,
        price=window.price,
        tax=split.tax,
        excl_tax=split.excl,
        until=window.ends,
    )


def records_by_product(products):
    """Stock records of listed products and of their public variants, ``{product's key: [record]}``.

    One query: each record's product is the one that was given, or has it as its parent.
    """
    products = {product.pk: product for product in products}
    # Both in a query of the product's own table: an OR over two tables uses no index.
    wanted = get_model("catalogue", "Product").objects.filter(
        Q(pk__in=products) | Q(parent__in=products, is_public=True)
    )
    rows = get_model("partner", "StockRecord").objects.filter(product__in=wanted.values("pk"))
    sellers, grouped = defaultdict(list), defaultdict(list)
    for record in rows.select_related("product").order_by("product_id", "pk"):
        if record.product_id in products:
            record.product = products[record.product_id]
        else:
            record.product.parent = products[record.product.parent_id]
        sellers[record.product_id].append(record)
    for records in sellers.values():
        record = record_to_sell(records)  # as the basket's strategy does
        grouped[record.product.parent_id or record.product_id].append(record)
    return grouped


def options_of(product_ids):
    """What tells each variant apart, ``{variant's key: (name, code)}``; see ``option_label``."""
    values = get_model("catalogue", "ProductAttributeValue").objects.filter(
        attribute__type="option", product__in=list(product_ids), product__parent__isnull=False
    )
    found = defaultdict(list)
    rows = values.order_by("attribute_id")
    for pk, name, code in rows.values_list(
        "product_id", "value_option__option", "value_option__code"
    ):
        if name:
            found[pk].append((name, code))
    return {pk: option_label(options) for pk, options in found.items()}


def option_label(options):
    """(name, code) of a variant with these options, ``[(name, code)]``: "Oat, large", by the first's code."""
    name, code = options[0]
    return ", ".join(option for option, _code in options), code or name.lower()


def photos_by_product(product_ids):
    """Wagtail images of the products, in their order; their sizes are known. Two queries at most."""
    rows = (
        ProductPhoto.objects.filter(product_image__product__in=list(product_ids))
        .select_related("image", "product_image")
        .order_by("product_image__display_order", "product_image_id")
    )
    photos = defaultdict(list)
    for row in rows:
        photos[row.product_image.product_id].append(row.image)
    know_sizes({image for images in photos.values() for image in images})
    return photos


def photos_of_listings(listings):
    """Wagtail images of the products of some listings and of their variants, in their order.

    ``{product's or variant's key: [image]}``. One query, and one for sizes that are not remembered.
    """
    keys = {pk: ids for listing in listings for pk, ids in listing.photos.items()}
    images = get_image_model().objects.in_bulk({key for ids in keys.values() for key in ids})
    know_sizes(images.values())
    photos = defaultdict(list)
    for pk, ids in keys.items():
        photos[int(pk)] = [images[key] for key in ids if key in images]
    return photos


@dataclass(frozen=True)
class Look:
    """How a product is shown in a line: its photograph or None, and what tells the variant apart or ""."""

    photo: object
    option: str


def looks_of(products):
    """The ``Look`` of each product or variant, by its key. One query; two more where one is not listed.

    ``products`` have their parents at hand.
    """
    shown = {product.pk: product.parent_id or product.pk for product in products}
    listings = Listing.objects.filter(pk__in=set(shown.values()), is_gone=False)
    listings = {row.pk: row for row in listings.only("pk", "card", "photos")}
    photos = photos_of_listings(listings.values())
    options = {
        variant: name
        for listing in listings.values()
        for name, _code, variant in listing.card["swatches"]
    }
    there = {pk for listing in listings.values() for pk, _state in listing.card["variants"]}
    there |= listings.keys()
    # A variant that was taken off sale is not on its parent's card.
    if missing := {key for pk, of in shown.items() if pk not in there for key in (pk, of)}:
        photos.update(photos_by_product(missing))
        options |= {pk: name for pk, (name, _code) in options_of(missing).items()}
    return {
        product.pk: Look(photo_of(product, photos), options.get(product.pk, ""))
        for product in products
    }


def photo_of(product, photos):
    """The photograph that stands for a piece: its own, or its parent's; None without one."""
    own = photos.get(product.pk) or photos.get(product.parent_id) or [None]
    return own[0]


def best_availability(records):
    """The availability of a product that is sold by several stock records."""
    states = {availability_of(record) for record in records}
    return next((state for state in (IN_STOCK, LOW) if state in states), SOLD_OUT)
