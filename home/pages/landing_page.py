"""Landing pages: free campaign pages, and pages about one product."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from commerce.page_cache.dependencies import Lookup
from home.blocks.body import BodyBlock
from home.blocks.products import chosen_box
from home.pages.base import CrumbsMixin, SharedPage
from home.pages.privacy import public_pages


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
        box = Lookup(lambda: chosen_box(self.product_id, request))
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
