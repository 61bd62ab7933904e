"""Computes the listing documents: what the listing index stores for each product.

``build_documents`` reads all that lists, filters and search need of many products in a constant
number of queries. ``commerce.index.refresh`` writes the documents and verifies them.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from django.db.models import Count
from django.utils.text import slugify
from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.images.card_photos import CardPhoto, photos_of
from commerce.index.listings import option_label, product_urls, sellable_products
from commerce.index.price_windows import (
    EVER,
    NEVER,
    Offers,
    Window,
    band_of,
    month_of,
    sales_of,
    windows_of,
)
from commerce.index.terms import KNOWN, TEXT, TITLE, TermKey, as_text
from commerce.index.tokens import indexed_words
from commerce.models import FacetAttribute
from commerce.rich_html import plain_text
from commerce.stock.availability import (
    IN_STOCK,
    LOW,
    SOLD_OUT,
    availability_at,
    rank_of,
    units_left,
)

CATEGORY, ATTRIBUTE, PRICE, SALE = "category", "attribute", "price", "sale"
RATING, STOCK, ALL, TIMED = "rating", "stock", "all", "timed"
#: The product class, by its key.
KIND = "kind"
#: The listings to refresh when an automatic offer changes, by the offer's key.
OFFER = "offer"
#: Per-variant sets: "2:attribute:colour:red" contains the listings whose second variant is red.
VARIANT = "variant"
#: The columns of a listing, in writing order.
COLUMNS = (
    "title", "path", "created", "rating", "review_count", "popularity", "availability", "is_gone",
    "card", "variant_photos", "photos", "categories",
)  # fmt: skip

#: Longer values are cut, to leave room for the variant number and kind.
MAX_VALUE = 100

#: Functions from product ids to ``{product_id: text}``: search text that other packages add.
WORD_SOURCES: list[Callable[[list[int]], Mapping[int, str]]] = []


@dataclass
class ListingDocument:
    """One product's columns, price windows and terms.

    ``words`` are three sets by weight; ``sets`` are the other sets it belongs to, ``{(kind, value):
    label}``.
    """

    columns: dict[str, Any]
    windows: list[Window]
    words: tuple[set[str], ...] = field(default_factory=lambda: (set(), set(), set()))
    sets: dict[TermKey, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The terms in their stored form (``commerce.index.terms``)."""
        return as_text(self.words, self.sets)

    def add(self, kind: str, value: str, label: object = "") -> None:
        """Add the product to a set; the first label is used."""
        self.sets.setdefault((kind, value), str(label)[:255])

    def add_variants(self, kind: str, variants: Sequence[Mapping[str, str]]) -> None:
        """Add the product to the sets of its variants, one ``{value: label}`` per variant.

        Values that only some variants have are also added per variant number.
        """
        for value in dict.fromkeys(value for values in variants for value in values):
            numbers = [n for n, values in enumerate(variants, 1) if value in values]
            self.add(kind, value, label=variants[numbers[0] - 1][value])
            if len(numbers) < len(variants):
                for number in numbers:
                    self.add(VARIANT, f"{number}:{kind}:{value}")

    def add_words(self, words: Iterable[str], weight: int = TEXT) -> None:
        """Add search words; each counts with its greatest weight."""
        self.words[weight].update(words)


class Product(NamedTuple):
    """The columns of a product that lists need."""

    pk: int
    title: str
    slug: str
    description: str
    upc: str | None
    rating: float | None
    created: datetime
    purchases: int | None
    kind: int | None


class Record(NamedTuple):
    """The columns of the stock record that a product or variant is sold from."""

    pk: int
    product_id: int
    partner_sku: str
    price: Decimal | None
    price_currency: str
    availability: str


class Value(NamedTuple):
    """An attribute value. ``options`` are (key, code, name).

    ``terms`` is ``{term value: label}``, shared by all products with the value.
    """

    attribute_id: int
    code: str
    name: str
    type: str
    boolean: bool | None
    text: str | None
    options: tuple[tuple[int, str, str], ...]
    terms: dict[str, str]


