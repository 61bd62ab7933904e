"""Stories shown on product pages."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, PublishingPanel
from wagtail.fields import StreamField

from home.blocks.body import StoryBlock
from home.snippets.shared_text import SharedText


class ProductStory(SharedText):
    """How a piece is made and used, shown on its product's page below the buy box."""

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

    def __str__(self):
        return self.product.get_title()

    def get_preview_template(self, request, mode_name):
        return "home/previews/product_story.html"
