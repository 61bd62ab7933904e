"""What the read model should say of a product: computed from the catalogue, written by nobody here.

``truth_of`` reads everything that lists, filters and search need of many products in a constant
number of queries. ``commerce.index.refresh`` writes it down, and its check compares with it.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from django.db.models import Count
from django.utils.text import slugify
from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.images.card_photos import photos_of
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
from commerce.index.terms import KNOWN, TEXT, TITLE, as_text
from commerce.index.tokens import indexed_words
from commerce.models import FacetAttribute
from commerce.plain_text import plain_text
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
#: The kind of product (its class), by its key.
KIND = "kind"
#: Who has to be refreshed when an automatic offer changes, by its key.
OFFER = "offer"
#: Sets of one variant each: "2:attribute:colour:red" holds the listings whose second variant is red.
VARIANT = "variant"
#: Columns of a listing, in the order in which they are written.
COLUMNS = (
    "title", "path", "created", "rating", "review_count", "popularity", "availability", "is_gone",
    "card", "variant_photos", "photos", "categories",
)  # fmt: skip

#: A value is cut here, so that a variant's number and kind fit in front of it.
MAX_VALUE = 100

#: Functions ``{product_id: text}`` of product ids: words that other floors lend to products.
WORD_SOURCES = []


@dataclass
class ListingDocument:
    """One product's columns, windows and terms: ``words`` by their weight, and the other sets that it
    is in, ``{(kind, value): label}``."""

    columns: dict
    windows: list[Window]
    words: tuple = field(default_factory=lambda: (set(), set(), set()))
    sets: dict = field(default_factory=dict)

    @property
    def text(self):
        """Its terms as they are stored (``commerce.index.terms``)."""
        return as_text(self.words, self.sets)

    def add(self, kind, value, label=""):
        """Put the product into a set; the first label counts."""
        self.sets.setdefault((kind, value), str(label)[:255])

    def add_variants(self, kind, variants):
        """Put the product into the sets of its variants, given as ``{value: label}`` of each.

        What not every variant has is noted with the number of each that has it.
        """
        for value in dict.fromkeys(value for values in variants for value in values):
            numbers = [n for n, values in enumerate(variants, 1) if value in values]
            self.add(kind, value, label=variants[numbers[0] - 1][value])
            if len(numbers) < len(variants):
                for number in numbers:
                    self.add(VARIANT, f"{number}:{kind}:{value}")

    def add_words(self, words, weight=TEXT):
        """Put the product into the sets of words; the greatest weight of each counts."""
        self.words[weight].update(words)


class Product(NamedTuple):
    """What lists need of a product."""

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
    """What lists need of a stock record: the one by which a product or a variant is sold."""

    pk: int
    product_id: int
    partner_sku: str
    price: Decimal | None
    price_currency: str
    availability: str


class Value(NamedTuple):
    """What lists need of an attribute's value. ``options`` are (key, code, name).

    ``terms`` is what it is found by, ``{value of a term: label}``, and shared by all who have it.
    """

    attribute_id: int
    code: str
    name: str
    type: str
    boolean: bool | None
    text: str | None
    options: tuple
    terms: dict


def build_documents(product_ids):
    """``{product_id: Truth}`` of those that a shopper can meet in a list; the others are missing.

    Constant in queries, whatever the number of products, and independent of the time of day:
    windows say when each price holds.
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
    truths = {
        pk: ListingDocument(
            columns={
                "path": paths[pk],
                **_columns(product, records[pk], reviews=reviews, values=values, photos=photos),
            },
            windows=windows_of(records[pk], sales, offers),
        )
        for pk, product in products.items()
    }
    for pk, truth in truths.items():
        _add_own_terms(truth, products[pk], records[pk])
        for offer in (offer for record in records[pk] for offer in offers.of(record)):
            truth.add(OFFER, str(offer.pk))
    _add_categories(truths)
    _add_attributes(truths, values, records)
    for source in WORD_SOURCES:
        for pk, text in source(list(truths)).items():
            truths[pk].add_words(indexed_words(text))
    return truths


# --- Reading: rows, not models --------------------------------------------------------------------


def _products_of(product_ids):
    rows = sellable_products().filter(pk__in=literal_in(product_ids)).values_list(
        "pk", "title", "slug", "description", "upc", "rating", "date_created", "stats__num_purchases",
        "product_class_id",
    )  # fmt: skip
    return {row[0]: Product(*row) for row in rows}


