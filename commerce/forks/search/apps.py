from django.urls import URLPattern, URLResolver, path
from oscar.apps.search.apps import SearchConfig as OscarSearchConfig
from oscar.core.loading import get_class


class SearchConfig(OscarSearchConfig):
    name = "commerce.forks.search"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        suggest_view = get_class("search.views", "SuggestView")
        return [*super().get_urls(), path("suggest/", suggest_view.as_view(), name="suggest")]
