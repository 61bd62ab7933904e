"""Computes the listing documents: what the listing index stores for each product.

``build_documents`` reads all that lists, filters and search need of many products in a constant
number of queries. ``commerce.index.refresh`` writes the documents and verifies them.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from django.db.models import Count
from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.clock import shop_now
from commerce.images.card_photos import CardPhoto, photos_of
from commerce.index.attribute_values import Value, values_by_product
from commerce.index.language import shop_language
from commerce.index.listings import product_urls, sellable_products
from commerce.index.price_windows import (
    EVER,
    NEVER,
    Offers,
    Window,
    month_of,
    planned_prices,
    price_step,
    sales_of,
    windows_of,
)
from commerce.index.terms import KNOWN, TEXT, TITLE, WORD, TermKey, as_text
from commerce.index.tokens import indexed_codes, indexed_words
from commerce.index.variant_columns import (
    options_of,
    options_on_card,
    photos_shown,
    variant_photos,
)
from commerce.models import FacetAttribute
from commerce.options.option_sets import names_in
from commerce.options.personal import products_asking
from commerce.pricing.price_history import Timeline, merged, timelines_of
from commerce.rich_html import plain_text
from commerce.stock.availability import (
    BEST_FIRST,
    IN_STOCK,
    SOLD_OUT,
    THERE,
    availability_at,
    rank_of,
    units_left,
)
from commerce.stock.selling import (
    AVAILABILITY_COLUMNS,
    CONTENT_COLUMNS,
    LEAST_COLUMNS,
    least_units,
    sells_later,
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
    "card", "variants", "variant_photos", "photos", "categories",
)  # fmt: skip


#: Functions from product ids to ``{product_id: text}``: search text that other packages add.
WORD_SOURCES: list[Callable[[list[int]], Mapping[int, str]]] = []


@dataclass
class ListingDocument:
    """One product's columns, price windows and terms.

    ``prices`` are the past and planned prices of its variants, as stored and as they should be, by the
    variant's key and currency.
    ``variant_titles`` is ``{variant key: (title in the catalogue, title made of its options)}``.
    ``words`` are three sets by weight; ``sets`` are the other sets it belongs to, ``{(kind, value):
    label}``.
    """

    columns: dict[str, Any]
    windows: list[Window]
    prices: dict[tuple[int, str], tuple[Timeline, Timeline]] = field(default_factory=dict)
    variant_titles: dict[int, tuple[str, str]] = field(default_factory=dict)
    words: tuple[set[str], ...] = field(default_factory=lambda: (set(), set(), set()))
    sets: dict[TermKey, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The terms in their stored form (``commerce.index.terms``)."""
        return as_text(self.words, self.sets)

    @property
    def terms(self) -> dict[TermKey, tuple[str, int]]:
        """The terms as ``terms_in(self.text)`` reads them."""
        found = {key: (label, TEXT) for key, label in self.sets.items()}
        for weight, words in enumerate(self.words):  # the greatest weight last
            found.update(dict.fromkeys([(WORD, word) for word in words], ("", weight)))
        return found

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
    title: str
    partner_sku: str
    price: Decimal | None
    price_currency: str
    availability: str
    least: int = 1
    content: Decimal | None = None
    content_unit: str = ""


def build_documents(product_ids: Collection[int]) -> dict[int, ListingDocument]:
    """``{product_id: ListingDocument}`` of the listed products; others are omitted.

    The number of queries is constant. The result does not depend on the current time, except that a
    price that differs from the last stored one begins now: the price windows say when each applies.
    """
    products, language = _products_of(product_ids), shop_language()
    reviews = _reviews_of(products)
    records = records_of(products)
    variants = {record.product_id for rows in records.values() for record in rows}
    sales = sales_of(record.pk for rows in records.values() for record in rows)
    offers, now = Offers(records), shop_now()
    stored = timelines_of(variants)
    timelines = {
        record.product_id: merged(
            stored.get((record.product_id, record.price_currency), ()),
            planned_prices(record, sales, offers),
            now,
        )
        for rows in records.values()
        for record in rows
    }
    values = values_by_product(products.keys() | variants)
    photos = photos_of(products.keys() | variants)
    paths = product_urls({pk: product.slug for pk, product in products.items()})
    asking = products_asking({pk: product.kind for pk, product in products.items()})
    documents = {
        pk: ListingDocument(
            columns={
                "path": paths[pk],
                **_columns(
                    product,
                    records[pk],
                    needs_choice=pk in asking,
                    reviews=reviews,
                    values=values,
                    photos=photos,
                ),
            },
            windows=windows_of(records[pk], sales, offers, timelines),
            prices={
                key: (stored.get(key, ()), timelines[key[0]])
                for record in records[pk]
                for key in [(record.product_id, record.price_currency)]
            },
        )
        for pk, product in products.items()
    }
    for pk, document in documents.items():
        document.variant_titles = _variant_titles(products[pk], records[pk], document)
    for pk, document in documents.items():
        _add_own_terms(document, products[pk], records[pk], language)
        for offer in (offer for record in records[pk] for offer in offers.of(record)):
            document.add(OFFER, str(offer.pk))
    _add_categories(documents, language)
    _add_attributes(documents, values, records, language)
    for source in WORD_SOURCES:
        for pk, text in source(list(documents)).items():
            documents[pk].add_words(indexed_words(text, language))
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
        "pk", "product_id", "product__title", "partner_sku", "price", "price_currency", "num_in_stock", "num_allocated",
    )  # fmt: skip
    kind = "product_class__track_stock"
    columns_of = (*AVAILABILITY_COLUMNS, *LEAST_COLUMNS, *CONTENT_COLUMNS)
    details = [f"product__details__{name}" for name in columns_of]
    above = [f"product__parent__details__{name}" for name in columns_of]
    own = records.filter(product__in=keys).order_by("product_id", "pk")
    below = records.filter(product__parent__in=keys, product__is_public=True)
    below = below.order_by("product_id", "pk")
    sellers = defaultdict(list)
    for rows in (
        own.values_list("product_id", f"product__{kind}", *details, *details, *names),
        below.values_list(
            "product__parent_id", f"product__parent__{kind}", *details, *above, *names
        ),
    ):
        for (
            listed,
            type_counts,
            counts,
            later,
            day,
            minimum,
            step,
            content,
            unit,
            counts_above,
            later_above,
            day_above,
            minimum_above,
            step_above,
            content_above,
            unit_above,
            *columns,
            in_stock,
            allocated,
        ) in rows:
            state, least = IN_STOCK, least_units(minimum or minimum_above, step or step_above)
            if next((one for one in (counts, counts_above) if one is not None), type_counts):
                ordered = sells_later(later or later_above or "", day if later else day_above)
                state = availability_at(units_left(in_stock, allocated), ordered, least=least)
            if content is None:  # a unit belongs to its content
                content, unit = content_above, unit_above
            record = Record(*columns, state, least, content, unit or "")  # type: ignore[call-arg]
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


