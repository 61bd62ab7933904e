"""The data of product pages and buy boxes: variants, selection, price, stock, arrival."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from wagtail.images.models import AbstractImage

from commerce.catalogue.product_facts import attribute_rows, brands_of, text_of_family
from commerce.digital.goods import files_of
from commerce.index.listings import (
    best_availability,
    cards_for,
    photos_of_listings,
    product_url,
    records_by_product,
    sellable_products,
)
from commerce.index.price_windows import expire_at_next_price_change
from commerce.models import DeliveryMethod, ProductFile
from commerce.models.cache_tags import price_tag, product_tag
from commerce.options.chooser import Control, controls_for
from commerce.options.option_sets import OptionSet
from commerce.options.personal import PersonalOption, personal_options_of
from commerce.page_cache.dependencies import depends_on
from commerce.pricing.delivery import Arrival, arrival_of, delivery_charge, quoted_delivery
from commerce.pricing.parcels import Parcel, by_mail, carries, parcel_of
from commerce.pricing.prices import PriceBook, Quote
from commerce.pricing.unit_prices import UnitPrice, shown_unit_price
from commerce.shop_settings.current import current_shop
from commerce.shop_values.barcodes import is_gtin
from commerce.stock.availability import SOLD_OUT, availability_of, stock_text, units_available
from commerce.stock.selling import is_shipped, selling_of

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.partner.abstract_models import AbstractStockRecord


#: Up to this many variants are read with price and stock; of more, only so many.
MAX_VARIANTS, SOME_VARIANTS = 30, 12
#: Other variants named when the selected one is sold out.
MAX_OTHERS = 6
#: Photos of variants in a gallery, besides the product's own.
MAX_OF_VARIANTS = 12


@dataclass(frozen=True)
class Variant:
    """One variant of a product, or the product itself if it has none."""

    product_id: int
    sku: str
    name: str
    url: str
    quote: Quote | None
    availability: str
    stock_text: str
    units: int
    photo: AbstractImage | None
    is_selected: bool
    photos: tuple[AbstractImage, ...] = ()
    least: int = 1
    step: int = 1
    available_from: date | None = None
    unit_price: UnitPrice | None = None
    delivery: DeliveryMethod | None = None
    delivery_charge: Decimal | None = None
    arrival: Arrival | None = None
    is_shipped: bool = True
    #: Its barcode; "" if its UPC is another code.
    gtin: str = ""
    #: The files that its buyers download.
    files: tuple[ProductFile, ...] = ()
    brand: str = ""


class NamedVariant(NamedTuple):
    """A variant's key and name."""

    product_id: int
    name: str


