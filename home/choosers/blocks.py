"""Chooser blocks for pages, images, products, categories and snippets."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock as WagtailSnippetChooserBlock

from commerce.images.pictures import load_sizes
from home.choosers.chosen import LoadedTogetherMixin
from home.choosers.views import category_chooser, product_chooser


class StablePathMixin:
    """A chooser block that migrations know by another path."""

    #: The path under which migrations store the block: that of the block it replaces.
    migration_path: str | None = None

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        return self.migration_path or path, args, kwargs


class PhotoChooserBlock(StablePathMixin, LoadedTogetherMixin, ImageChooserBlock):
    """Chooses a photograph."""

    migration_path = "wagtail.images.blocks.ImageChooserBlock"

    def bulk_to_python(self, values: Sequence[Any]) -> list[Model | None]:
        """The images with their renditions: one query more for all photographs of a block."""
        images = super().bulk_to_python(values)
        load_sizes(image for image in images if image)
        return images


class PageChooserBlock(StablePathMixin, LoadedTogetherMixin, blocks.PageChooserBlock):
    """Chooses a page to link to."""

    migration_path = "wagtail.blocks.PageChooserBlock"


class SnippetChooserBlock(StablePathMixin, LoadedTogetherMixin, WagtailSnippetChooserBlock):
    """Chooses a snippet that several pages share."""

    migration_path = "wagtail.snippets.blocks.SnippetChooserBlock"


_BaseProductChooserBlock: Any = product_chooser.get_block_class(
    name="Base", module_path="home.choosers"
)
_BaseCategoryChooserBlock: Any = category_chooser.get_block_class(
    name="Base", module_path="home.choosers"
)


class ProductChooserBlock(StablePathMixin, LoadedTogetherMixin, _BaseProductChooserBlock):
    """Chooses a product."""

    migration_path = "home.choosers.ProductChooserBlock"


class CategoryChooserBlock(StablePathMixin, LoadedTogetherMixin, _BaseCategoryChooserBlock):
    """Chooses a category to link to."""

    migration_path = "home.choosers.CategoryChooserBlock"