# --- Columns --------------------------------------------------------------------------------------


def _columns(
    product: Product,
    records: list[Record],
    *,
    needs_choice: bool,
    reviews: Mapping[int, int],
    values: Mapping[int, dict[str, Value]],
    photos: Mapping[int, list[CardPhoto]],
) -> dict[str, Any]:
    availability = _best(records)
    variants = [(record.product_id, record.availability, record.partner_sku) for record in records]
    shown = photos_shown(product.pk, [pk for pk, *_row in variants], values, photos)
    own = shown[product.pk] or next(filter(None, shown.values()), [])
    options = options_of(product.pk, variants, values)
    card = {
        "photo": own[0].sources if own else [],
        "second": own[1].sources if len(own) > 1 else [],
        "share": own[0].share if own else None,
        **options_on_card(options, shown),
        "least": records[0].least if len(records) == 1 else 1,
        "needs_choice": needs_choice,
    }
    of_variants = variant_photos(product.pk, shown)
    return {
        "title": product.title,
        "created": product.created,
        "rating": product.rating or 0.0,
        "review_count": reviews.get(product.pk, 0),
        "popularity": product.purchases or 0,
        "availability": availability,
        "is_gone": availability == SOLD_OUT,
        "card": {**card, "digest": _digest_of([product.title, card, of_variants])},
        "variants": options.to_json(),
        "categories": [],
        "photos": {str(pk): [image.pk for image in shown[pk]] for pk in shown if shown[pk]},
        "variant_photos": of_variants,
    }


def _variant_titles(
    product: Product, records: Iterable[Record], document: ListingDocument
) -> dict[int, tuple[str, str]]:
    names = names_in(document.columns["variants"])
    return {
        record.product_id: (record.title, f"{product.title}, {names[record.product_id]}"[:255])
        for record in records
        if record.product_id != product.pk and names[record.product_id]
    }


def _digest_of(value: Any) -> str:
    """Of plain values, whose ``repr`` is the same in every process; JSON took twice as long."""
    return blake2b(repr(value).encode(), digest_size=9).hexdigest()


def states_of(records: Iterable[Record]) -> list[tuple[int, str]]:
    """``(key, availability)`` of each variant, in the order of variant numbers."""
    return [(record.product_id, record.availability) for record in records]


def _best(records: Iterable[Record]) -> str:
    states = {record.availability for record in records}
    return next((state for state in BEST_FIRST if state in states), SOLD_OUT)


# --- Terms ----------------------------------------------------------------------------------------


def _add_own_terms(
    document: ListingDocument, product: Product, records: list[Record], language: str
) -> None:
    document.add(ALL, "")
    if product.kind:
        document.add(KIND, str(product.kind))
    _add_prices(document, records)
    document.add_variants(
        STOCK,
        [{"in-stock": ""} if row.availability in THERE else {} for row in records],
    )
    for stars in (3, 4):
        if document.columns["rating"] >= stars:
            document.add(RATING, str(stars))
    document.add_words(indexed_words(product.title, language), TITLE)
    document.add_words(indexed_words(plain_text(product.description), language))
    for code in {product.upc, *(record.partner_sku for record in records)} - {None, ""}:
        document.add_words(indexed_codes(code))


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
        PRICE, [{price_step(window.price): ""} if window else {} for window in windows]
    )
    document.add_variants(
        SALE, [{"yes": ""} if window and window.was else {} for window in windows]
    )


@lru_cache(maxsize=2_000)
def _words_of_name(name: str, language: str) -> frozenset[str]:
    """The words of a category or filter name; many products share few names."""
    return frozenset(indexed_words(name, language))


def _add_categories(documents: Mapping[int, ListingDocument], language: str) -> None:
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
            documents[product_id].add_words(_words_of_name(name, language), KNOWN)


def _add_attributes(
    documents: Mapping[int, ListingDocument],
    values: Mapping[int, dict[str, Value]],
    records: Mapping[int, list[Record]],
    language: str,
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
            document.add_words(_words_of_name(str(label), language), KNOWN)
        document.add_variants(ATTRIBUTE, [_of(facets, chosen) for chosen in variants or [own]])


def _of(facets: Set[int], by_attribute: Mapping[int, dict[str, str]]) -> dict[str, str]:
    """The values of the attributes that are facets."""
    found = [values for attribute_id, values in by_attribute.items() if attribute_id in facets]
    return {value: label for values in found for value, label in values.items()}
