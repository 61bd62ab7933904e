from django.urls import URLPattern, URLResolver
from oscar.apps.dashboard.partners.apps import (
    PartnersDashboardConfig as OscarPartnersDashboardConfig,
)

from commerce.dashboard.urls import supplier_urls


class PartnersDashboardConfig(OscarPartnersDashboardConfig):
    name = "commerce.forks.dashboard.partners"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return supplier_urls(super().get_urls())
