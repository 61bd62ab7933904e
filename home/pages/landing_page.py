"""Landing pages: free campaign pages, and pages about one product."""

from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from commerce.page_cache.memoise import memoise
from home.blocks.body import BodyBlock
from home.blocks.products import chosen_box
from home.pages.base import CrumbsMixin, SharedPage
from home.pages.privacy import public_pages


class LandingPage(CrumbsMixin, SharedPage):
    """A sales page: free-form, or about one product."""

    class Role(models.TextChoices):
        ACCOMPANIES = "accompanies", _("In addition to the product page")
        REPLACES = "replaces", _("Replaces the product page, whose URL redirects here")

    product = models.ForeignKey(
        "catalogue.Product",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="landing_pages",
        verbose_name=_("product"),
        help_text=_("The product this page is about. Leave empty for a free-form page."),
    )
    product_role = models.CharField(
        _("role"),
        max_length=12,
        choices=Role.choices,
        default=Role.ACCOMPANIES,
    )
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [
        *Page.content_panels,
        MultiFieldPanel([FieldPanel("product"), FieldPanel("product_role")], heading=_("Product")),
        FieldPanel("body"),
    ]
    search_fields = [*Page.search_fields, index.SearchField("body")]
    parent_page_types = ["home.HomePage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("landing page")

    @classmethod
    def replacements(cls) -> QuerySet["LandingPage"]:
        """Live public pages that replace a product page. Leaves out retired products."""
        pages = public_pages(cls.objects).filter(product_role=cls.Role.REPLACES)
        return pages.exclude(product__retirement__isnull=False, product__is_public=False)

    @classmethod
    def replacing(cls, product_id: int) -> "LandingPage | None":
        """The live public page that replaces the product's page. One query."""
        return cls.replacements().filter(product=product_id).first()

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add ``page_box``: the lazy buy box of the product if the body shows it, else None."""
        context = super().get_context(request, *args, **kwargs)
        is_shown = self.product_id and any(
            row["type"] == "product" and row["value"]["product"] == self.product_id
            for row in self.body.raw_data
        )
        box = cache(lambda: chosen_box(self.product_id, request))
        context["page_box"] = box if is_shown else None
        return context

    def clean(self) -> None:
        super().clean()
        self._refuse_second_replacement()

    def _refuse_second_replacement(self) -> None:
        if self.product_id is None or self.product_role != self.Role.REPLACES:
            return
        others = LandingPage.objects.exclude(pk=self.pk)
        other = others.filter(product=self.product_id, product_role=self.Role.REPLACES).first()
        if other is not None:
            message = _("“%(page)s” already replaces this product’s page.") % {"page": other.title}
            raise ValidationError({"product_role": message})


def replaced_products() -> frozenset[int]:
    """Keys of the products whose page a live landing page may replace. Cached."""
    return memoise("replaced-products", _find_replaced_products)


def _find_replaced_products() -> frozenset[int]:
    pages = LandingPage.objects.live().filter(product_role=LandingPage.Role.REPLACES)
    return frozenset(pages.exclude(product=None).values_list("product_id", flat=True))
