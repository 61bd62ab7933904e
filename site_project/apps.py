"""The site's own app, and the apps of Oscar and Wagtail that it configures."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.urls import URLPattern, URLResolver
from oscar.config import Shop as OscarShop
from wagtail.users.apps import WagtailUsersAppConfig


class SiteConfig(AppConfig):
    """Registers the system checks and configures database connections."""

    name = "site_project"
    label = "site_project"

    def ready(self) -> None:
        from site_project import checks, production  # noqa: F401

        # Django has no other hook that runs for each new connection.
        connection_created.connect(use_database_collation)


def use_database_collation(sender: type, connection: Any, **kwargs: Any) -> None:
    """Set the collation of MySQL and MariaDB connections to that of the database.

    Casts and literals have the connection's collation: comparing them with columns fails if the two
    differ.
    """
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute("SET collation_connection = @@collation_database")


class ShopConfig(OscarShop):
    """Oscar's URLs without two: its redirect at "/" and its password reset.

    Wagtail serves the home page, and allauth resets passwords.
    """

    def get_urls(self) -> list[URLPattern | URLResolver]:
        included = {
            "catalogue",
            "basket",
            "checkout",
            "accounts",
            "search",
            "dashboard",
            "offers",
            "wishlists",
        }
        return [url for url in super().get_urls() if str(url.pattern).rstrip("/") in included]


class PeopleConfig(WagtailUsersAppConfig):
    """Replaces ``wagtail.users`` in INSTALLED_APPS, to use the views of home.staff.people."""

    user_viewset = "home.staff.people.PersonViewSet"
