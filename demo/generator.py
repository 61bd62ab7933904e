"""Generates a catalogue of any size next to the demo shop's, for benchmarks. It is reproducible.

``generated_product(n)`` depends only on vocabulary.toml and n. ``generate_catalogue`` writes what is
missing in batches and updates the listings. The photographs are the demo's.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from statistics import fmean

from django.db import transaction
from django.utils.text import slugify
from oscar.core.loading import get_model

from commerce.index.refresh import rebuild_listings
from commerce.models import FacetAttribute, ProductPhoto, SalePrice
from demo import catalogue, files

AttributeOption = get_model("catalogue", "AttributeOption")
AttributeOptionGroup = get_model("catalogue", "AttributeOptionGroup")
Category = get_model("catalogue", "Category")
Partner = get_model("partner", "Partner")
Product = get_model("catalogue", "Product")
ProductAttribute = get_model("catalogue", "ProductAttribute")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")
ProductCategory = get_model("catalogue", "ProductCategory")
ProductClass = get_model("catalogue", "ProductClass")
ProductImage = get_model("catalogue", "ProductImage")
ProductRecord = get_model("analytics", "ProductRecord")
ProductReview = get_model("reviews", "ProductReview")
StockRecord = get_model("partner", "StockRecord")

PREFIX = "GEN-"
#: The highest number that still sorts as text.
MAX_COUNT = 999_999
#: Products per transaction.
BATCH = 2_000
#: Products per firing, which share a creation date, and hours from one firing to the next.
FIRING, HOURS = 40, 12
FIRST_FIRING = datetime(2020, 1, 6, 9, tzinfo=UTC)
PARTNER = "Archive"
GARDEN_CLASS = "Garden stoneware"
#: Facets besides the demo's own.
FACETS = ("firing", "collection", "frost_hardy")
NUMBERS = ("height", "diameter", "weight", "capacity")


@dataclass(frozen=True)
class Variant:
    """A variant: one glaze at one price."""

    sku: str
    glaze: str
    price: Decimal
    stock: int


@dataclass(frozen=True)
class GeneratedProduct:
    """A generated product. With several variants it is a parent product."""

    number: int
    form: dict
    title: str
    description: str
    variants: tuple
    attributes: dict
    scores: tuple
    purchases: int
    sale: tuple | None

    @property
    def upc(self) -> str:
        return upc_of(self.number)

    @property
    def is_parent(self) -> bool:
        return len(self.variants) > 1


def upc_of(number: int) -> str:
    """The code of the n-th product: "GEN-000001"."""
    return f"{PREFIX}{number:06d}"


def generated_product(number: int) -> GeneratedProduct:
    """The n-th product, which depends only on its number."""
    words, dice = files.read("vocabulary"), random.Random(number)  # noqa: S311  not for secrets
    shares = words["shares"]
    form = dice.choice(words["forms"])
    is_parent = dice.random() < shares["parents"] and not form.get("is_for_garden")
    parts = [dice.choice(words[name]) for name in ("openings", "makings", "uses")]
    return GeneratedProduct(
        number=number,
        form=form,
        title=f"{dice.choice(words['manners'])} {dice.choice(words['places'])} {form['name']}",
        description=" ".join(parts).format(form=form["name"]),
        variants=tuple(_variants(number, form, dice, count=dice.randint(2, 4) if is_parent else 1)),
        attributes=_attributes(form, dice),
        scores=_scores(dice) if dice.random() < shares["rated"] else (),
        purchases=int(dice.expovariate(0.05)) if dice.random() < shares["bought"] else 0,
        sale=_sale(dice) if dice.random() < shares["reduced"] else None,
    )


def _variants(number, form, dice, *, count):
    low, high = form["price"]
    price = Decimal(dice.randint(low, high))
    for glaze in dice.sample(list(files.read("shop")["glazes"]), count):
        is_gone = dice.random() < files.read("vocabulary")["shares"]["sold_out"]
        yield Variant(
            sku=files.sku(upc_of(number), glaze if count > 1 else None),
            glaze=glaze,
            price=price + dice.choice((0, 0, 0, 2)) * (count > 1),
            stock=0 if is_gone else dice.randint(1, 40),
        )


def _attributes(form, dice):
    """``{code: value}`` of all attributes but the glaze."""
    words = files.read("vocabulary")
    values = {code: _between(form[code], dice) for code in NUMBERS if code in form}
    if form.get("is_for_garden"):
        return values | {"frost_hardy": dice.random() < 0.8}
    return values | {
        "dishwasher_safe": dice.random() < 0.85,
        "microwave_safe": dice.random() < 0.8,
        "oven_safe": form.get("oven_safe", False),
        "firing": dice.choice(list(words["firings"])),
        "collection": dice.choice(words["collections"]),
    }


def _between(span, dice):
    low, high = span
    return dice.randint(low, high) if isinstance(low, int) else round(dice.uniform(low, high), 1)


def _scores(dice):
    return tuple(dice.choices((5, 4, 3, 2), weights=(6, 4, 1, 1), k=dice.randint(1, 4)))


def _sale(dice):
    """``(share of the price, days to its start, days to its end or None)``."""
    start, until = dice.choice(((-90, -30), (-2, 12), (-20, None), (5, 19)))
    return Decimal(dice.choice((70, 75, 80, 90))) / 100, start, until


# --- Writing --------------------------------------------------------------------------------------


def generate_catalogue(
    count: int, *, at: datetime, on_done: Callable[[int], object] | None = None
) -> int:
    """Write products until at least ``count`` generated ones exist, and update the listings.

    Sales run around ``at``. Existing products stay as they are; an interrupted run can be continued.
    Returns the number of products written; calls ``on_done`` with the size of each batch. Raises
    ValueError for a count out of range.
    """
    if not 0 <= count <= MAX_COUNT:
        raise ValueError(f"count must be from 0 to {MAX_COUNT}")
    there = _highest_number()
    if count > there:
        base = _Catalogue.prepare()
        for first in range(there + 1, count + 1, BATCH):
            products = [generated_product(n) for n in range(first, min(first + BATCH, count + 1))]
            _write(products, base, at=at)
            if on_done:
                on_done(len(products))
    unlisted = _generated().filter(parent=None, listing=None).order_by("pk").first()
    if unlisted is not None:
        rebuild_listings(after=unlisted.pk - 1)
    return max(count - there, 0)


def _generated():
    return Product.objects.filter(upc__startswith=PREFIX)


def _highest_number():
    upc = _generated().filter(parent=None).order_by("-upc").values_list("upc", flat=True).first()
    return int(upc.removeprefix(PREFIX)) if upc else 0


@dataclass(frozen=True)
class _Catalogue:
    """The rows that all products refer to: classes, attributes, options, categories, photographs."""

    classes: dict
    attributes: dict
    options: dict
    categories: dict
    partner: object
    photos: dict

    @classmethod
    @transaction.atomic
    def prepare(cls) -> "_Catalogue":
        stoneware = catalogue.load_product_class()
        catalogue.load_facets()
        garden, _is_new = ProductClass.objects.get_or_create(
            name=GARDEN_CLASS, defaults={"requires_shipping": True, "track_stock": True}
        )
        _make_attributes(stoneware, garden)
        _make_categories()
        rows = ProductAttribute.objects.filter(product_class__in=[stoneware, garden])
        return cls(
            classes={False: stoneware, True: garden},
            attributes={(row.product_class_id, row.code): row for row in rows},
            options=dict(AttributeOption.objects.values_list("code", "pk")),
            categories=dict(Category.objects.values_list("code", "pk")),
            partner=Partner.objects.get_or_create(name=PARTNER)[0],
            photos=_photos(),
        )


def _make_attributes(stoneware, garden):
    firings, _is_new = AttributeOptionGroup.objects.get_or_create(code="firings", name="Firings")
    for code, name in files.read("vocabulary")["firings"].items():
        AttributeOption.objects.get_or_create(
            code=code, defaults={"group": firings, "option": name}
        )
    wanted = [
        (stoneware, "firing", {"name": "Firing", "type": "option", "option_group": firings}),
        (stoneware, "collection", {"name": "Collection", "type": "text"}),
        (garden, "frost_hardy", {"name": "Frost hardy", "type": "boolean"}),
    ]
    wanted += [
        (garden, code, {"name": name, "type": kind})
        for code, name, kind in catalogue.ATTRIBUTES
        if code in NUMBERS
    ]
    for kind, code, defaults in wanted:
        attribute, _is_new = ProductAttribute.objects.get_or_create(
            product_class=kind, code=code, defaults=defaults
        )
        if code in FACETS:
            place = len(catalogue.FACETS) + FACETS.index(code)
            FacetAttribute.objects.get_or_create(attribute=attribute, defaults={"position": place})


def _make_categories():
    words = files.read("vocabulary")
    archive = catalogue.load_category(words["archive"], parent=None)
    for room in words["rooms"]:
        above = catalogue.load_category(room, parent=archive)
        for shelf in room["shelves"]:
            catalogue.load_category(shelf, parent=above)


def _photos():
    """``{photograph: (file in storage, key of Wagtail's image)}`` of the demo shop, if it is loaded."""
    rows = ProductPhoto.objects.filter(product_image__code__contains=":")
    return {
        code.split(":")[1]: (original, image_id)
        for code, original, image_id in rows.values_list(
            "product_image__code", "product_image__original", "image_id"
        )
    }


@transaction.atomic
def _write(products, base, *, at):
    """Write one batch in one transaction."""
    Product.objects.bulk_create([_product(row, base) for row in products])
    keys = _keys_of(products)
    Product.objects.bulk_create(
        _child(row, variant, keys[row.upc]) for row in products if row.is_parent for variant in row.variants
    )  # fmt: skip
    keys = _keys_of(products)
    _date(products)
    ProductCategory.objects.bulk_create(
        ProductCategory(product_id=keys[row.upc], category_id=base.categories[row.form["shelf"]])
        for row in products
    )
    ProductAttributeValue.objects.bulk_create(
        value for row in products for value in _values(row, keys, base)
    )
    _write_stock(products, keys, base, at=at)
    _write_photos(products, keys, base)
    _write_opinions(products, keys)


def _keys_of(products):
    """Keys by UPC, queried because MySQL returns none from a bulk insert.

    The numbers are consecutive; the codes of variants sort after their product's in any collation.
    """
    first, after = products[0].upc, upc_of(products[-1].number + 1)
    rows = Product.objects.filter(upc__gte=first, upc__lt=after)
    return dict(rows.values_list("upc", "pk"))


def _product(row, base):
    return Product(
        structure=Product.PARENT if row.is_parent else Product.STANDALONE,
        upc=row.upc,
        title=row.title,
        slug=slugify(row.title),
        description=f"<p>{row.description}</p>",
        product_class=base.classes[row.form.get("is_for_garden", False)],
        rating=fmean(row.scores) if row.scores else None,
    )


def _child(row, variant, parent_id):
    glaze = files.read("shop")["glazes"][variant.glaze][0].lower()
    title = f"{row.title} in {glaze}"
    return Product(
        structure=Product.CHILD,
        upc=variant.sku,
        parent_id=parent_id,
        title=title,
        slug=slugify(title),
    )


def _date(products):
    """Set creation dates by firing, because the time of writing would give no useful order."""
    firings: dict[int, list[str]] = {}
    for row in products:
        firings.setdefault((row.number - 1) // FIRING, []).append(row.upc)
    for firing, upcs in firings.items():
        Product.objects.filter(upc__in=upcs).update(
            date_created=FIRST_FIRING + timedelta(hours=HOURS * firing)
        )


def _values(row, keys, base):
    class_id = base.classes[row.form.get("is_for_garden", False)].pk
    for code, value in row.attributes.items():
        attribute = base.attributes[class_id, code]
        yield ProductAttributeValue(
            product_id=keys[row.upc], attribute=attribute, **_stored(attribute, value, base)
        )
    glaze = base.attributes.get((class_id, "glaze"))
    for variant in row.variants if glaze else ():
        option_id = base.options[variant.glaze]
        yield ProductAttributeValue(
            product_id=keys[variant.sku], attribute=glaze, value_option_id=option_id
        )


def _stored(attribute, value, base):
    if attribute.type == "option":
        return {"value_option_id": base.options[value]}
    return {f"value_{attribute.type}": value}


def _write_stock(products, keys, base, *, at):
    StockRecord.objects.bulk_create(
        StockRecord(
            product_id=keys[variant.sku],
            partner=base.partner,
            partner_sku=variant.sku,
            price_currency="GBP",
            price=variant.price,
            num_in_stock=variant.stock,
            num_allocated=0,
        )
        for row in products
        for variant in row.variants
    )
    skus = [variant.sku for row in products if row.sale for variant in row.variants]
    records = StockRecord.objects.filter(partner=base.partner, partner_sku__in=skus)
    ids = dict(records.values_list("partner_sku", "pk"))
    SalePrice.objects.bulk_create(
        _sale_price(row.sale, ids[variant.sku], variant.price, at=at)
        for row in products
        if row.sale
        for variant in row.variants
    )


def _sale_price(sale, stockrecord_id, price, *, at):
    share, start, until = sale
    return SalePrice(
        stockrecord_id=stockrecord_id,
        price=(price * share).quantize(Decimal("0.01")),
        start=at + timedelta(days=start),
        until=None if until is None else at + timedelta(days=until),
    )


def _write_photos(products, keys, base):
    """Add photographs: first glaze and workbench to a product, its glaze to a variant."""
    wanted = [
        (code, name, place)
        for row in products
        for code, name, place in _pictures(row, base)
        if name in base.photos
    ]
    if not wanted:
        return
    ProductImage.objects.bulk_create(
        ProductImage(
            product_id=keys[code],
            original=base.photos[name][0],
            display_order=place,
            code=f"{code}.{name}".lower(),
        )
        for code, name, place in wanted
    )
    first, after = products[0].upc.lower(), upc_of(products[-1].number + 1).lower()
    rows = ProductImage.objects.filter(code__gte=first, code__lt=after)
    ProductPhoto.objects.bulk_create(
        ProductPhoto(product_image_id=pk, image_id=base.photos[code.partition(".")[2]][1])
        for pk, code in rows.values_list("pk", "code")
    )


def _pictures(row, base):
    """``(UPC, photograph, position)`` of a product and its variants."""
    form = row.form["photo"]
    shown = [_in_glaze(form, variant.glaze, base) for variant in row.variants]
    yield row.upc, shown[0], 0
    yield row.upc, f"{form}-detail", 1
    if row.is_parent:
        for variant, name in zip(row.variants, shown, strict=True):
            yield variant.sku, name, 0


def _in_glaze(form, glaze, base):
    """The photograph of a form in a glaze, or in its first glaze if there is none."""
    if (name := f"{form}-{glaze}") in base.photos:
        return name
    return f"{form}-{_first_glazes()[form]}"


@cache
def _first_glazes():
    return {form["code"]: form["variants"][0]["glaze"] for form in files.forms()}


def _write_opinions(products, keys):
    reviews = files.read("vocabulary")["reviews"]
    names = reviews["names"]
    ProductReview.objects.bulk_create(
        ProductReview(
            product_id=keys[row.upc],
            score=score,
            title=reviews[str(score)][0],
            body=reviews[str(score)][1],
            name=names[(row.number + place) % len(names)],
            email="reader@example.com",
            status=ProductReview.APPROVED,
            code=f"{row.upc}-{place}".lower(),
        )
        for row in products
        for place, score in enumerate(row.scores)
    )
    ProductRecord.objects.bulk_create(
        ProductRecord(product_id=keys[row.upc], num_purchases=row.purchases)
        for row in products
        if row.purchases
    )
