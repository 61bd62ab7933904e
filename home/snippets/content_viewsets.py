"""Wagtail's screens for banners and product stories."""

from wagtail.snippets.views.snippets import (
    SnippetViewSet,
)

from home.snippets.banners import Banner
from home.snippets.base_viewsets import NoChooserViewSet, SnippetListView
from home.snippets.product_stories import ProductStory


class BannerViewSet(SnippetViewSet):
    """Banners: written once, placed on several pages."""

    model = Banner
    index_view_class = SnippetListView
    icon = "pick"
    list_display = ["heading", "text", "live"]
    search_fields = ["heading", "text"]


class ProductStoryViewSet(NoChooserViewSet):
    """Stories on product pages."""

    model = ProductStory
    icon = "openquote"
    list_display = ["product", "live"]
    search_fields = ["product__title"]