def build_documents(product_ids: Collection[int]) -> dict[int, ListingDocument]:
    """``{product_id: ListingDocument}`` of the listed products; others are omitted.

    The number of queries is constant. The result does not depend on the current time: the price
    windows say when each price applies.
    """
    products = _products_of(product_ids)
    reviews = _reviews_of(products)
    records = records_of(products)
    variants = {record.product_id for rows in records.values() for record in rows}
    sales = sales_of(record.pk for rows in records.values() for record in rows)
    offers = Offers(records)
    values = _values_of(products.keys() | variants)
    photos = photos_of(products.keys() | variants)
    paths = product_urls({pk: product.slug for pk, product in products.items()})
    documents = {
        pk: ListingDocument(
            columns={
                "path": paths[pk],
                **_columns(product, records[pk], reviews=reviews, values=values, photos=photos),
            },
            windows=windows_of(records[pk], sales, offers),
        )
        for pk, product in products.items()
    }
    for pk, document in documents.items():
        _add_own_terms(document, products[pk], records[pk])
        for offer in (offer for record in records[pk] for offer in offers.of(record)):
            document.add(OFFER, str(offer.pk))
    _add_categories(documents)
    _add_attributes(documents, values, records)
    for source in WORD_SOURCES:
        for pk, text in source(list(documents)).items():
            documents[pk].add_words(indexed_words(text))
    return documents


# --- Reading --------------------------------------------------------------------------------------


def _products_of(product_ids: Collection[int]) -> dict[int, Product]:
    rows = sellable_products().filter(pk__in=literal_in(product_ids)).values_list(
        "pk", "title", "slug", "description", "upc", "rating", "date_created", "stats__num_purchases",
        "product_class_id",
    )  # fmt: skip
    return {row[0]: Product(*row) for row in rows}


def _reviews_of(product_ids: Collection[int]) -> dict[int, int]:
    """The number of approved reviews of the products that have any."""
    reviews = get_model("reviews", "ProductReview").objects
    rows = reviews.filter(product__in=literal_in(product_ids), status=1).order_by()
    return dict(rows.values_list("product_id").annotate(Count("pk")))


def records_of(product_ids: Collection[int]) -> dict[int, list[Record]]:
    """The stock records of products and their public variants, in the order of variant numbers."""
    keys, records = literal_in(product_ids), get_model("partner", "StockRecord").objects
    names = (
        "pk", "product_id", "partner_sku", "price", "price_currency", "num_in_stock", "num_allocated",
    )  # fmt: skip
    kind = "product_class__track_stock"
    own = records.filter(product__in=keys).order_by("product_id", "pk")
    below = records.filter(product__parent__in=keys, product__is_public=True)
    below = below.order_by("product_id", "pk")
    sellers = defaultdict(list)
    for rows in (
        own.values_list("product_id", f"product__{kind}", *names),
        below.values_list("product__parent_id", f"product__parent__{kind}", *names),
    ):
        for listed, is_counted, *columns, in_stock, allocated in rows:
            state = availability_at(units_left(in_stock, allocated)) if is_counted else IN_STOCK
            record = Record(*columns, state)  # type: ignore[call-arg]
            if record.price is None:  # not for sale
                record = record._replace(availability=SOLD_OUT)
            sellers[listed, columns[1]].append(record)
    found = defaultdict(list)
    for (listed, _product_id), records in sellers.items():
        # The rule of commerce.stock.availability.record_to_sell.
        found[listed].append(max(records, key=_rank_of) if len(records) > 1 else records[0])
    return found


def _rank_of(record: Record) -> int:
    return rank_of(has_price=record.price is not None, is_available=record.availability != SOLD_OUT)


def _values_of(product_ids: Collection[int]) -> dict[int, dict[str, Value]]:
    """``{product_id: {attribute code: Value}}``."""
    ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")
    rows = list(
        ProductAttributeValue.objects.filter(product__in=literal_in(product_ids)).values_list(
            "pk", "product_id", "attribute_id", "value_boolean", "value_text", "value_option_id"
        )
    )
    # A separate query: with a join, MariaDB reads every product's values of each attribute.
    attributes = _rows_by_key("ProductAttribute", {row[2] for row in rows}, "code", "name", "type")
    several = _several_of(row[0] for row in rows if _is_multiple(attributes.get(row[2])))
    chosen = {row[5] for row in rows}.union(*several.values())
    options = _rows_by_key("AttributeOption", chosen, "code", "option")
    values: dict[int, dict[str, Value]] = defaultdict(dict)
    made: dict[tuple[Any, ...], Value] = {}
    for pk, product_id, *row in rows:
        key = (*row, *several.get(pk, ()))
        value = made.get(key)
        if value is None:  # many products share few values
            attribute, boolean, text, one = row
            if attribute not in attributes:
                continue  # just deleted; the deletion refreshes its products
            facts = attributes[attribute]
            keys = several.get(pk, ()) if _is_multiple(facts) else (one,)
            found = tuple((option, *options[option]) for option in keys if option in options)
            code, name, kind = facts
            value = made[key] = _value_of(
                Value(attribute, code, name, kind, boolean, text, found, {})
            )
        values[product_id][value.code] = value
    return values


