from django.urls import path
from oscar.apps.catalogue.apps import CatalogueConfig as OscarCatalogueConfig
from oscar.core.loading import get_class


class CatalogueConfig(OscarCatalogueConfig):
    name = "commerce.forks.catalogue"

    def ready(self):
        super().ready()
        self.cards_view = get_class("catalogue.views", "CardsFragmentView")

    def get_urls(self):
        cards = path("fragments/cards/", self.cards_view.as_view(), name="cards")
        return self.post_process_urls([cards]) + super().get_urls()
