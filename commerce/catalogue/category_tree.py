"""The public categories as a tree that the process remembers until one of them changes."""

from dataclasses import dataclass

from django.urls import reverse
from oscar.core.loading import get_model

from commerce.page_cache.memoise import memoise

Category = get_model("catalogue", "Category")


@dataclass(frozen=True)
class Branch:
    """A public category. ``path`` sorts as the tree does and begins with that of the one above."""

    pk: int
    name: str
    url: str
    path: str
    depth: int


def category_url(category_id, slugs):
    """The address of a category's page, by the slugs from the top of the tree down to its own."""
    keywords = {"category_slug": "/".join(slugs), "pk": category_id}
    return reverse("catalogue:category", kwargs=keywords)


def branches():
    """All public categories in the order of the tree, ``{key: Branch}``. No query in the long run."""
    return memoise("category-tree", _find_branches)


def _find_branches():
    rows = Category.objects.order_by("path")
    found, slugs = {}, {}
    for row in rows.values_list("pk", "name", "slug", "path", "depth", "is_public", named=True):
        above = slugs.get(row.path[: -Category.steplen], ())
        if not row.is_public or above is None:
            slugs[row.path] = None  # What stands below a hidden category is hidden too.
            continue
        slugs[row.path] = (*above, row.slug)
        is_all = Category.is_whole_shop(row)
        url = reverse("catalogue:index") if is_all else category_url(row.pk, slugs[row.path])
        found[row.pk] = Branch(row.pk, row.name, url, row.path, row.depth)
    return found


def whole_shop():
    """The category that holds everything: editors' words for the page of all pieces. None where no
    public one at the top has that slug; no query in the long run."""
    return memoise("whole-shop", _find_whole_shop)


def _find_whole_shop():
    row = Category.objects.filter(depth=1, slug=Category.WHOLE_SHOP).first()
    return row if row is not None and row.pk in branches() else None


def line_to(category_id):
    """The public category with those above it, from the top; nothing where it is hidden."""
    branch = branches().get(category_id)
    if branch is None:
        return []
    return [other for other in branches().values() if branch.path.startswith(other.path)]


def categories_of(product):
    """The keys of a product's categories, from its listing; one query where it has none."""
    if hasattr(product, "listing"):
        return product.listing.categories
    rows = get_model("catalogue", "ProductCategory").objects.filter(product=product)
    return list(rows.order_by("pk").values_list("category_id", flat=True))


def deepest_of(category_ids):
    """The public category among some that stands deepest in the tree, or None."""
    shown = [branches()[pk] for pk in category_ids if pk in branches()]
    return max(shown, key=lambda branch: branch.depth, default=None)


def directly_below(category_id):
    """The public categories one step below one of them, in their order."""
    branch = branches().get(category_id)
    if branch is None:
        return []
    return [
        other
        for other in branches().values()
        if other.depth == branch.depth + 1 and other.path.startswith(branch.path)
    ]


def top_categories():
    """(name, url) of the public categories at the top of the shop, in their order.

    Where those have categories below them, these stand for them.
    """
    found = list(branches().values())
    above = {branch.path[: -Category.steplen] for branch in found}
    return [
        (branch.name, branch.url)
        for branch in found
        if branch.depth == 2 or (branch.depth == 1 and branch.path not in above)
    ]