def _reviews_of(product_ids):
    """The number of approved reviews of those that have any."""
    reviews = get_model("reviews", "ProductReview").objects
    rows = reviews.filter(product__in=literal_in(product_ids), status=1).order_by()
    return dict(rows.values_list("product_id").annotate(Count("pk")))


def records_of(product_ids):
    """The stock records of products and their public variants, in the order that numbers follow."""
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
            record = Record(*columns, state)
            if record.price is None:  # What has no price is not for sale.
                record = record._replace(availability=SOLD_OUT)
            sellers[listed, columns[1]].append(record)
    found = defaultdict(list)
    for (listed, _product_id), records in sellers.items():
        # As the basket's strategy does (commerce.stock.availability.record_to_sell).
        found[listed].append(max(records, key=_rank_of) if len(records) > 1 else records[0])
    return found


def _rank_of(record):
    return rank_of(has_price=record.price is not None, is_available=record.availability != SOLD_OUT)


def _values_of(product_ids):
    """``{product_id: {attribute's code: Value}}``."""
    ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")
    rows = list(
        ProductAttributeValue.objects.filter(product__in=literal_in(product_ids)).values_list(
            "pk", "product_id", "attribute_id", "value_boolean", "value_text", "value_option_id"
        )
    )
    # Asked for by themselves: MariaDB, given few attributes, reads every product's values of each.
    attributes = _rows_by_key("ProductAttribute", {row[2] for row in rows}, "code", "name", "type")
    several = _several_of(row[0] for row in rows if _is_multiple(attributes.get(row[2])))
    chosen = {row[5] for row in rows}.union(*several.values())
    options = _rows_by_key("AttributeOption", chosen, "code", "option")
    values, made = defaultdict(dict), {}
    for pk, product_id, *row in rows:
        key = (*row, *several.get(pk, ()))
        value = made.get(key)
        if value is None:  # Few values, many products.
            attribute, boolean, text, one = row
            if attribute not in attributes:
                continue  # deleted meanwhile; whoever does it refreshes its products
            facts = attributes[attribute]
            keys = several.get(pk, ()) if _is_multiple(facts) else (one,)
            found = tuple((option, *options[option]) for option in keys if option in options)
            value = made[key] = _value_of(Value(attribute, *facts, boolean, text, found, {}))
        values[product_id][value.code] = value
    return values


def _is_multiple(facts):
    """Whether an attribute, (code, name, type), is one of several options."""
    return facts is not None and facts[2] == "multi_option"


def _several_of(value_ids):
    """``{key of a value: keys of its options}``."""
    through = get_model("catalogue", "ProductAttributeValue").value_multi_option.through
    keys = list(value_ids)
    several = defaultdict(list)
    if keys:
        rows = through.objects.filter(productattributevalue__in=literal_in(keys)).order_by("pk")
        for pk, option in rows.values_list("productattributevalue_id", "attributeoption_id"):
            several[pk].append(option)
    return several


def _rows_by_key(model, keys, *columns):
    """``{key: columns}`` of a few rows of the catalogue."""
    rows = get_model("catalogue", model).objects.filter(pk__in=keys - {None}).order_by()
    return {pk: row for pk, *row in rows.values_list("pk", *columns)}


def _value_of(value):
    """The value with its terms."""
    value.terms.update(
        (f"{value.code}:{of}"[:MAX_VALUE], label) for of, label in facet_values(value)
    )
    return value


# --- Columns: what a card shows -------------------------------------------------------------------


def _columns(product, records, *, reviews, values, photos):
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
    return {
        "title": product.title,
        "created": product.created,
        "rating": product.rating or 0.0,
        "review_count": reviews.get(product.pk, 0),
        "popularity": product.purchases or 0,
        "availability": availability,
        "is_gone": availability == SOLD_OUT,
        "card": {**card, "digest": _digest_of([product.title, card])},
        "categories": [],
        "photos": {
            str(pk): [image.pk for image in photos[pk]]
            for pk in dict.fromkeys([product.pk, *(record.product_id for record in records)])
            if photos[pk]
        },
        "variant_photos": {str(pk): photos[pk][0].sources for pk in options if photos[pk]},
    }


def _digest_of(value):
    return blake2b(json.dumps(value).encode(), digest_size=9).hexdigest()


def variants_of(records):
    """``[key, availability]`` of each variant, in the order that their numbers follow."""
    return [[record.product_id, record.availability] for record in records]


def _best(records):
    states = {record.availability for record in records}
    return next((state for state in (IN_STOCK, LOW) if state in states), SOLD_OUT)


