from django.urls import URLPattern, URLResolver
from oscar.apps.catalogue.apps import CatalogueConfig as OscarCatalogueConfig

from commerce.storefront.urls import catalogue_urls


class CatalogueConfig(OscarCatalogueConfig):
    name = "commerce.forks.catalogue"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return self.post_process_urls(catalogue_urls()) + super().get_urls()
