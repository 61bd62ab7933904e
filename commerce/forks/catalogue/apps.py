from django.urls import URLPattern, URLResolver, path, re_path
from oscar.apps.catalogue.apps import CatalogueConfig as OscarCatalogueConfig
from oscar.core.loading import get_class


class CatalogueConfig(OscarCatalogueConfig):
    name = "commerce.forks.catalogue"

    def ready(self) -> None:
        super().ready()
        self.cards_view = get_class("catalogue.views", "CardsFragmentView")
        self.collection_view = get_class("catalogue.views", "CollectionView")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own = [
            path("fragments/cards/", self.cards_view.as_view(), name="cards"),
            re_path(
                r"^collections/(?P<slug>[\w-]+)_(?P<pk>\d+)/$",
                self.collection_view.as_view(),
                name="collection",
            ),
        ]
        return self.post_process_urls(own) + super().get_urls()
