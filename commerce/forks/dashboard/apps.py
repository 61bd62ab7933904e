from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView
from oscar.apps.dashboard.apps import DashboardConfig as OscarDashboardConfig


class DashboardConfig(OscarDashboardConfig):
    name = "commerce.forks.dashboard"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Oscar's URLs; its sign-in form redirects to ours."""
        urls = [url for url in super().get_urls() if getattr(url, "name", "") != "login"]
        sign_in = RedirectView.as_view(pattern_name="account_login", query_string=True)
        return [*urls, path("login/", sign_in, name="login")]
