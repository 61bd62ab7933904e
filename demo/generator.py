"""A catalogue of any size beside the demo shop's, for measuring: the same number, the same pieces.

``piece(n)`` makes the n-th piece out of vocabulary.toml and n alone; ``generate_catalogue`` writes
what is missing, batch by batch, and has lists know of it. Photographs are the demo's own.
"""

import random
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
#: The most pieces whose numbers sort as text.
MOST = 999_999
#: Pieces that one transaction writes.
BATCH = 2_000
#: So many pieces leave the kiln together; a firing follows the last after so many hours.
FIRING, HOURS = 40, 12
FIRST_FIRING = datetime(2020, 1, 6, 9, tzinfo=UTC)
PARTNER = "Archive"
GARDEN_CLASS = "Garden stoneware"
#: Filters beside the demo's own.
FACETS = ("firing", "collection", "frost_hardy")
NUMBERS = ("height", "diameter", "weight", "capacity")


@dataclass(frozen=True)
class Variant:
    """What is bought: in one glaze, at one price."""

    sku: str
    glaze: str
    price: Decimal
    stock: int


@dataclass(frozen=True)
class Piece:
    """One generated product. It has variants of its own where there are several."""

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
    def upc(self):
        return upc_of(self.number)

    @property
    def is_parent(self):
        return len(self.variants) > 1


def upc_of(number):
    """The code of the n-th piece: "GEN-000001"."""
    return f"{PREFIX}{number:06d}"