@dataclass(frozen=True)
class BuyBox:
    """The data of the buy box. ``selected`` is the variant shown and bought.

    ``options`` describes all variants and ``controls`` the choice between them. ``variants`` have
    price and stock; above ``MAX_VARIANTS`` they are only some, unless all were asked for. ``personal``
    are the personal options, ``units`` the quantity if one was refused. ``lowest`` is the lowest price of all and ``unit_price`` that of its
    variant, ``brand`` the product's own or the shop's name. ``gallery`` has the photos independent of
    the selection, ``photos`` those shown: the selected variant's first.
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
    lowest: Quote | None = None
    unit_price: UnitPrice | None = None
    brand: str = ""
    options: OptionSet = OptionSet()
    controls: tuple[Control, ...] = ()
    personal: tuple[PersonalOption, ...] = ()
    units: str = ""
    photos: list[AbstractImage] = field(default_factory=list)
    gallery: list[AbstractImage] = field(default_factory=list)

    @property
    def has_choice(self) -> bool:
        """Whether the shopper can choose a variant."""
        return bool(self.variants) and self.variants[0].product_id != self.product_id

    @property
    def others_in_stock(self) -> list[NamedVariant]:
        """A few of the other variants that can be bought."""
        chosen = self.selected.product_id if self.selected else None
        others = (
            variant
            for variant in self.options.variants
            if not variant.is_sold_out and variant.product_id != chosen
        )
        return [
            NamedVariant(v.product_id, self.options.name_of(v.product_id))
            for v in islice(others, MAX_OTHERS)
        ]

    @property
    def is_sold_out(self) -> bool:
        """Whether no variant can be bought."""
        return not self.can_be_bought and not self.others_in_stock

    @property
    def can_be_bought(self) -> bool:
        """Whether the selected variant has a price and is available."""
        return bool(
            self.selected and self.selected.quote and self.selected.availability != SOLD_OUT
        )


def buy_boxes_for(
    product_ids: Collection[int], *, variants: Collection[int] = (), whole: bool = False
) -> dict[int, BuyBox]:
    """Buy boxes of several products, ``{product_id: BuyBox}``, without those not public.

    ``variants`` are keys of variants that the boxes must contain; ``whole`` asks for all of them. The
    number of queries does not depend on the number of products.
    """
    depends_on(*map(product_tag, product_ids), *map(price_tag, product_ids))
    rows = sellable_products().select_related("listing", "product_class", "details")
    rows = rows.defer("listing__variant_photos").order_by()
    return _boxes(list(rows.filter(pk__in=product_ids)), variants=variants, whole=whole)


def _boxes(
    products: Iterable[AbstractProduct], *, variants: Collection[int] = (), whole: bool = False
) -> dict[int, BuyBox]:
    """The boxes of public products whose listings are loaded."""
    expire_at_next_price_change()
    products = {product.pk: product for product in products}
    listings = [product.listing for product in products.values() if hasattr(product, "listing")]
    options = {listing.pk: OptionSet.from_json(listing.variants) for listing in listings}
    left_out = set() if whole else _beyond_limit(options.values(), variants)
    records = records_by_product(products.values(), without=left_out)
    book = PriceBook()
    book.load_for(record for rows in records.values() for record in rows)
    looked_up = _LookedUp(
        book=book,
        options=options,
        lowest=_lowest_prices(options, left_out),
        photos=photos_of_listings(listings, without=left_out),
        delivery=_Delivery(quoted_delivery()),
        personal=personal_options_of(products.values()),
        files=_files(record.product for rows in records.values() for record in rows),
        brands=_brands(products, records),
    )
    return {pk: _box(product, records[pk], looked_up) for pk, product in products.items()}


def _files(products: Iterable[AbstractProduct]) -> dict[int, list[ProductFile]]:
    """The files of products that are not sent by post; no query if all are."""
    downloads = [product for product in products if not is_shipped(product)]
    return files_of(downloads) if downloads else {}


def _brands(
    product_ids: Collection[int], records: Mapping[int, Sequence[AbstractStockRecord]]
) -> dict[int, str]:
    """The brand of each product and variant: its own, the product's, or the shop's name."""
    variants = {record.product_id: pk for pk, rows in records.items() for record in rows}
    named, shop = brands_of({*product_ids, *variants}), current_shop()
    brands = {pk: named.get(pk) or shop.name for pk in product_ids}
    return brands | {pk: named.get(pk) or brands[parent] for pk, parent in variants.items()}


def _beyond_limit(options: Iterable[OptionSet], wanted: Collection[int]) -> set[int]:
    """The variants that boxes leave out: beyond the limit, neither wanted nor selected by default."""
    left_out: set[int] = set()
    for one in options:
        if len(one.variants) > MAX_VARIANTS:
            first = next((v.product_id for v in one.variants if not v.is_sold_out), None)
            left_out.update(variant.product_id for variant in one.variants[SOME_VARIANTS:])
            left_out -= {first, *wanted}
    return left_out


def _lowest_prices(
    options: Mapping[int, OptionSet], left_out: Collection[int]
) -> dict[int, tuple[Quote, bool, UnitPrice | None]]:
    """``{product_id: (lowest price, whether variants differ, unit price)}``.

    Of boxes without all variants.
    """
    if not left_out:
        return {}
    keys = [pk for pk, one in options.items() if not one.by_key.keys().isdisjoint(left_out)]
    return {
        card.product_id: (card.quote, card.is_from, card.unit_price)
        for card in cards_for(keys)
        if card.quote
    }


class _Delivery:
    """The delivery methods of the home country, and when they arrive; many variants share few."""

    def __init__(self, methods: list[DeliveryMethod]) -> None:
        self.methods = methods
        self._arrivals: dict[tuple[str, date | None], Arrival | None] = {}
        self._found: dict[Parcel, DeliveryMethod | None] = {}

    def method_for(self, parcel: Parcel) -> DeliveryMethod | None:
        """The first method that carries a parcel."""
        if parcel not in self._found:
            carrying = (method for method in self.methods if carries(method, parcel))
            self._found[parcel] = next(carrying, None if parcel.is_shipped else by_mail())
        return self._found[parcel]

    def arrival(self, method: DeliveryMethod, ready: date | None) -> Arrival | None:
        """When an order placed now arrives."""
        key = (method.code, ready)
        if key not in self._arrivals:
            self._arrivals[key] = arrival_of(method, ready)
        return self._arrivals[key]


@dataclass(frozen=True)
class _LookedUp:
    """Data read in bulk for all boxes of a page."""

    book: PriceBook
    options: dict[int, OptionSet]
    lowest: dict[int, tuple[Quote, bool, UnitPrice | None]]
    photos: dict[int, list[AbstractImage]]
    delivery: _Delivery
    personal: dict[int, list[PersonalOption]]
    files: dict[int, list[ProductFile]]
    brands: dict[int, str]


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
    return select_variant(_boxes([product], variants=[selected or 0])[product.pk], selected)


def select_variant(box: BuyBox, product_id: int | None) -> BuyBox:
    """A copy of the box with another variant selected, if the box contains it."""
    chosen = next((v for v in box.variants if v.product_id == product_id), None) or box.selected
    if chosen is None:
        return box
    variants = [
        variant if variant.is_selected is is_chosen else replace(variant, is_selected=is_chosen)
        for variant in box.variants
        for is_chosen in [variant.product_id == chosen.product_id]
    ]
    own = {photo.pk for photo in chosen.photos}
    return replace(
        box,
        variants=variants,
        selected=next(variant for variant in variants if variant.is_selected),
        quote=chosen.quote,
        stock_text=chosen.stock_text,
        availability=chosen.availability,
        controls=controls_for(box.options, chosen.product_id),
        photos=[*chosen.photos, *(photo for photo in box.gallery if photo.pk not in own)],
    )


def _box(
    product: AbstractProduct, records: Sequence[AbstractStockRecord], looked_up: _LookedUp
) -> BuyBox:
    url = product_url(product.pk, product.slug)
    options = looked_up.options.get(product.pk) or OptionSet()
    variants = [_variant(record, product, url, options, looked_up) for record in records]
    first = next(
        (v for v in variants if v.availability != SOLD_OUT), variants[0] if variants else None
    )
    gallery = _gallery(product, options, looked_up.photos)
    lowest, is_from, unit_price = looked_up.lowest.get(product.pk) or _lowest_of(variants)
    box = BuyBox(
        product_id=product.pk,
        title=product.title,
        url=url,
        variants=variants,
        selected=first,
        quote=first.quote if first else None,
        is_from=is_from,
        availability=best_availability(variant.availability for variant in variants),
        stock_text=first.stock_text if first else stock_text(None),
        lowest=lowest,
        unit_price=unit_price,
        brand=looked_up.brands[product.pk],
        options=options,
        personal=tuple(looked_up.personal[product.pk]),
        photos=gallery,
        gallery=gallery,
    )
    return select_variant(box, first.product_id) if first else box


def _variant(
    record: AbstractStockRecord,
    product: AbstractProduct,
    url: str,
    options: OptionSet,
    looked_up: _LookedUp,
) -> Variant:
    own = looked_up.photos.get(record.product_id) or []
    selling, quote = selling_of(record.product), looked_up.book.quote(record)
    is_child, upc = record.product_id != product.pk, record.product.upc or ""
    parcel = parcel_of([(record, record.product, selling.least)])
    method = looked_up.delivery.method_for(parcel)
    return Variant(
        product_id=record.product_id,
        sku=record.partner_sku,
        name=options.name_of(record.product_id) or product.title,
        url=f"{url}?variant={record.product_id}" if is_child else url,
        quote=quote,
        availability=availability_of(record),
        stock_text=stock_text(record),
        units=units_available(record),
        photo=own[0] if own and is_child else None,
        is_selected=False,
        photos=tuple(own) if is_child else (),
        least=selling.least,
        step=selling.step,
        available_from=selling.available_from,
        unit_price=shown_unit_price(quote.price, quote.currency, selling) if quote else None,
        delivery=method,
        delivery_charge=delivery_charge(method, quote.price, parcel) if method and quote else None,
        arrival=(
            looked_up.delivery.arrival(method, parcel.ready)
            if method and parcel.is_ready_known
            else None
        ),
        is_shipped=parcel.is_shipped,
        gtin=upc if is_gtin(upc) else "",
        files=tuple(looked_up.files.get(record.product_id, ())),
        brand=looked_up.brands[record.product_id],
    )


def _lowest_of(variants: Iterable[Variant]) -> tuple[Quote | None, bool, UnitPrice | None]:
    """The lowest price of variants, whether they differ, and the unit price of that price."""
    prices = [(one.quote, one.unit_price) for one in variants if one.quote]
    lowest, unit = min(prices, key=lambda pair: pair[0].price, default=(None, None))
    return lowest, len({quote.price for quote, _unit in prices}) > 1, unit


def _gallery(
    product: AbstractProduct, options: OptionSet, photos: Mapping[int, list[AbstractImage]]
) -> list[AbstractImage]:
    """Each photo once: the product's first, then the first of each variant, up to a limit."""
    own = {image.pk: image for image in photos.get(product.pk) or []}
    of_variants = {
        images[0].pk: images[0]
        for variant in options.variants
        if (images := photos.get(variant.product_id)) and images[0].pk not in own
    }
    return [*own.values(), *islice(of_variants.values(), MAX_OF_VARIANTS)]


