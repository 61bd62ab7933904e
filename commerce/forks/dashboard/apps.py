from django.urls import URLPattern, URLResolver
from oscar.apps.dashboard.apps import DashboardConfig as OscarDashboardConfig

from commerce.dashboard.urls import dashboard_urls


class DashboardConfig(OscarDashboardConfig):
    name = "commerce.forks.dashboard"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return dashboard_urls(super().get_urls())
