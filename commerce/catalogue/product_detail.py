"""The data of product pages and buy boxes: variants, selection, price, stock, arrival."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from wagtail.images.models import AbstractImage

from commerce.catalogue.product_facts import CARE, options_in, text_of_family
from commerce.index.listings import (
    best_availability,
    photos_of_listings,
    product_url,
    records_by_product,
    sellable_products,
)
from commerce.index.price_windows import expire_at_next_price_change
from commerce.models import DeliveryMethod
from commerce.models.cache_tags import price_tag, product_tag
from commerce.page_cache.dependencies import depends_on
from commerce.pricing.delivery import Arrival, arrival_of, standard_delivery
from commerce.pricing.prices import PriceBook, Quote
from commerce.stock.availability import SOLD_OUT, availability_of, stock_text, units_available

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.partner.abstract_models import AbstractStockRecord


@dataclass(frozen=True)
class Variant:
    """One variant of a product, or the product itself if it has none."""

    product_id: int
    sku: str
    name: str
    code: str
    url: str
    quote: Quote | None
    availability: str
    stock_text: str
    units: int
    photo: AbstractImage | None
    is_selected: bool
    photos: tuple[AbstractImage, ...] = ()


@dataclass(frozen=True)
class BuyBox:
    """The data of the buy box. ``selected`` is the variant shown and bought.

    ``option_name`` is what variants differ in, in the merchant's words ("Colour"). ``gallery`` has
    the photos independent of the selection, ``photos`` those shown: the selected variant's first.
    """

    product_id: int
    title: str
    url: str
    variants: list[Variant]
    selected: Variant | None
    quote: Quote | None
    is_from: bool
    availability: str
    stock_text: str
    arrival: Arrival | None
    delivery: DeliveryMethod | None
    option_name: str = ""
    photos: list[AbstractImage] = field(default_factory=list)
    gallery: list[AbstractImage] = field(default_factory=list)

    @property
    def has_choice(self) -> bool:
        """Whether the shopper can choose a variant."""
        return bool(self.variants) and self.variants[0].product_id != self.product_id

    @property
    def others_in_stock(self) -> list[Variant]:
        """The other variants that can be bought."""
        return [
            variant
            for variant in self.variants
            if variant.availability != SOLD_OUT and variant.quote and not variant.is_selected
        ]

    @property
    def is_sold_out(self) -> bool:
        """Whether no variant can be bought."""
        return not self.can_be_bought and not self.others_in_stock

    @property
    def lowest_quote(self) -> Quote | None:
        """The lowest price of the variants, as lists show it; None without a price."""
        quotes = [variant.quote for variant in self.variants if variant.quote]
        return min(quotes, key=lambda quote: quote.price, default=None)

    @property
    def can_be_bought(self) -> bool:
        """Whether the selected variant has a price and is available."""
        return bool(
            self.selected and self.selected.quote and self.selected.availability != SOLD_OUT
        )


def buy_boxes_for(product_ids: Collection[int]) -> dict[int, BuyBox]:
    """Buy boxes of several products, ``{product_id: BuyBox}``, without those not public.

    The number of queries does not depend on the number of products.
    """
    depends_on(*map(product_tag, product_ids), *map(price_tag, product_ids))
    rows = sellable_products().select_related("listing", "product_class")
    rows = rows.defer("listing__variant_photos")
    return _boxes(list(rows.filter(pk__in=product_ids)))


def _boxes(products: Iterable[AbstractProduct]) -> dict[int, BuyBox]:
    """The boxes of public products whose listings are loaded."""
    expire_at_next_price_change()
    products = {product.pk: product for product in products}
    records = records_by_product(products.values())
    book = PriceBook()
    book.load_for(record for rows in records.values() for record in rows)
    listings = [product.listing for product in products.values() if hasattr(product, "listing")]
    delivery = standard_delivery()
    looked_up = _LookedUp(
        book=book,
        options={
            variant: (name, code)
            for listing in listings
            for name, code, variant in listing.card["swatches"]
        },
        option_names={listing.pk: listing.card.get("option", "") for listing in listings},
        photos=photos_of_listings(listings),
        delivery=delivery,
        arrival=arrival_of(delivery) if delivery else None,
    )
    return {pk: _box(product, records[pk], looked_up) for pk, product in products.items()}


@dataclass(frozen=True)
class _LookedUp:
    """Data read in bulk for all boxes of a page."""

    book: PriceBook
    options: dict[int, tuple[str, str]]
    option_names: dict[int, str]
    photos: dict[int, list[AbstractImage]]
    delivery: DeliveryMethod | None
    arrival: Arrival | None


def buy_box_for(
    product: AbstractProduct,
    *,
    selected: int | None = None,
) -> BuyBox | None:
    """The buy box of one product; None if it is not public or is a variant.

    ``selected`` is the key of the variant to select; an unknown one is ignored. By default the
    first variant in stock is selected.
    """
    depends_on(product_tag(product.pk), price_tag(product.pk))
    if not product.is_public or product.parent_id:
        return None
    return select_variant(_boxes([product])[product.pk], selected)


def select_variant(box: BuyBox, product_id: int | None) -> BuyBox:
    """A copy of the box with another variant selected, if the box has it."""
    chosen = next((v for v in box.variants if v.product_id == product_id), None) or box.selected
    if chosen is None:
        return box
    variants = [
        replace(variant, is_selected=variant.product_id == chosen.product_id)
        for variant in box.variants
    ]
    own = {photo.pk for photo in chosen.photos}
    return replace(
        box,
        variants=variants,
        selected=next(variant for variant in variants if variant.is_selected),
        quote=chosen.quote,
        stock_text=chosen.stock_text,
        availability=chosen.availability,
        photos=[*chosen.photos, *(photo for photo in box.gallery if photo.pk not in own)],
    )


def _box(
    product: AbstractProduct, records: Sequence[AbstractStockRecord], looked_up: _LookedUp
) -> BuyBox:
    url = product_url(product.pk, product.slug)
    variants = [_variant(record, product, url, looked_up) for record in records]
    first = next(
        (v for v in variants if v.availability != SOLD_OUT), variants[0] if variants else None
    )
    gallery = _gallery(product, variants, looked_up.photos)
    box = BuyBox(
        product_id=product.pk,
        title=product.title,
        url=url,
        variants=variants,
        selected=first,
        quote=first.quote if first else None,
        is_from=len({variant.quote.price for variant in variants if variant.quote}) > 1,
        availability=best_availability(records),
        stock_text=first.stock_text if first else stock_text(None),
        arrival=looked_up.arrival,
        delivery=looked_up.delivery,
        option_name=looked_up.option_names.get(product.pk, ""),
        photos=gallery,
        gallery=gallery,
    )
    return select_variant(box, first.product_id) if first else box


def _variant(
    record: AbstractStockRecord, product: AbstractProduct, url: str, looked_up: _LookedUp
) -> Variant:
    name, code = looked_up.options.get(record.product_id, (product.title, ""))
    own = looked_up.photos.get(record.product_id) or []
    is_child = record.product_id != product.pk
    return Variant(
        product_id=record.product_id,
        sku=record.partner_sku,
        name=name,
        code=code,
        url=f"{url}?variant={record.product_id}" if is_child else url,
        quote=looked_up.book.quote(record),
        availability=availability_of(record),
        stock_text=stock_text(record),
        units=units_available(record),
        photo=own[0] if own else None,
        is_selected=False,
        photos=tuple(own),
    )


def _gallery(
    product: AbstractProduct, variants: Iterable[Variant], photos: Mapping[int, list[AbstractImage]]
) -> list[AbstractImage]:
    """Each photo once: the product's first, then the first of each variant."""
    rows = [*photos[product.pk], *(v.photo for v in variants if v.photo)]
    return list({image.pk: image for image in rows}.values())


