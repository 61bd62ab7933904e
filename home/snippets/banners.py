"""Banners: written once, placed on several pages."""

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, PublishingPanel
from wagtail.fields import StreamField

from home.links import LinkBlock
from home.snippets.shared_text import SharedText


class Banner(SharedText):
    """A photograph with text and a link. Every page that shows the banner shows the same one."""

    heading = models.CharField(_("heading"), max_length=80)
    text = models.CharField(_("text"), max_length=200, blank=True)
    image = models.ForeignKey(
        "wagtailimages.Image",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("photograph"),
    )
    link = StreamField([("link", LinkBlock())], blank=True, max_num=1, verbose_name=_("link"))

    panels = [
        FieldPanel("heading"),
        FieldPanel("text"),
        FieldPanel("image"),
        FieldPanel("link"),
        PublishingPanel(),
    ]

    class Meta:
        verbose_name = _("banner")
        verbose_name_plural = _("banners")

    def __str__(self) -> str:
        return self.heading

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        return "home/previews/banner.html"
