"""Reviews of a product: who may write one, and what its page shows of them."""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model

from commerce.models.cache_tags import product_tag
from commerce.order_statuses import CANCELLED, PENDING
from commerce.page_cache.versions import invalidate
from commerce.requests import parse_pk
from commerce.urls import PLAIN

PAGE_SIZE = 6
#: Orders of the list: code, name, columns.
SORTS = {
    "newest": (_("Newest"), ("-date_created", "-pk")),
    "highest": (_("Highest"), ("-score", "-date_created", "-pk")),
    "lowest": (_("Lowest"), ("score", "-date_created", "-pk")),
    "helpful": (_("Most helpful"), ("-delta_votes", "-date_created", "-pk")),
}
NEWEST = "newest"

#: What stands between a visitor and a review of a product.
GUEST, STRANGER, BUYER, WAITING, WRITTEN = "guest", "stranger", "buyer", "waiting", "written"


def standing_of(user, product):
    """Whether a visitor may write about a product: only a ``BUYER`` may.

    ``GUEST`` has not signed in, ``STRANGER`` has not bought it (in an order that was paid),
    ``WAITING`` has a review that nobody has read yet, ``WRITTEN`` one that was read.
    """
    if not user.is_authenticated:
        return GUEST
    ProductReview = get_model("reviews", "ProductReview")
    own = ProductReview.objects.filter(product=product, user=user).first()
    if own is not None:
        return WAITING if own.pending_moderation else WRITTEN
    return BUYER if _lines_bought(product).filter(order__user=user).exists() else STRANGER


def _lines_bought(product):
    """Lines of paid orders with the product, or a variant of it."""
    lines = get_model("order", "Line").objects.filter(
        Q(product=product.pk) | Q(product__parent=product.pk)
    )
    return lines.exclude(order__status__in=(PENDING, CANCELLED))


def invalidate_reviews_of_buyer(order):
    """The buyer of an order may have bought what they review by it, or not any more."""
    if order.user_id is None:
        return
    bought = order.lines.exclude(product=None).values_list("product_id", "product__parent_id")
    keys = {parent or pk for pk, parent in bought}
    reviews = get_model("reviews", "ProductReview").objects.filter(
        user=order.user_id, product__in=keys
    )
    invalidate(*map(product_tag, reviews.values_list("product_id", flat=True)))


def approved_reviews(product):
    """Reviews that staff let through; ``is_verified`` says that their author bought the piece."""
    bought = _lines_bought(product).filter(order__user=OuterRef("user"))
    reviews = get_model("reviews", "ProductReview").objects.approved().filter(product=product)
    return reviews.select_related("user").annotate(is_verified=Exists(bought))


@dataclass(frozen=True)
class ReviewQuery:
    """The part of the reviews that an address asks for. Unknown values are left out."""

    stars: int | None = None
    sort: str = NEWEST
    page: str = "1"
    variant: int | None = None

    @classmethod
    def from_parameters(cls, parameters):
        """Reads a QueryDict."""
        stars, sort = parameters.get("stars", ""), parameters.get("sort", "")
        return cls(
            stars=int(stars) if stars in set("12345") else None,
            sort=sort if sort in SORTS else NEWEST,
            page=parameters.get("page", "1"),
            variant=parse_pk(parameters.get("variant", "")),
        )

    def pairs(self, *, without=()):
        """The parameters as (name, value) pairs, without the page and those that say nothing."""
        sort = self.sort if self.sort != NEWEST else None
        named = (("variant", self.variant), ("stars", self.stars), ("sort", sort))
        return [(name, value) for name, value in named if value and name not in without]

    def unsorted_pairs(self):
        """What a form that sets the order has to keep."""
        return self.pairs(without=("sort",))

    @property
    def base(self):
        """The query string before ``page=``."""
        return f"{urlencode(self.pairs())}&" if self.pairs() else ""

    @property
    def here(self):
        """The query string that shows this very page; "" where it says nothing."""
        page = parse_pk(self.page) or 1
        return urlencode([*self.pairs(), *([("page", page)] if page > 1 else [])])

    def address(self, **changes):
        """The address of the reviews with some of the parameters changed."""
        pairs = replace(self, **changes).pairs()
        return f"{f'?{urlencode(pairs)}' if pairs else PLAIN}#reviews"


@dataclass(frozen=True)
class ReviewBar:
    """How many reviews gave this many stars; ``url`` shows them, or all again."""

    stars: int
    count: int
    is_selected: bool
    url: str


@dataclass(frozen=True)
class ReviewSummary:
    """The approved reviews of a product: how many, how good, and a page of those asked for."""

    count: int
    average: float
    bars: list
    reviews: list
    matching: int
    page: int
    pages: int
    query: ReviewQuery

    @property
    def average_shown(self):
        """The average to one decimal, as the page writes it."""
        return Decimal(str(self.average)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)

    @property
    def stars(self):
        """The bar that was chosen, or None."""
        return self.query.stars

    @property
    def all_url(self):
        """The address without the chosen bar."""
        return self.query.address(stars=None)

    @property
    def sorts(self):
        """(code, name, whether it is on) of each order of the list."""
        return [(code, name, code == self.query.sort) for code, (name, _c) in SORTS.items()]


def review_summary(product, query=None):
    """Reviews of a product as a ``ReviewQuery`` asks for them; two queries, none where there is none.

    A bar without reviews and a page out of range give what comes nearest.
    """
    query = query or ReviewQuery()
    approved = approved_reviews(product)
    listing = getattr(product, "listing", None)
    has_none = listing is not None and not listing.review_count
    rows = [] if has_none else approved.order_by().values_list("score").annotate(Count("pk"))
    counts = dict(rows)
    total = sum(counts.values())
    if query.stars not in counts:
        query = replace(query, stars=None)
    matching = counts[query.stars] if query.stars else total
    # The number is known already: the paginator need not count.
    page = Paginator(range(matching), PAGE_SIZE).get_page(query.page)
    start = (page.number - 1) * PAGE_SIZE
    chosen = approved.filter(score=query.stars) if query.stars else approved
    ordered = chosen.order_by(*SORTS[query.sort][1])
    return ReviewSummary(
        count=total,
        average=sum(score * count for score, count in counts.items()) / total if total else 0,
        bars=[_bar(n, counts, query) for n in range(5, 0, -1)],
        reviews=list(ordered[start : start + PAGE_SIZE]) if total else [],
        matching=matching,
        page=page.number,
        pages=page.paginator.num_pages,
        query=query,
    )


def _bar(stars, counts, query):
    is_selected = stars == query.stars
    return ReviewBar(
        stars=stars,
        count=counts.get(stars, 0),
        is_selected=is_selected,
        url=query.address(stars=None if is_selected else stars),
    )
