"""Oscar's dashboard URLs that the shop redirects or leaves out. Imported before the models."""

from collections.abc import Iterable
from typing import Any

from django.urls import path
from django.views.generic import RedirectView


def dashboard_urls(oscar_urls: Iterable[Any]) -> list[Any]:
    """Oscar's URLs; its sign-in form redirects to ours."""
    urls = [url for url in oscar_urls if getattr(url, "name", "") != "login"]
    sign_in = RedirectView.as_view(pattern_name="account_login", query_string=True)
    return [*urls, path("login/", sign_in, name="login")]


def supplier_urls(oscar_urls: Iterable[Any]) -> list[Any]:
    """Oscar's URLs without the users of suppliers, whom Oscar lets enter the dashboard."""
    return [url for url in oscar_urls if not (url.name or "").startswith("partner-user-")]
