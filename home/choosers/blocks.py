"""Chooser blocks for pages, images, products, categories and snippets."""

from copy import copy
from typing import Any

from django.db.models import Model
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock as WagtailSnippetChooserBlock

from commerce.page_cache.kept import rows_by_key
from home.choosers.views import category_chooser, product_chooser


class CachedRowsMixin:
    """A chooser block whose rows come from the process cache, for models that invalidate ``SITE``.

    Each value is a copy of the cached row: callers may change it, as they may with Wagtail's blocks.
    """

    model_class: type[Model]
    #: The path under which migrations store the block: that of the block it replaces.
    migration_path: str | None = None

    def bulk_to_python(self, values: list[int | None]) -> list[Model | None]:
        keys = {value for value in values if value is not None}
        rows = rows_by_key(self.model_class._default_manager, keys)
        return [copy(rows[value]) if value in rows else None for value in values]

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        return self.migration_path or path, args, kwargs


class PhotoChooserBlock(CachedRowsMixin, ImageChooserBlock):
    """Chooses a photograph."""

    migration_path = "wagtail.images.blocks.ImageChooserBlock"


class PageChooserBlock(CachedRowsMixin, blocks.PageChooserBlock):
    """Chooses a page to link to."""

    migration_path = "wagtail.blocks.PageChooserBlock"


class SnippetChooserBlock(CachedRowsMixin, WagtailSnippetChooserBlock):
    """Chooses a snippet that several pages share."""

    migration_path = "wagtail.snippets.blocks.SnippetChooserBlock"


ProductChooserBlock = product_chooser.get_block_class(
    name="ProductChooserBlock", module_path="home.choosers"
)


_BaseCategoryChooserBlock: Any = category_chooser.get_block_class(
    name="Base", module_path="home.choosers"
)


class CategoryChooserBlock(CachedRowsMixin, _BaseCategoryChooserBlock):
    """Chooses a category to link to."""

    migration_path = "home.choosers.CategoryChooserBlock"
