"""Products side by side: what a comparison shows, and where two of them differ."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.humanize.templatetags.humanize import apnumber
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from oscar.core.loading import get_model

from commerce.catalogue.product_detail import buy_boxes_for, texts_of
from commerce.catalogue.product_facts import attribute_rows, in_a_row, options_in, text_of_family
from commerce.index.listings import sellable_products
from commerce.stock.availability import LOW, SOLD_OUT

#: More columns than this no screen holds.
MAX_COMPARED = 4
#: Products that the page offers to add.
MAX_OFFERED = 200


@dataclass(frozen=True)
class Column:
    """One product of a comparison; ``without_url`` is the same comparison without it."""

    box: object
    stock_text: str
    rating: float | None
    review_count: int
    without_url: str


@dataclass(frozen=True)
class Row:
    """One attribute: its text for each column ("" where a product has none).

    Where variants of a product differ, the text says which of them it holds for.
    """

    name: str
    texts: list
    is_different: bool


@dataclass(frozen=True)
class Comparison:
    """A comparison of up to ``MAX_COMPARED`` products, in the order asked for.

    ``gone`` has a sentence for each product that was asked for and is not in the shop (any more).
    """

    columns: list
    rows: list
    gone: list
    is_too_many: bool = False

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
    """The keys with each variant replaced by its product, each once."""
    rows = get_model("catalogue", "Product").objects.filter(pk__in=product_ids)
    shown = {pk: parent or pk for pk, parent in rows.values_list("pk", "parent_id")}
    return list(dict.fromkeys(shown.get(pk, pk) for pk in product_ids))


def compare(product_ids, *, at=None):
    """The comparison of products; of what is not public it says so. Constant in queries."""
    boxes = buy_boxes_for(product_ids, at=at)
    there = [pk for pk in product_ids if pk in boxes]
    keys = there[:MAX_COMPARED]
    ratings = _ratings(keys)
    columns = [
        Column(
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
        is_too_many=len(there) > MAX_COMPARED,
    )


def _names_of_gone(keys):
    """What was retired is named. Of anything else the title may never have been public."""
    if not keys:
        return []
    products = get_model("catalogue", "Product").objects.filter(pk__in=keys, is_public=False)
    titles = list(products.exclude(retirement=None).order_by("pk").values_list("title", flat=True))
    text = _("“%(title)s” is no longer in the shop and was taken out.")
    sentences = [text % {"title": title} for title in titles]
    if unnamed := len(keys) - len(titles):
        text = ngettext(
            "One piece is not in the shop any more and was taken out.",
            "%(count)s pieces are not in the shop any more and were taken out.",
            unnamed,
        )
        sentences.append(text % {"count": apnumber(unnamed).capitalize()})
    return sentences


def stock_words(box):
    """The stock of a product in words, and for which of its variants they hold."""
    if not box.has_choice:
        return box.stock_text
    there = [variant for variant in box.variants if variant.availability != SOLD_OUT]
    gone = [variant.name for variant in box.variants if variant.availability == SOLD_OUT]
    few = [variant.name for variant in there if variant.availability == LOW]
    if not there:
        return _("Sold out in all options") if len(gone) > 1 else _("Sold out")
    if not gone:
        words = [_("In stock in all options") if len(there) > 1 else _("In stock")]
    else:
        names = in_a_row([variant.name for variant in there])
        words = [_("In stock in %(names)s") % {"names": names}]
    if few:
        words.append(_("few left of %(names)s") % {"names": in_a_row(few)})
    if gone:
        words.append(_("%(names)s sold out") % {"names": in_a_row(gone)})
    return "; ".join(words)


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
    """The variants, then every attribute that one of the products has, in the order of their type."""
    keys = {box.product_id for box in boxes}
    variants = {variant.product_id for box in boxes for variant in box.variants} - keys
    read = attribute_rows([*keys, *variants])
    found = texts_of(read, [*keys, *variants])
    by_code = {pk: {code: text for code, _name, text in values} for pk, values in found.items()}
    options = options_in(read, variants)
    names = {
        code: name
        for values in found.values()
        for code, name, _text in values
        if code not in options
    }
    rows = [
        (name, [text_of_family(box, code, by_code) for box in boxes])
        for code, name in names.items()
    ]
    if any(box.has_choice for box in boxes):
        rows.insert(0, (_options_name(boxes), [_options(box) for box in boxes]))
    return [Row(name, cells, is_different=len(set(cells)) > 1) for name, cells in rows]


def _options_name(boxes):
    """What the variants of all products differ in, or "Options" where they do in other things."""
    names = {box.option_name for box in boxes if box.has_choice}
    return names.pop() if len(names) == 1 else _("Options")


def _options(box):
    if not box.has_choice:
        return ""
    names = ", ".join(variant.name for variant in box.variants)
    text = ngettext(
        "%(count)s option: %(names)s", "%(count)s options: %(names)s", len(box.variants)
    )
    return text % {"count": len(box.variants), "names": names}


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
