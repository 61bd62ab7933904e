from oscar.apps.dashboard.partners.apps import (
    PartnersDashboardConfig as OscarPartnersDashboardConfig,
)


class PartnersDashboardConfig(OscarPartnersDashboardConfig):
    name = "commerce.forks.dashboard.partners"

    def get_urls(self):
        """Suppliers without users: an account that is tied to one enters Oscar's dashboard by that."""
        urls = super().get_urls()
        return [url for url in urls if not (url.name or "").startswith("partner-user-")]
