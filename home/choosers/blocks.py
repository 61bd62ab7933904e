"""Chooser blocks of the page builder."""

from copy import copy

from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock as WagtailSnippetChooserBlock

from commerce.page_cache.kept import rows_by_key
from home.choosers.views import category_chooser, product_chooser


class CachedRowsMixin:
    """A chooser whose rows the process remembers: what says ``SITE`` whenever it changes.

    Each value is a row of its own, as Wagtail's are.
    """

    #: What migrations know the block as: it stores what that one does.
    migration_path = None

    def bulk_to_python(self, values):
        keys = {value for value in values if value is not None}
        rows = rows_by_key(self.model_class._default_manager, keys)
        return [copy(rows[value]) if value in rows else None for value in values]

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        return self.migration_path or path, args, kwargs


class PhotoChooserBlock(CachedRowsMixin, ImageChooserBlock):
    """Chooses a photograph."""

    migration_path = "wagtail.images.blocks.ImageChooserBlock"


class PageChooserBlock(CachedRowsMixin, blocks.PageChooserBlock):
    """Chooses a page to link to."""

    migration_path = "wagtail.blocks.PageChooserBlock"


class SnippetChooserBlock(CachedRowsMixin, WagtailSnippetChooserBlock):
    """Chooses a text that several pages share."""

    migration_path = "wagtail.snippets.blocks.SnippetChooserBlock"


ProductChooserBlock = product_chooser.get_block_class(
    name="ProductChooserBlock", module_path="home.choosers"
)


class CategoryChooserBlock(
    CachedRowsMixin, category_chooser.get_block_class(name="Base", module_path="home.choosers")
):
    """Chooses a category to link to."""

    migration_path = "home.choosers.CategoryChooserBlock"
