"""The pictures of categories: their own photograph, or else one of their products.

Nothing is queried per category, and a warm process queries nothing at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.safestring import SafeString

from commerce.bulk_sql import literal_in
from commerce.catalogue.category_tree import Branch, directly_below
from commerce.images.pictures import Sources, framed, load_sizes, original
from commerce.index.facet_index import facet_index
from commerce.index.listing_builder import CATEGORY
from commerce.index.sort_orders import BY_COLUMNS
from commerce.models import CategoryPhoto, Listing
from commerce.models.cache_tags import SITE, order_tag, product_tag
from commerce.page_cache.dependencies import depends_on
from commerce.page_cache.memoise import memoise, memoise_many

#: The products of a category among which its picture is chosen.
CANDIDATES = 24
#: The displayed width of the photograph beside a heading, and of a tile.
HEAD_SIZES = "(min-width: 1400px) 860px, (min-width: 820px) 56vw, 100vw"
TILE_SIZES = "96px"


@dataclass(frozen=True)
class Picture:
    """A photograph of a category. ``wide`` is the one for wide frames."""

    narrow: Sources
    wide: Sources

    @property
    def head(self) -> SafeString:
        """The markup beside the heading of a list; it is on the first screen."""
        return framed(self.wide, sizes=HEAD_SIZES, eager=True)


@dataclass(frozen=True)
class Tile:
    """A link to a subcategory. ``has_place`` says that any tile of the row has a picture."""

    name: str
    url: str
    picture: Picture | None
    has_place: bool

    @property
    def photo(self) -> SafeString:
        """The markup of its picture, or of its first letter without one."""
        return framed(self.picture.narrow if self.picture else (), alt=self.name, sizes=TILE_SIZES)


@dataclass(frozen=True)
class CategoryHead:
    """The top of a category's page: its picture, if there is one, and tiles of its subcategories."""

    picture: Picture | None
    tiles: tuple[Tile, ...]


def category_head(category_id: int) -> CategoryHead:
    """The head of a category's page. No query in a warm process."""
    below = directly_below(category_id)
    pictures = pictures_of([category_id, *(branch.pk for branch in below)])
    return CategoryHead(pictures.get(category_id), tiles_of(below, pictures))


def tiles_of(branches: Iterable[Branch], pictures: dict[int, Picture]) -> tuple[Tile, ...]:
    """A tile for each of some categories, in order."""
    branches = list(branches)
    has_place = any(branch.pk in pictures for branch in branches)
    return tuple(Tile(one.name, one.url, pictures.get(one.pk), has_place) for one in branches)


def pictures_of(category_ids: Collection[int]) -> dict[int, Picture]:
    """``{category key: Picture}``; categories without a photograph of any kind are left out."""
    own = memoise("category-photos", _find_own)
    names = {("category-picture", pk): pk for pk in category_ids if pk not in own}
    borrowed = memoise_many(names, lambda missing: _borrow({name: names[name] for name in missing}))
    found = {pk: own[pk] for pk in category_ids if pk in own}
    return found | {names[name]: picture for name, picture in borrowed.items() if picture}


def _find_own() -> dict[int, Picture]:
    """The photographs that staff chose; those of hidden categories too. Two queries."""
    rows = list(CategoryPhoto.objects.select_related("image"))
    sizes = load_sizes(row.image for row in rows)
    sources = {row.category_id: sizes[row.image_id].sources or original(row.image) for row in rows}
    return {pk: Picture(photo, photo) for pk, photo in sources.items()}


def _borrow(names: dict[Any, int]) -> dict[Any, Picture | None]:
    """The picture of each category's most popular product that has one. Two queries.

    Popular among the first products only: large categories have thousands.
    """
    index = facet_index()
    members = {
        pk: set(islice(index.of(CATEGORY, str(pk)), CANDIDATES)) for pk in set(names.values())
    }
    wanted = literal_in(set().union(*members.values()))
    rows = Listing.objects.filter(pk__in=wanted).exclude(photos={})
    ordered = list(rows.order_by(*BY_COLUMNS["recommended"]).values_list("pk", flat=True))
    chosen = {pk: next((key for key in ordered if key in of), None) for pk, of in members.items()}
    keys = {key for key in chosen.values() if key}
    cards = dict(Listing.objects.filter(pk__in=keys).values_list("pk", "card")) if keys else {}
    depends_on(SITE, *map(product_tag, keys), *map(order_tag, chosen))
    found = {}
    for name, pk in names.items():
        card = cards.get(chosen[pk] or 0, {})
        photo = card.get("photo")
        found[name] = Picture(photo, card.get("second") or photo) if photo else None
    return found
