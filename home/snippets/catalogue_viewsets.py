"""Wagtail's screens for sale prices, retired products, collections and facets."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
    ObjectList,
    TitleFieldPanel,
)
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import (
    CreateView,
    SnippetViewSet,
)

from commerce.catalogue.collections import cards_in
from commerce.models import (
    FacetAttribute,
    ProductCollection,
    Retirement,
    SalePrice,
)
from commerce.requests import parse_pk
from home.snippets.base_viewsets import NoChooserViewSet, SnippetListView
from home.snippets.collection_form import ProductCollectionForm
from home.snippets.facet_form import FacetForm
from home.snippets.sale_form import SalePriceForm


class SalePriceViewSet(NoChooserViewSet):
    """Sale prices with their start and end."""

    model = SalePrice
    icon = "tag"
    list_display = ["stockrecord", "price", "start", "until"]
    ordering = ["-start"]
    search_fields = ["stockrecord__partner_sku", "stockrecord__product__title"]
    edit_handler = ObjectList(
        [
            FieldPanel("stockrecord"),
            FieldPanel("price"),
            FieldRowPanel([FieldPanel("start"), FieldPanel("until")]),
        ],
        base_form_class=SalePriceForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SalePrice]:
        return SalePrice.objects.select_related("stockrecord__product", "stockrecord__partner")


class RetirementAddView(CreateView):
    """Prefills the product from ``?product=``: the dashboard's product page links here."""

    def get_initial(self) -> dict[str, Any]:
        products = get_model("catalogue", "Product").objects.filter(parent=None)
        product = products.filter(pk=parse_pk(self.request.GET.get("product", ""))).first()
        return {**super().get_initial(), **({"product": product} if product else {})}

    def get_page_subtitle(self) -> str:
        subtitle, product = super().get_page_subtitle(), self.get_initial().get("product")
        return f"{subtitle}: {product.title}" if product else subtitle


class RetirementViewSet(NoChooserViewSet):
    """Discontinued products, and the products their URLs redirect to."""

    model = Retirement
    add_view_class = RetirementAddView
    icon = "bin"
    menu_label = _("Retired products")
    list_display = ["product", "replacement", "created_at"]
    ordering = ["-created_at"]
    search_fields = ["product__title", "replacement__title"]
    panels = [FieldPanel("product"), FieldPanel("replacement")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Retirement]:
        return Retirement.objects.select_related("product", "replacement")


class ProductCollectionViewSet(SnippetViewSet):
    """Collections: product lists defined by a rule, shown on a page or in a block."""

    model = ProductCollection
    index_view_class = SnippetListView
    icon = "list-ul"
    list_display = [
        "title",
        Column("products", label=_("Products now"), accessor=lambda row: cards_in(row, count=0)[1]),
        "is_public",
    ]
    search_fields = ["title"]
    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [
                    TitleFieldPanel("title", targets=["slug"]),
                    FieldPanel("slug"),
                    FieldPanel("description"),
                ],
                heading=_("Name"),
            ),
            MultiFieldPanel(
                [
                    FieldPanel("category"),
                    FieldPanel("product_class"),
                    FieldRowPanel([FieldPanel("price_from"), FieldPanel("price_to")]),
                    FieldRowPanel([FieldPanel("is_in_stock"), FieldPanel("is_on_sale")]),
                    FieldPanel("values"),
                ],
                heading=_("Rule"),
            ),
            FieldRowPanel([FieldPanel("sort"), FieldPanel("is_public")]),
        ],
        base_form_class=ProductCollectionForm,
    )


class FacetAttributeViewSet(NoChooserViewSet):
    """Facets: the attributes that product lists can be filtered by."""

    model = FacetAttribute
    icon = "list-ul"
    list_display = [
        "attribute",
        Column("type", label=_("Product type"), accessor="attribute.product_class"),
        "position",
    ]
    edit_handler = ObjectList(
        [FieldPanel("attribute"), FieldPanel("position")], base_form_class=FacetForm
    )
    add_to_reference_index = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[FacetAttribute]:
        return FacetAttribute.objects.select_related("attribute__product_class")
