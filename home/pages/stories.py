"""The journal and its stories."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.images.models import AbstractImage
from wagtail.models import Page
from wagtail.search import index

from home.blocks.body import BodyBlock
from home.pages.base import CrumbsMixin, SharedPage
from home.pages.privacy import public_pages


class StoryIndexPage(CrumbsMixin, SharedPage):
    """The journal: a list of all stories, newest first."""

    intro = models.TextField(_("introduction"), max_length=300, blank=True)

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    parent_page_types = ["home.HomePage"]
    subpage_types = ["home.StoryPage"]
    max_count = 1

    class Meta:
        verbose_name = _("journal")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        stories = public_pages(StoryPage.objects.child_of(self))
        context["stories"] = list(stories.select_related("lead_image").order_by("-date", "-pk"))
        return context

    @property
    def share_image(self) -> AbstractImage | None:
        """The lead photograph of the newest story that has one."""
        stories = public_pages(StoryPage.objects.child_of(self)).filter(lead_image__isnull=False)
        latest = stories.select_related("lead_image").order_by("-date", "-pk").first()
        return latest.lead_image if latest else None


class StoryPage(CrumbsMixin, SharedPage):
    """A story in the journal."""

    share_type = "article"

    date = models.DateField(_("date"), default=timezone.localdate)
    author = models.CharField(_("author"), max_length=80)
    standfirst = models.TextField(_("standfirst"), max_length=300)
    lead_image = models.ForeignKey(
        "wagtailimages.Image",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("lead photograph"),
    )
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [
        *Page.content_panels,
        MultiFieldPanel([FieldPanel("author"), FieldPanel("date")], heading=_("Byline")),
        FieldPanel("standfirst"),
        FieldPanel("lead_image"),
        FieldPanel("body"),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("standfirst"),
        index.SearchField("body"),
        index.SearchField("author"),
    ]
    parent_page_types = ["home.StoryIndexPage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("story")

    @property
    def summary(self) -> str:
        return self.search_description or self.standfirst

    @property
    def share_image(self) -> AbstractImage | None:
        return self.lead_image or super().share_image

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        others = public_pages(StoryPage.objects.sibling_of(self, inclusive=False))
        context["next_story"] = others.select_related("lead_image").order_by("-date").first()
        return context