def piece(number):
    """The n-th piece, made of nothing but its number."""
    words, dice = files.read("vocabulary"), random.Random(number)  # noqa: S311  not for secrets
    shares = words["shares"]
    form = dice.choice(words["forms"])
    is_parent = dice.random() < shares["parents"] and not form.get("is_for_garden")
    parts = [dice.choice(words[name]) for name in ("openings", "makings", "uses")]
    return Piece(
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
    """``{code: value}`` of everything but the glaze."""
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
    """(share of the price, days from its beginning, days to its end or None)."""
    start, until = dice.choice(((-90, -30), (-2, 12), (-20, None), (5, 19)))
    return Decimal(dice.choice((70, 75, 80, 90))) / 100, start, until


# --- Writing --------------------------------------------------------------------------------------


def generate_catalogue(count, *, at, on_done=None):
    """See that there are at least ``count`` generated pieces, and that lists know them all.

    Sales run around ``at``. What is there stays; interrupted, it goes on where it was. Returns how
    many pieces it wrote; ``on_done`` is called with the size of each batch.
    """
    if not 0 <= count <= MOST:
        raise ValueError(f"count must be from 0 to {MOST}")
    there = _highest_number()
    if count > there:
        shelves = _Shelves.stock_up()
        for first in range(there + 1, count + 1, BATCH):
            pieces = [piece(n) for n in range(first, min(first + BATCH, count + 1))]
            _write(pieces, shelves, at=at)
            if on_done:
                on_done(len(pieces))
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
class _Shelves:
    """What every piece stands on: classes, attributes, options, categories, photographs."""

    classes: dict
    attributes: dict
    options: dict
    categories: dict
    partner: object
    photos: dict

    @classmethod
    @transaction.atomic
    def stock_up(cls):
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
    """``{name of a photograph: (file in storage, key of Wagtail's image)}`` of the demo, if it is there."""
    rows = ProductPhoto.objects.filter(product_image__code__contains=":")
    return {
        code.split(":")[1]: (original, image_id)
        for code, original, image_id in rows.values_list(
            "product_image__code", "product_image__original", "image_id"
        )
    }


@transaction.atomic
def _write(pieces, shelves, *, at):
    """One batch, whole or not at all."""
    Product.objects.bulk_create([_product(row, shelves) for row in pieces])
    keys = _keys_of(pieces)
    Product.objects.bulk_create(
        _child(row, variant, keys[row.upc]) for row in pieces if row.is_parent for variant in row.variants
    )  # fmt: skip
    keys = _keys_of(pieces)
    _date(pieces)
    ProductCategory.objects.bulk_create(
        ProductCategory(product_id=keys[row.upc], category_id=shelves.categories[row.form["shelf"]])
        for row in pieces
    )
    ProductAttributeValue.objects.bulk_create(
        value for row in pieces for value in _values(row, keys, shelves)
    )
    _write_stock(pieces, keys, shelves, at=at)
    _write_photos(pieces, keys, shelves)
    _write_opinions(pieces, keys)


def _keys_of(pieces):
    """Keys by UPC, read again: MySQL gives none back from a bulk insert.

    The pieces follow each other; their variants' codes begin with theirs in any collation.
    """
    first, after = pieces[0].upc, upc_of(pieces[-1].number + 1)
    rows = Product.objects.filter(upc__gte=first, upc__lt=after)
    return dict(rows.values_list("upc", "pk"))


def _product(row, shelves):
    return Product(
        structure=Product.PARENT if row.is_parent else Product.STANDALONE,
        upc=row.upc,
        title=row.title,
        slug=slugify(row.title),
        description=f"<p>{row.description}</p>",
        product_class=shelves.classes[row.form.get("is_for_garden", False)],
        rating=fmean(row.scores) if row.scores else None,
    )


def _child(row, variant, parent_id):
    glaze = files.read("shop")["glazes"][variant.glaze].lower()
    title = f"{row.title} in {glaze}"
    return Product(
        structure=Product.CHILD,
        upc=variant.sku,
        parent_id=parent_id,
        title=title,
        slug=slugify(title),
    )


def _date(pieces):
    """Oscar stamps rows with the moment of writing; "newest first" needs an order of firings."""
    firings = {}
    for row in pieces:
        firings.setdefault((row.number - 1) // FIRING, []).append(row.upc)
    for firing, upcs in firings.items():
        Product.objects.filter(upc__in=upcs).update(
            date_created=FIRST_FIRING + timedelta(hours=HOURS * firing)
        )


def _values(row, keys, shelves):
    class_id = shelves.classes[row.form.get("is_for_garden", False)].pk
    for code, value in row.attributes.items():
        attribute = shelves.attributes[class_id, code]
        yield ProductAttributeValue(
            product_id=keys[row.upc], attribute=attribute, **_stored(attribute, value, shelves)
        )
    glaze = shelves.attributes.get((class_id, "glaze"))
    for variant in row.variants if glaze else ():
        option_id = shelves.options[variant.glaze]
        yield ProductAttributeValue(
            product_id=keys[variant.sku], attribute=glaze, value_option_id=option_id
        )


def _stored(attribute, value, shelves):
    if attribute.type == "option":
        return {"value_option_id": shelves.options[value]}
    return {f"value_{attribute.type}": value}


def _write_stock(pieces, keys, shelves, *, at):
    StockRecord.objects.bulk_create(
        StockRecord(
            product_id=keys[variant.sku],
            partner=shelves.partner,
            partner_sku=variant.sku,
            price_currency="GBP",
            price=variant.price,
            num_in_stock=variant.stock,
            num_allocated=0,
        )
        for row in pieces
        for variant in row.variants
    )
    skus = [variant.sku for row in pieces if row.sale for variant in row.variants]
    records = StockRecord.objects.filter(partner=shelves.partner, partner_sku__in=skus)
    ids = dict(records.values_list("partner_sku", "pk"))
    SalePrice.objects.bulk_create(
        _sale_price(row.sale, ids[variant.sku], variant.price, at=at)
        for row in pieces
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


def _write_photos(pieces, keys, shelves):
    """A piece shows its first glaze and the bench, a variant its glaze, as the demo's forms do."""
    wanted = [
        (code, name, place)
        for row in pieces
        for code, name, place in _pictures(row, shelves)
        if name in shelves.photos
    ]
    if not wanted:
        return
    ProductImage.objects.bulk_create(
        ProductImage(
            product_id=keys[code],
            original=shelves.photos[name][0],
            display_order=place,
            code=f"{code}.{name}".lower(),
        )
        for code, name, place in wanted
    )
    first, after = pieces[0].upc.lower(), upc_of(pieces[-1].number + 1).lower()
    rows = ProductImage.objects.filter(code__gte=first, code__lt=after)
    ProductPhoto.objects.bulk_create(
        ProductPhoto(product_image_id=pk, image_id=shelves.photos[code.partition(".")[2]][1])
        for pk, code in rows.values_list("pk", "code")
    )


def _pictures(row, shelves):
    """(product's code, photograph, place) of a piece and its variants."""
    form = row.form["photo"]
    shown = [_in_glaze(form, variant.glaze, shelves) for variant in row.variants]
    yield row.upc, shown[0], 0
    yield row.upc, f"{form}-detail", 1
    if row.is_parent:
        for variant, name in zip(row.variants, shown, strict=True):
            yield variant.sku, name, 0


def _in_glaze(form, glaze, shelves):
    """The photograph of a form in a glaze, or in the first glaze that it was taken in."""
    if (name := f"{form}-{glaze}") in shelves.photos:
        return name
    return f"{form}-{_first_glazes()[form]}"


@cache
def _first_glazes():
    return {form["code"]: form["variants"][0]["glaze"] for form in files.forms()}


def _write_opinions(pieces, keys):
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
        for row in pieces
        for place, score in enumerate(row.scores)
    )
    ProductRecord.objects.bulk_create(
        ProductRecord(product_id=keys[row.upc], num_purchases=row.purchases)
        for row in pieces
        if row.purchases
    )
