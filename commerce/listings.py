"""Lists of products as a shopper sees them: cards, pages of a list, and their filters.

Constant numbers of queries, whatever the number of cards. Nothing is stored: price and stock are
those of the moment.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.models import ProductPhoto
from commerce.pricing import Quote, SaleBook
from commerce.stock import IN_STOCK, LOW, SOLD_OUT, availability_of

#: The product attribute that tells variants apart, shown as a colour.
GLAZE = "glaze"
PAGE_SIZE = 24
SORTS = ("recommended", "newest", "price-low", "price-high", "rating")


@dataclass(frozen=True)
class Swatch:
    """One variant's glaze on a card; ``code`` names its colour in the style sheet."""

    name: str
    code: str
    url: str


@dataclass
class Card:
    """A product in a list. ``is_from`` says that variants differ in price and this is the lowest."""

    product_id: int
    title: str
    url: str
    photo: object = None
    second_photo: object = None
    quote: Quote | None = None
    is_from: bool = False
    swatches: list[Swatch] = field(default_factory=list)
    availability: str = SOLD_OUT
    rating: float | None = None
    review_count: int = 0


def sellable_products():
    """Products a shopper may meet in a list: public, and standalone or the parent of variants."""
    return get_model("catalogue", "Product").objects.browsable()


def product_url(product_id, slug):
    """The address of a product's page."""
    return reverse("catalogue:detail", kwargs={"product_slug": slug, "pk": product_id})


def cards_for(product_ids, *, at=None, glazes=frozenset()):
    """Cards in the order given; what is not public (any more) is left out.

    A card shows its product's photographs, and leads to its page; where a shopper looks for
    ``glazes`` (codes), those of the first variant in one of them. Seven queries at most, whatever
    the number of products.
    """
    wanted = list(dict.fromkeys(product_ids))
    products = {
        product.pk: product
        for product in sellable_products()
        .filter(pk__in=wanted)
        .annotate(review_count=Count("reviews", filter=Q(reviews__status=1)))
    }
    records = records_by_product(products)
    book = SaleBook(at)
    book.load(record.pk for rows in records.values() for record in rows)
    found = glazes_of(record.product_id for rows in records.values() for record in rows)
    chosen = _first_in(glazes, records, found) if glazes else {}
    photos = _photos_of_cards(products, records, chosen)
    return [
        _card(
            products[pk],
            records[pk],
            book=book,
            glazes=found,
            photos=photos[pk],
            variant=chosen.get(pk),
        )
        for pk in wanted
        if pk in products
    ]


def _first_in(glazes, records, found):
    """The first variant of each product in one of the glazes, ``{product_id: variant_id}``."""
    return {
        pk: record.product_id
        for pk, rows in records.items()
        for record in reversed(rows)
        if found.get(record.product_id, ("", ""))[1] in glazes
    }


def _photos_of_cards(products, records, chosen):
    """Photographs by product: the chosen variant's, its own, or else those of any variant."""
    photos = photos_by_product({*products, *chosen.values()})
    for pk, variant in chosen.items():
        photos[pk] = [*photos[variant], *photos[pk]]
    bare = {row.product_id: pk for pk in products if not photos[pk] for row in records[pk]}
    if bare:
        for variant, images in photos_by_product(bare).items():
            photos[bare[variant]] += images
    return photos


def records_by_product(product_ids):
    """Stock records of the products and their public variants, by the product in the list."""
    StockRecord = get_model("partner", "StockRecord")
    rows = (
        StockRecord.objects.filter(
            Q(product__in=product_ids) | Q(product__parent__in=product_ids, product__is_public=True)
        )
        .select_related("product__product_class", "product__parent__product_class")
        .order_by("product_id", "pk")
    )
    grouped = defaultdict(list)
    seen = set()
    for record in rows:
        if record.product_id not in seen:  # Oscar's strategy takes the first stock record too.
            seen.add(record.product_id)
            grouped[record.product.parent_id or record.product_id].append(record)
    return grouped