def _is_multiple(facts: Sequence[Any] | None) -> bool:
    """Whether an attribute, given as (code, name, type), has multiple options."""
    return facts is not None and facts[2] == "multi_option"


def _several_of(value_ids: Iterable[int]) -> dict[int, list[int]]:
    """``{value key: option keys}``."""
    through = get_model("catalogue", "ProductAttributeValue").value_multi_option.through
    keys = list(value_ids)
    several = defaultdict(list)
    if keys:
        rows = through.objects.filter(productattributevalue__in=literal_in(keys)).order_by("pk")
        for pk, option in rows.values_list("productattributevalue_id", "attributeoption_id"):
            several[pk].append(option)
    return several


def _rows_by_key(model: str, keys: Set[Any], *columns: str) -> dict[int, list[Any]]:
    """``{key: columns}`` of some rows of a catalogue model."""
    rows = get_model("catalogue", model).objects.filter(pk__in=keys - {None}).order_by()
    return {pk: row for pk, *row in rows.values_list("pk", *columns)}


def _value_of(value: Value) -> Value:
    """The value with its terms filled in."""
    value.terms.update(
        (f"{value.code}:{of}"[:MAX_VALUE], label) for of, label in facet_values(value)
    )
    return value


# --- Columns --------------------------------------------------------------------------------------


def _columns(
    product: Product,
    records: list[Record],
    *,
    reviews: Mapping[int, int],
    values: Mapping[int, dict[str, Value]],
    photos: Mapping[int, list[CardPhoto]],
) -> dict[str, Any]:
    availability = _best(records)
    options = {
        record.product_id: option
        for record in records
        if record.product_id != product.pk and (option := _option_of(values[record.product_id]))
    }
    first = next((_own_options(values[pk]) for pk in options), [])
    own = photos[product.pk] or next((photos[r.product_id] for r in records), [])
    card = {
        "variants": variants_of(records),
        "photo": own[0].sources if own else [],
        "second": own[1].sources if len(own) > 1 else [],
        "share": own[0].share if own else None,
        "option": ", ".join(str(value.name) for value in first),
        "swatches": [[*option, pk] for pk, option in options.items()],
    }
    variant_photos = {str(pk): photos[pk][0].sources for pk in options if photos[pk]}
    return {
        "title": product.title,
        "created": product.created,
        "rating": product.rating or 0.0,
        "review_count": reviews.get(product.pk, 0),
        "popularity": product.purchases or 0,
        "availability": availability,
        "is_gone": availability == SOLD_OUT,
        "card": {**card, "digest": _digest_of([product.title, card, variant_photos])},
        "categories": [],
        "photos": {
            str(pk): [image.pk for image in photos[pk]]
            for pk in dict.fromkeys([product.pk, *(record.product_id for record in records)])
            if photos[pk]
        },
        "variant_photos": variant_photos,
    }


def _digest_of(value: Any) -> str:
    return blake2b(json.dumps(value).encode(), digest_size=9).hexdigest()


def variants_of(records: Iterable[Record]) -> list[list[Any]]:
    """``[key, availability]`` of each variant, in the order of variant numbers."""
    return [[record.product_id, record.availability] for record in records]


def _best(records: Iterable[Record]) -> str:
    states = {record.availability for record in records}
    return next((state for state in (IN_STOCK, LOW) if state in states), SOLD_OUT)


def _own_options(values: Mapping[str, Value]) -> list[Value]:
    """The attributes that distinguish a variant, in order."""
    own = (value for value in values.values() if value.type == "option" and value.options)
    return sorted(own, key=lambda value: value.attribute_id)


def _option_of(values: Mapping[str, Value]) -> tuple[str, str] | None:
    """The (name, code) that distinguishes a variant, or None."""
    options = [(name, code) for one in _own_options(values) for _key, code, name in one.options]
    return option_label(options) if options else None


# --- Terms ----------------------------------------------------------------------------------------