class Family(NamedTuple):
    """A product with the options of its variants: like a buy box, without prices and stock."""

    product_id: int
    options: OptionSet


def family_of(product: AbstractProduct) -> Family:
    """The ``Family`` of a listed product. A ``BuyBox`` has the same attributes and more."""
    return Family(product.pk, OptionSet.from_json(product.listing.variants))


def attributes_of_families(families: Iterable[Family | BuyBox]) -> list[Any]:
    """The ``attribute_rows`` of products and their variants, without the variants' options."""
    families = list(families)
    keys = [pk for one in families for pk in (one.product_id, *one.options.by_key)]
    options = {option.key for one in families for option in one.options.options}
    return attribute_rows(keys, without=options - {0})


def specification(family: Family | BuyBox, rows: Sequence[Any]) -> list[tuple[str, str]]:
    """(name, text) pairs of a product's specification table.

    ``rows`` are its ``attributes_of_families``. Leaves out the care instructions, which the page
    shows elsewhere.
    """
    found = texts_of(rows, [family.product_id, *family.options.by_key])
    by_code = {pk: {code: text for code, _name, text in values} for pk, values in found.items()}
    names = {row.attribute.code: row.attribute.name for row in rows}
    care = current_shop().care_attribute
    return [
        (name, text_of_family(family, code, by_code))
        for code, name in names.items()
        if code != care
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