def _own_options(values):
    """The attributes that tell a variant apart, in their order."""
    own = (value for value in values.values() if value.type == "option" and value.options)
    return sorted(own, key=lambda value: value.attribute_id)


def _option_of(values):
    """(name, code) of what tells a variant apart; None without."""
    options = [(name, code) for one in _own_options(values) for _key, code, name in one.options]
    return option_label(options) if options else None


# --- Terms: what it is found by -------------------------------------------------------------------


def _add_own_terms(truth, product, records):
    truth.add(ALL, "")
    if product.kind:
        truth.add(KIND, str(product.kind))
    _add_prices(truth, records)
    truth.add_variants(
        STOCK,
        [{"in-stock": ""} if row.availability != SOLD_OUT else {} for row in records],
    )
    for stars in (3, 4):
        if truth.columns["rating"] >= stars:
            truth.add(RATING, str(stars))
    truth.add_words(indexed_words(product.title), TITLE)
    truth.add_words(indexed_words(plain_text(product.description)))
    for code in {product.upc, *(record.partner_sku for record in records)} - {None, ""}:
        truth.add_words(indexed_words(code))


def _add_prices(truth, records):
    """The bands of the prices that hold in the end, and the month in which the last one begins.

    Until that month is over a list looks at the windows; from then on these sets say it all.
    """
    turns = {window.start for window in truth.windows} - {EVER}
    if turns:
        truth.add(TIMED, month_of(max(turns)))
    last = {window.number: window for window in truth.windows if window.until == NEVER}
    windows = [last.get(n) for n, _record in enumerate(records, 1)] if last.keys() - {0} else [
        last.get(0)
    ]  # fmt: skip
    truth.add_variants(PRICE, [{band_of(window.price): ""} if window else {} for window in windows])
    truth.add_variants(SALE, [{"yes": ""} if window and window.was else {} for window in windows])


@lru_cache(maxsize=2_000)
def _words_of_name(name):
    """The words of a category's or filter's name: few names, many products."""
    return frozenset(indexed_words(name))


def _add_categories(truths):
    Category = get_model("catalogue", "Category")
    through = get_model("catalogue", "ProductCategory").objects.filter(
        product__in=literal_in(truths)
    )
    browsable = list(Category.objects.browsable().values_list("pk", "name", "path"))
    path_of = {pk: path for pk, _name, path in browsable}
    paths = {path: (pk, name) for pk, name, path in browsable}
    step = Category.steplen
    for product_id, category_id in through.order_by("pk").values_list("product_id", "category_id"):
        truths[product_id].columns["categories"].append(category_id)
        path = path_of.get(category_id, "")
        line = [path[:end] for end in range(step, len(path) + 1, step)]
        if not all(part in paths for part in line):
            continue  # what is in a hidden category is not shown in those above it either
        for part in line:
            pk, name = paths[part]
            truths[product_id].add(CATEGORY, str(pk), label=name)
            truths[product_id].add_words(_words_of_name(name), KNOWN)


def _add_attributes(truths, values, records):
    facets = set(FacetAttribute.objects.values_list("attribute_id", flat=True))
    found = {
        product_id: {value.attribute_id: value.terms for value in of_product.values()}
        for product_id, of_product in values.items()
    }
    for pk, truth in truths.items():
        own = found.get(pk, {})
        # A variant's own value stands in front of its product's.
        variants = [own | found.get(record.product_id, {}) for record in records[pk]]
        labels = {
            label
            for by_attribute in (own, *variants)
            for of_attribute in by_attribute.values()
            for label in of_attribute.values()
        }
        for label in labels:
            truth.add_words(_words_of_name(str(label)), KNOWN)
        truth.add_variants(ATTRIBUTE, [_of(facets, chosen) for chosen in variants or [own]])


def _of(facets, by_attribute):
    """The values of the attributes that are filters."""
    found = [values for attribute_id, values in by_attribute.items() if attribute_id in facets]
    return {value: label for values in found for value, label in values.items()}


def facet_values(value):
    """``[(code, label)]`` of an attribute's ``Value``; none for numbers, dates and files."""
    if value.type in ("option", "multi_option"):
        return [(code or slugify(name) or str(pk), name) for pk, code, name in value.options]
    if value.type == "boolean":
        return [("yes", value.name)] if value.boolean else []
    if value.type == "text" and value.text and len(value.text) <= 60:
        return [(slugify(value.text) or "-", value.text)]
    return []
