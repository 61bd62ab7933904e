"""The kinds of page, what stands on all of them, and the texts that several pages share."""

from functools import cache

from django.contrib.contenttypes.fields import GenericRelation
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, PublishingPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import (
    DraftStateMixin,
    Page,
    PageViewRestriction,
    PreviewableMixin,
    RevisionMixin,
    WorkflowMixin,
)
from wagtail.search import index

from commerce.models.cache_tags import SITE
from commerce.page_cache.dependencies import open_page
from home.blocks.body import (
    BodyBlock,
    FooterColumnBlock,
    StoryBlock,
    chosen_box,
    chosen_variant,
    first_image,
)
from home.links import LinkBlock
from home.pages.privacy import has_private_pages, public_pages


class SharedPage(Page):
    """What a page tells those who only see a link to it."""

    share_type = "website"

    class Meta:
        abstract = True

    def serve(self, request, *args, **kwargs):
        """The page, the same for everybody: Wagtail answers for a private one before it comes here."""
        response = super().serve(request, *args, **kwargs)
        is_preview = getattr(request, "is_preview", False)
        if not is_preview:
            open_page(parameters=["variant"])
        return response

    def get_context(self, request, *args, **kwargs):
        """``variant`` is the key of the one that the address chooses, or None."""
        context = super().get_context(request, *args, **kwargs)
        context["variant"] = chosen_variant(request)
        return context

    def get_view_restrictions(self):
        """Who may read the page; no query where no page is private."""
        if has_private_pages():
            return super().get_view_restrictions()
        return PageViewRestriction.objects.none()

    @property
    def summary(self):
        """What the page is about, in a sentence: the editor's words for it, or its introduction."""
        return self.search_description or getattr(self, "intro", "")

    @property
    def share_image(self):
        """The photograph that stands for the page: the first one in its body, or None."""
        return next(filter(None, map(first_image, getattr(self, "body", ()))), None)


#: Where front pages stand in Wagtail's tree: right below its root, which no site shows.
FRONT_DEPTH = 2


class CrumbsMixin:
    """Tells the page's template where the page stands below the home page.

    No query for a page right below it.
    """

    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        between = []
        if self.depth and self.depth > FRONT_DEPTH + 1:
            above = self.get_ancestors().live().filter(depth__gt=FRONT_DEPTH)
            between = [(page.title, page.get_url(request)) for page in above]
        context["crumbs"] = [(_("Home"), "/"), *between, (self.title, None)]
        return context


class HomePage(SharedPage):
    """The front page."""

    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [*Page.content_panels, FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("body")]
    parent_page_types = ["wagtailcore.Page"]
    max_count = 1

    class Meta:
        verbose_name = _("home page")

    def route(self, request, path_components):
        """Finds a page however deep by its address, with two queries; Wagtail takes two a level.

        Whatever is not found so is Wagtail's to find or refuse.
        """
        if path_components:
            url_path = f"{self.url_path}{'/'.join(path_components)}/"
            rows = Page.objects.filter(slug=path_components[-1], url_path=url_path)
            if page := rows.first():
                return page.specific.route(request, [])
        return super().route(request, path_components)


class LandingPage(CrumbsMixin, SharedPage):
    """A page that sells: built freely, or for one product."""

    class Role(models.TextChoices):
        ACCOMPANIES = "accompanies", _("Stands beside the product's own page")
        REPLACES = "replaces", _("Replaces it: its address leads here")

    product = models.ForeignKey(
        "catalogue.Product",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="landing_pages",
        verbose_name=_("product"),
        help_text=_("For a page about one product. Leave empty for a free page."),
    )
    product_role = models.CharField(
        _("what this page is to the product"),
        max_length=12,
        choices=Role.choices,
        default=Role.ACCOMPANIES,
    )
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [
        *Page.content_panels,
        MultiFieldPanel(
            [FieldPanel("product"), FieldPanel("product_role")], heading=_("For one product")
        ),
        FieldPanel("body"),
    ]
    search_fields = [*Page.search_fields, index.SearchField("body")]
    parent_page_types = ["home.HomePage"]
    subpage_types = []

    class Meta:
        verbose_name = _("landing page")

    @classmethod
    def replacements(cls):
        """The live pages that stand in for a product's own. A retired product needs none."""
        pages = public_pages(cls.objects).filter(product_role=cls.Role.REPLACES)
        return pages.exclude(product__retirement__isnull=False, product__is_public=False)

    @classmethod
    def replacing(cls, product_id):
        """The live page that stands in for a product's own, or None. One query."""
        return cls.replacements().filter(product=product_id).first()

    def get_context(self, request, *args, **kwargs):
        """``box`` is the buy box of the page's product where its body shows it, else None; looked up
        by whatever shows it."""
        context = super().get_context(request, *args, **kwargs)
        is_shown = self.product_id and any(
            row["type"] == "product" and row["value"]["product"] == self.product_id
            for row in self.body.raw_data
        )
        box = cache(lambda: chosen_box(self.product_id, request))
        context["box"] = box if is_shown else None
        return context

    def clean(self):
        super().clean()
        self._refuse_second_replacement()

    def _refuse_second_replacement(self):
        if self.product_id is None or self.product_role != self.Role.REPLACES:
            return
        others = LandingPage.objects.exclude(pk=self.pk)
        other = others.filter(product=self.product_id, product_role=self.Role.REPLACES).first()
        if other is not None:
            message = _("“%(page)s” replaces this product's page already.") % {"page": other.title}
            raise ValidationError({"product_role": message})


