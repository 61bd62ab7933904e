"""What the read model should say of a product: computed from the catalogue, written by nobody here.

``truth_of`` reads everything that lists, filters and search need of many products in a constant
number of queries. ``commerce.listing_refresh`` writes it down, and its check compares with it.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from django.db.models import Count, Q
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.text import slugify
from oscar.core.loading import get_model

from commerce.automatic_offers import OfferBook, read_automatic_offers
from commerce.listings import (
    LAZY,
    best_availability,
    glazes_of,
    photos_by_product,
    product_url,
    records_by_product,
    sellable_products,
)
from commerce.models import FacetAttribute, ListingTerm, SalePrice
from commerce.photos import SHARE_SPEC
from commerce.pictures import photo_html, sizes_of
from commerce.pricing import quote_at_sale, quote_under_offers
from commerce.stock import SOLD_OUT, availability_of
from commerce.words import indexed_words

#: The borders of a price that does not change.
EVER, NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

#: Lowest price of each band, in steps that suit a cup and a kiln alike.
BANDS = tuple(Decimal(step) for step in (0, 25, 50, 100, 250, 500, 1000, 2500, 5000))

CATEGORY, ATTRIBUTE, PRICE, SALE = "category", "attribute", "price", "sale"
RATING, STOCK, WORD, ALL, TIMED = "rating", "stock", "word", "all", "timed"
#: Who has to be refreshed when an automatic offer changes, by its key.
OFFER = "offer"
#: Sets of one variant each: "2:attribute:glaze:oat" holds the listings whose second variant is oat.
VARIANT = "variant"
TEXT, KNOWN, TITLE = ListingTerm.Weight.TEXT, ListingTerm.Weight.KNOWN, ListingTerm.Weight.TITLE

#: A value is cut here, so that a variant's number and kind fit in front of it.
MAX_VALUE = 100

#: Functions ``{product_id: text}`` of product ids: words that other floors lend to products.
WORD_SOURCES = []


@dataclass(frozen=True)
class Window:
    """A price from ``start`` until ``until``: the lowest of a product, or of its ``number``-th variant.

    Numbers count from 1; 0 is the product as a whole.
    """

    start: datetime
    until: datetime
    currency: str
    price: Decimal
    was: Decimal | None
    is_from: bool
    number: int = 0


@dataclass
class Truth:
    """One product's columns, windows and terms. ``terms`` is ``{(kind, value): (label, weight)}``."""

    columns: dict
    windows: list[Window]
    terms: dict = field(default_factory=dict)

    def add(self, kind, value, label="", weight=TEXT):
        """Put the product into a set; the greatest weight of a word counts."""
        old = self.terms.get((kind, value))
        if old is None or old[1] < weight:
            self.terms[kind, value] = (str(label)[:255], int(weight))

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


def truth_of(product_ids):
    """``{product_id: Truth}`` of those that a shopper can meet in a list; the others are missing.

    Constant in queries, whatever the number of products, and independent of the time of day:
    windows say when each price holds.
    """
    products = {
        product.pk: product
        for product in sellable_products()
        .filter(pk__in=list(product_ids))
        .select_related("stats")
        .annotate(review_count=Count("reviews", filter=Q(reviews__status=1)))
    }
    records = records_by_product(products)
    variants = {record.product_id for rows in records.values() for record in rows}
    sales = _sales_of(record.pk for rows in records.values() for record in rows)
    offers = OfferBook(variants, offers=read_automatic_offers())
    glazes = glazes_of(variants)
    photos = photos_by_product(products.keys() | variants)
    truths = {
        pk: Truth(
            columns=_columns(product, records[pk], glazes=glazes, photos=photos),
            windows=_windows(records[pk], sales, offers),
        )
        for pk, product in products.items()
    }
    for pk, truth in truths.items():
        _add_own_terms(truth, products[pk], records[pk])
        for offer in (
            row for record in records[pk] for row in offers.offers_for(record.product_id)
        ):
            truth.add(OFFER, str(offer.pk))
    _add_categories(truths)
    _add_attributes(truths, variants | products.keys(), records)
    for source in WORD_SOURCES:
        for pk, text in source(list(truths)).items():
            _add_words(truths[pk], text)
    return truths


# --- Columns: what a card shows -------------------------------------------------------------------


