"""The menu group that lists the shop's snippets."""

from django.utils.translation import gettext_lazy as _
from wagtail.snippets.views.snippets import (
    SnippetViewSetGroup,
)

from home.snippets.catalogue_viewsets import (
    FacetAttributeViewSet,
    ProductCollectionViewSet,
    RetirementViewSet,
    SalePriceViewSet,
)
from home.snippets.content_viewsets import BannerViewSet, ProductStoryViewSet
from home.snippets.order_viewsets import DeliveryMethodViewSet, OutgoingMailViewSet
from home.snippets.search_viewsets import (
    PromotedResultViewSet,
    SearchMissViewSet,
    SearchSynonymViewSet,
)
from home.snippets.tax_viewsets import OwnTaxRateViewSet, TaxClassViewSet


class ShopGroup(SnippetViewSetGroup):
    """The "Shop" group of the admin menu."""

    menu_label = _("Shop")
    menu_icon = "tag"
    menu_order = 250
    items = [
        ProductStoryViewSet,
        BannerViewSet,
        ProductCollectionViewSet,
        SalePriceViewSet,
        RetirementViewSet,
        FacetAttributeViewSet,
        SearchSynonymViewSet,
        PromotedResultViewSet,
        SearchMissViewSet,
        DeliveryMethodViewSet,
        TaxClassViewSet,
        OwnTaxRateViewSet,
        OutgoingMailViewSet,
    ]