def glazes_of(product_ids):
    """The glaze of each variant, ``{product_id: (name, code)}``."""
    values = get_model("catalogue", "ProductAttributeValue").objects.filter(
        attribute__code=GLAZE, product__in=list(product_ids)
    )
    return {
        row[0]: (row[1], row[2] or row[1].lower())
        for row in values.values_list("product_id", "value_option__option", "value_option__code")
        if row[1]
    }


def photos_by_product(product_ids):
    """Wagtail images of the products, in their order, with renditions prefetched."""
    rows = (
        ProductPhoto.objects.filter(product_image__product__in=list(product_ids))
        .select_related("image", "product_image")
        .prefetch_related("image__renditions")
        .order_by("product_image__display_order", "product_image_id")
    )
    photos = defaultdict(list)
    for row in rows:
        photos[row.product_image.product_id].append(row.image)
    return photos


def photo_of(product, photos):
    """The photograph that stands for a piece: its own, or its parent's; None without one."""
    own = photos.get(product.pk) or photos.get(product.parent_id) or [None]
    return own[0]


def _card(product, records, *, book, glazes, photos, variant=None):
    url = product_url(product.pk, product.slug)
    quotes = [quote for record in records if (quote := book.quote(record))]
    lowest = min(quotes, key=lambda quote: quote.price, default=None)
    return Card(
        product_id=product.pk,
        title=product.title,
        url=f"{url}?variant={variant}" if variant else url,
        photo=photos[0] if photos else None,
        second_photo=photos[1] if len(photos) > 1 else None,
        quote=lowest,
        is_from=len({quote.price for quote in quotes}) > 1,
        swatches=[
            Swatch(*glazes[record.product_id], f"{url}?variant={record.product_id}")
            for record in records
            if record.product_id in glazes
        ],
        availability=best_availability(records),
        rating=product.rating,
        review_count=product.review_count,
    )


def best_availability(records):
    """The availability of a product that is sold by several stock records."""
    states = {availability_of(record) for record in records}
    return next((state for state in (IN_STOCK, LOW) if state in states), SOLD_OUT)


@dataclass(frozen=True)
class FacetValue:
    """One box of a filter: how many products of the list it would leave."""

    code: str
    name: str
    count: int
    is_selected: bool


@dataclass(frozen=True)
class ListPage:
    """One page of a list of products, with what its filters need."""

    cards: list[Card]
    total: int
    page: int
    pages: int
    sort: str
    glazes: list[FacetValue]
    prices: list[FacetValue]
    in_stock: FacetValue


#: Price filters: code, lowest price included, highest price excluded.
PRICE_BANDS = (
    ("under-25", Decimal(0), Decimal(25)),
    ("25-50", Decimal(25), Decimal(50)),
    ("over-50", Decimal(50), None),
)
PRICE_BAND_NAMES = {"under-25": "Under £25", "25-50": "£25 – £50", "over-50": "£50 and over"}


def products_in(
    category=None, *, query="", sort="recommended", filters=None, page=1, at=None
):  # fmt: skip
    """A page of the products of a category (its descendants too) or of a search.

    ``filters`` is a ``Filters``. A page number out of range gives the nearest page.
    """
    filters = filters or Filters()
    base = _matching(category, query)
    facts = _facts(base, at=at)
    chosen = [fact for fact in facts if filters.allow(fact)]
    ordered = _sorted(chosen, sort)
    paginator = Paginator([fact.product_id for fact in ordered], PAGE_SIZE)
    current = paginator.get_page(page)
    return ListPage(
        cards=cards_for(current.object_list, at=at, glazes=filters.glazes),
        total=paginator.count,
        page=current.number,
        pages=paginator.num_pages,
        sort=sort if sort in SORTS else SORTS[0],
        glazes=_glaze_facet(facts, filters),
        prices=_price_facet(facts, filters),
        in_stock=_stock_facet(facts, filters),
    )