def _columns(product, records, *, glazes, photos):
    stats = getattr(product, "stats", None)
    availability = best_availability(records)
    own = photos[product.pk] or next((photos[r.product_id] for r in records), [])
    variant_photos = {
        record.product_id: photos[record.product_id][0]
        for record in records
        if record.product_id in glazes and photos[record.product_id]
    }
    return {
        "title": product.title,
        "path": product_url(product.pk, product.slug),
        "created": product.date_created,
        "rating": product.rating or 0.0,
        "review_count": product.review_count,
        "popularity": stats.num_purchases if stats else 0,
        "availability": availability,
        "is_gone": availability == SOLD_OUT,
        "card": {
            "variants": variants_of(records),
            "photo": _photo_html(own[0], product.title) if own else "",
            "second": _photo_html(own[1], "") if len(own) > 1 else "",
            "share": _share(own[0]) if own else None,
            "swatches": [
                [*glazes[record.product_id], record.product_id]
                for record in records
                if record.product_id in glazes
            ],
        },
        "categories": [],
        "photos": {
            str(pk): [image.pk for image in photos[pk]]
            for pk in dict.fromkeys([product.pk, *(record.product_id for record in records)])
            if photos[pk]
        },
        "variant_photos": {
            str(pk): _photo_html(image, product.title) for pk, image in variant_photos.items()
        },
    }


def variants_of(records):
    """``[key, availability]`` of each variant, in the order that their numbers follow."""
    return [[record.product_id, availability_of(record)] for record in records]


#: How wide a card's photograph is shown; its column is four, three or two to a row.
CARD_SIZES = "(min-width: 1400px) 320px, (min-width: 960px) 25vw, 46vw"


def _photo_html(image, alt):
    """The markup of a photograph. One whose sizes are not made yet is shown as it is.

    Making them takes seconds, and this runs in the transaction of the change
    (commerce.photos.render_later makes them and has the listing refreshed).
    """
    if sizes_of(image).markup:
        return photo_html(image, alt=alt, sizes=CARD_SIZES)
    markup = '<span class="photo"><img src="{}" width="{}" height="{}" alt="{}" {}></span>'
    return format_html(markup, image.file.url, image.width, image.height, alt, SafeString(LAZY))


def _share(image):
    """Address, width and height of the size that links show; None while it is not made."""
    size = sizes_of(image).by_spec.get(SHARE_SPEC)
    return [size.url, size.width, size.height] if size else None


# --- Windows: what it costs when ------------------------------------------------------------------


def _sales_of(stockrecord_ids):
    sales = defaultdict(list)
    for sale in SalePrice.objects.filter(stockrecord__in=list(stockrecord_ids)):
        sales[sale.stockrecord_id].append(sale)
    return sales


def _windows(records, sales, offers):
    """The lowest price over time and, where they differ, the price of each variant."""
    lowest = _series(records, sales, offers)
    own = [_series([record], sales, offers, number=n) for n, record in enumerate(records, 1)]
    if all(_spans(series) == _spans(lowest) for series in own):
        return lowest
    return [*lowest, *(window for series in own for window in series)]


def _spans(series):
    return [(window.start, window.until, *_says(window)) for window in series]


def _series(records, sales, offers, *, number=0):
    """One window between each two moments at which a sale or an offer of the stock records turns."""
    own = [sale for record in records for sale in sales[record.pk]]
    moments = {EVER, NEVER} | {sale.start for sale in own} | {s.until for s in own if s.until}
    moments = sorted(moments.union(*(offers.moments(record.product_id) for record in records)))
    windows = []
    for start, until in zip(moments, moments[1:], strict=False):
        window = _window_at(_quotes(records, sales, offers, start), start, until, number=number)
        if window is None:
            continue
        last = windows[-1] if windows else None
        if last and last.until == start and _says(last) == _says(window):
            windows[-1] = Window(last.start, until, *_says(window), number)
        else:
            windows.append(window)
    return windows


def _says(window):
    return window.currency, window.price, window.was, window.is_from


def _quotes(records, sales, offers, at):
    """What those of the stock records that have a price cost at a moment."""
    before = {
        record: quote_at_sale(record, _lowest_running(sales[record.pk], at)) for record in records
    }
    return [
        quote_under_offers(record, quote, offers, at=at)
        for record, quote in before.items()
        if quote
    ]