def _add_own_terms(document: ListingDocument, product: Product, records: list[Record]) -> None:
    document.add(ALL, "")
    if product.kind:
        document.add(KIND, str(product.kind))
    _add_prices(document, records)
    document.add_variants(
        STOCK,
        [{"in-stock": ""} if row.availability != SOLD_OUT else {} for row in records],
    )
    for stars in (3, 4):
        if document.columns["rating"] >= stars:
            document.add(RATING, str(stars))
    document.add_words(indexed_words(product.title), TITLE)
    document.add_words(indexed_words(plain_text(product.description)))
    for code in {product.upc, *(record.partner_sku for record in records)} - {None, ""}:
        document.add_words(indexed_words(code))


def _add_prices(document: ListingDocument, records: list[Record]) -> None:
    """Add the final price bands and the month in which the last price change takes effect.

    Until the end of that month lists read the price windows; afterwards these sets suffice.
    """
    changes = {window.start for window in document.windows} - {EVER}
    if changes:
        document.add(TIMED, month_of(max(changes)))
    last = {window.number: window for window in document.windows if window.until == NEVER}
    if last.keys() - {0}:
        windows = [last.get(number) for number, _record in enumerate(records, 1)]
    else:
        windows = [last.get(0)]
    document.add_variants(
        PRICE, [{band_of(window.price): ""} if window else {} for window in windows]
    )
    document.add_variants(
        SALE, [{"yes": ""} if window and window.was else {} for window in windows]
    )


@lru_cache(maxsize=2_000)
def _words_of_name(name: str) -> frozenset[str]:
    """The words of a category or filter name; many products share few names."""
    return frozenset(indexed_words(name))


def _add_categories(documents: Mapping[int, ListingDocument]) -> None:
    Category = get_model("catalogue", "Category")
    through = get_model("catalogue", "ProductCategory").objects.filter(
        product__in=literal_in(documents)
    )
    browsable = list(Category.objects.browsable().values_list("pk", "name", "path"))
    path_of = {pk: path for pk, _name, path in browsable}
    paths = {path: (pk, name) for pk, name, path in browsable}
    step = Category.steplen
    for product_id, category_id in through.order_by("pk").values_list("product_id", "category_id"):
        documents[product_id].columns["categories"].append(category_id)
        path = path_of.get(category_id, "")
        line = [path[:end] for end in range(step, len(path) + 1, step)]
        if not all(part in paths for part in line):
            continue  # a hidden category hides its products from its ancestors too
        for part in line:
            pk, name = paths[part]
            documents[product_id].add(CATEGORY, str(pk), label=name)
            documents[product_id].add_words(_words_of_name(name), KNOWN)


def _add_attributes(
    documents: Mapping[int, ListingDocument],
    values: Mapping[int, dict[str, Value]],
    records: Mapping[int, list[Record]],
) -> None:
    facets = set(FacetAttribute.objects.values_list("attribute_id", flat=True))
    found = {
        product_id: {value.attribute_id: value.terms for value in of_product.values()}
        for product_id, of_product in values.items()
    }
    for pk, document in documents.items():
        own = found.get(pk, {})
        # A variant's own value overrides its product's.
        variants = [own | found.get(record.product_id, {}) for record in records[pk]]
        labels = {
            label
            for by_attribute in (own, *variants)
            for of_attribute in by_attribute.values()
            for label in of_attribute.values()
        }
        for label in labels:
            document.add_words(_words_of_name(str(label)), KNOWN)
        document.add_variants(ATTRIBUTE, [_of(facets, chosen) for chosen in variants or [own]])


def _of(facets: Set[int], by_attribute: Mapping[int, dict[str, str]]) -> dict[str, str]:
    """The values of the attributes that are facets."""
    found = [values for attribute_id, values in by_attribute.items() if attribute_id in facets]
    return {value: label for values in found for value, label in values.items()}


def facet_values(value: Value) -> list[tuple[str, str]]:
    """``[(code, label)]`` of an attribute's ``Value``; none for numbers, dates and files."""
    if value.type in ("option", "multi_option"):
        return [(code or slugify(name) or str(pk), name) for pk, code, name in value.options]
    if value.type == "boolean":
        return [("yes", value.name)] if value.boolean else []
    if value.type == "text" and value.text and len(value.text) <= 60:
        return [(slugify(value.text) or "-", value.text)]
    return []
