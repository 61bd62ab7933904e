"""The public categories as a tree, cached until one of them changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from oscar.core.loading import get_model

from commerce.page_cache.memoise import memoise

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct


Category = get_model("catalogue", "Category")


@dataclass(frozen=True)
class Branch:
    """A public category. ``path`` starts with the parent's path and sorts in tree order."""

    pk: int
    name: str
    url: str
    path: str
    depth: int


def category_url(category_id: int, slugs: Iterable[str]) -> str:
    """The URL of a category's page, given the slugs from the root down; any may be missing."""
    whole = "/".join(slug or Category.NO_SLUG for slug in slugs)
    keywords = {"category_slug": whole, "pk": category_id}
    return reverse("catalogue:category", kwargs=keywords)


def branches() -> dict[int, Branch]:
    """All public categories in tree order, ``{key: Branch}``. Cached."""
    return memoise("category-tree", _find_branches)


def _find_branches() -> dict[int, Branch]:
    rows = Category.objects.order_by("path")
    found: dict[int, Branch] = {}
    slugs: dict[str, tuple[str, ...] | None] = {}
    for row in rows.values_list("pk", "name", "slug", "path", "depth", "is_public", named=True):
        above = slugs.get(row.path[: -Category.steplen], ())
        if not row.is_public or above is None:
            slugs[row.path] = None  # descendants of a hidden category are hidden
            continue
        slugs[row.path] = own = (*above, row.slug)
        is_all = Category.is_whole_shop(row)
        url = reverse("catalogue:index") if is_all else category_url(row.pk, own)
        found[row.pk] = Branch(row.pk, row.name, url, row.path, row.depth)
    return found


def whole_shop() -> Any:
    """The root category for all products, which holds the editors' text for that page. Cached.

    None if no public root category has that slug.
    """
    return memoise("whole-shop", _find_whole_shop)


def _find_whole_shop() -> Any:
    row = Category.objects.filter(depth=1, slug=Category.WHOLE_SHOP).first()
    return row if row is not None and row.pk in branches() else None


def trail_to(category_id: int) -> list[Branch]:
    """The public category and its ancestors, from the root; empty if it is hidden."""
    branch = branches().get(category_id)
    if branch is None:
        return []
    return [other for other in branches().values() if branch.path.startswith(other.path)]


def categories_of(product: AbstractProduct) -> list[int]:
    """The keys of a product's categories, from its listing; one query if it has none."""
    if hasattr(product, "listing"):
        return product.listing.categories
    rows = get_model("catalogue", "ProductCategory").objects.filter(product=product)
    return list(rows.order_by("pk").values_list("category_id", flat=True))


def deepest_of(category_ids: Iterable[int]) -> Branch | None:
    """The deepest public category among some, or None."""
    shown = [branches()[pk] for pk in category_ids if pk in branches()]
    return max(shown, key=lambda branch: branch.depth, default=None)


def directly_below(category_id: int) -> list[Branch]:
    """The public children of a category, in order."""
    branch = branches().get(category_id)
    if branch is None:
        return []
    return [
        other
        for other in branches().values()
        if other.depth == branch.depth + 1 and other.path.startswith(branch.path)
    ]


def top_categories() -> list[tuple[str, str]]:
    """(name, url) of the top-level public categories, in order.

    A root category with children is replaced by its children.
    """
    found = list(branches().values())
    above = {branch.path[: -Category.steplen] for branch in found}
    return [
        (branch.name, branch.url)
        for branch in found
        if branch.depth == 2 or (branch.depth == 1 and branch.path not in above)
    ]
