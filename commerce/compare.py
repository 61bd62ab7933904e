"""Products side by side: what a comparison shows, and where two of them differ."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.listings import sellable_products
from commerce.product_page import buy_boxes_for, specifications

#: More columns than this no screen holds.
MAX_COMPARED = 4
#: Products that the page offers to add.
MAX_OFFERED = 200


@dataclass(frozen=True)
class Column:
    """One product of a comparison; ``without_url`` is the same comparison without it."""

    box: object
    rating: float | None
    review_count: int
    without_url: str


@dataclass(frozen=True)
class Row:
    """One attribute: its text for each column ("" where a product has none)."""

    name: str
    texts: list
    is_different: bool


@dataclass(frozen=True)
class Comparison:
    """A comparison of up to ``MAX_COMPARED`` products, in the order asked for."""

    columns: list
    rows: list

    @property
    def keys(self):
        """Keys of the products that it shows."""
        return [column.box.product_id for column in self.columns]

    @property
    def has_differences(self):
        """Whether any row is marked."""
        return any(row.is_different for row in self.rows)


def compare_url(product_ids):
    """The address of a comparison: its whole state."""
    keys = ",".join(str(key) for key in product_ids)
    return (
        f"{reverse('compare')}?{urlencode({'ids': keys}, safe=',')}" if keys else reverse("compare")
    )


def families_of(product_ids):
    """The keys with each variant replaced by its product, each once, unknown ones left out."""
    rows = get_model("catalogue", "Product").objects.filter(pk__in=product_ids)
    shown = {pk: parent or pk for pk, parent in rows.values_list("pk", "parent_id")}
    return list(dict.fromkeys(shown[pk] for pk in product_ids if pk in shown))


def compare(product_ids, *, at=None):
    """The comparison of products; what is not public is left out. Twelve queries, however many."""
    boxes = buy_boxes_for(product_ids, at=at)
    keys = [pk for pk in product_ids if pk in boxes][:MAX_COMPARED]
    ratings = _ratings(keys)
    columns = [
        Column(
            box=boxes[pk],
            rating=ratings[pk][0],
            review_count=ratings[pk][1],
            without_url=compare_url([key for key in keys if key != pk]),
        )
        for pk in keys
    ]
    return Comparison(columns=columns, rows=_rows([boxes[pk] for pk in keys]))


def _ratings(keys):
    """``{product_id: (rating, number of approved reviews)}``."""
    reviews = get_model("reviews", "ProductReview").objects.approved().filter(product__in=keys)
    scores = {}
    for pk, score in reviews.order_by().values_list("product_id", "score"):
        scores.setdefault(pk, []).append(score)
    return {
        pk: (sum(found) / len(found), len(found)) if (found := scores.get(pk)) else (None, 0)
        for pk in keys
    }


def _rows(boxes):
    """Glazes, then every attribute that one of the products has, in the order of their type."""
    found = specifications([box.product_id for box in boxes])
    names, texts = {}, {}
    for pk, values in found.items():
        for code, name, text in values:
            names.setdefault(code, name)
            texts[pk, code] = text
    rows = [
        (name, [texts.get((box.product_id, code), "") for box in boxes])
        for code, name in names.items()
    ]
    if any(box.has_choice for box in boxes):
        rows.insert(0, (_("Glazes"), [_glazes(box) for box in boxes]))
    return [Row(name, cells, is_different=len(set(cells)) > 1) for name, cells in rows]


def _glazes(box):
    return ", ".join(variant.name for variant in box.variants) if box.has_choice else ""


def products_to_add(product_ids):
    """(key, title) of what may be added: of the same categories first, then the rest by name."""
    products = sellable_products().exclude(pk__in=product_ids)
    order = ["title", "pk"]
    if product_ids:
        products, order = products.annotate(is_near=_near(product_ids)), ["-is_near", *order]
    return list(products.order_by(*order).values_list("pk", "title")[:MAX_OFFERED])


def _near(product_ids):
    """Whether a product shares a category with one of the products."""
    ProductCategory = get_model("catalogue", "ProductCategory")
    categories = ProductCategory.objects.filter(product__in=product_ids).values("category")
    return Exists(ProductCategory.objects.filter(product=OuterRef("pk"), category__in=categories))
