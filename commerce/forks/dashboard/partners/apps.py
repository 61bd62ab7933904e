from django.urls import URLPattern, URLResolver
from oscar.apps.dashboard.partners.apps import (
    PartnersDashboardConfig as OscarPartnersDashboardConfig,
)


class PartnersDashboardConfig(OscarPartnersDashboardConfig):
    name = "commerce.forks.dashboard.partners"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Without the users of suppliers: Oscar lets them enter the dashboard."""
        urls = super().get_urls()
        return [url for url in urls if not (url.name or "").startswith("partner-user-")]