class NamedVariant(NamedTuple):
    """A variant's key and name."""

    product_id: int
    name: str


class Family(NamedTuple):
    """A product with the names of its variants: like a buy box, without prices and stock."""

    product_id: int
    variants: tuple[NamedVariant, ...]


def family_of(product: AbstractProduct) -> Family:
    """The ``Family`` of a listed product. A ``BuyBox`` has the same attributes and more."""
    card = product.listing.card
    options = {variant: name for name, _code, variant in card["swatches"]}
    members = (NamedVariant(pk, options.get(pk, product.title)) for pk, _state in card["variants"])
    return Family(product.pk, tuple(members))


def specification(family: Family | BuyBox, rows: Sequence[Any]) -> list[tuple[str, str]]:
    """(name, text) pairs of a product's specification table.

    ``rows`` are the ``attribute_rows`` of the product and its variants. Leaves out what the page
    shows elsewhere: variant options and care instructions.
    """
    variants = {one.product_id for one in family.variants}
    found = texts_of(rows, [family.product_id, *(one.product_id for one in family.variants)])
    by_code = {pk: {code: text for code, _name, text in values} for pk, values in found.items()}
    names = {row.attribute.code: row.attribute.name for row in rows}
    return [
        (name, text_of_family(family, code, by_code))
        for code, name in names.items()
        if code != CARE and code not in options_in(rows, variants - {family.product_id})
    ]


def texts_of(
    rows: Iterable[Any], product_ids: Iterable[int]
) -> dict[int, list[tuple[str, str, str]]]:
    """Attribute texts from loaded rows, ``{product_id: [(code, name, text), …]}``."""
    found: dict[int, list[tuple[str, str, str]]] = {pk: [] for pk in product_ids}
    for row in rows:
        texts = (row.attribute.code, row.attribute.name, str(row.value_as_text))
        found[row.product_id].append(texts)
    return found