@dataclass(frozen=True)
class Filters:
    """What a shopper ticked. Values of one filter add up, filters narrow each other."""

    glazes: frozenset[str] = frozenset()
    prices: frozenset[str] = frozenset()
    in_stock: bool = False

    def allow(self, fact, *, but=None):
        """Whether a product passes all filters (but one, for counting that one's values)."""
        return (
            (but == "glazes" or not self.glazes or bool(self.glazes & fact.glazes.keys()))
            and (but == "prices" or not self.prices or fact.band in self.prices)
            and (but == "in_stock" or not self.in_stock or fact.is_in_stock)
        )


@dataclass
class _Fact:
    """What filtering and sorting need of one product."""

    product_id: int
    created: object
    rating: float
    sold: int
    price: Decimal | None = None
    is_in_stock: bool = False
    glazes: dict = field(default_factory=dict)

    @property
    def band(self):
        for code, low, high in PRICE_BANDS:
            if self.price is not None and self.price >= low and (high is None or self.price < high):
                return code
        return None


def _matching(category, query):
    products = sellable_products()
    if category is not None:
        ids = category.get_descendants_and_self().filter(is_public=True).values("pk")
        products = products.filter(categories__in=ids).distinct()
    for word in query.replace("\x00", " ").split()[:8]:
        products = products.filter(
            Q(title__icontains=word)
            | Q(description__icontains=word)
            | Q(upc__iexact=word)
            | Q(categories__name__icontains=word)
            | Q(children__upc__iexact=word)
            | Q(children__attribute_values__value_option__option__iexact=word)
        ).distinct()
    return products


def _facts(products, *, at):
    """One ``_Fact`` for each product; four queries."""
    rows = products.annotate(sold=Coalesce(Max("stats__num_purchases"), 0))
    facts = {
        pk: _Fact(pk, created, rating or 0.0, sold)
        for pk, created, rating, sold in rows.values_list("pk", "date_created", "rating", "sold")
    }
    records = records_by_product(facts)
    book = SaleBook(at)
    book.load(record.pk for group in records.values() for record in group)
    glazes = glazes_of(record.product_id for group in records.values() for record in group)
    for pk, group in records.items():
        fact = facts[pk]
        prices = [quote.price for record in group if (quote := book.quote(record))]
        fact.price = min(prices, default=None)
        fact.is_in_stock = best_availability(group) != SOLD_OUT
        fact.glazes = {
            glazes[record.product_id][1]: glazes[record.product_id][0]
            for record in group
            if record.product_id in glazes
        }
    return list(facts.values())


def _sorted(facts, sort):
    dear = Decimal("Infinity")
    keys = {
        "newest": lambda f: (-f.created.timestamp(), f.product_id),
        "price-low": lambda f: (f.price if f.price is not None else dear, f.product_id),
        "price-high": lambda f: (-(f.price or 0), f.product_id),
        "rating": lambda f: (-f.rating, f.product_id),
    }
    recommended = lambda f: (not f.is_in_stock, -f.sold, -f.rating, f.product_id)  # noqa: E731
    return sorted(facts, key=keys.get(sort, recommended))


def _glaze_facet(facts, filters):
    counts, names = defaultdict(int), {}
    for fact in facts:
        names.update(fact.glazes)
        if filters.allow(fact, but="glazes"):
            for code in fact.glazes:
                counts[code] += 1
    return [
        FacetValue(code, names[code], counts[code], code in filters.glazes)
        for code in sorted(names, key=names.get)
    ]


def _price_facet(facts, filters):
    counts = defaultdict(int)
    for fact in facts:
        if filters.allow(fact, but="prices"):
            counts[fact.band] += 1
    return [
        FacetValue(code, PRICE_BAND_NAMES[code], counts[code], code in filters.prices)
        for code, _low, _high in PRICE_BANDS
    ]


def _stock_facet(facts, filters):
    count = sum(fact.is_in_stock for fact in facts if filters.allow(fact, but="in_stock"))
    return FacetValue("in-stock", "In stock", count, filters.in_stock)
