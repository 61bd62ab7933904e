"""Product comparison: its columns and rows, and where the products differ."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.humanize.templatetags.humanize import apnumber
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from oscar.core.loading import get_model

from commerce.catalogue.product_detail import (
    BuyBox,
    attributes_of_families,
    buy_boxes_for,
    texts_of,
)
from commerce.catalogue.product_facts import MAX_NAMES, join_names, text_of_family
from commerce.index.listings import sellable_products
from commerce.options.option_sets import OptionValue
from commerce.stock.availability import LOW

#: Most columns that fit on a screen.
MAX_COMPARED = 4
#: Most values of an option that are all named.
MAX_VALUES = 12
#: Most products offered for adding.
MAX_OFFERED = 200


@dataclass(frozen=True)
class ComparedProduct:
    """One product of a comparison; ``without_url`` is the comparison without it."""

    box: BuyBox
    stock_text: str
    rating: float | None
    review_count: int
    without_url: str


@dataclass(frozen=True)
class Row:
    """One attribute, with its text for each column ("" if the product has none).

    If a product's variants differ, the text says which variants have which value.
    """

    name: str
    texts: list[str]
    is_different: bool


@dataclass(frozen=True)
class Comparison:
    """A comparison of up to ``MAX_COMPARED`` products, in the requested order.

    ``gone`` has a sentence for each requested product that is not available.
    """

    columns: list[ComparedProduct]
    rows: list[Row]
    gone: list[str]
    is_too_many: bool = False

    @property
    def keys(self) -> list[int]:
        """Keys of the products shown."""
        return [column.box.product_id for column in self.columns]

    @property
    def has_differences(self) -> bool:
        """Whether any row has differences."""
        return any(row.is_different for row in self.rows)


def compare_url(product_ids: Iterable[int]) -> str:
    """The URL of a comparison; it contains the whole state."""
    keys = ",".join(str(key) for key in product_ids)
    return (
        f"{reverse('compare')}?{urlencode({'ids': keys}, safe=',')}" if keys else reverse("compare")
    )


def families_of(product_ids: Collection[int]) -> list[int]:
    """The keys with variants replaced by their parents, without duplicates."""
    rows = get_model("catalogue", "Product").objects.filter(pk__in=product_ids)
    shown = {pk: parent or pk for pk, parent in rows.values_list("pk", "parent_id")}
    return list(dict.fromkeys(shown.get(pk, pk) for pk in product_ids))


def compare(product_ids: Collection[int]) -> Comparison:
    """Compare products; reports those that are not public. Constant in queries."""
    boxes = buy_boxes_for(product_ids)
    available = [pk for pk in product_ids if pk in boxes]
    keys = available[:MAX_COMPARED]
    ratings = _ratings(keys)
    columns = [
        ComparedProduct(
            box=boxes[pk],
            stock_text=stock_words(boxes[pk]),
            rating=ratings[pk][0],
            review_count=ratings[pk][1],
            without_url=compare_url([key for key in keys if key != pk]),
        )
        for pk in keys
    ]
    return Comparison(
        columns=columns,
        rows=_rows([boxes[pk] for pk in keys]),
        gone=_names_of_gone([pk for pk in product_ids if pk not in boxes]),
        is_too_many=len(available) > MAX_COMPARED,
    )


def _names_of_gone(keys: Sequence[int]) -> list[str]:
    """Sentences about unavailable products.

    Only retired products are named: others may never have been public.
    """
    if not keys:
        return []
    products = get_model("catalogue", "Product").objects.filter(pk__in=keys, is_public=False)
    titles = list(products.exclude(retirement=None).order_by("pk").values_list("title", flat=True))
    text = _("“%(title)s” is no longer available and was removed.")
    sentences = [text % {"title": title} for title in titles]
    if unnamed := len(keys) - len(titles):
        text = ngettext(
            "One product is no longer available and was removed.",
            "%(count)s products are no longer available and were removed.",
            unnamed,
        )
        sentences.append(text % {"count": str(apnumber(unnamed)).capitalize()})
    return sentences


def stock_words(box: BuyBox) -> str:
    """The availability of a product as text, by variant."""
    if not box.has_choice:
        return box.stock_text
    variants, name_of = box.options.variants, box.options.name_of
    there = [variant for variant in variants if not variant.is_sold_out]
    gone = [name_of(variant.product_id) for variant in variants if variant.is_sold_out]
    few = [name_of(variant.product_id) for variant in there if variant.availability == LOW]
    if not there:
        return _("Sold out in all options") if len(gone) > 1 else _("Sold out")
    if not gone:
        words = [_("In stock in all options") if len(there) > 1 else _("In stock")]
    elif len(variants) > MAX_NAMES:
        counts = {"there": len(there), "all": len(variants)}
        return _("In stock in %(there)d of %(all)d options") % counts
    else:
        names = join_names([name_of(variant.product_id) for variant in there])
        words = [_("In stock in %(names)s") % {"names": names}]
    if 0 < len(few) <= MAX_NAMES:
        words.append(_("few left of %(names)s") % {"names": join_names(few)})
    if gone:
        words.append(_("%(names)s sold out") % {"names": join_names(gone)})
    return "; ".join(words)


def _ratings(keys: Collection[int]) -> dict[int, tuple[float | None, int]]:
    """``{product_id: (average rating or None, number of approved reviews)}``."""
    reviews = get_model("reviews", "ProductReview").objects.approved().filter(product__in=keys)
    scores: dict[int, list[int]] = {}
    for pk, score in reviews.order_by().values_list("product_id", "score"):
        scores.setdefault(pk, []).append(score)
    return {
        pk: (sum(found) / len(found), len(found)) if (found := scores.get(pk)) else (None, 0)
        for pk in keys
    }


def _rows(boxes: Sequence[BuyBox]) -> list[Row]:
    """The options, then every attribute that any of the products has, in attribute order."""
    rows = [*_option_rows(boxes), *_attribute_rows(boxes)]
    return [Row(name, cells, is_different=len(set(cells)) > 1) for name, cells in rows]


def _option_rows(boxes: Sequence[BuyBox]) -> Iterator[tuple[str, list[str]]]:
    """A row per option that any of the products has, with the values of each product."""
    by_code = [{option.code: option for option in box.options.options} for box in boxes]
    names = {code: option.name for of in by_code for code, option in of.items()}
    for code, name in names.items():
        values = [list(of[code].values) if code in of else [] for of in by_code]
        yield name or _("Variants"), [_texts_of_values(of_box) for of_box in values]


def _texts_of_values(values: Sequence[OptionValue]) -> str:
    """The values of an option: all, or their number with the first and last."""
    if len(values) <= MAX_VALUES:
        return ", ".join(value.label for value in values)
    texts = {"count": len(values), "first": values[0].label, "last": values[-1].label}
    return _("%(count)d, from %(first)s to %(last)s") % texts


def _attribute_rows(boxes: Sequence[BuyBox]) -> Iterator[tuple[str, list[str]]]:
    read = attributes_of_families(boxes)
    found = texts_of(read, [pk for box in boxes for pk in (box.product_id, *box.options.by_key)])
    by_code = {pk: {code: text for code, _name, text in values} for pk, values in found.items()}
    names = {code: name for values in found.values() for code, name, _text in values}
    for code, name in names.items():
        yield name, [text_of_family(box, code, by_code) for box in boxes]


def products_to_add(product_ids: Collection[int]) -> list[tuple[int, str]]:
    """(key, title) of products that can be added: same categories first, then by title."""
    products = sellable_products().exclude(pk__in=product_ids)
    order = ["title", "pk"]
    if product_ids:
        products, order = products.annotate(is_near=_near(product_ids)), ["-is_near", *order]
    return list(products.order_by(*order).values_list("pk", "title")[:MAX_OFFERED])


def _near(product_ids: Collection[int]) -> Exists:
    """Whether a product shares a category with one of the products."""
    ProductCategory = get_model("catalogue", "ProductCategory")
    categories = ProductCategory.objects.filter(product__in=product_ids).values("category")
    return Exists(ProductCategory.objects.filter(product=OuterRef("pk"), category__in=categories))
