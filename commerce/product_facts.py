"""What a product's page says around the buy box: the facts beside it, reviews, and companions."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.listings import cards_for, product_url, sellable_products

COMPANIONS = 4
REVIEWS_SHOWN = 6


def product_page_url(product):
    """The address that shows a product; a variant is shown on its parent's page, chosen."""
    shown = product.parent or product
    url = product_url(shown.pk, shown.slug)
    return f"{url}?variant={product.pk}" if product.parent_id else url


def key_facts(product):
    """(name, text) of size and care, in a line each; what is not known is left out."""
    rows = get_model("catalogue", "ProductAttributeValue").objects.filter(product=product)
    values = {row.attribute.code: row.value for row in rows.select_related("attribute")}
    facts = [(_("Size"), _size_text(values)), (_("Care"), _care_text(values))]
    return [(name, text) for name, text in facts if text]


def _size_text(values):
    sentences = (
        ("height", _("%s cm tall")),
        ("diameter", _("%s cm across")),
        ("capacity", _("%s ml")),
        ("weight", _("%s g")),
    )
    return ", ".join(
        sentence % f"{values[code]:g}" for code, sentence in sentences if values.get(code)
    )


def _care_text(values):
    places = (
        ("dishwasher_safe", _("dishwasher")),
        ("microwave_safe", _("microwave")),
        ("oven_safe", _("oven")),
    )
    safe = [name for code, name in places if values.get(code)]
    if not safe:
        return _("Wash by hand") if "dishwasher_safe" in values else ""
    listed = _(" and ").join(filter(None, [", ".join(safe[:-1]), safe[-1]]))
    return (_("%(places)s safe") % {"places": listed}).capitalize()


def companions_of(product, *, at=None):
    """Cards of what goes with a product: those picked by hand, then others of its categories."""
    rows = get_model("catalogue", "ProductRecommendation").objects.filter(primary=product)
    picked = list(rows.order_by("-ranking", "pk").values_list("recommendation_id", flat=True))
    if len(picked) < COMPANIONS:
        others = sellable_products().filter(categories__in=product.get_categories())
        others = others.exclude(pk__in=[product.pk, *picked]).order_by("pk")
        picked += others.values_list("pk", flat=True).distinct()[: COMPANIONS - len(picked)]
    return cards_for(picked[:COMPANIONS], at=at)


@dataclass(frozen=True)
class ReviewBar:
    """How many reviews gave this many stars."""

    stars: int
    count: int
    is_selected: bool


@dataclass(frozen=True)
class ReviewSummary:
    """The approved reviews of a product: how many, how good, and the newest of those asked for."""

    count: int
    average: float
    bars: list
    reviews: list
    stars: int | None

    @property
    def average_shown(self):
        """The average to one decimal, as the page writes it."""
        return Decimal(str(self.average)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)

    @property
    def matching(self):
        """How many reviews the chosen bar has; all where none is chosen."""
        chosen = (bar.count for bar in self.bars if bar.is_selected)
        return next(chosen, self.count)


def review_summary(product, *, stars=None, limit=REVIEWS_SHOWN):
    """Reviews of a product, three queries at most. ``stars`` keeps those with that many."""
    approved = approved_reviews(product)
    counts = dict(approved.order_by().values_list("score").annotate(Count("pk")))
    total = sum(counts.values())
    stars = stars if stars in counts else None
    chosen = approved.filter(score=stars) if stars else approved
    return ReviewSummary(
        count=total,
        average=sum(score * count for score, count in counts.items()) / total if total else 0,
        bars=[ReviewBar(n, counts.get(n, 0), n == stars) for n in range(5, 0, -1)],
        reviews=list(chosen[:limit]) if total else [],
        stars=stars,
    )


def approved_reviews(product):
    """Newest first; ``is_verified`` says that the reviewer has bought the product here."""
    ProductReview = get_model("reviews", "ProductReview")
    bought = get_model("order", "Line").objects.filter(
        Q(product=product.pk) | Q(product__parent=product.pk),
        order__user=OuterRef("user"),
    )
    reviews = ProductReview.objects.approved().filter(product=product).select_related("user")
    return reviews.annotate(is_verified=Exists(bought)).order_by("-date_created", "-pk")
