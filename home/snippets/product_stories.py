"""Stories shown on product pages."""

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, PublishingPanel
from wagtail.fields import StreamField

from commerce.page_cache.memoise import memoise
from home.blocks.body import StoryBlock
from home.choosers.chosen import ChosenMixin
from home.snippets.shared_text import SharedText


class ProductStory(ChosenMixin, SharedText):
    """The story of a product, shown on its page below the buy box."""

    product = models.OneToOneField(
        "catalogue.Product",
        on_delete=models.CASCADE,
        related_name="story",
        verbose_name=_("product"),
    )
    body = StreamField(StoryBlock(), blank=True, verbose_name=_("body"))

    panels = [FieldPanel("product"), FieldPanel("body"), PublishingPanel()]

    class Meta:
        verbose_name = _("product story")
        verbose_name_plural = _("product stories")

    def __str__(self) -> str:
        return self.product.get_title()

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        return "home/previews/product_story.html"


def products_with_story() -> frozenset[int]:
    """Keys of the products that have a published story. Cached."""
    return memoise("products-with-story", _find_products_with_story)


def _find_products_with_story() -> frozenset[int]:
    return frozenset(ProductStory.objects.filter(live=True).values_list("product_id", flat=True))
