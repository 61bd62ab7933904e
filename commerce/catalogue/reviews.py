"""Product reviews: who may write one, and what the product page shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model

from commerce.models import User
from commerce.models.cache_tags import product_tag
from commerce.order_statuses import CANCELLED, PENDING
from commerce.page_cache.versions import invalidate
from commerce.requests import parse_pk
from commerce.urls import PLAIN

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.order.abstract_models import AbstractOrder


PAGE_SIZE = 6
#: Sort orders: code, name, columns.
SORTS = {
    "newest": (_("Newest"), ("-date_created", "-pk")),
    "highest": (_("Highest"), ("-score", "-date_created", "-pk")),
    "lowest": (_("Lowest"), ("score", "-date_created", "-pk")),
    "helpful": (_("Most helpful"), ("-delta_votes", "-date_created", "-pk")),
}
NEWEST = "newest"

#: Whether a visitor may review a product (``review_status``).
GUEST, STRANGER, BUYER, WAITING, WRITTEN = "guest", "stranger", "buyer", "waiting", "written"


def review_status(user: User | AnonymousUser, product: AbstractProduct) -> str:
    """Whether a visitor may review a product: only a ``BUYER`` may.

    ``GUEST`` is not signed in, ``STRANGER`` has not bought it in a paid order, ``WAITING`` has a
    review awaiting moderation, ``WRITTEN`` a moderated one.
    """
    if not user.is_authenticated:
        return GUEST
    ProductReview = get_model("reviews", "ProductReview")
    own = ProductReview.objects.filter(product=product, user=user).first()
    if own is not None:
        return WAITING if own.pending_moderation else WRITTEN
    return BUYER if _lines_bought(product).filter(order__user=user).exists() else STRANGER


def _lines_bought(product: AbstractProduct) -> QuerySet[Any]:
    """Lines of paid orders with the product or one of its variants."""
    lines = get_model("order", "Line").objects.filter(
        Q(product=product.pk) | Q(product__parent=product.pk)
    )
    return lines.exclude(order__status__in=(PENDING, CANCELLED))


def invalidate_reviews_of_buyer(order: AbstractOrder) -> None:
    """Invalidate product pages whose reviews may gain or lose "verified" through an order."""
    if order.user_id is None:
        return
    bought = order.lines.exclude(product=None).values_list("product_id", "product__parent_id")
    keys = {parent or pk for pk, parent in bought}
    reviews = get_model("reviews", "ProductReview").objects.filter(
        user=order.user_id, product__in=keys
    )
    invalidate(*map(product_tag, reviews.values_list("product_id", flat=True)))


def approved_reviews(product: AbstractProduct) -> QuerySet[Any]:
    """Approved reviews; ``is_verified`` says whether the author bought the product."""
    bought = _lines_bought(product).filter(order__user=OuterRef("user"))
    reviews = get_model("reviews", "ProductReview").objects.approved().filter(product=product)
    return reviews.select_related("user").annotate(is_verified=Exists(bought))


@dataclass(frozen=True)
class ReviewQuery:
    """The reviews that a query string asks for. Unknown values are ignored."""

    stars: int | None = None
    sort: str = NEWEST
    page: str = "1"
    variant: int | None = None

    @classmethod
    def from_parameters(cls, parameters: QueryDict) -> ReviewQuery:
        """Parse a QueryDict."""
        stars, sort = parameters.get("stars", ""), parameters.get("sort", "")
        return cls(
            stars=int(stars) if stars in set("12345") else None,
            sort=sort if sort in SORTS else NEWEST,
            page=parameters.get("page", "1"),
            variant=parse_pk(parameters.get("variant", "")),
        )

    def pairs(self, *, without: Collection[str] = ()) -> list[tuple[str, Any]]:
        """The parameters as (name, value) pairs, without the page number and defaults."""
        sort = self.sort if self.sort != NEWEST else None
        named = (("variant", self.variant), ("stars", self.stars), ("sort", sort))
        return [(name, value) for name, value in named if value and name not in without]

    def unsorted_pairs(self) -> list[tuple[str, Any]]:
        """The hidden fields of a form that changes the order."""
        return self.pairs(without=("sort",))

    @property
    def base(self) -> str:
        """The query string before ``page=``."""
        return f"{urlencode(self.pairs())}&" if self.pairs() else ""

    @property
    def here(self) -> str:
        """The query string of this page; "" for the default page."""
        page = parse_pk(self.page) or 1
        return urlencode([*self.pairs(), *([("page", page)] if page > 1 else [])])

    def address(self, **changes: Any) -> str:
        """The URL of the reviews with some parameters changed."""
        pairs = replace(self, **changes).pairs()
        return f"{f'?{urlencode(pairs)}' if pairs else PLAIN}#reviews"


@dataclass(frozen=True)
class ReviewBar:
    """The number of reviews with this many stars; ``url`` selects or deselects them."""

    stars: int
    count: int
    is_selected: bool
    url: str


@dataclass(frozen=True)
class ReviewSummary:
    """The approved reviews of a product: number, average, distribution, and one page of them."""

    count: int
    average: float
    bars: list[ReviewBar]
    reviews: list[Any]
    matching: int
    page: int
    pages: int
    query: ReviewQuery

    @property
    def average_shown(self) -> Decimal:
        """The average with one decimal place."""
        return Decimal(str(self.average)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)

    @property
    def stars(self) -> int | None:
        """The selected number of stars, or None."""
        return self.query.stars

    @property
    def all_url(self) -> str:
        """The URL without a selected number of stars."""
        return self.query.address(stars=None)

    @property
    def sorts(self) -> list[tuple[str, Any, bool]]:
        """(code, name, is selected) of each sort order."""
        return [(code, name, code == self.query.sort) for code, (name, _c) in SORTS.items()]


def review_summary(product: AbstractProduct, query: ReviewQuery | None = None) -> ReviewSummary:
    """The reviews of a product as a ``ReviewQuery`` asks for them; at most two queries.

    Unknown stars are ignored; a page number out of range gives the nearest page.
    """
    query = query or ReviewQuery()
    listing = getattr(product, "listing", None)
    if listing is not None and not listing.review_count:
        bars = [_bar(stars, {}, replace(query, stars=None)) for stars in range(5, 0, -1)]
        return ReviewSummary(0, 0, bars, [], 0, 1, 1, replace(query, stars=None))
    approved = approved_reviews(product)
    counts = dict(approved.order_by().values_list("score").annotate(Count("pk")))
    total = sum(counts.values())
    if query.stars not in counts:
        query = replace(query, stars=None)
    matching = counts[query.stars] if query.stars else total
    # The number is known, so the paginator need not count.
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


def _bar(stars: int, counts: Mapping[int, int], query: ReviewQuery) -> ReviewBar:
    is_selected = stars == query.stars
    return ReviewBar(
        stars=stars,
        count=counts.get(stars, 0),
        is_selected=is_selected,
        url=query.address(stars=None if is_selected else stars),
    )