class StoryIndexPage(CrumbsMixin, SharedPage):
    """The journal: all stories, the latest first."""

    intro = models.TextField(_("introduction"), max_length=300, blank=True)

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    parent_page_types = ["home.HomePage"]
    subpage_types = ["home.StoryPage"]
    max_count = 1

    class Meta:
        verbose_name = _("journal")

    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        stories = public_pages(StoryPage.objects.child_of(self))
        context["stories"] = list(stories.select_related("lead_image").order_by("-date", "-pk"))
        return context

    @property
    def share_image(self):
        """That of the latest story."""
        stories = public_pages(StoryPage.objects.child_of(self)).filter(lead_image__isnull=False)
        latest = stories.select_related("lead_image").order_by("-date", "-pk").first()
        return latest.lead_image if latest else None


class StoryPage(CrumbsMixin, SharedPage):
    """A story of the journal."""

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
        MultiFieldPanel([FieldPanel("author"), FieldPanel("date")], heading=_("By whom, when")),
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
    subpage_types = []

    class Meta:
        verbose_name = _("story")

    @property
    def summary(self):
        return self.search_description or self.standfirst

    @property
    def share_image(self):
        return self.lead_image or super().share_image

    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        others = public_pages(StoryPage.objects.sibling_of(self, inclusive=False))
        context["next_story"] = others.select_related("lead_image").order_by("-date").first()
        return context


class StandardPage(CrumbsMixin, SharedPage):
    """A page of information: delivery, care, privacy."""

    intro = models.TextField(_("introduction"), max_length=300, blank=True)
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [*Page.content_panels, FieldPanel("intro"), FieldPanel("body")]
    search_fields = [
        *Page.search_fields,
        index.SearchField("intro"),
        index.SearchField("body"),
    ]
    parent_page_types = ["home.HomePage", "home.StandardPage"]

    class Meta:
        verbose_name = _("standard page")


@register_setting(icon="home")
class SiteSettings(BaseSiteSetting):
    """What stands on every page: the line above it, the navigation, the footer."""

    cache_tags = (SITE,)

    announcement_text = models.CharField(
        _("announcement"), max_length=120, blank=True, help_text=_("Empty: no line above the page.")
    )
    announcement_link = StreamField(
        [("link", LinkBlock())], blank=True, max_num=1, verbose_name=_("announcement's link")
    )
    announcement_until = models.DateTimeField(
        _("announced until"),
        null=True,
        blank=True,
        help_text=_("A line that says “until Sunday” must not outlive that Sunday."),
    )
    navigation = StreamField([("link", LinkBlock())], blank=True, verbose_name=_("navigation"))
    footer_text = models.CharField(_("footer text"), max_length=200, blank=True)
    footer = StreamField(
        [("column", FooterColumnBlock())], blank=True, max_num=4, verbose_name=_("footer columns")
    )
    returns_text = models.CharField(
        _("what we promise"),
        max_length=80,
        blank=True,
        help_text=_(
            "Shown beside the button of every product and in the basket, such as "
            "“60 days, breakages replaced”."
        ),
    )
    returns_page = models.ForeignKey(
        "wagtailcore.Page",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("page about returns"),
    )
    care_page = models.ForeignKey(
        "wagtailcore.Page",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("page about care"),
        help_text=_("Products that say how they are looked after lead there."),
    )

    panels = [
        MultiFieldPanel(
            [
                FieldPanel("announcement_text"),
                FieldPanel("announcement_link"),
                FieldPanel("announcement_until"),
            ],
            heading=_("Announcement"),
        ),
        FieldPanel("navigation"),
        MultiFieldPanel([FieldPanel("footer_text"), FieldPanel("footer")], heading=_("Footer")),
        MultiFieldPanel(
            [FieldPanel("returns_text"), FieldPanel("returns_page")], heading=_("Returns")
        ),
        FieldPanel("care_page"),
    ]

    class Meta:
        verbose_name = _("navigation and footer")

    @classmethod
    def for_site(cls, site):
        """The site's row, or an unsaved one: reading a page writes nothing."""
        return cls.base_queryset().filter(site=site).first() or cls(site=site)


class SharedText(WorkflowMixin, DraftStateMixin, RevisionMixin, PreviewableMixin, models.Model):
    """What banners and product stories have in common: drafts, revisions, workflow, preview."""

    _revisions = GenericRelation(
        "wagtailcore.Revision", content_type_field="content_type", object_id_field="object_id"
    )
    workflow_states = GenericRelation(
        "wagtailcore.WorkflowState",
        content_type_field="base_content_type",
        object_id_field="object_id",
        for_concrete_model=False,
    )

    class Meta:
        abstract = True

    @property
    def revisions(self):
        return self._revisions


class Banner(SharedText):
    """A photograph, a line and a link, placed on any number of pages and edited once."""

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

    def __str__(self):
        return self.heading

    def get_preview_template(self, request, mode_name):
        return "home/previews/banner.html"


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
