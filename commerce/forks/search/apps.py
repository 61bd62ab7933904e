from django.urls import URLPattern, URLResolver
from oscar.apps.search.apps import SearchConfig as OscarSearchConfig

from commerce.storefront.urls import search_urls


class SearchConfig(OscarSearchConfig):
    name = "commerce.forks.search"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [*super().get_urls(), *search_urls()]