def _window_at(quotes, start, until, *, number):
    if not quotes:
        return None
    lowest = min(quotes, key=lambda quote: quote.price)
    is_from = len({quote.price for quote in quotes}) > 1
    return Window(start, until, lowest.currency, lowest.price, lowest.was, is_from, number)


def _lowest_running(sales, at):
    running = [sale for sale in sales if sale.start <= at and (not sale.until or at < sale.until)]
    return min(running, key=lambda sale: sale.price, default=None)


def band_of(price):
    """The code of a price's band, its lowest price: "25" for £30; None without a price."""
    below = [step for step in BANDS if price is not None and step <= price]
    return str(below[-1]) if below else None


# --- Terms: what it is found by -------------------------------------------------------------------


def _add_own_terms(truth, product, records):
    truth.add(ALL, "")
    _add_prices(truth, records)
    truth.add_variants(
        STOCK,
        [{"in-stock": ""} if availability_of(row) != SOLD_OUT else {} for row in records],
    )
    for stars in (3, 4):
        if truth.columns["rating"] >= stars:
            truth.add(RATING, str(stars))
    _add_words(truth, product.title, weight=TITLE)
    _add_words(truth, strip_tags(product.description or ""))
    for code in (product.upc, *(record.partner_sku for record in records)):
        _add_words(truth, code or "")


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


def month_of(moment):
    """The month of a moment, as text that sorts: "2026-11"."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def _add_words(truth, text, *, weight=TEXT):
    for word in indexed_words(text):
        truth.add(WORD, word, weight=weight)


def _add_categories(truths):
    Category = get_model("catalogue", "Category")
    through = get_model("catalogue", "ProductCategory").objects.filter(product__in=list(truths))
    paths = {
        path: (pk, name)
        for pk, name, path in Category.objects.browsable().values_list("pk", "name", "path")
    }
    step = Category.steplen
    rows = through.order_by("pk").values_list("product_id", "category_id", "category__path")
    for product_id, category_id, path in rows:
        truths[product_id].columns["categories"].append(category_id)
        if path not in paths:
            continue  # what is in a hidden category is not shown in those above it either
        for end in range(step, len(path) + 1, step):
            pk, name = paths[path[:end]]
            truths[product_id].add(CATEGORY, str(pk), label=name)
            _add_words(truths[product_id], name, weight=KNOWN)


def _add_attributes(truths, product_ids, records):
    facets = set(FacetAttribute.objects.values_list("attribute_id", flat=True))
    values = (
        get_model("catalogue", "ProductAttributeValue")
        .objects.filter(product__in=list(product_ids))
        .select_related("attribute", "value_option")
        .prefetch_related("value_multi_option")
    )
    codes = defaultdict(dict)
    for value in values:
        found = facet_values(value)
        codes[value.product_id][value.attribute_id] = {
            f"{value.attribute.code}:{code}"[:MAX_VALUE]: label for code, label in found
        }
    for pk, truth in truths.items():
        # A variant's own value stands in front of its product's.
        variants = [codes[pk] | codes[record.product_id] for record in records[pk]]
        for by_attribute in (codes[pk], *variants):
            for label in (label for found in by_attribute.values() for label in found.values()):
                _add_words(truth, label, weight=KNOWN)
        truth.add_variants(ATTRIBUTE, [_of(facets, chosen) for chosen in variants or [codes[pk]]])


def _of(facets, by_attribute):
    """The values of the attributes that are filters."""
    found = [values for attribute_id, values in by_attribute.items() if attribute_id in facets]
    return {value: label for values in found for value, label in values.items()}


def facet_values(value):
    """``[(code, label)]`` of an attribute's value; none for numbers, dates and files."""
    kind = value.attribute.type
    if kind == "option" and value.value_option:
        options = [value.value_option]
    elif kind == "multi_option":
        options = list(value.value_multi_option.all())
    elif kind == "boolean":
        return [("yes", value.attribute.name)] if value.value_boolean else []
    elif kind == "text" and value.value_text and len(value.value_text) <= 60:
        return [(slugify(value.value_text) or "-", value.value_text)]
    else:
        return []
    return [(row.code or slugify(row.option) or str(row.pk), row.option) for row in options]
